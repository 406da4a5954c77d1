#!/usr/bin/env bash
# A local one-node Kubernetes for a Linux machine without Docker.
set -euo pipefail
# shellcheck source=lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck source=images.sh
. "$cluster_source/images.sh"
# shellcheck source=databases.sh
. "$cluster_source/databases.sh"

usage() {
	cat <<'END'
Usage: npm run cluster COMMAND [-- --name NAME]

  up        start the cluster, building what is missing, and load the images of the sample apps and redis
  up -- --csi     the same with volumes that grow and have snapshots; the cluster keeps them at each later `up`
  load IMAGE...   load images that the examples of databases name, building what is missing: postgres, etcd, nats,
                  nats-box, rabbitmq, busybox
  status    print whether it runs, and how to reach it
  env       print the environment of a shell that uses it, as lines NAME=VALUE
  down      stop it; its volumes stay, and `up` brings everything back
  down -- --purge   stop it and remove it with its volumes; with the last cluster goes the cache of built programs

  --name NAME   one of several clusters (default: local)
END
}

command=${1:-}
[ $# -eq 0 ] || shift
name=local purge=no csi=no wanted_images=()
while [ $# -gt 0 ]; do
	case $1 in
	--name)
		name=${2:-}
		shift
		;;
	--purge) purge=yes ;;
	*)
		if [ "$command" = up ] && [ "$1" = --csi ]; then
			csi=yes
		elif [ "$command" = load ] && builds_image "$1"; then
			wanted_images+=("$1")
		else
			usage >&2
			fail "unknown argument: $1"
		fi
		;;
	esac
	shift
done
[[ $name =~ ^[a-z0-9]{1,12}$ ]] || fail "--name: \"$name\" is not 1 to 12 lower-case letters and digits"

folder=$cache/clusters/$name
kubeconfig=$folder/kubeconfig
link=sa-$name
cgroup=/stateful-apps-$name

# The node's first process, as this machine counts it; fails where it does not run.
node_process() {
	local launcher
	launcher=$(cat "$folder/launcher" 2>/dev/null) || return 1
	# A number can have passed to another process since: only one that was started for this folder is ours.
	tr '\0' ' ' 2>/dev/null <"/proc/$launcher/cmdline" | grep -F -- "node.sh $folder " >/dev/null || return 1
	local child
	child=$(tr -d ' ' <"/proc/$launcher/task/$launcher/children")
	[ -n "$child" ] && echo "$child"
}

# Runs a command in the node's namespaces.
in_node() {
	nsenter --target "$(node_process)" --mount --pid --net --uts "$@"
}

kubectl() {
	"$(program_folder kubernetes)/kubectl" --kubeconfig "$kubeconfig" "$@"
}

# The modules whose programs this cluster runs.
modules() {
	program_modules
	[ $csi = no ] || echo csi
}

install_packages() {
	local missing=() package packages=(buildah busybox-static conntrack containerd containernetworking-plugins curl
		gettext-base iproute2 iptables mmdebstrap runc)
	[ $csi = no ] || packages+=(xfsprogs)
	for package in "${packages[@]}"; do
		dpkg -s "$package" >/dev/null 2>&1 || missing+=("$package")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	say "installing Debian packages: ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	{ from_registry apt-get update -qq &&
		from_registry apt-get install -qq -y --no-install-recommends --no-remove "${missing[@]}"; } >"$cache/packages.log" 2>&1 ||
		fail "apt-get failed: see $cache/packages.log"
	rm "$cache/packages.log"
}

