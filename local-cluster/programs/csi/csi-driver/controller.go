package main

import (
	"context"
	"os"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) ControllerGetCapabilities(context.Context, *csi.ControllerGetCapabilitiesRequest) (*csi.ControllerGetCapabilitiesResponse, error) {
	response := &csi.ControllerGetCapabilitiesResponse{}
	for _, kind := range []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_EXPAND_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
	} {
		rpc := &csi.ControllerServiceCapability_RPC{Type: kind}
		response.Capabilities = append(response.Capabilities,
			&csi.ControllerServiceCapability{Type: &csi.ControllerServiceCapability_Rpc{Rpc: rpc}})
	}
	return response, nil
}

func (d *driver) CreateVolume(_ context.Context, request *csi.CreateVolumeRequest) (*csi.CreateVolumeResponse, error) {
	if !isFileName(request.Name) {
		return nil, status.Errorf(codes.InvalidArgument, "name %q: must be that of a file, of at most 128 bytes", request.Name)
	}
	if len(request.VolumeCapabilities) == 0 {
		return nil, status.Error(codes.InvalidArgument, "volume_capabilities is missing")
	}
	if err := checkCapabilities(request.VolumeCapabilities...); err != nil {
		return nil, err
	}
	size, err := volumeSize(request.CapacityRange)
	if err != nil {
		return nil, err
	}
	existing, err := d.images.findVolume(request.Name)
	switch {
	case err == nil:
		if limit := request.CapacityRange.GetLimitBytes(); existing.Size() < size || limit > 0 && existing.Size() > limit {
			return nil, status.Errorf(codes.AlreadyExists, "the volume exists already, with %d bytes", existing.Size())
		}
		size = existing.Size()
	case isNotFound(err):
		if err := d.makeVolume(request.Name, size, request.VolumeContentSource); err != nil {
			return nil, err
		}
	default:
		return nil, err
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId:      request.Name,
		CapacityBytes: size,
		ContentSource: request.VolumeContentSource,
	}}, nil
}

// makeVolume makes an image with an empty file system, or with a copy of the source. The file system of a copy gets the
// size of its image when it is mounted.
func (d *driver) makeVolume(id string, size int64, source *csi.VolumeContentSource) error {
	if source == nil {
		return d.images.complete(d.images.volume(id), func(partial string) error {
			if err := setSize(partial, size); err != nil {
				return err
			}
			return d.fileSystems.format(partial)
		})
	}
	original, originalSize, err := d.findSource(source)
	if err != nil {
		return err
	}
	if size < originalSize {
		return status.Errorf(codes.OutOfRange, "the volume would have %d bytes, less than its source with %d", size, originalSize)
	}
	return d.images.complete(d.images.volume(id), func(partial string) error {
		if err := d.fileSystems.copyImage(original, partial); err != nil {
			return err
		}
		return setSize(partial, size)
	})
}

func (d *driver) findSource(source *csi.VolumeContentSource) (path string, size int64, err error) {
	if id := source.GetVolume().GetVolumeId(); id != "" {
		info, err := d.images.findVolume(id)
		if err != nil {
			return "", 0, err
		}
		return d.images.volume(id), info.Size(), nil
	}
	id := source.GetSnapshot().GetSnapshotId()
	info, err := d.images.findSnapshot(id)
	if err != nil {
		return "", 0, err
	}
	return d.images.snapshot(id) + "/" + info.Name(), info.Size(), nil
}

func (d *driver) DeleteVolume(_ context.Context, request *csi.DeleteVolumeRequest) (*csi.DeleteVolumeResponse, error) {
	if err := requireFields("volume_id", request.VolumeId); err != nil {
		return nil, err
	}
	if _, err := d.images.findVolume(request.VolumeId); isNotFound(err) {
		return &csi.DeleteVolumeResponse{}, nil
	}
	path := d.images.volume(request.VolumeId)
	unlock, err := lock(path)
	if err != nil {
		return nil, err
	}
	defer unlock()
	devices, err := d.fileSystems.devicesOf(path)
	if err != nil {
		return nil, err
	}
	if len(devices) > 0 {
		return nil, status.Errorf(codes.FailedPrecondition, "the volume is in use, as %v", devices)
	}
	return &csi.DeleteVolumeResponse{}, os.Remove(path)
}

func (d *driver) ValidateVolumeCapabilities(_ context.Context, request *csi.ValidateVolumeCapabilitiesRequest) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	if err := requireFields("volume_id", request.VolumeId); err != nil {
		return nil, err
	}
	if len(request.VolumeCapabilities) == 0 {
		return nil, status.Error(codes.InvalidArgument, "volume_capabilities is missing")
	}
	if _, err := d.images.findVolume(request.VolumeId); err != nil {
		return nil, err
	}
	if err := checkCapabilities(request.VolumeCapabilities...); err != nil {
		return &csi.ValidateVolumeCapabilitiesResponse{Message: status.Convert(err).Message()}, nil
	}
	confirmed := &csi.ValidateVolumeCapabilitiesResponse_Confirmed{VolumeCapabilities: request.VolumeCapabilities}
	return &csi.ValidateVolumeCapabilitiesResponse{Confirmed: confirmed}, nil
}

// ControllerExpandVolume makes the image larger, and never smaller. The file system follows on the node.
func (d *driver) ControllerExpandVolume(_ context.Context, request *csi.ControllerExpandVolumeRequest) (*csi.ControllerExpandVolumeResponse, error) {
	if err := requireFields("volume_id", request.VolumeId); err != nil {
		return nil, err
	}
	if request.CapacityRange == nil {
		return nil, status.Error(codes.InvalidArgument, "capacity_range is missing")
	}
	if request.VolumeCapability != nil {
		if err := checkCapabilities(request.VolumeCapability); err != nil {
			return nil, err
		}
	}
	existing, err := d.images.findVolume(request.VolumeId)
	if err != nil {
		return nil, err
	}
	size, err := volumeSize(request.CapacityRange)
	if err != nil {
		return nil, err
	}
	if limit := request.CapacityRange.LimitBytes; limit > 0 && existing.Size() > limit {
		return nil, status.Errorf(codes.OutOfRange, "the volume has %d bytes, more than the limit of %d, and cannot shrink", existing.Size(), limit)
	}
	if existing.Size() < size {
		if err := setSize(d.images.volume(request.VolumeId), size); err != nil {
			return nil, err
		}
	}
	return &csi.ControllerExpandVolumeResponse{
		CapacityBytes:         max(existing.Size(), size),
		NodeExpansionRequired: true,
	}, nil
}
