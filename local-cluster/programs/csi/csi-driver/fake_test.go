package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// fakeFileSystems are files and folders without mounts.
type fakeFileSystems struct {
	// The image that is mounted at each path.
	mounts map[string]string
	// Images that another node has mounted.
	elsewhere []string
	// The paths that were grown, in turn.
	grown []string
	// The files that were formatted or copied to, in turn.
	filled []string
	// What fails, by the name of the method.
	failing string
}

func (f *fakeFileSystems) fail(method string) error {
	if f.failing == method {
		return errors.New(method + " fails")
	}
	return nil
}

func (f *fakeFileSystems) format(image string) error {
	f.filled = append(f.filled, image)
	return errors.Join(overwrite(image, "formatted"), f.fail("format"))
}

func (f *fakeFileSystems) mount(image, path string, _ []string) error {
	f.mounts[path] = image
	return os.MkdirAll(path, 0o755)
}

func (f *fakeFileSystems) bind(from, path string, _ bool) error {
	f.mounts[path] = f.mounts[from]
	return errors.Join(os.MkdirAll(path, 0o755), f.fail("bind"))
}

func (f *fakeFileSystems) unmount(path string) error {
	delete(f.mounts, path)
	return os.RemoveAll(path)
}

func (f *fakeFileSystems) grow(path string) error {
	f.grown = append(f.grown, path)
	return f.fail("grow")
}

func (f *fakeFileSystems) copyImage(from, to string) error {
	f.filled = append(f.filled, to)
	content, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, content, 0o600), f.fail("copyImage"))
}

func (f *fakeFileSystems) devicesOf(image string) ([]string, error) {
	if slices.Contains(f.elsewhere, image) {
		return []string{"device elsewhere"}, nil
	}
	for _, mounted := range f.mounts {
		if mounted == image {
			return []string{"device of " + image}, nil
		}
	}
	return nil, nil
}

func (f *fakeFileSystems) deviceAt(path string) (string, error) {
	if image, found := f.mounts[path]; found {
		return "device of " + image, nil
	}
	return "", nil
}

func overwrite(path, words string) error {
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = file.WriteString(words)
	return errors.Join(err, file.Close())
}

func contentOf(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimRight(string(content), "\x00")
}

func newDriver(t *testing.T) (*driver, *fakeFileSystems) {
	t.Helper()
	images := images{t.TempDir()}
	if err := images.prepare(); err != nil {
		t.Fatal(err)
	}
	fake := &fakeFileSystems{mounts: map[string]string{}}
	return &driver{node: "node", images: images, fileSystems: fake}, fake
}
