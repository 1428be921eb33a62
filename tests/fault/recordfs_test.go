//go:build linux

package fault

import (
	"context"
	"os"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/hanwen/go-fuse/v2/fs"
	"github.com/hanwen/go-fuse/v2/fuse"
)

// mountRecorder mounts a file system in memory that writes down, in order,
// everything that was done to it. This process must not touch the mount: its
// own page faults would wait for itself.
func mountRecorder(t *testing.T) (dir string, r *recording) {
	t.Helper()
	if _, err := os.Stat("/dev/fuse"); err != nil {
		need(t, "fuse", "no /dev/fuse: "+err.Error())
	}
	r = &recording{}
	dir = mountPoint(t)
	server, err := fs.Mount(dir, &recordedDir{r: r, id: rootDir}, &fs.Options{
		MountOptions: fuse.MountOptions{DirectMount: true, FsName: "or3-fault", Name: "or3-fault", DisableXAttrs: true},
	})
	if err != nil {
		need(t, "fuse", "a FUSE file system cannot be mounted: "+err.Error())
	}
	t.Cleanup(func() {
		unmount(dir)
		server.Wait()
	})
	return dir, r
}

// recordedDir is a directory; its children are the inodes' own business.
type recordedDir struct {
	fs.Inode
	r    *recording
	id   uint64
	name string // it was made with
}

func (d *recordedDir) Mkdir(ctx context.Context, name string, _ uint32, _ *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	child := &recordedDir{r: d.r, id: d.r.number(), name: name}
	d.r.note(event{what: entered, file: child.id, isDir: true, dir: d.id, name: name})
	return d.NewPersistentInode(ctx, child, fs.StableAttr{Mode: syscall.S_IFDIR}), 0
}

func (d *recordedDir) Create(ctx context.Context, name string, _, mode uint32, out *fuse.EntryOut) (*fs.Inode, fs.FileHandle, uint32, syscall.Errno) {
	child := &recordedFile{r: d.r, id: d.r.number(), name: name, mode: mode & 0o777, changed: time.Now()}
	d.r.note(event{what: entered, file: child.id, dir: d.id, name: name})
	child.describe(&out.Attr)
	return d.NewPersistentInode(ctx, child, fs.StableAttr{Mode: syscall.S_IFREG}), nil, 0, 0
}

func (d *recordedDir) Link(_ context.Context, target fs.InodeEmbedder, name string, out *fuse.EntryOut) (*fs.Inode, syscall.Errno) {
	file, ok := target.(*recordedFile)
	if !ok {
		return nil, syscall.EPERM
	}
	d.r.note(event{what: entered, file: file.id, dir: d.id, name: name})
	file.describe(&out.Attr)
	return &file.Inode, 0
}

func (d *recordedDir) Unlink(_ context.Context, name string) syscall.Errno {
	d.r.note(event{what: left, dir: d.id, name: name})
	return 0
}

func (d *recordedDir) Rmdir(_ context.Context, name string) syscall.Errno {
	if child := d.GetChild(name); child != nil && len(child.Children()) > 0 {
		return syscall.ENOTEMPTY
	}
	d.r.note(event{what: left, dir: d.id, name: name})
	return 0
}

func (d *recordedDir) Rename(_ context.Context, name string, newParent fs.InodeEmbedder, newName string, flags uint32) syscall.Errno {
	other, ok := newParent.(*recordedDir)
	if !ok || flags != 0 {
		return syscall.ENOTSUP
	}
	e := event{what: moved, dir: d.id, name: name, otherDir: other.id, other: newName}
	switch child := d.GetChild(name).Operations().(type) {
	case *recordedFile:
		e.file = child.id
	case *recordedDir:
		e.file, e.isDir = child.id, true
	}
	d.r.note(e)
	return 0
}

func (d *recordedDir) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return d.r.sync(event{what: dirSynced, dir: d.id, name: d.name})
}

func (d *recordedDir) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	out.Mode = 0o700
	return 0
}

func (d *recordedDir) Setattr(_ context.Context, _ fs.FileHandle, _ *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	out.Mode = 0o700
	return 0
}

func (d *recordedDir) Statfs(_ context.Context, out *fuse.StatfsOut) syscall.Errno {
	out.Bsize, out.Blocks, out.Bfree, out.Bavail, out.Files, out.Ffree, out.NameLen = 4096, 1<<20, 1<<20, 1<<20, 1<<20, 1<<20, 255
	return 0
}

// recordedFile keeps what programs see now. The kernel's page cache serves
// mapped memory; writes of write(2) come here at once.
type recordedFile struct {
	fs.Inode
	r    *recording
	id   uint64
	name string // it was made with

	mu      sync.Mutex
	data    []byte
	mode    uint32
	changed time.Time
}

func (f *recordedFile) describe(out *fuse.Attr) {
	f.mu.Lock()
	defer f.mu.Unlock()
	out.Mode, out.Size, out.Blksize = f.mode, uint64(len(f.data)), 4096
	out.Blocks = (out.Size + 511) / 512
	out.SetTimes(nil, &f.changed, &f.changed)
}

func (f *recordedFile) Open(context.Context, uint32) (fs.FileHandle, uint32, syscall.Errno) {
	return nil, fuse.FOPEN_KEEP_CACHE, 0
}

func (f *recordedFile) Read(_ context.Context, _ fs.FileHandle, dest []byte, off int64) (fuse.ReadResult, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if off >= int64(len(f.data)) {
		return fuse.ReadResultData(nil), 0
	}
	return fuse.ReadResultData(dest[:copy(dest, f.data[off:])]), 0
}

func (f *recordedFile) Write(_ context.Context, _ fs.FileHandle, data []byte, off int64) (uint32, syscall.Errno) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.data, f.changed = patch(f.data, data, off), time.Now()
	f.r.note(event{what: wrote, file: f.id, offset: off, data: append([]byte{}, data...)})
	return uint32(len(data)), 0
}

func (f *recordedFile) Fsync(context.Context, fs.FileHandle, uint32) syscall.Errno {
	return f.r.sync(event{what: synced, file: f.id, name: f.name})
}

func (f *recordedFile) Flush(context.Context, fs.FileHandle) syscall.Errno { return 0 }

func (f *recordedFile) Getattr(_ context.Context, _ fs.FileHandle, out *fuse.AttrOut) syscall.Errno {
	f.describe(&out.Attr)
	return 0
}

func (f *recordedFile) Setattr(_ context.Context, _ fs.FileHandle, in *fuse.SetAttrIn, out *fuse.AttrOut) syscall.Errno {
	f.mu.Lock()
	if size, ok := in.GetSize(); ok {
		f.data, f.changed = resize(f.data, int64(size)), time.Now()
		f.r.note(event{what: resized, file: f.id, offset: int64(size)})
	}
	if mode, ok := in.GetMode(); ok {
		f.mode = mode & 0o777
	}
	f.mu.Unlock()
	f.describe(&out.Attr)
	return 0
}

// patch writes data into a file's content; a gap is zeros.
func patch(content, data []byte, off int64) []byte {
	if end := off + int64(len(data)); end > int64(len(content)) {
		content = resize(content, end)
	}
	copy(content[off:], data)
	return content
}

func resize(content []byte, size int64) []byte {
	switch {
	case size <= int64(len(content)):
		return content[:size:size] // what is added later must be zeros
	case size <= int64(cap(content)):
		return content[:size] // nothing was ever written there
	}
	grown := make([]byte, size, size+size/2)
	copy(grown, content)
	return grown
}
