package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// images is a folder with the files of volumes and snapshots. They are all that the driver knows, so that it forgets
// nothing when it ends:
//
//	volumes/VOLUME
//	snapshots/SNAPSHOT/VOLUME   a copy of that volume
//	partial/                    what is not complete yet
type images struct{ folder string }

// prepare makes the folders, and removes what an earlier process did not complete.
func (i images) prepare() error {
	err := os.RemoveAll(i.partial(""))
	for _, path := range []string{i.volume(""), i.snapshot(""), i.partial("")} {
		err = errors.Join(err, os.MkdirAll(path, 0o700))
	}
	return err
}

func (i images) volume(id string) string    { return filepath.Join(i.folder, "volumes", id) }
func (i images) snapshot(id string) string  { return filepath.Join(i.folder, "snapshots", id) }
func (i images) partial(name string) string { return filepath.Join(i.folder, "partial", name) }

func (i images) findVolume(id string) (fs.FileInfo, error) {
	if !isFileName(id) {
		return nil, status.Errorf(codes.NotFound, "there is no volume %q", id)
	}
	info, err := os.Stat(i.volume(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Errorf(codes.NotFound, "there is no volume %q", id)
	}
	return info, err
}

// findSnapshot gives the file of a snapshot; the file's name is the volume that it is a copy of.
func (i images) findSnapshot(id string) (fs.FileInfo, error) {
	if !isFileName(id) {
		return nil, status.Errorf(codes.NotFound, "there is no snapshot %q", id)
	}
	entries, err := os.ReadDir(i.snapshot(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, status.Errorf(codes.NotFound, "there is no snapshot %q", id)
	}
	if err != nil {
		return nil, err
	}
	if len(entries) != 1 {
		return nil, status.Errorf(codes.Internal, "%s has %d files instead of one", i.snapshot(id), len(entries))
	}
	return entries[0].Info()
}

// lock keeps the drivers of other nodes, which see the same files, away from an image until the result is called: two of
// them must neither mount it at once, nor one copy it while another one mounts it.
func lock(image string) (unlock func(), err error) {
	file, err := os.Open(image)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		return nil, errors.Join(&os.PathError{Op: "flock", Path: image, Err: err}, file.Close())
	}
	return func() { _ = file.Close() }, nil
}

func isNotFound(err error) bool { return status.Code(err) == codes.NotFound }

// complete makes a file or folder under a name of its own, and gives it its real name when it is whole.
func (i images) complete(path string, fill func(partial string) error) error {
	partial := i.partial(filepath.Base(path))
	if err := os.RemoveAll(partial); err != nil {
		return err
	}
	if err := fill(partial); err != nil {
		return errors.Join(err, os.RemoveAll(partial))
	}
	return os.Rename(partial, path)
}

// setSize makes a file, or makes it larger. It takes no room on the disk before something is written to it.
func setSize(path string, size int64) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	return errors.Join(file.Truncate(size), file.Close())
}
