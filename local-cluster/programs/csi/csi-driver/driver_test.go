package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const mebibyte = 1 << 20

var fileSystem = &csi.VolumeCapability{
	AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{}},
	AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_SINGLE_NODE_WRITER},
}

func fromVolume(id string) *csi.VolumeContentSource {
	return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Volume{Volume: &csi.VolumeContentSource_VolumeSource{VolumeId: id}}}
}

func fromSnapshot(id string) *csi.VolumeContentSource {
	return &csi.VolumeContentSource{Type: &csi.VolumeContentSource_Snapshot{Snapshot: &csi.VolumeContentSource_SnapshotSource{SnapshotId: id}}}
}

func create(d *driver, name string, required, limit int64, source *csi.VolumeContentSource) error {
	_, err := d.CreateVolume(context.Background(), &csi.CreateVolumeRequest{
		Name:                name,
		CapacityRange:       &csi.CapacityRange{RequiredBytes: required, LimitBytes: limit},
		VolumeCapabilities:  []*csi.VolumeCapability{fileSystem},
		VolumeContentSource: source,
	})
	return err
}

func snapshot(d *driver, name, volume string) error {
	_, err := d.CreateSnapshot(context.Background(), &csi.CreateSnapshotRequest{Name: name, SourceVolumeId: volume})
	return err
}

func expand(d *driver, id string, required, limit int64) (int64, error) {
	response, err := d.ControllerExpandVolume(context.Background(), &csi.ControllerExpandVolumeRequest{
		VolumeId:      id,
		CapacityRange: &csi.CapacityRange{RequiredBytes: required, LimitBytes: limit},
	})
	return response.GetCapacityBytes(), err
}

func stage(d *driver, id, path string) error {
	_, err := d.NodeStageVolume(context.Background(), &csi.NodeStageVolumeRequest{VolumeId: id, StagingTargetPath: path, VolumeCapability: fileSystem})
	return err
}

func expectCode(t *testing.T, err error, wanted codes.Code) {
	t.Helper()
	if status.Code(err) != wanted {
		t.Errorf("%v, not %v", err, wanted)
	}
}

func expectSize(t *testing.T, d *driver, id string, wanted int64) {
	t.Helper()
	info, err := d.images.findVolume(id)
	if err != nil {
		t.Fatal(err)
	}
	if info.Size() != wanted {
		t.Errorf("%s has %d bytes, not %d", id, info.Size(), wanted)
	}
}

func TestVolumeSize(t *testing.T) {
	for _, test := range []struct {
		name                    string
		required, limit, wanted int64
		code                    codes.Code
	}{
		{"nothing asked for", 0, 0, 16 * mebibyte, codes.OK},
		{"less than XFS needs", 1, 0, 16 * mebibyte, codes.OK},
		{"whole blocks", 20*mebibyte + 1, 0, 20*mebibyte + 4096, codes.OK},
		{"exactly the limit", 20 * mebibyte, 20 * mebibyte, 20 * mebibyte, codes.OK},
		{"a limit below what XFS needs", 1, mebibyte, 0, codes.OutOfRange},
		{"a limit that whole blocks exceed", 20*mebibyte + 1, 20*mebibyte + 1, 0, codes.OutOfRange},
		{"the largest", largestVolume, 0, largestVolume, codes.OK},
		{"more than the largest", largestVolume + 1, 0, 0, codes.OutOfRange},
		{"a number that overflows in whole blocks", 1<<63 - 1, 0, 0, codes.OutOfRange},
		{"a negative size", -1, 0, 0, codes.InvalidArgument},
		{"a negative limit", 0, -1, 0, codes.InvalidArgument},
	} {
		t.Run(test.name, func(t *testing.T) {
			size, err := volumeSize(&csi.CapacityRange{RequiredBytes: test.required, LimitBytes: test.limit})
			expectCode(t, err, test.code)
			if size != test.wanted {
				t.Errorf("%d bytes, not %d", size, test.wanted)
			}
		})
	}
}

func TestNamesAreThoseOfFiles(t *testing.T) {
	d, _ := newDriver(t)
	for _, name := range []string{"", ".", "..", "../volumes", "a/b", "/", "a\x00b", strings.Repeat("x", 129)} {
		expectCode(t, create(d, name, 0, 0, nil), codes.InvalidArgument)
		expectCode(t, snapshot(d, name, "volume"), codes.InvalidArgument)
		expectCode(t, create(d, "new", 0, 0, fromVolume(name)), codes.NotFound)
		expectCode(t, create(d, "new", 0, 0, fromSnapshot(name)), codes.NotFound)
	}
}

