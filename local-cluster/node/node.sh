#!/usr/bin/env bash
# The node's first process. cluster.sh starts it in namespaces of its own: what it mounts, routes, filters and starts
# is gone, all of it, as soon as this process is.
#
# Usage: node.sh CLUSTER_FOLDER NODE ADDRESS GATEWAY CGROUP PROGRAM_FOLDER...
set -euo pipefail

cluster=$1 NODE=$2 ADDRESS=$3 gateway=$4 CGROUP=$5
shift 5
source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# Mounts: a fresh /run, and the cluster's own /var in place of the host's, so that every program keeps its usual paths.
mount -t proc proc /proc
mount --make-rshared /
mount -t tmpfs -o mode=755 run /run
mkdir /run/programs /run/source /run/cni /run/sysctl
for folder in "$@"; do
	mkdir "/run/programs/$(basename "$folder")"
	mount --bind "$folder" "/run/programs/$(basename "$folder")"
	PATH=$PATH:/run/programs/$(basename "$folder")
done
mount --bind "$source" /run/source
mkdir -p "$cluster/var"/{lib,log,tmp}
ln -sfn /run "$cluster/var/run"
mount --bind "$cluster/var" /var
cd /var/lib

# The kubelet sets these for the whole machine, which is not the cluster's: let it set copies.
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
	kernel/keys/root_maxbytes; do
	cat "/proc/sys/$setting" >"/run/sysctl/${setting//\//.}"
	mount --bind "/run/sysctl/${setting//\//.}" "/proc/sys/$setting"
done

# Network: the link to the host, and no way beyond it. The one route sends Service addresses to where kube-proxy's
# rules turn them into pods' addresses.
ip link set lo up
# cluster.sh adds the link once this process is there.
until ip link show eth0 >/dev/null 2>&1; do sleep 0.1; done
ip address add "$ADDRESS/30" dev eth0
ip link set eth0 up
ip route add 10.96.0.0/16 dev eth0
echo 1 >/proc/sys/net/ipv4/ip_forward
hostname "$NODE"
echo "nameserver $gateway" >/run/resolv.conf

for plugins in /usr/lib/cni /opt/cni/bin; do
	if [ -x "$plugins/ptp" ]; then CNI_PLUGINS=$plugins; fi
done
VERSION=$(kubelet --version | cut -d' ' -f2)
export NODE ADDRESS CGROUP CNI_PLUGINS VERSION
mkdir -p /run/config
for file in kubeadm.yaml kubelet.yaml kube-proxy.yaml containerd.toml cni.conflist local-path.json local-path-helper.yaml; do
	# shellcheck disable=SC2016 # these are the names to put in, not their values
	envsubst '$NODE $ADDRESS $CGROUP $CNI_PLUGINS $VERSION' <"/run/source/$file" >"/run/config/$file"
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
keep etcd server --name node --data-dir /var/lib/etcd --listen-peer-urls http://127.0.0.1:2380

kubernetes=/var/lib/kubernetes
if [ ! -e $kubernetes/kube-proxy.conf ]; then
	kubeadm init phase certs all --config /run/config/kubeadm.yaml
	kubeadm init phase kubeconfig all --config /run/config/kubeadm.yaml --kubeconfig-dir $kubernetes
	kubeadm kubeconfig user --config /run/config/kubeadm.yaml --client-name system:kube-proxy >$kubernetes/kube-proxy.partial
	mv $kubernetes/kube-proxy.partial $kubernetes/kube-proxy.conf
fi

# A StatefulSet's maxUnavailable is beta, and off by default, in this version.
features=MaxUnavailableStatefulSet=true

keep kube-apiserver kube-apiserver \
	--advertise-address "$ADDRESS" \
	--allow-privileged \
	--authorization-mode Node,RBAC \
	--client-ca-file $kubernetes/pki/ca.crt \
	--enable-admission-plugins NodeRestriction \
	--etcd-servers http://127.0.0.1:2379 \
	--feature-gates $features \
	--kubelet-client-certificate $kubernetes/pki/apiserver-kubelet-client.crt \
	--kubelet-client-key $kubernetes/pki/apiserver-kubelet-client.key \
	--kubelet-preferred-address-types InternalIP \
	--service-account-issuer https://kubernetes.default.svc.cluster.local \
	--service-account-key-file $kubernetes/pki/sa.pub \
	--service-account-signing-key-file $kubernetes/pki/sa.key \
	--service-cluster-ip-range 10.96.0.0/16 \
	--tls-cert-file $kubernetes/pki/apiserver.crt \
	--tls-private-key-file $kubernetes/pki/apiserver.key
keep kube-controller-manager kube-controller-manager \
	--feature-gates $features \
	--kubeconfig $kubernetes/controller-manager.conf \
	--leader-elect=false \
	--root-ca-file $kubernetes/pki/ca.crt \
	--service-account-private-key-file $kubernetes/pki/sa.key \
	--use-service-account-credentials
keep kube-scheduler kube-scheduler \
	--authentication-kubeconfig $kubernetes/scheduler.conf \
	--authorization-kubeconfig $kubernetes/scheduler.conf \
	--kubeconfig $kubernetes/scheduler.conf \
	--leader-elect=false
keep kubelet kubelet \
	--config /run/config/kubelet.yaml \
	--hostname-override "$NODE" \
	--kubeconfig $kubernetes/kubelet.conf \
	--node-ip "$ADDRESS"
keep kube-proxy kube-proxy --config /run/config/kube-proxy.yaml --hostname-override "$NODE"
keep local-path-provisioner local-path-provisioner start \
	--config /run/config/local-path.json \
	--configmap-name local-path-config \
	--helper-image localhost/busybox:built \
	--helper-pod-file /run/config/local-path-helper.yaml \
	--kubeconfig $kubernetes/super-admin.conf \
	--namespace local-path-storage \
	--service-account-name default

# cluster.sh names the folder of these programs if the cluster was started with --csi.
if command -v csi-driver >/dev/null; then
	socket=/var/lib/kubelet/plugins/loop.csi.local/csi.sock
	sidecar=(--csi-address "$socket" --kubeconfig "$kubernetes/super-admin.conf" --retry-interval-start 200ms)
	keep csi-driver csi-driver --node "$NODE" --socket $socket
	keep csi-provisioner csi-provisioner "${sidecar[@]}" --default-fstype xfs
	keep csi-resizer csi-resizer "${sidecar[@]}"
	keep csi-snapshotter csi-snapshotter "${sidecar[@]}"
	keep snapshot-controller snapshot-controller --kubeconfig $kubernetes/super-admin.conf --retry-interval-start 200ms
fi

wait
