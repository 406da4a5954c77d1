#!/bin/sh
# Removes the members whose pods are about to go: those with the ordinals from REPLICAS upwards.
set -eu

# ask PATH BODY: prints the answer of the cluster, by any member that stays and has a quorum.
ask() {
	for i in $(seq 0 $((REPLICAS - 1))); do
		timeout 5 wget -q -O- --post-data "$2" "http://etcd-$i.etcd:2379/v3/cluster/member/$1" && return
	done
	return 1
}

# etcd refuses to remove a member if the others would lose their quorum, such as a healthy one before one that has failed.
# So each round tries all of them. The deadline of the job ends a cluster that never agrees.
while :; do
	if members=$(ask list '{"linearizable":true}'); then
		surplus=$(echo "$members" | sed 's/{"ID"/\n{"ID"/g' |
			sed -n 's|^{"ID":"\([0-9]*\)".*"http://etcd-\([0-9]*\)\.[^"]*:2380".*|\2 \1|p' |
			awk '$1 >= replicas' replicas="$REPLICAS")
		[ -n "$surplus" ] || break
		echo "$surplus" | while read -r ordinal id; do
			echo "removes etcd-$ordinal"
			ask remove "{\"ID\":\"$id\"}" >/dev/null || true
		done
	fi
	sleep 1
done
echo "the members are etcd-0 to etcd-$((REPLICAS - 1))"
