#!/usr/bin/env bash
# A local Kubernetes for a Linux machine without Docker, of one node or several.
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
  up -- --nodes N the same with N nodes, 9 at most, which implies --csi; the cluster keeps them at each later `up`
  node kill N     kill all of a node at once, as a failure of its power does; not the first node, the control plane
  node start N    bring it back
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
name=local purge=no csi=no wanted_nodes=1 wanted_images=() node_arguments=()
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
		elif [ "$command" = up ] && [ "$1" = --nodes ] && [[ ${2:-} =~ ^[1-9]$ ]]; then
			wanted_nodes=$2
			shift
		elif [ "$command" = node ] && [ ${#node_arguments[@]} -lt 2 ]; then
			node_arguments+=("$1")
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
# shellcheck source=nodes.sh
. "$cluster_source/nodes.sh"

kubectl() {
	"$(program_folder kubernetes)/kubectl" --kubeconfig "$kubeconfig" "$@"
}

# The modules whose programs this cluster runs.
modules() {
	program_modules
	[ $csi = no ] || echo csi
	[ ! -d "$folder/nodes" ] || echo kube-router
}

install_packages() {
	local missing=() package packages=(buildah busybox-static conntrack containerd containernetworking-plugins curl
		gettext-base iproute2 ipset iptables mmdebstrap runc)
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

node_answers() { kubectl get --raw /readyz; }
dns_is_ready() { kubectl -n kube-system wait --for=condition=Available deployment/coredns --timeout=0; }
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
	# A volume of local-path stays on one node.
	[ "$wanted_nodes" = 1 ] || csi=yes
	if [ -f "$folder/csi" ]; then
		csi=yes
	elif [ $csi = yes ] && node_process 1 >/dev/null; then
		fail "cluster \"$name\" runs without --csi: stop it with \`down\`, then start it with --csi"
	fi
	if [ "$wanted_nodes" -gt 1 ] && [ ! -d "$folder/nodes" ] && node_process 1 >/dev/null; then
		fail "cluster \"$name\" runs with one node: stop it with \`down\`, then start it with --nodes"
	fi
	local node_images node app archive archives=() job jobs=()
	for node in $(seq 2 "$wanted_nodes"); do mkdir -p "$folder/nodes/$node"; done
	mkdir -p "$images"
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
	# They take minutes, which other clusters do not wait for.
	[ $csi = no ] || flock "$images/lock-csi" bash "$cluster_source/build.sh" csi
	[ ! -d "$folder/nodes" ] || flock "$images/lock-csi" bash "$cluster_source/build.sh" kube-router
	if ! node_process 1 >/dev/null; then
		say "starting Kubernetes in namespaces of its own"
		start_control_plane
		await 120 "containerd's answer" containerd_answers 1
		load_images 1 "$node_images"/*.tar
		await 120 "a kubeconfig (see $folder/node.log)" test -s "$folder/var/lib/kubernetes/kube-router.conf"
		# Its context, cluster and user get the cluster's own name, so that kubeconfigs of several clusters can be merged.
		(umask 077 && sed -E "s/((name|cluster|user|current-context): ).+/\\1stateful-apps-$name/" "$folder/var/lib/kubernetes/super-admin.conf" >"$kubeconfig")
		await 180 "the API server's answer" node_answers
		kubectl apply -f "$cluster_source/node/manifests.yaml" >/dev/null
		kubectl -n kube-system get deployment coredns >/dev/null 2>&1 || kubeadm init phase addon coredns --config /run/config/kubeadm.yaml --kubeconfig /var/lib/kubernetes/super-admin.conf >/dev/null
		kubectl -n kube-system scale deployment coredns --replicas=1 >/dev/null
		[ $csi = no ] || apply_csi
		await 180 "a ready node" node_is_ready 1
		[ $csi = no ] || await 60 "the CSI driver" csi_driver_is_registered 1
		say "the node is ready"
	fi
	[ -z "$(workers)" ] || make_bridge
	for node in $(workers); do
		bring_up_worker "$node" "$node_images" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job"; done
	for_each_node load_images "${archives[@]}"
	await 180 "CoreDNS" dns_is_ready
	say "cluster \"$name\" is up"
	status
}

load() {
	local image archive archives=()
	[ ${#wanted_images[@]} -gt 0 ] || fail "load: name at least one image"
	node_process 1 >/dev/null || fail "cluster \"$name\" is not running"
	{
		flock 9
		for image in "${wanted_images[@]}"; do
			archive=$(build_image "$image")
			archives+=("$archive")
		done
		# Under the lock too: two imports of one image at the same time fail, because it "already exists".
		for_each_node load_images "${archives[@]}"
	} 9>"$images/lock"
	say "the images are loaded"
}

status() {
	if ! node_process 1 >/dev/null; then
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

node() {
	local action=${node_arguments[0]:-} number=${node_arguments[1]:-}
	[[ $action =~ ^(kill|start)$ ]] || fail "node: \"$action\" is not kill or start"
	node_process 1 >/dev/null || fail "cluster \"$name\" is not running"
	workers | grep -x "${number:-none}" >/dev/null ||
		fail "node $action: \"$number\" is not the number of a node beside the first one: $(workers | tr '\n' ' ')"
	if [ "$action" = kill ]; then
		kill_node "$number"
		say "node $number is dead"
	else
		! node_process "$number" >/dev/null || fail "node $number is running"
		csi=yes
		bring_up_worker "$number" "$(build_node_images)"
	fi
}

down() {
	local node
	for node in $(workers) 1; do kill_node "$node"; done
	# It goes with the node's side of it, but the kernel can take a minute for that.
	ip link delete "$link" 2>/dev/null || true
	await 60 "the end of the node's network" no_link
	if [ $purge = yes ]; then
		rm -rf "$folder"
		rmdir "$cache/clusters" 2>/dev/null && rm -rf "$cache"
		say "cluster \"$name\" is removed"
	else
		say "cluster \"$name\" is stopped; its volumes stay in $folder"
	fi
}
no_link() { ! ip link show "$link"; }

case $command in
up | node | load | down | status | env) "$command" ;;
*)
	usage >&2
	exit 2
	;;
esac
