package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// fileSystems is what the driver has the machine do. Tests have an implementation that needs no root.
type fileSystems interface {
	// format makes an empty file system in an image.
	format(image string) error
	// mount mounts an image at a path, which it makes.
	mount(image, path string, options []string) error
	// bind shows a mounted file system at another path, which it makes.
	bind(from, path string, readOnly bool) error
	// unmount unmounts what is mounted at a path, if anything, and removes the path.
	unmount(path string) error
	// grow gives the file system that is mounted at a path the size of its image.
	grow(path string) error
	// copyImage copies an image as it is at one moment, also while it is mounted.
	copyImage(from, to string) error
	// devicesOf names the devices that an image is attached to, on the whole machine.
	devicesOf(image string) ([]string, error)
	// deviceAt names the device that is mounted at a path, if any.
	deviceAt(path string) (string, error)
}

// host is the machine, by its own commands.
type host struct{}

func run(name string, arguments ...string) (string, error) {
	var output, complaint strings.Builder
	command := exec.Command(name, arguments...)
	command.Stdout, command.Stderr = &output, &complaint
	err := command.Run()
	if err != nil {
		err = fmt.Errorf("%s: %w: %s", command, err, strings.TrimSpace(complaint.String()))
	}
	return strings.TrimSpace(output.String()), err
}

// XFS, because ext4 needs CAP_SYS_RESOURCE to grow while it is mounted. Without the option, mkfs.xfs refuses to make
// less than 300 MB, which works nevertheless.
func (host) format(image string) error {
	_, err := run("mkfs.xfs", "-q", "-f", "--unsupported", image)
	return err
}

func (host) mount(image, path string, options []string) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	// A copy has the UUID of its original, and both may be mounted.
	options = append([]string{"loop", "nouuid"}, options...)
	_, err := run("mount", "-t", "xfs", "-o", strings.Join(options, ","), image, path)
	return err
}

func (host) bind(from, path string, readOnly bool) error {
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	if _, err := run("mount", "--bind", from, path); err != nil || !readOnly {
		return err
	}
	_, err := run("mount", "-o", "remount,bind,ro", path)
	return err
}

func (h host) unmount(path string) error {
	device, err := h.deviceAt(path)
	if err != nil {
		return err
	}
	if device != "" {
		if _, err := run("umount", path); err != nil {
			return err
		}
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

func (h host) grow(path string) error {
	device, err := h.deviceAt(path)
	if err != nil {
		return err
	}
	if _, err := run("losetup", "--set-capacity", device); err != nil {
		return err
	}
	_, err = run("xfs_growfs", "-d", path)
	return err
}

// frozen is where a file system is mounted once more while it is copied. Whichever node has mounted it, also one whose
// mounts this process does not see, it is frozen for all.
const frozen = "/run/csi-frozen"

func (h host) copyImage(from, to string) (err error) {
	unlock, err := lock(from)
	if err != nil {
		return err
	}
	defer unlock()
	devices, err := h.devicesOf(from)
	if err != nil {
		return err
	}
	if len(devices) > 0 {
		if err := h.freeze(devices[0], from); err != nil {
			return errors.Join(err, h.endFreeze())
		}
		defer func() { err = errors.Join(err, h.endFreeze()) }()
	}
	_, err = run("cp", "--sparse=always", from, to)
	return err
}

func (h host) freeze(device, image string) error {
	if err := os.MkdirAll(frozen, 0o700); err != nil {
		return err
	}
	if _, err := run("mount", "-t", "xfs", "-o", "nouuid", device, frozen); err != nil {
		return err
	}
	// The node that used it can have ended that meanwhile, after which the device serves another image. It keeps the one
	// that it has now, because it is mounted.
	devices, err := h.devicesOf(image)
	if err != nil {
		return err
	}
	if !slices.Contains(devices, device) {
		return status.Errorf(codes.Unavailable, "%s has just been unmounted", image)
	}
	_, err = run("fsfreeze", "--freeze", frozen)
	return err
}

// endFreeze lets a volume be written to again. A process that ended before it could do so has left it frozen.
func (h host) endFreeze() error {
	device, err := h.deviceAt(frozen)
	if err != nil || device == "" {
		return err
	}
	// It fails if the file system is not frozen, which a process that ended can have left, too.
	_, _ = run("fsfreeze", "--unfreeze", frozen)
	return h.unmount(frozen)
}

func (host) devicesOf(image string) ([]string, error) {
	output, err := run("losetup", "--noheadings", "--output", "NAME", "--associated", image)
	return strings.Fields(output), err
}

func (host) deviceAt(path string) (string, error) {
	output, err := run("findmnt", "--first-only", "--noheadings", "--nofsroot", "--output", "SOURCE", "--mountpoint", path)
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() == 1 && output == "" {
		return "", nil
	}
	return output, err
}
