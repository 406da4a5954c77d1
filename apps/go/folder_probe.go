package main

import (
	"os"
	"sync"
	"time"
)

// How long the outcome of a probe stands: however often the app is asked, it writes at most once in this time.
const probeInterval = time.Second

// folderProbe finds out whether files can be written in a folder, by writing, renaming and removing one.
type folderProbe struct {
	path    string
	mu      sync.Mutex // guards the rest
	probed  time.Time
	trouble error
}

// check says why files cannot be written in the folder.
func (p *folderProbe) check() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.probed) >= probeInterval {
		p.trouble = writeAndRemove(p.path)
		p.probed = time.Now()
	}
	return p.trouble
}

func writeAndRemove(path string) error {
	partial := path + ".partial"
	if err := os.WriteFile(partial, []byte("0\n"), 0o666); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	return os.Remove(path)
}
