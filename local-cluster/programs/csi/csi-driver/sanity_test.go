package main

import (
	"net"
	"path/filepath"
	"testing"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"github.com/kubernetes-csi/csi-test/v5/pkg/sanity"
)

// The tests that Kubernetes has for every driver.
func TestSanity(t *testing.T) {
	d, _ := newDriver(t)
	folder := t.TempDir()
	socket := filepath.Join(folder, "csi.sock")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := newServer(d)
	csi.RegisterControllerServer(server, d)
	go func() { _ = server.Serve(listener) }()
	defer server.Stop()

	config := sanity.NewTestConfig()
	config.Address = "unix://" + socket
	config.TargetPath = filepath.Join(folder, "target")
	config.StagingPath = filepath.Join(folder, "staging")
	config.TestVolumeSize = 32 << 20
	config.TestVolumeExpandSize = 64 << 20
	sanity.Test(t, config)
}
