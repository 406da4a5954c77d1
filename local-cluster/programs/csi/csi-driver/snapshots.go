package main

import (
	"context"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func (d *driver) CreateSnapshot(_ context.Context, request *csi.CreateSnapshotRequest) (*csi.CreateSnapshotResponse, error) {
	if !isFileName(request.Name) {
		return nil, status.Errorf(codes.InvalidArgument, "name %q: must be that of a file, of at most 128 bytes", request.Name)
	}
	if err := requireFields("source_volume_id", request.SourceVolumeId); err != nil {
		return nil, err
	}
	snapshot, err := d.images.findSnapshot(request.Name)
	if isNotFound(err) {
		if err := d.makeSnapshot(request.Name, request.SourceVolumeId); err != nil {
			return nil, err
		}
		snapshot, err = d.images.findSnapshot(request.Name)
	}
	if err != nil {
		return nil, err
	}
	if snapshot.Name() != request.SourceVolumeId {
		return nil, status.Errorf(codes.AlreadyExists, "the snapshot exists already, of the volume %s", snapshot.Name())
	}
	return &csi.CreateSnapshotResponse{Snapshot: &csi.Snapshot{
		SnapshotId:     request.Name,
		SourceVolumeId: snapshot.Name(),
		SizeBytes:      snapshot.Size(),
		CreationTime:   timestamppb.New(snapshot.ModTime()),
		ReadyToUse:     true,
	}}, nil
}

func (d *driver) makeSnapshot(id, volume string) error {
	if _, err := d.images.findVolume(volume); err != nil {
		return err
	}
	return d.images.complete(d.images.snapshot(id), func(partial string) error {
		if err := os.Mkdir(partial, 0o700); err != nil {
			return err
		}
		return d.fileSystems.copyImage(d.images.volume(volume), filepath.Join(partial, volume))
	})
}

func (d *driver) DeleteSnapshot(_ context.Context, request *csi.DeleteSnapshotRequest) (*csi.DeleteSnapshotResponse, error) {
	if err := requireFields("snapshot_id", request.SnapshotId); err != nil {
		return nil, err
	}
	if _, err := d.images.findSnapshot(request.SnapshotId); isNotFound(err) {
		return &csi.DeleteSnapshotResponse{}, nil
	}
	return &csi.DeleteSnapshotResponse{}, os.RemoveAll(d.images.snapshot(request.SnapshotId))
}