# The first free pair of addresses for the link between host and node, kept for the cluster's life: the API
# server's certificate names it. Sets $gateway (host) and $address (node).
# grep reads to the end: with -q it ends early, and where that ends `ip` too the pipe has failed, and the address is free.
choose_address() {
	local fourth
	if [ ! -f "$folder/address" ]; then
		for fourth in $(seq 0 4 252); do
			gateway=172.31.255.$((fourth + 1)) address=172.31.255.$((fourth + 2))
			if ! ip -4 -o address | grep -F " $gateway/" >/dev/null && ! grep -qsx "$address" "$cache"/clusters/*/address; then
				echo "$address" >"$folder/address"
				break
			fi
		done
	fi
	address=$(cat "$folder/address")
	gateway=172.31.255.$((${address##*.} - 1))
	# One that was stopped keeps its address; a cluster of another cache folder may have taken it meanwhile.
	if ip -4 -o address | grep -F " $gateway/" >/dev/null; then
		fail "the address $address of the cluster \"$name\" is taken: $(ip -4 -o address | grep -F " $gateway/" | cut -d' ' -f2) has $gateway"
	fi
}

# The node's control group, in every hierarchy (cgroup v1) or in the one there is (v2).
cgroup_folders() {
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		echo "/sys/fs/cgroup$cgroup"
	else
		find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d -printf "%p$cgroup\n"
	fi
}

make_cgroups() {
	local path
	for path in $(cgroup_folders); do
		mkdir -p "$path"
		if [ -f "$path/cpuset.mems" ] && [ -z "$(cat "$path/cpuset.mems")" ]; then
			cat "$(dirname "$path")/cpuset.cpus" >"$path/cpuset.cpus"
			cat "$(dirname "$path")/cpuset.mems" >"$path/cpuset.mems"
		fi
	done
}

remove_cgroups() {
	local path
	for path in $(cgroup_folders); do
		[ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} +
	done
}

start_node() {
	local programs=() module
	for module in $(modules); do programs+=("$(program_folder "$module")"); done
	mkdir -p "$folder"
	[ $csi = no ] || touch "$folder/csi"
	make_cgroups
	{
		flock 8 # two clusters that start at the same time must not choose one address
		choose_address
		setsid unshare --mount --net --pid --uts --ipc --fork --kill-child --propagation private \
			bash "$cluster_source/node/node.sh" "$folder" "stateful-apps-$name" "$address" "$gateway" "$cgroup" "${programs[@]}" \
			</dev/null >"$folder/node.log" 2>&1 8>&- &
		echo $! >"$folder/launcher"
		await 60 "the node's namespaces (see $folder/node.log)" node_process
		await 60 "the link to the node" ip link add "$link" type veth peer name eth0 netns "$(node_process)"
		ip address add "$gateway/30" dev "$link"
		ip link set "$link" up
	} 8>/run/lock/stateful-apps
}

load_images() {
	local archive import imports=()
	for archive in "$@"; do
		in_node ctr --namespace k8s.io images import - <"$archive" >/dev/null &
		imports+=($!)
	done
	for import in "${imports[@]}"; do wait "$import"; done
}

node_answers() { kubectl get --raw /readyz; }
# Ready in the eyes of this run's kubelet: a restarted cluster still remembers what the last one said.
node_is_ready() {
	in_node curl -sf http://127.0.0.1:10248/healthz && kubectl wait --for=condition=Ready node --all --timeout=0
}
dns_is_ready() { kubectl -n kube-system wait --for=condition=Available deployment/coredns --timeout=0; }
containerd_answers() { in_node ctr version; }
csi_driver_is_registered() {
	kubectl get csinode "stateful-apps-$name" -o jsonpath='{.spec.drivers[*].name}' | grep -x loop.csi.local
}

# What a cluster has beside its programs so that its volumes grow and have snapshots. local-path remains, as a class
# that cannot grow.
apply_csi() {
	kubectl apply -f "$(program_folder csi)/crds" >/dev/null
	kubectl wait --for=condition=Established crd --all --timeout=60s >/dev/null
	kubectl apply -f "$cluster_source/node/csi.yaml" >/dev/null
	kubectl annotate storageclass local-path storageclass.kubernetes.io/is-default-class- >/dev/null
}

up() {
	[ "$(id -u)" = 0 ] || fail "a node requires root, for namespaces, mounts and routes of its own"
	if [ -f "$folder/csi" ]; then
		csi=yes
	elif [ $csi = yes ] && node_process >/dev/null; then
		fail "cluster \"$name\" runs without --csi: stop it with \`down\`, then start it with --csi"
	fi
	mkdir -p "$images"
	local node_images app archive archives=()
	{
		flock 9 # one build at a time, also of clusters whose own caches only link to this folder
		install_packages
		program_modules | xargs bash "$cluster_source/build.sh"
		node_images=$(build_node_images)
		for app in "$cluster_source"/../apps/*/; do
			archive=$(build_app_image "$(basename "$app")")
			archives+=("$archive")
		done
		archive=$(build_redis_image)
		archives+=("$archive")
	} 9>"$images/lock"
	# It takes minutes, which other clusters do not wait for.
	[ $csi = no ] || flock "$images/lock-csi" bash "$cluster_source/build.sh" csi
	if ! node_process >/dev/null; then
		say "starting Kubernetes in namespaces of its own"
		start_node
		await 120 "containerd's answer" containerd_answers
		load_images "$node_images"/*.tar
		await 120 "a kubeconfig (see $folder/node.log)" test -s "$folder/var/lib/kubernetes/super-admin.conf"
		# Its context, cluster and user get the cluster's own name, so that kubeconfigs of several clusters can be merged.
		(umask 077 && sed -E "s/((name|cluster|user|current-context): ).+/\\1stateful-apps-$name/" "$folder/var/lib/kubernetes/super-admin.conf" >"$kubeconfig")
		await 180 "the API server's answer" node_answers
		kubectl apply -f "$cluster_source/node/manifests.yaml" >/dev/null
		kubectl -n kube-system get deployment coredns >/dev/null 2>&1 || in_node sh -c 'exec /run/programs/kubernetes-*/kubeadm init phase addon coredns --config /run/config/kubeadm.yaml --kubeconfig /var/lib/kubernetes/super-admin.conf' >/dev/null
		kubectl -n kube-system scale deployment coredns --replicas=1 >/dev/null
		[ $csi = no ] || apply_csi
		await 180 "a ready node" node_is_ready
		[ $csi = no ] || await 60 "the CSI driver" csi_driver_is_registered
		say "the node is ready"
	fi
	load_images "${archives[@]}"
	await 180 "CoreDNS" dns_is_ready
	say "cluster \"$name\" is up"
	status
}

