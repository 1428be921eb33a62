//go:build linux

package fault

import (
	"sync"
	"syscall"
	"testing"
)

// doing is one thing that happened to the recorded file system, or, for
// acknowledged, in the world that relies on it.
type doing int

const (
	wrote doing = iota + 1 // data at offset of file
	resized
	synced    // file: what was written to it is on the disk
	entered   // name in dir now means file
	left      // name in dir means nothing now
	moved     // name in dir is now other in otherDir, in one step
	dirSynced // the names of dir are on the disk
	acknowledged
)

// event is one entry of a recording.
type event struct {
	what     doing
	file     uint64
	isDir    bool
	dir      uint64
	name     string
	otherDir uint64
	other    string
	offset   int64 // the new size, for resized
	data     []byte
	op       string // acknowledged
	version  int64
	sent     *sending // acknowledged: what of a file
}

// rootDir is the number of the file system's root, which is always there.
const rootDir = 1

// recording is everything that happened, in order. What was acknowledged stands
// behind the write that the server answered for: it is noted after the answer came.
type recording struct {
	mu     sync.Mutex
	events []event
	last   uint64
	fails  func(event) bool // the next sync for which it holds is lost
}

// sync notes a sync, unless it is the one that has to fail.
func (r *recording) sync(e event) syscall.Errno {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.fails != nil && r.fails(e) {
		r.fails = nil
		return syscall.EIO
	}
	r.events = append(r.events, e)
	return 0
}

// lose has the next sync fail that matches.
func (r *recording) lose(matches func(event) bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fails = matches
}

func (r *recording) note(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// number gives a new file or directory its number.
func (r *recording) number() uint64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == 0 {
		r.last = rootDir
	}
	r.last++
	return r.last
}

func (r *recording) all() []event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events[:len(r.events):len(r.events)]
}

// wait polls until something that matches was recorded behind the first from events.
func (r *recording) wait(t *testing.T, from int, what string, matches func(event) bool) {
	t.Helper()
	eventually(t, what, func() bool {
		all := r.all()
		for ; from < len(all); from++ {
			if matches(all[from]) {
				return true
			}
		}
		return false
	})
}

// named tells which file has the name, as the last entry says.
func (r *recording) named(name string) uint64 {
	var file uint64
	for _, e := range r.all() {
		if e.what == entered && e.name == name {
			file = e.file
		}
	}
	return file
}
