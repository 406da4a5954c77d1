# shellcheck shell=bash
# Images without Docker and without a registry: buildah makes them, from files that are on this machine.
# cluster.sh reads this after lib.sh.
: "${cache:?}" "${cluster_source:?}"

images=$cache/images
builder() {
	buildah --storage-driver vfs --root "$images/storage" --runroot "$images/run" "$@"
}

# image_of_files IMAGE ENTRYPOINT FOLDER ARCHIVE: an image that holds the folder's files and nothing else.
image_of_files() {
	local container
	container=$(builder from scratch)
	builder copy -q "$container" "$3" / >/dev/null
	builder config --entrypoint "[\"$2\"]" --env PATH=/usr/local/bin:/bin "$container"
	builder commit -q --rm "$container" "docker-archive:$4:$1" >/dev/null
}

# Puts busybox and its commands into a folder.
add_busybox() {
	mkdir "$1/bin"
	busybox --list | xargs -I{} ln -s busybox "$1/bin/{}"
	cp --remove-destination "$(command -v busybox)" "$1/bin/busybox"
}

# The images that the node itself needs: pause, CoreDNS, and busybox for the provisioner's helper pods.
# Prints the folder that holds them.
build_node_images() {
	local folder files program
	folder=$images/node-$( (program_folder coredns && program_folder pause && cat "${BASH_SOURCE[0]}") | sha256sum | cut -c1-12)
	if [ ! -d "$folder" ]; then
		rm -rf "$folder.partial" && mkdir -p "$folder.partial"
		files=$(mktemp -d)
		for program in pause coredns; do
			cp "$(program_folder $program)/$program" "$files/"
			image_of_files "localhost/$program:built" "/$program" "$files" "$folder.partial/$program.tar"
			rm "$files/$program"
		done
		add_busybox "$files"
		image_of_files localhost/busybox:built /bin/sh "$files" "$folder.partial/busybox.tar"
		rm -rf "$files"
		mv "$folder.partial" "$folder"
	fi
	echo "$folder"
}

# build_base_image PACKAGES [RELEASE]: makes Debian with these packages, where the usual base cannot be pulled, and prints
# the image's name, which changes with them.
build_base_image() {
	local release=${2:-bookworm} base container
	base=localhost/debian${2:+-$2}-${1//,/-}
	if ! builder inspect "$base" >/dev/null 2>&1; then
		say "making the base image $base" >&2
		from_registry mmdebstrap --quiet --variant=minbase --include="$1" "$release" "$images/base.tar"
		container=$(builder from scratch)
		builder add -q "$container" "$images/base.tar" / >/dev/null
		builder config --env PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin "$container"
		builder commit -q --rm "$container" "$base" >/dev/null
		rm "$images/base.tar"
	fi
	echo "$base"
}

# add_libraries FOLDER: puts an app's locked libraries beside its source, because its image is built where there is
# neither npm nor a way to a registry. Python's come with the base image.
add_libraries() {
	if [ -f "$1/go.sum" ]; then (cd "$1" && from_registry go mod vendor); fi
	if [ -f "$1/package-lock.json" ]; then
		(cd "$1" && from_registry npm ci --omit=dev --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
	fi
}

# build_app_image NAME: builds apps/NAME by its own Dockerfile and prints the archive's path.
# The Go compiler is this machine's, mounted where the golang image has it.
build_app_image() {
	local app=$1 source digest archive base packages
	case $app in
	javascript) packages=nodejs ;;
	*) packages=python3,python3-redis,tzdata ;;
	esac
	source=$(mktemp -d)
	cp -r "$cluster_source/../apps/$app/." "$source"
	rm -rf "$source"/{__pycache__,node_modules,vendor}
	digest=$( (echo "$packages" && cd "$source" && find . -type f -print0 | sort -z | xargs -0 sha256sum) | sha256sum | cut -c1-12)
	archive=$images/app-$app-$digest.tar
	if [ ! -f "$archive" ]; then
		base=$(build_base_image "$packages")
		say "building the image of apps/$app" >&2
		add_libraries "$source"
		builder build -q --isolation chroot --build-arg "GO_IMAGE=$base" \
			--build-arg "NODE_IMAGE=$base" --build-arg "PYTHON_IMAGE=$base" \
			--volume "$(go env GOROOT):/usr/local/go:ro" --tag "localhost/app-$app:1.0.0" "$source" >/dev/null
		builder push -q "localhost/app-$app:1.0.0" "docker-archive:$archive.partial:localhost/app-$app:1.0.0" >&2
		mv "$archive.partial" "$archive"
	fi
	rm -rf "$source"
	echo "$archive"
}

# What the well-known redis image does, too: a first argument that is an option is one for redis-server.
redis_entrypoint() {
	cat <<'END'
#!/bin/sh
case ${1-} in -* | *.conf) set -- redis-server "$@" ;; esac
exec "$@"
END
}

# And this: other hosts may connect, password or not, if no option says otherwise. A lone option, as --version, has to
# stay alone, and a configuration file first.
redis_server() {
	cat <<'END'
#!/bin/sh
[ $# = 1 ] || case ${1-} in "" | --*) set -- --protected-mode no "$@" ;; esac
exec /usr/bin/redis-server "$@"
END
}

# Builds localhost/redis:7.0, which stands in for the well-known image, and prints the archive's path.
build_redis_image() {
	local archive base container files
	archive=$images/redis-$(declare -f redis_entrypoint redis_server build_redis_image | sha256sum | cut -c1-12).tar
	if [ ! -f "$archive" ]; then
		base=$(build_base_image redis-server)
		say "building the image of redis" >&2
		files=$(mktemp -d)
		redis_entrypoint >"$files/entrypoint"
		redis_server >"$files/redis-server"
		chmod 755 "$files"/*
		container=$(builder from "$base")
		builder copy -q "$container" "$files" /usr/local/bin >/dev/null
		builder run --isolation chroot "$container" -- install -d -o 65532 -g 65532 /data
		builder config --entrypoint '["/usr/local/bin/entrypoint"]' --cmd redis-server --user 65532:65532 \
			--workingdir /data --port 6379 "$container"
		builder commit -q --rm "$container" "docker-archive:$archive.partial:localhost/redis:7.0" >/dev/null
		mv "$archive.partial" "$archive"
		rm -rf "$files"
	fi
	echo "$archive"
}
