#!/usr/bin/env bash
# `npm start`: says what is to come, installs what that takes, and does it.
set -euo pipefail
cd "$(dirname "$0")/.."

cat <<'END'
stateful-apps: this deploys the stack "dev" and shows that its data outlives it.
  1. the npm packages of package-lock.json, where they are missing
  2. a cluster: the local one of local-cluster/, or the one of `npm start -- --context NAME`
  3. deploy, visit each pod, destroy, deploy again: every pod must know its visits
END
if ! [ node_modules/.package-lock.json -nt package-lock.json ]; then
	printf '\nInstalling npm packages (about 20 seconds)\n'
	npm ci --no-audit --no-fund
fi
exec node --require ./tools/bundle.cjs tools/start.ts "$@"