func TestRefusedCapabilities(t *testing.T) {
	block := &csi.VolumeCapability{AccessType: &csi.VolumeCapability_Block{Block: &csi.VolumeCapability_BlockVolume{}}}
	ext4 := &csi.VolumeCapability{AccessType: &csi.VolumeCapability_Mount{Mount: &csi.VolumeCapability_MountVolume{FsType: "ext4"}}}
	shared := &csi.VolumeCapability{
		AccessType: fileSystem.AccessType,
		AccessMode: &csi.VolumeCapability_AccessMode{Mode: csi.VolumeCapability_AccessMode_MULTI_NODE_MULTI_WRITER},
	}
	for name, capability := range map[string]*csi.VolumeCapability{"block": block, "ext4": ext4, "several nodes": shared} {
		t.Run(name, func(t *testing.T) {
			d, _ := newDriver(t)
			_, err := d.CreateVolume(context.Background(), &csi.CreateVolumeRequest{Name: "new", VolumeCapabilities: []*csi.VolumeCapability{fileSystem, capability}})
			expectCode(t, err, codes.InvalidArgument)
			_, err = d.images.findVolume("new")
			expectCode(t, err, codes.NotFound)

			expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
			_, err = d.NodeStageVolume(context.Background(), &csi.NodeStageVolumeRequest{VolumeId: "volume", StagingTargetPath: t.TempDir(), VolumeCapability: capability})
			expectCode(t, err, codes.InvalidArgument)
			_, err = d.ControllerExpandVolume(context.Background(), &csi.ControllerExpandVolumeRequest{VolumeId: "volume", CapacityRange: &csi.CapacityRange{}, VolumeCapability: capability})
			expectCode(t, err, codes.InvalidArgument)
		})
	}
}

func TestVolumeIsMadeOnce(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 20*mebibyte, 0, nil), codes.OK)
	if err := overwrite(d.images.volume("volume"), "data     "); err != nil {
		t.Fatal(err)
	}
	expectCode(t, create(d, "volume", 20*mebibyte, 0, nil), codes.OK)
	expectCode(t, create(d, "volume", 18*mebibyte, 0, nil), codes.OK)
	expectCode(t, create(d, "volume", 24*mebibyte, 0, nil), codes.AlreadyExists)
	expectCode(t, create(d, "volume", 18*mebibyte, 18*mebibyte, nil), codes.AlreadyExists)
	if content := contentOf(t, d.images.volume("volume")); content != "data     " {
		t.Errorf("the volume holds %q", content)
	}
	expectSize(t, d, "volume", 20*mebibyte)
}

func TestIncompleteImagesAreNotFound(t *testing.T) {
	d, fake := newDriver(t)
	fake.failing = "format"
	expectCode(t, create(d, "volume", 0, 0, nil), codes.Unknown)
	fake.failing = ""
	_, err := d.images.findVolume("volume")
	expectCode(t, err, codes.NotFound)

	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	fake.failing = "copyImage"
	expectCode(t, create(d, "clone", 0, 0, fromVolume("volume")), codes.Unknown)
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.Unknown)
	fake.failing = ""
	_, err = d.images.findVolume("clone")
	expectCode(t, err, codes.NotFound)
	_, err = d.images.findSnapshot("snapshot")
	expectCode(t, err, codes.NotFound)
	if left, err := os.ReadDir(d.images.partial("")); err != nil || len(left) > 0 {
		t.Errorf("left: %v, %v", left, err)
	}
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.OK)
}

// A driver that is killed leaves no half of a volume under its name.
func TestImagesGetTheirNamesWhenTheyAreComplete(t *testing.T) {
	d, fake := newDriver(t)
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	expectCode(t, create(d, "clone", 0, 0, fromVolume("volume")), codes.OK)
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.OK)
	if len(fake.filled) != 3 {
		t.Errorf("filled: %v", fake.filled)
	}
	for _, path := range fake.filled {
		if !strings.HasPrefix(path, d.images.partial("")+"/") {
			t.Errorf("%s is filled under its own name", path)
		}
	}
}

func TestKilledDriverForgetsNothingComplete(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	if err := os.WriteFile(d.images.partial("other"), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	expectCode(t, d.images.prepare(), codes.OK)
	_, err := d.images.findVolume("volume")
	expectCode(t, err, codes.OK)
	if _, err := os.Stat(d.images.partial("other")); !os.IsNotExist(err) {
		t.Error("what was not complete is still there")
	}
}

func TestCopies(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 20*mebibyte, 0, nil), codes.OK)
	expectCode(t, overwrite(d.images.volume("volume"), "before   "), codes.OK)
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.OK)
	expectCode(t, overwrite(d.images.volume("volume"), "after    "), codes.OK)

	expectCode(t, create(d, "restored", 24*mebibyte, 0, fromSnapshot("snapshot")), codes.OK)
	expectCode(t, create(d, "clone", 20*mebibyte, 0, fromVolume("volume")), codes.OK)
	for id, wanted := range map[string]string{"restored": "before   ", "clone": "after    "} {
		if content := contentOf(t, d.images.volume(id)); content != wanted {
			t.Errorf("%s holds %q, not %q", id, content, wanted)
		}
	}
	expectSize(t, d, "restored", 24*mebibyte)

	expectCode(t, create(d, "smaller", 18*mebibyte, 0, fromVolume("volume")), codes.OutOfRange)
	expectCode(t, create(d, "smaller", 18*mebibyte, 0, fromSnapshot("snapshot")), codes.OutOfRange)
	expectCode(t, snapshot(d, "other", "nothing"), codes.NotFound)
}

