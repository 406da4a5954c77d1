package main

import (
	"context"
	"errors"
	"os"
	"slices"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: d.node}, nil
}

func (d *driver) NodeGetCapabilities(context.Context, *csi.NodeGetCapabilitiesRequest) (*csi.NodeGetCapabilitiesResponse, error) {
	response := &csi.NodeGetCapabilitiesResponse{}
	for _, kind := range []csi.NodeServiceCapability_RPC_Type{
		csi.NodeServiceCapability_RPC_STAGE_UNSTAGE_VOLUME,
		csi.NodeServiceCapability_RPC_EXPAND_VOLUME,
		csi.NodeServiceCapability_RPC_GET_VOLUME_STATS,
	} {
		rpc := &csi.NodeServiceCapability_RPC{Type: kind}
		response.Capabilities = append(response.Capabilities,
			&csi.NodeServiceCapability{Type: &csi.NodeServiceCapability_Rpc{Rpc: rpc}})
	}
	return response, nil
}

// NodeStageVolume mounts the image. A file system that is smaller than its image grows: the volume may be a copy of a
// smaller one, or may have grown while no pod used it.
func (d *driver) NodeStageVolume(_ context.Context, request *csi.NodeStageVolumeRequest) (*csi.NodeStageVolumeResponse, error) {
	path := request.StagingTargetPath
	if err := requireFields("volume_id", request.VolumeId, "staging_target_path", path); err != nil {
		return nil, err
	}
	if err := requireCapability(request.VolumeCapability); err != nil {
		return nil, err
	}
	if _, err := d.images.findVolume(request.VolumeId); err != nil {
		return nil, err
	}
	image := d.images.volume(request.VolumeId)
	unlock, err := lock(image)
	if err != nil {
		return nil, err
	}
	defer unlock()
	isStaged, err := d.isStaged(image, path)
	if err != nil {
		return nil, err
	}
	if isStaged {
		return &csi.NodeStageVolumeResponse{}, d.fileSystems.grow(path)
	}
	if err := d.fileSystems.mount(image, path, request.VolumeCapability.GetMount().MountFlags); err != nil {
		return nil, err
	}
	if err := d.fileSystems.grow(path); err != nil {
		// The kubelet does not unstage what was never staged.
		return nil, errors.Join(err, d.fileSystems.unmount(path))
	}
	return &csi.NodeStageVolumeResponse{}, nil
}

// isStaged tells whether the image is mounted at the path. It fails if the image is mounted elsewhere, which would
// damage it, or if something else is mounted there.
func (d *driver) isStaged(image, path string) (bool, error) {
	devices, err := d.fileSystems.devicesOf(image)
	if err != nil {
		return false, err
	}
	mounted, err := d.fileSystems.deviceAt(path)
	if err != nil {
		return false, err
	}
	switch {
	case mounted != "" && slices.Contains(devices, mounted):
		return true, nil
	case mounted != "":
		return false, status.Errorf(codes.FailedPrecondition, "%s is mounted at the staging path", mounted)
	case len(devices) > 0:
		return false, status.Errorf(codes.FailedPrecondition, "the volume is in use elsewhere, as %v", devices)
	}
	return false, nil
}

func (d *driver) NodeUnstageVolume(_ context.Context, request *csi.NodeUnstageVolumeRequest) (*csi.NodeUnstageVolumeResponse, error) {
	if err := requireFields("volume_id", request.VolumeId, "staging_target_path", request.StagingTargetPath); err != nil {
		return nil, err
	}
	return &csi.NodeUnstageVolumeResponse{}, d.fileSystems.unmount(request.StagingTargetPath)
}

func (d *driver) NodePublishVolume(_ context.Context, request *csi.NodePublishVolumeRequest) (*csi.NodePublishVolumeResponse, error) {
	if err := requireFields("volume_id", request.VolumeId, "target_path", request.TargetPath); err != nil {
		return nil, err
	}
	if err := requireCapability(request.VolumeCapability); err != nil {
		return nil, err
	}
	staged, err := d.fileSystems.deviceAt(request.StagingTargetPath)
	if err != nil {
		return nil, err
	}
	if staged == "" {
		return nil, status.Errorf(codes.FailedPrecondition, "the volume is not staged at %q", request.StagingTargetPath)
	}
	published, err := d.fileSystems.deviceAt(request.TargetPath)
	if err != nil {
		return nil, err
	}
	switch published {
	case staged:
	case "":
		if err := d.fileSystems.bind(request.StagingTargetPath, request.TargetPath, request.Readonly); err != nil {
			return nil, errors.Join(err, d.fileSystems.unmount(request.TargetPath))
		}
	default:
		return nil, status.Errorf(codes.FailedPrecondition, "%s is mounted at the target path", published)
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

func (d *driver) NodeUnpublishVolume(_ context.Context, request *csi.NodeUnpublishVolumeRequest) (*csi.NodeUnpublishVolumeResponse, error) {
	if err := requireFields("volume_id", request.VolumeId, "target_path", request.TargetPath); err != nil {
		return nil, err
	}
	return &csi.NodeUnpublishVolumeResponse{}, d.fileSystems.unmount(request.TargetPath)
}

// NodeExpandVolume gives the mounted file system the size of its image.
func (d *driver) NodeExpandVolume(_ context.Context, request *csi.NodeExpandVolumeRequest) (*csi.NodeExpandVolumeResponse, error) {
	if err := d.requireMounted(request.VolumeId, request.VolumePath); err != nil {
		return nil, err
	}
	// What a pod sees can be read-only, and that does not grow.
	path := request.StagingTargetPath
	if path == "" {
		path = request.VolumePath
	}
	if err := d.fileSystems.grow(path); err != nil {
		return nil, err
	}
	image, err := d.images.findVolume(request.VolumeId)
	if err != nil {
		return nil, err
	}
	return &csi.NodeExpandVolumeResponse{CapacityBytes: image.Size()}, nil
}

func (d *driver) NodeGetVolumeStats(_ context.Context, request *csi.NodeGetVolumeStatsRequest) (*csi.NodeGetVolumeStatsResponse, error) {
	if err := d.requireMounted(request.VolumeId, request.VolumePath); err != nil {
		return nil, err
	}
	var found unix.Statfs_t
	if err := unix.Statfs(request.VolumePath, &found); err != nil {
		return nil, &os.PathError{Op: "statfs", Path: request.VolumePath, Err: err}
	}
	bytes := func(blocks uint64) int64 { return int64(blocks) * found.Bsize }
	return &csi.NodeGetVolumeStatsResponse{Usage: []*csi.VolumeUsage{{
		Unit:      csi.VolumeUsage_BYTES,
		Total:     bytes(found.Blocks),
		Available: bytes(found.Bavail),
		Used:      bytes(found.Blocks - found.Bfree),
	}, {
		Unit:      csi.VolumeUsage_INODES,
		Total:     int64(found.Files),
		Available: int64(found.Ffree),
		Used:      int64(found.Files - found.Ffree),
	}}}, nil
}

func (d *driver) requireMounted(volume, path string) error {
	if err := requireFields("volume_id", volume, "volume_path", path); err != nil {
		return err
	}
	if _, err := d.images.findVolume(volume); err != nil {
		return err
	}
	mounted, err := d.fileSystems.deviceAt(path)
	if err != nil {
		return err
	}
	if mounted == "" {
		return status.Errorf(codes.NotFound, "nothing is mounted at %s", path)
	}
	return nil
}
