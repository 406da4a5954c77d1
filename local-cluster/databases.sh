# shellcheck shell=bash
# Images that stand in for those that the examples of databases name, and have their names. They are made of Debian's
# packages and of the Go modules in databases/. cluster.sh reads this after images.sh.
: "${images:?}" "${cluster_source:?}"

builds_image() {
	[[ $1 =~ ^(postgres|etcd|nats|nats-box|rabbitmq|busybox|writer)$ ]]
}

# build_image NAME: builds the image that image_of_NAME describes, and prints the archive's path.
build_image() {
	local archive
	archive=$images/$1-$({
		declare -f "image_of_$1" image_of_files add_busybox add_programs
		find "$cluster_source/databases" -path "*/databases/$1*" -type f -print0 | sort -z | xargs -0 cat
	} | sha256sum | cut -c1-12).tar
	if [ ! -f "$archive" ]; then
		say "building the image of $1" >&2
		rm -f "$archive.partial"
		"image_of_$1" "$archive.partial" >&2
		mv "$archive.partial" "$archive"
	fi
	echo "$archive"
}

# add_programs MODULE FOLDER: builds the programs of a module in databases/ into the folder.
add_programs() {
	(cd "$cluster_source/databases/$1" && from_registry go mod download &&
		CGO_ENABLED=0 GOFLAGS=-buildvcs=false GOBIN=$2 go install -trimpath -ldflags '-s -w' tool)
}

image_of_busybox() {
	local files
	files=$(mktemp -d)
	add_busybox "$files"
	image_of_files docker.io/library/busybox:1.37 /bin/sh "$files" "$1"
	rm -rf "$files"
}

image_of_etcd() {
	local files
	files=$(mktemp -d)
	mkdir -p "$files/usr/local/bin"
	cp "$(program_folder etcd)/server" "$files/usr/local/bin/etcd"
	add_programs etcdctl "$files/usr/local/bin"
	image_of_files quay.io/coreos/etcd:v3.6.8 /usr/local/bin/etcd "$files" "$1"
	rm -rf "$files"
}

image_of_nats() {
	local files
	files=$(mktemp -d)
	add_programs nats "$files"
	image_of_files docker.io/library/nats:2.14 /nats-server "$files" "$1"
	rm -rf "$files"
}

# As in the well-known image, a variable names the folder of the settings of nats, which requires that of a user otherwise.
image_of_nats-box() {
	local container files
	files=$(mktemp -d)
	add_busybox "$files"
	add_programs nats-box "$files/bin"
	container=$(builder from scratch)
	builder copy -q "$container" "$files" / >/dev/null
	builder config --entrypoint '["/bin/sh"]' --env PATH=/bin --env XDG_CONFIG_HOME=/nsc/.config "$container"
	builder commit -q --rm "$container" "docker-archive:$1:docker.io/natsio/nats-box:0.19.5" >/dev/null
	rm -rf "$files"
}

# The entry point begins as that of the well-known image does: with a database whose user has the password.
image_of_postgres() {
	local base container files
	base=$(build_base_image postgresql-17 trixie)
	files=$(mktemp -d)
	cp "$cluster_source/databases/postgres-entrypoint.sh" "$files/docker-entrypoint.sh"
	chmod 755 "$files/docker-entrypoint.sh"
	container=$(builder from "$base")
	builder copy -q "$container" "$files" /usr/local/bin >/dev/null
	builder run --isolation chroot "$container" -- sh -euc '
		sed -i "s/^postgres:x:[0-9]*:[0-9]*:/postgres:x:999:999:/" /etc/passwd
		sed -i "s/^postgres:x:[0-9]*:/postgres:x:999:/" /etc/group
		sed -i "s/^#listen_addresses.*/listen_addresses = '\'*\''/" /usr/share/postgresql/17/postgresql.conf.sample
		rm -rf /var/lib/postgresql/17
		install -d -o 999 -g 999 /var/run/postgresql /var/lib/postgresql/data'
	builder config --entrypoint '["docker-entrypoint.sh"]' --cmd postgres --user 0 --stop-signal SIGINT \
		--env PATH=/usr/lib/postgresql/17/bin:/usr/local/bin:/usr/bin:/bin \
		--env PGDATA=/var/lib/postgresql/data "$container"
	builder commit -q --rm "$container" "docker-archive:$1:docker.io/library/postgres:17" >/dev/null
	rm -rf "$files"
}

image_of_rabbitmq() {
	local base container
	base=$(build_base_image rabbitmq-server trixie)
	container=$(builder from "$base")
	builder run --isolation chroot "$container" -- sh -euc '
		sed -i "s/^rabbitmq:x:[0-9]*:[0-9]*:/rabbitmq:x:999:999:/" /etc/passwd
		sed -i "s/^rabbitmq:x:[0-9]*:/rabbitmq:x:999:/" /etc/group
		rm -rf /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq
		install -d -o 999 -g 999 /etc/rabbitmq /var/lib/rabbitmq /var/log/rabbitmq'
	builder config --entrypoint '[]' --cmd rabbitmq-server --user 0 \
		--env PATH=/usr/lib/rabbitmq/bin:/usr/local/bin:/usr/bin:/bin --env HOME=/var/lib/rabbitmq "$container"
	builder commit -q --rm "$container" "docker-archive:$1:docker.io/library/rabbitmq:4.0" >/dev/null
}

# What writes to a database while a test disturbs it.
image_of_writer() {
	local files
	files=$(mktemp -d)
	add_programs writer "$files"
	image_of_files localhost/writer:built /writer "$files" "$1"
	rm -rf "$files"
}
