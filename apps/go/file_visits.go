package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
)

// The first number that the three sample apps cannot all count on from.
const countLimit = 1<<53 - 1

var digits = regexp.MustCompile(`^[0-9]{1,16}\n?$`)

// FileVisits is a counter that lives in a file.
type FileVisits struct {
	path  string
	mu    sync.Mutex // guards count and the file
	count uint64
	probe folderProbe
}

// OpenFileVisits reads the counter's file. A file that is not there counts as zero; one that holds anything but decimal
// digits is an error, so that a damaged count is never overwritten with a smaller one.
func OpenFileVisits(path string) (*FileVisits, error) {
	visits := &FileVisits{path: path, probe: folderProbe{path: path + ".probe"}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return visits, nil
	}
	if err != nil {
		return nil, err
	}
	visits.count, err = strconv.ParseUint(strings.TrimSuffix(string(text), "\n"), 10, 64)
	if err != nil || !digits.Match(text) || visits.count >= countLimit {
		return nil, fmt.Errorf("%s holds no number of visits: %+.40q", path, text)
	}
	return visits, nil
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
	// The file has the new count already: the visit counts in any case, and the answer says so.
	if err := syncFolder(filepath.Dir(v.path)); err != nil {
		log.Printf("visit %d may be lost in a power cut: %v", v.count, err)
	}
	return v.count, nil
}

// Check says why the file cannot be written now.
func (v *FileVisits) Check(context.Context) error {
	return v.probe.check()
}

// replaceFile gives the file a new content, in one step: a reader, or a start after a crash, finds the old content or
// the new one.
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
	return os.Rename(partial, path)
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
