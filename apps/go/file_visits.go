package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// FileVisits is a counter that lives in a file.
type FileVisits struct {
	path  string
	mu    sync.Mutex // guards count and the file
	count uint64
}

// OpenFileVisits reads the counter's file. A file that is not there counts as zero; one that holds no number is an error,
// so that a damaged count is never overwritten with a smaller one.
func OpenFileVisits(path string) (*FileVisits, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &FileVisits{path: path}, nil
	}
	if err != nil {
		return nil, err
	}
	count, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("%s holds no number of visits: %q", path, text)
	}
	return &FileVisits{path: path, count: count}, nil
}

func (v *FileVisits) String() string {
	return fmt.Sprintf("%d visits so far", v.count)
}

// Count returns the visits so far.
func (v *FileVisits) Count(context.Context) (uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.count, nil
}

// Add counts one visit and returns the new count. What it has returned is on the disk: it survives a kill and a power
// cut. When it fails, the visit does not count.
func (v *FileVisits) Add(context.Context) (uint64, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := replaceFile(v.path, fmt.Appendln(nil, v.count+1)); err != nil {
		return 0, err
	}
	v.count++
	return v.count, nil
}

// replaceFile gives the file a new content, in one step: a reader, or a start after a crash, finds the old content or
// the new one, and the new one for certain once this has returned.
func replaceFile(path string, content []byte) error {
	partial := path + ".partial"
	file, err := os.Create(partial)
	if err != nil {
		return err
	}
	defer file.Close()
	if _, err := file.Write(content); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// syncFolder makes a rename in the folder last.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer folder.Close()
	return folder.Sync()
}
