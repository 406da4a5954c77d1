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
# The network of the nodes: the first one has a bridge, and the address 1.
node_addresses=172.31.240

# Nodes are numbered. The first one runs the control plane, and what it keeps lies in the cluster's folder itself.
node_name() { if [ "$1" = 1 ]; then echo "stateful-apps-$name"; else echo "stateful-apps-$name-$1"; fi; }
node_folder() { if [ "$1" = 1 ]; then echo "$folder"; else echo "$folder/nodes/$1"; fi; }
workers() { find "$folder/nodes" -mindepth 1 -maxdepth 1 -printf '%f\n' 2>/dev/null | sort; }

# The node's first process, as this machine counts it; fails where it does not run.
node_process() {
	local launcher kept
	kept=$(node_folder "$1")
	launcher=$(cat "$kept/launcher" 2>/dev/null) || return 1
	# A number can have passed to another process since: only one that was started for this folder is ours.
	tr '\0' ' ' 2>/dev/null <"/proc/$launcher/cmdline" | grep -F -- "node.sh $kept " >/dev/null || return 1
	local child
	child=$(tr -d ' ' <"/proc/$launcher/task/$launcher/children")
	[ -n "$child" ] && echo "$child"
}

# in_node NUMBER COMMAND...: runs a command in the node's namespaces.
in_node() {
	local process
	process=$(node_process "$1")
	shift
	nsenter --target "$process" --mount --pid --net --uts "$@"
}

kubectl() {
	"$(program_folder kubernetes)/kubectl" --kubeconfig "$kubeconfig" "$@"
}

# Runs in the first node, where its files are.
kubeadm() {
	in_node 1 "/run/programs/$(basename "$(program_folder kubernetes)")/kubeadm" "$@"
}

