package main

import (
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// XFS cannot be smaller.
	smallestVolume = 16 << 20
	// The file is sparse, but the log of XFS, which is written when the volume is made, grows with the volume.
	largestVolume = 1 << 40
	blockSize     = 4096
)

// requireFields fails if one of the fields, given as name and value in turn, is empty.
func requireFields(namesAndValues ...string) error {
	for i := 0; i < len(namesAndValues); i += 2 {
		if namesAndValues[i+1] == "" {
			return status.Errorf(codes.InvalidArgument, "%s is missing", namesAndValues[i])
		}
	}
	return nil
}

// isFileName tells whether a name or an id can be that of an image: images are files in one folder.
func isFileName(id string) bool {
	return id != "" && id != "." && id != ".." && !strings.ContainsAny(id, "/\x00") && len(id) <= 128
}

// volumeSize gives the size of a new or grown volume in bytes: what is required, in whole blocks.
func volumeSize(capacity *csi.CapacityRange) (int64, error) {
	required, limit := capacity.GetRequiredBytes(), capacity.GetLimitBytes()
	if required < 0 || limit < 0 {
		return 0, status.Errorf(codes.InvalidArgument, "a size is negative: %d bytes required, limit %d", required, limit)
	}
	if required > largestVolume {
		return 0, status.Errorf(codes.OutOfRange, "%d bytes are required, and a volume has at most %d", required, int64(largestVolume))
	}
	size := (max(required, smallestVolume) + blockSize - 1) / blockSize * blockSize
	if limit > 0 && size > limit {
		return 0, status.Errorf(codes.OutOfRange, "the volume would have %d bytes, more than the limit of %d", size, limit)
	}
	return size, nil
}

// checkCapabilities fails if a volume is to be anything but one node's file system.
func checkCapabilities(capabilities ...*csi.VolumeCapability) error {
	for _, capability := range capabilities {
		mount := capability.GetMount()
		if mount == nil {
			return status.Error(codes.InvalidArgument, "volumeMode must be Filesystem: the driver has no block volumes")
		}
		if mount.FsType != "" && mount.FsType != "xfs" {
			return status.Errorf(codes.InvalidArgument, "the file system must be xfs, not %s", mount.FsType)
		}
		switch mode := capability.GetAccessMode().GetMode(); mode {
		case csi.VolumeCapability_AccessMode_MULTI_NODE_READER_ONLY,
			csi.VolumeCapability_AccessMode_MULTI_NODE_SINGLE_WRITER,
			csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER:
			return status.Errorf(codes.InvalidArgument, "the access mode must be that of one node, not %s", mode)
		}
	}
	return nil
}

func requireCapability(capability *csi.VolumeCapability) error {
	if capability == nil {
		return status.Error(codes.InvalidArgument, "volume_capability is missing")
	}
	return checkCapabilities(capability)
}
