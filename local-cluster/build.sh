#!/usr/bin/env bash
# Builds the programs of the modules that are named, if they are not in the cache yet. Prints its progress.
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

# The snapshotter's Go module has the CustomResourceDefinitions of its version.
add_snapshot_crds() {
	local sources
	sources=$(go list -m -f '{{.Dir}}' github.com/kubernetes-csi/external-snapshotter/client/v8)
	install -D --mode 644 --target-directory "$1/crds" "$sources"/config/crd/*snapshot.storage.k8s.io_*.yaml
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
	[ "$name" != csi ] || add_snapshot_crds "$folder.partial"
	mv "$folder.partial" "$folder"
	rm -f "$folder.log"
	say "built $name"
}

command -v go >/dev/null || fail "building the cluster's programs takes Go 1.26 or newer: install it, or use a cluster of your own"
export CGO_ENABLED=0 GOFLAGS=-buildvcs=false
for module in "$@"; do
	build_module "$module"
done