# The modules whose programs this cluster runs.
modules() {
	program_modules
	[ $csi = no ] || echo csi
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

# A node's control group, in every hierarchy (cgroup v1) or in the one there is (v2).
cgroup_folders() {
	local cgroup
	cgroup=/$(node_name "$1")
	if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
		echo "/sys/fs/cgroup$cgroup"
	else
		find /sys/fs/cgroup -mindepth 1 -maxdepth 1 -type d -printf "%p$cgroup\n"
	fi
}

make_cgroups() {
	local path
	for path in $(cgroup_folders "$1"); do
		mkdir -p "$path"
		if [ -f "$path/cpuset.mems" ] && [ -z "$(cat "$path/cpuset.mems")" ]; then
			cat "$(dirname "$path")/cpuset.cpus" >"$path/cpuset.cpus"
			cat "$(dirname "$path")/cpuset.mems" >"$path/cpuset.mems"
		fi
	done
}

remove_cgroups() {
	local path
	for path in $(cgroup_folders "$1"); do
		[ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} +
	done
}

# start_process NUMBER ADDRESS/PREFIX GATEWAY: starts a node's first process, and waits for its namespaces.
start_process() {
	local programs=() module node_folder
	for module in $(modules); do programs+=("$(program_folder "$module")"); done
	node_folder=$(node_folder "$1")
	make_cgroups "$1"
	setsid unshare --mount --net --pid --uts --ipc --fork --kill-child --propagation private \
		bash "$cluster_source/node/node.sh" "$node_folder" "$1" "$(node_name "$1")" "$2" "$3" "/$(node_name "$1")" "${programs[@]}" \
		</dev/null >"$node_folder/node.log" 2>&1 8>&- &
	echo $! >"$node_folder/launcher"
	await 60 "the node's namespaces (see $node_folder/node.log)" node_process "$1"
}

start_control_plane() {
	mkdir -p "$folder"
	[ $csi = no ] || touch "$folder/csi"
	{
		flock 8 # two clusters that start at the same time must not choose one address
		choose_address
		start_process 1 "$address/30" "$gateway"
		await 60 "the link to the node" ip link add "$link" type veth peer name eth0 netns "$(node_process 1)"
		ip address add "$gateway/30" dev "$link"
		ip link set "$link" up
	} 8>/run/lock/stateful-apps
}

# Runs a command in the network of the first node, with the processes that this machine knows.
in_network() {
	nsenter --target "$(node_process 1)" --net "$@"
}

# Hands a node what it has to know of the control plane, starts it, and links it to the first node.
start_worker() {
	local number=$1 kubernetes kept=$folder/var/lib/kubernetes
	kubernetes=$(node_folder "$number")/var/lib/kubernetes
	mkdir -p "$kubernetes/pki"
	cp "$kept/pki/ca.crt" "$kubernetes/pki/"
	cp "$kept"/{kube-proxy,kube-router}.conf "$kubernetes/"
	[ -e "$kubernetes/kubelet.conf" ] || kubeadm kubeconfig user --config /run/config/kubeadm.yaml \
		--client-name "system:node:$(node_name "$number")" --org system:nodes >"$kubernetes/kubelet.conf"
	start_process "$number" "$node_addresses.$number/24" "$node_addresses.1"
	in_network ip link delete "node$number" 2>/dev/null || true # of an earlier process, if it is not gone yet
	in_network ip link add "node$number" type veth peer name eth0 netns "$(node_process "$number")"
	in_network ip link set "node$number" master nodes up
	in_network ip route replace "10.244.$number.0/24" via "$node_addresses.$number"
}

# bring_up_worker NUMBER FOLDER_OF_IMAGES: starts a node beside the first one, unless it runs.
bring_up_worker() {
	! node_process "$1" >/dev/null || return 0
	start_worker "$1"
	await 120 "the answer of node $1's containerd" containerd_answers "$1"
	load_images "$1" "$2"/*.tar
	await 180 "node $1" node_is_ready "$1"
	await 60 "the CSI driver of node $1" csi_driver_is_registered "$1"
	say "node $1 is ready"
}

# A bridge in the first node, to which the others are linked.
make_bridge() {
	! in_network ip link show nodes >/dev/null 2>&1 || return 0
	in_network ip link add nodes type bridge
	in_network ip address add "$node_addresses.1/24" dev nodes
	in_network ip link set nodes up
}

# load_images NUMBER ARCHIVE...
load_images() {
	local node=$1 archive import imports=()
	shift
	for archive in "$@"; do
		in_node "$node" ctr --namespace k8s.io images import - <"$archive" >/dev/null &
		imports+=($!)
	done
	for import in "${imports[@]}"; do wait "$import"; done
}

# for_each_node COMMAND ARGUMENT...: runs it for each node that runs, its number first, side by side.
for_each_node() {
	local command=$1 node job jobs=()
	shift
	for node in 1 $(workers); do
		node_process "$node" >/dev/null || continue
		"$command" "$node" "$@" &
		jobs+=($!)
	done
	for job in "${jobs[@]}"; do wait "$job"; done
}

node_answers() { kubectl get --raw /readyz; }
# Ready in the eyes of this run's kubelet: a restarted cluster still remembers what the last one said.
node_is_ready() {
	in_node "$1" curl -sf http://127.0.0.1:10248/healthz && kubectl wait --for=condition=Ready "node/$(node_name "$1")" --timeout=0
}
dns_is_ready() { kubectl -n kube-system wait --for=condition=Available deployment/coredns --timeout=0; }
containerd_answers() { in_node "$1" ctr version; }
csi_driver_is_registered() {
	kubectl get csinode "$(node_name "$1")" -o jsonpath='{.spec.drivers[*].name}' | grep -x loop.csi.local
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
	# A volume of local-path stays on one node.
	[ "$wanted_nodes" = 1 ] || csi=yes
	if [ -f "$folder/csi" ]; then
		csi=yes
	elif [ $csi = yes ] && node_process 1 >/dev/null; then
		fail "cluster \"$name\" runs without --csi: stop it with \`down\`, then start it with --csi"
	fi
	mkdir -p "$images"
	local node_images node app archive archives=() job jobs=()
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
	for node in $(seq 2 "$wanted_nodes"); do mkdir -p "$folder/nodes/$node"; done
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

# Kills a node, all of it at once, and waits for its end.
kill_node() {
	local process launcher
	if process=$(node_process "$1"); then
		launcher=$(cat "$(node_folder "$1")/launcher")
		kill -KILL "$process"
		await 120 "the end of the node's processes" not_running "$launcher"
	fi
	remove_cgroups "$1"
	rm -f "$(node_folder "$1")/launcher"
}
not_running() { [ ! -d "/proc/$1" ]; }

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