func TestSnapshotOutlivesItsVolume(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.OK)
	_, err := d.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: "volume"})
	expectCode(t, err, codes.OK)
	expectCode(t, snapshot(d, "snapshot", "volume"), codes.OK)
	expectCode(t, create(d, "restored", 0, 0, fromSnapshot("snapshot")), codes.OK)
}

func TestVolumesGrowAndNeverShrink(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 20*mebibyte, 0, nil), codes.OK)
	for _, test := range []struct {
		required, limit, wanted int64
		code                    codes.Code
	}{
		{24 * mebibyte, 0, 24 * mebibyte, codes.OK},
		{24 * mebibyte, 0, 24 * mebibyte, codes.OK},
		{20 * mebibyte, 0, 24 * mebibyte, codes.OK},
		{20 * mebibyte, 20 * mebibyte, 0, codes.OutOfRange},
		{largestVolume + 1, 0, 0, codes.OutOfRange},
	} {
		size, err := expand(d, "volume", test.required, test.limit)
		expectCode(t, err, test.code)
		if size != test.wanted {
			t.Errorf("%d bytes, not %d", size, test.wanted)
		}
		expectSize(t, d, "volume", 24*mebibyte)
	}
	_, err := expand(d, "nothing", 24*mebibyte, 0)
	expectCode(t, err, codes.NotFound)
}

func TestStagingGrowsTheFileSystem(t *testing.T) {
	d, fake := newDriver(t)
	path := t.TempDir()
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	expectCode(t, stage(d, "volume", path), codes.OK)
	expectCode(t, stage(d, "volume", path), codes.OK)
	if !slices.Equal(fake.grown, []string{path, path}) {
		t.Errorf("grown: %v", fake.grown)
	}
}

func TestFailedStagingUnmountsWhatItMounted(t *testing.T) {
	d, fake := newDriver(t)
	path := t.TempDir()
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	fake.failing = "grow"
	expectCode(t, stage(d, "volume", path), codes.Unknown)
	if len(fake.mounts) != 0 {
		t.Errorf("still mounted: %v", fake.mounts)
	}
	fake.failing = ""
	expectCode(t, stage(d, "volume", path), codes.OK)
	fake.failing = "grow"
	expectCode(t, stage(d, "volume", path), codes.Unknown)
	if len(fake.mounts) != 1 {
		t.Error("what an earlier call mounted, and a pod may use, is not mounted any more")
	}
}

func TestImageThatIsInUseElsewhere(t *testing.T) {
	d, fake := newDriver(t)
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	fake.elsewhere = []string{d.images.volume("volume")}
	expectCode(t, stage(d, "volume", t.TempDir()), codes.FailedPrecondition)
	_, err := d.DeleteVolume(context.Background(), &csi.DeleteVolumeRequest{VolumeId: "volume"})
	expectCode(t, err, codes.FailedPrecondition)
	expectSize(t, d, "volume", smallestVolume)

	fake.elsewhere = nil
	expectCode(t, stage(d, "volume", t.TempDir()), codes.OK)
	expectCode(t, stage(d, "volume", t.TempDir()), codes.FailedPrecondition)
}

func TestOtherVolumeAtTheStagingPath(t *testing.T) {
	d, _ := newDriver(t)
	path := t.TempDir()
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	expectCode(t, create(d, "other", 0, 0, nil), codes.OK)
	expectCode(t, stage(d, "other", path), codes.OK)
	expectCode(t, stage(d, "volume", path), codes.FailedPrecondition)
}

func TestPublishing(t *testing.T) {
	d, fake := newDriver(t)
	staging, target := t.TempDir(), t.TempDir()
	publish := func() error {
		_, err := d.NodePublishVolume(context.Background(), &csi.NodePublishVolumeRequest{
			VolumeId: "volume", StagingTargetPath: staging, TargetPath: target, VolumeCapability: fileSystem,
		})
		return err
	}
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	expectCode(t, publish(), codes.FailedPrecondition)
	expectCode(t, stage(d, "volume", staging), codes.OK)
	fake.failing = "bind"
	expectCode(t, publish(), codes.Unknown)
	if _, found := fake.mounts[target]; found {
		t.Error("a failed publishing leaves its mount")
	}
	fake.failing = ""
	expectCode(t, publish(), codes.OK)
	expectCode(t, publish(), codes.OK)
}

func TestImageThatAnotherNodeHasLocked(t *testing.T) {
	d, _ := newDriver(t)
	expectCode(t, create(d, "volume", 0, 0, nil), codes.OK)
	unlock, err := lock(d.images.volume("volume"))
	if err != nil {
		t.Fatal(err)
	}
	staged := make(chan error)
	go func() { staged <- stage(d, "volume", t.TempDir()) }()
	select {
	case err := <-staged:
		t.Errorf("staged while the image was locked: %v", err)
	case <-time.After(100 * time.Millisecond):
		unlock()
		expectCode(t, <-staged, codes.OK)
	}
}
