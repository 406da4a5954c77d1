#!/usr/bin/env bash
# The node's first process. cluster.sh starts it in namespaces of its own: what it mounts, routes, filters and starts
# is gone, all of it, as soon as this process is.
#
# Usage: node.sh FOLDER NUMBER NODE ADDRESS/PREFIX GATEWAY CGROUP PROGRAM_FOLDER...
#
# The node with the number 1 runs the control plane. FOLDER holds what a node keeps.
set -euo pipefail

folder=$1 number=$2 NODE=$3 ADDRESS=${4%/*} prefix=${4#*/} gateway=$5 CGROUP=$6
shift 6
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Mounts: a fresh /run, and the cluster's own /var in place of the host's, so that every program keeps its usual paths.
mount -t proc proc /proc
mount --make-rshared /
mount -t tmpfs -o mode=755 run /run
mkdir /run/programs /run/source /run/cni /run/sysctl
for programs in "$@"; do
	mkdir "/run/programs/$(basename "$programs")"
	mount --bind "$programs" "/run/programs/$(basename "$programs")"
	PATH=$PATH:/run/programs/$(basename "$programs")
done
mount --bind "$source" /run/source
mkdir -p "$folder/var"/{lib/csi,log,tmp}
ln -sfn /run "$folder/var/run"
# All nodes see the volumes of the first one, as they would a cloud's disks.
[ "$number" = 1 ] || mount --bind "$folder/../../var/lib/csi" "$folder/var/lib/csi"
mount --rbind "$folder/var" /var
cd /var/lib

# The kubelet sets these for the whole machine, which is not the cluster's: let it set copies.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
	kernel/keys/root_maxbytes; do
	cat "/proc/sys/$setting" >"/run/sysctl/${setting//\//.}"
	mount --bind "/run/sysctl/${setting//\//.}" "/proc/sys/$setting"
done

# Network: a link to the host or, from every other node, to the first one. There is no way beyond the host. Routes send
# the addresses of Services to where kube-proxy's rules turn them into those of pods, and those of pods to their nodes.
ip link set lo up
# cluster.sh adds the link once this process is there.
until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
ip address add "$ADDRESS/$prefix" dev eth0
ip link set eth0 up
if [ "$number" = 1 ]; then
	ip route add 10.96.0.0/16 dev eth0
else
	ip route add default via "$gateway"
fi
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname "$NODE"
echo "nameserver $gateway" >/run/resolv.conf

for plugins in /usr/lib/cni /opt/cni/bin; do
	if [ -x "$plugins/ptp" ]; then CNI_PLUGINS=$plugins; fi
done
VERSION=$(kubelet --version | cut -d' ' -f2)
POD_RANGE=10.244.$number.0/24
export NODE ADDRESS CGROUP CNI_PLUGINS POD_RANGE VERSION
mkdir -p /run/config
for file in kubeadm.yaml kubelet.yaml kube-proxy.yaml containerd.toml cni.conflist local-path.json local-path-helper.yaml; do
	# shellcheck disable=SC2016 # these are the names to put in, not their values
	envsubst '$NODE $ADDRESS $CGROUP $CNI_PLUGINS $POD_RANGE $VERSION' <"/run/source/$file" >"/run/config/$file"
done
cp /run/config/cni.conflist /run/cni/

# Keeps a program running; its output is in /var/log/NAME.log.
keep() {
	local name=$1
	shift
	while :; do
		"$@" >>"/var/log/$name.log" 2>&1 || true
		echo "$(date -Is) $name ended and is started again" >>/var/log/node.log
		sleep 1
	done &
}

keep containerd containerd --config /run/config/containerd.toml

kubernetes=/var/lib/kubernetes
# What every node needs of it, cluster.sh hands to the others.
# shellcheck source=control-plane.sh
[ "$number" != 1 ] || . "$source/control-plane.sh"

keep kubelet kubelet \
	--config /run/config/kubelet.yaml \
	--hostname-override "$NODE" \
	--kubeconfig $kubernetes/kubelet.conf \
	--node-ip "$ADDRESS"
keep kube-proxy kube-proxy --config /run/config/kube-proxy.yaml --hostname-override "$NODE"
# cluster.sh names the folder of this program if the cluster has several nodes.
if command -v kube-router >/dev/null; then
	keep kube-router kube-router \
		--health-port 0 \
		--hostname-override "$NODE" \
		--kubeconfig $kubernetes/kube-router.conf \
		--run-firewall=true \
		--run-router=false \
		--run-service-proxy=false \
		--service-cluster-ip-range 10.96.0.0/16
fi

# cluster.sh names the folder of these programs if the cluster was started with --csi.
if command -v csi-driver >/dev/null; then
	socket=/var/lib/kubelet/plugins/loop.csi.local/csi.sock
	if [ "$number" = 1 ]; then
		keep csi-driver csi-driver --node "$NODE" --socket $socket
		sidecar=(--csi-address "$socket" --kubeconfig "$kubernetes/super-admin.conf" --retry-interval-start 200ms)
		keep csi-provisioner csi-provisioner "${sidecar[@]}" --default-fstype xfs
		keep csi-resizer csi-resizer "${sidecar[@]}"
		keep csi-snapshotter csi-snapshotter "${sidecar[@]}"
		keep snapshot-controller snapshot-controller --kubeconfig $kubernetes/super-admin.conf --retry-interval-start 200ms
	else
		keep csi-driver csi-driver --node "$NODE" --socket $socket --node-service-only
	fi
fi

wait
