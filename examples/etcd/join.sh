#!/bin/sh
# Writes the configuration of the etcd member of this pod. The first INITIAL_REPLICAS pods found a cluster. A later one
# joins it, as does one that was removed from it, and one whose volume was lost.
set -eu
ordinal=${POD##*-}
domain=${POD%-*}.$NAMESPACE.svc
host=$POD.$domain

# ask PATH BODY: prints the answer of the cluster, by any member that has a quorum.
ask() {
	for i in 0 1 2 3 4 5 6 7 8; do
		[ "$i" = "$ordinal" ] && continue
		timeout 5 wget -q -O- --post-data "$2" "http://${POD%-*}-$i.$domain:2379/v3/cluster/member/$1" 2>/dev/null && return
	done
	return 1
}

# Prints the members of the cluster, each on a line.
members() {
	ask list '{}' | sed 's/.*"members":\[//; s/{"ID"/\n{"ID"/g' | grep '"ID"'
}

# Who founds a cluster must have no other member with data: a member that comes back with an empty volume, while the
# others are down, must not start a second cluster. So the founders tell each other at the port of the members that their
# volumes are empty, and no one begins before all have said so.
say() {
	echo "$1" >/tmp/say/state
}
all_others_say() {
	for i in $(seq 0 $((INITIAL_REPLICAS - 1))); do
		[ "$i" = "$ordinal" ] && continue
		peer=http://${POD%-*}-$i.$domain:2380
		state=$(timeout 5 wget -q -O- "$peer/state" 2>/dev/null ||
			timeout 5 wget -q -O- "$peer/version" 2>/dev/null | sed 's/.*etcd.*/begun/')
		case " $* " in *" $state "*) ;; *) return 1 ;; esac
	done
}
founds() {
	[ "$ordinal" -lt "$INITIAL_REPLICAS" ] || return 1
	if [ ! -d /tmp/say ]; then
		mkdir /tmp/say
		say empty
		httpd -p 2380 -h /tmp/say
	fi
	if all_others_say empty founding; then say founding; fi
	[ "$(cat /tmp/say/state)" = founding ] && all_others_say founding begun
}

while :; do
	if list=$(members); then
		mine=$(echo "$list" | grep -F "http://$host:2380\"" || true)
		id=$(echo "$mine" | sed 's/.*"ID":"\([0-9]*\)".*/\1/')
		if [ -z "$mine" ]; then
			echo "joins the cluster"
			rm -rf /data/member
			ask add "{\"peerURLs\":[\"http://$host:2380\"]}" >/dev/null || true
		elif [ ! -d /data/member ] && echo "$mine" | grep -q '"name"'; then
			echo "removes the member $id, whose volume was lost"
			ask remove "{\"ID\":\"$id\"}" >/dev/null || true
		else
			state=existing
			initial=$(echo "$list" | sed -n 's|.*"peerURLs":\["http://\([^."]*\)\([^"]*\)".*|\1=http://\1\2|p' | paste -sd,)
			break
		fi
	elif [ -d /data/member ]; then
		state=existing initial=$POD=http://$host:2380 # read from the data
		break
	elif founds; then
		state=new
		initial=$(for i in $(seq 0 $((INITIAL_REPLICAS - 1))); do
			echo "${POD%-*}-$i=http://${POD%-*}-$i.$domain:2380"
		done | paste -sd,)
		break
	fi
	sleep 1
done

cat >/run/etcd/etcd.yaml <<END
name: $POD
data-dir: /data
listen-client-urls: http://0.0.0.0:2379
listen-peer-urls: http://0.0.0.0:2380
advertise-client-urls: http://$host:2379
initial-advertise-peer-urls: http://$host:2380
initial-cluster: $initial
initial-cluster-state: $state
auto-compaction-retention: "1"
END
echo "$state: $initial"
