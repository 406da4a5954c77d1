# shellcheck shell=bash
# The nodes of a cluster: their first processes, what links them, and their images. cluster.sh reads this after it has
# chosen the cluster.
: "${cache:?}" "${cluster_source:?}" "${name:?}" "${folder:?}" "${link:?}"

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

# Runs in the first node, where its files are.
kubeadm() {
	in_node 1 "/run/programs/$(basename "$(program_folder kubernetes)")/kubeadm" "$@"
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
	[ "${csi:?}" = no ] || touch "$folder/csi"
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
	if [ ! -e "$kubernetes/kubelet.conf" ]; then
		kubeadm kubeconfig user --config /run/config/kubeadm.yaml \
			--client-name "system:node:$(node_name "$number")" --org system:nodes >"$kubernetes/kubelet.partial"
		mv "$kubernetes/kubelet.partial" "$kubernetes/kubelet.conf"
	fi
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

# Ready in the eyes of this run's kubelet: a restarted cluster still remembers what the last one said.
node_is_ready() {
	in_node "$1" curl -sf http://127.0.0.1:10248/healthz && kubectl wait --for=condition=Ready "node/$(node_name "$1")" --timeout=0
}
containerd_answers() { in_node "$1" ctr version; }
csi_driver_is_registered() {
	kubectl get csinode "$(node_name "$1")" -o jsonpath='{.spec.drivers[*].name}' | grep -x loop.csi.local
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