load() {
	local image archive archives=()
	[ ${#wanted_images[@]} -gt 0 ] || fail "load: name at least one image"
	node_process >/dev/null || fail "cluster \"$name\" is not running"
	{
		flock 9
		for image in "${wanted_images[@]}"; do
			archive=$(build_image "$image")
			archives+=("$archive")
		done
		# Under the lock too: two imports of one image at the same time fail, because it "already exists".
		load_images "${archives[@]}"
	} 9>"$images/lock"
	say "the images are loaded"
}

status() {
	if ! node_process >/dev/null; then
		echo "cluster \"$name\" is not running"
		return 1
	fi
	kubectl get nodes -o wide
	[ ! -f "$folder/csi" ] || echo "Its volumes grow and have snapshots: StorageClass loop, VolumeSnapshotClass loop"
	echo
	echo "To use it in this shell:"
	echo "  export KUBECONFIG=$kubeconfig PATH=\$PATH:$(program_folder kubernetes)"
}

# For programs: only what they need, whether the cluster runs or not.
env() {
	echo "KUBECONFIG=$kubeconfig"
	echo "PROGRAMS=$(program_folder kubernetes)"
}

down() {
	local process launcher
	if process=$(node_process); then
		launcher=$(cat "$folder/launcher")
		kill -KILL "$process"
		await 120 "the end of the node's processes" not_running "$launcher"
	fi
	# A process that ends takes its side of the link with it, a little later.
	await 60 "the end of the node's network" no_link
	remove_cgroups
	rm -f "$folder/launcher"
	if [ $purge = yes ]; then
		rm -rf "$folder"
		rmdir "$cache/clusters" 2>/dev/null && rm -rf "$cache"
		say "cluster \"$name\" is removed"
	else
		say "cluster \"$name\" is stopped; its volumes stay in $folder"
	fi
}
not_running() { [ ! -d "/proc/$1" ]; }
no_link() { ! ip link show "$link"; }

case $command in
up | load | down | status | env) "$command" ;;
*)
	usage >&2
	exit 2
	;;
esac
