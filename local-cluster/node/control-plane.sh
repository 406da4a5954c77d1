# shellcheck shell=bash
# What only the first node runs: the control plane, and what makes volumes of local-path. node.sh reads this.
: "${ADDRESS:?}" "${kubernetes:?}"

keep etcd server --name node --data-dir /var/lib/etcd --listen-peer-urls http://127.0.0.1:2380

if [ ! -e "$kubernetes/kube-router.conf" ]; then
	kubeadm init phase certs all --config /run/config/kubeadm.yaml
	kubeadm init phase kubeconfig all --config /run/config/kubeadm.yaml --kubeconfig-dir "$kubernetes"
	for user in system:kube-proxy kube-router; do
		kubeadm kubeconfig user --config /run/config/kubeadm.yaml --client-name $user >"$kubernetes/partial.conf"
		mv "$kubernetes/partial.conf" "$kubernetes/${user#system:}.conf"
	done
fi

# A StatefulSet's maxUnavailable is beta, and off by default, in this version.
features=MaxUnavailableStatefulSet=true

keep kube-apiserver kube-apiserver \
	--advertise-address "$ADDRESS" \
	--allow-privileged \
	--authorization-mode Node,RBAC \
	--client-ca-file "$kubernetes/pki/ca.crt" \
	--enable-admission-plugins NodeRestriction \
	--etcd-servers http://127.0.0.1:2379 \
	--feature-gates $features \
	--kubelet-client-certificate "$kubernetes/pki/apiserver-kubelet-client.crt" \
	--kubelet-client-key "$kubernetes/pki/apiserver-kubelet-client.key" \
	--kubelet-preferred-address-types InternalIP \
	--service-account-issuer https://kubernetes.default.svc.cluster.local \
	--service-account-key-file "$kubernetes/pki/sa.pub" \
	--service-account-signing-key-file "$kubernetes/pki/sa.key" \
	--service-cluster-ip-range 10.96.0.0/16 \
	--tls-cert-file "$kubernetes/pki/apiserver.crt" \
	--tls-private-key-file "$kubernetes/pki/apiserver.key"
keep kube-controller-manager kube-controller-manager \
	--feature-gates $features \
	--kubeconfig "$kubernetes/controller-manager.conf" \
	--leader-elect=false \
	--root-ca-file "$kubernetes/pki/ca.crt" \
	--service-account-private-key-file "$kubernetes/pki/sa.key" \
	--use-service-account-credentials
keep kube-scheduler kube-scheduler \
	--authentication-kubeconfig "$kubernetes/scheduler.conf" \
	--authorization-kubeconfig "$kubernetes/scheduler.conf" \
	--kubeconfig "$kubernetes/scheduler.conf" \
	--leader-elect=false
keep local-path-provisioner local-path-provisioner start \
	--config /run/config/local-path.json \
	--configmap-name local-path-config \
	--helper-image localhost/busybox:built \
	--helper-pod-file /run/config/local-path-helper.yaml \
	--kubeconfig "$kubernetes/super-admin.conf" \
	--namespace local-path-storage \
	--service-account-name default
