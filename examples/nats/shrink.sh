#!/bin/sh
# Removes the servers whose pods are about to go from JetStream, one after the other: a stream that loses a replica gets
# another one, on a server that stays, before it can lose a second one. A server that goes must not be the only one that
# has the messages of a stream.
set -eu
surplus=$(seq $((PREVIOUS_REPLICAS - 1)) -1 "$REPLICAS")

# get POD PATH: what a server tells of itself.
get() {
	timeout 5 wget -q -O- "http://$1.nats:8222$2"
}

for i in $surplus; do
	streams=$(get "nats-$i" "/jsz?streams=1&config=1") || echo "nats-$i does not answer: its streams are not known"
	case $streams in *'"num_replicas": 1,'*)
		echo "nats-$i has a stream with one replica, which would be lost. Give it three, or remove it."
		exit 1
		;;
	esac
done

# Waits until the servers that stay have all messages of their streams.
catch_up() {
	for i in $(seq 0 $((REPLICAS - 1))); do
		until get "nats-$i" /healthz; do
			echo "waits for nats-$i"
			sleep 1
		done
	done
}

# Asks for what `nats server cluster peer-remove` does, which does not find the server that leads the others.
remove() {
	answer=$(nats --server "nats://system:$PASSWORD@nats-http:4222" request --raw "\$JS.API.SERVER.REMOVE" "{\"peer\":\"$1\"}" 2>&1 || true)
	echo "$answer"
	case $answer in *'"success":true'* | *'server is not a member'*) ;; *) return 1 ;; esac
}

# A server that was removed comes back after five minutes if it still runs, and large streams can take longer: the second
# round removes it again.
catch_up
for i in $surplus $surplus; do
	echo "removes nats-$i"
	until remove "nats-$i"; do sleep 1; done
	sleep 2 # until each server knows which streams it gets
	catch_up
done
