#!/usr/bin/env bash
# Builds every program of the cluster that is not in the cache yet. Prints its progress.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Turns the package names that `go build -v` prints into a line every ten seconds.
show_progress() {
	local name=$1 total=$2 done=0 next=0
	while read -r _; do
		done=$((done + 1))
		if [ "$(date +%s)" -ge "$next" ]; then
			say "building $name: $done of at most $total packages"
			next=$(($(date +%s) + 10))
		fi
	done
}

# Kubernetes takes its version from the linker; the others know theirs.
linker_flags() {
	local version
	version=$(cd "$cluster_source/programs/kubernetes" && from_registry go list -m -f '{{.Version}}' k8s.io/kubernetes)
	local package=k8s.io/component-base/version
	echo "-s -w -X $package.gitVersion=$version -X $package.gitTreeState=clean" \
		"-X $package.gitMajor=$(cut -d. -f1 <<<"${version#v}") -X $package.gitMinor=$(cut -d. -f2 <<<"$version")"
}

build_module() {
	local name=$1 folder total flags
	folder=$(program_folder "$name")
	[ ! -d "$folder" ] || return 0
	say "fetching the sources of $name"
	rm -rf "$folder.partial" && mkdir -p "$folder.partial"
	cd "$cluster_source/programs/$name"
	from_registry go mod download
	total=$(go list -deps tool | wc -l)
	flags=$(linker_flags)
	GOBIN="$folder.partial" go install -v -trimpath -ldflags "$flags" tool 2>&1 |
		tee "$folder.log" | show_progress "$name" "$total" || fail "building $name failed: see $folder.log"
	mv "$folder.partial" "$folder"
	rm -f "$folder.log"
	say "built $name"
}

command -v go >/dev/null || fail "building the cluster's programs takes Go 1.26 or newer: install it, or use a cluster of your own"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
for module in $(program_modules); do
	build_module "$module"
done
