# shellcheck shell=bash
# Images without Docker and without a registry: buildah makes them, from files that are on this machine.
# cluster.sh reads this after lib.sh.
: "${cache:?}" "${cluster_source:?}"

images=$cache/images
builder() {
	buildah --storage-driver vfs --root "$images/storage" --runroot "$images/run" "$@"
}

# image_of_files NAME ENTRYPOINT FOLDER ARCHIVE: an image that holds the folder's files and nothing else.
image_of_files() {
	local container
	container=$(builder from scratch)
	builder copy -q "$container" "$3" / >/dev/null
	builder config --entrypoint "[\"$2\"]" --env PATH=/bin "$container"
	builder commit -q --rm "$container" "docker-archive:$4:localhost/$1:built" >/dev/null
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
			image_of_files "$program" "/$program" "$files" "$folder.partial/$program.tar"
			rm "$files/$program"
		done
		mkdir "$files/bin"
		busybox --list | xargs -I{} ln -s busybox "$files/bin/{}"
		cp --remove-destination "$(command -v busybox)" "$files/bin/busybox"
		image_of_files busybox /bin/sh "$files" "$folder.partial/busybox.tar"
		rm -rf "$files"
		mv "$folder.partial" "$folder"
	fi
	echo "$folder"
}

# build_base_image NAME PACKAGES: the base of a sample app's image, where the usual one cannot be pulled: Debian with
# these packages.
build_base_image() {
	if ! builder inspect "localhost/$1" >/dev/null 2>&1; then
		say "making the base image $1" >&2
		mmdebstrap --quiet --variant=minbase --include="$2" bookworm "$images/base.tar"
		local container
		container=$(builder from scratch)
		builder add -q "$container" "$images/base.tar" / >/dev/null
		builder config --env PATH=/usr/local/go/bin:/usr/local/bin:/usr/bin:/bin "$container"
		builder commit -q --rm "$container" "localhost/$1" >/dev/null
		rm "$images/base.tar"
	fi
}

# build_app_image NAME: builds apps/NAME by its own Dockerfile and prints the archive's path.
# The Go compiler is this machine's, mounted where the golang image has it.
build_app_image() {
	local app=$1 source archive base packages
	case $app in
	javascript) base=debian-node packages=nodejs ;;
	*) base=debian-python packages=python3,tzdata ;;
	esac
	source=$cluster_source/../apps/$app
	archive=$images/app-$app-$(cd "$source" && find . -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-12).tar
	if [ ! -f "$archive" ]; then
		build_base_image "$base" "$packages"
		say "building the image of apps/$app" >&2
		builder build -q --isolation chroot --build-arg "GO_IMAGE=localhost/$base" \
			--build-arg "NODE_IMAGE=localhost/$base" --build-arg "PYTHON_IMAGE=localhost/$base" \
			--volume "$(go env GOROOT):/usr/local/go:ro" --tag "localhost/app-$app:1.0.0" "$source" >/dev/null
		builder push -q "localhost/app-$app:1.0.0" "docker-archive:$archive.partial:localhost/app-$app:1.0.0" >&2
		mv "$archive.partial" "$archive"
	fi
	echo "$archive"
}
