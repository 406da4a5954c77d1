// A CSI driver whose volumes behave as a cloud's disks do: they have a size of their own, grow while they are mounted,
// and can be copied to snapshots and clones. A volume is a sparse file with XFS, mounted through a loop device.
package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"log"
	"net"
	"os"
	"path/filepath"
	"sync"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

const (
	driverName = "loop.csi.local"
	// Volumes and snapshots.
	imagesFolder = "/var/lib/csi"
	// Where the kubelet looks for drivers.
	registryFolder = "/var/lib/kubelet/plugins_registry"
)

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedNodeServer
	node        string
	images      images
	fileSystems fileSystems
}

func main() {
	node := flag.String("node", "", "the name of the node")
	socket := flag.String("socket", "", "where the driver listens")
	nodeServiceOnly := flag.Bool("node-service-only", false, "mount volumes that the driver of another node makes, copies and removes")
	flag.Parse()

	d := &driver{node: *node, images: images{imagesFolder}, fileSystems: host{}}
	server := newServer(d)
	if !*nodeServiceOnly {
		exitOn(d.images.prepare())
		exitOn(host{}.endFreeze())
		csi.RegisterControllerServer(server, d)
	}
	listener, err := listen(*socket)
	exitOn(err)
	registrar := grpc.NewServer()
	registration.RegisterRegistrationServer(registrar, &registrant{socket: *socket})
	registryListener, err := listen(filepath.Join(registryFolder, driverName+"-reg.sock"))
	exitOn(err)
	go func() { exitOn(registrar.Serve(registryListener)) }()
	exitOn(server.Serve(listener))
}

func exitOn(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// newServer serves what CSI has every node do, one call at a time: no two calls change the same file or mount.
func newServer(d *driver) *grpc.Server {
	var calls sync.Mutex
	oneByOne := func(ctx context.Context, request any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (any, error) {
		calls.Lock()
		defer calls.Unlock()
		if err := ctx.Err(); err != nil {
			return nil, err // the caller has given up meanwhile, and will ask again
		}
		response, err := handle(ctx, request)
		if err != nil {
			log.Printf("%s %v: %v", info.FullMethod, request, err)
		}
		return response, err
	}
	server := grpc.NewServer(grpc.UnaryInterceptor(oneByOne))
	csi.RegisterIdentityServer(server, d)
	csi.RegisterNodeServer(server, d)
	return server
}

// listen replaces the socket that an earlier process has left.
func listen(path string) (net.Listener, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", path)
}
