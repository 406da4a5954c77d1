# shellcheck shell=bash
# What the cluster's scripts share: where things lie, and how they talk to the user.

# A command that fails inside $(…) ends the script too, before half a result is taken for a whole one.
shopt -s inherit_errexit

cluster_source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/stateful-apps

started=$(date +%s%N)

# Prints one line with the time since the script began.
say() {
	local ms=$((($(date +%s%N) - started) / 1000000))
	printf '[%3d.%01ds] %s\n' $((ms / 1000)) $((ms % 1000 / 100)) "$*"
}

fail() {
	printf 'cluster: %s\n' "$*" >&2
	exit 1
}

# await SECONDS WHAT COMMAND...: runs the command until it succeeds; fails with WHAT when time is up.
await() {
	local seconds=$1 what=$2 deadline=$(($(date +%s) + $1))
	shift 2
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$deadline" ] || fail "$what: not so after $seconds s"
		sleep 0.1
	done
}

# from_registry COMMAND...: runs what fetches from a registry, of whose thousands of answers one may be an error.
from_registry() {
	local pause
	for pause in 5 20; do
		if "$@"; then return; fi
		say "failed, and is tried again in $pause s: $*" >&2
		sleep "$pause"
	done
	"$@"
}

# The folder of one module's built programs. Its name changes with what it is built from.
program_folder() {
	local key
	key=$(find "$cluster_source/programs/$1" -type f ! -name '*_test.go' -print0 | sort -z | xargs -0 cat | sha256sum | cut -c1-12)
	echo "$cache/programs/$1-$key"
}

# The modules of every cluster. Those of volumes that grow and of several nodes are built only if they are asked for.
program_modules() {
	(cd "$cluster_source/programs" && printf '%s\n' */go.mod | xargs -n1 dirname | grep -vx -e csi -e kube-router)
}
