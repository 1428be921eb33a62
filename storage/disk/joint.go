package disk

import (
	"os"
	"path/filepath"
	"sync"
	"time"
)

// joint puts on the disk what receives have written. Those that wait at the same
// moment share one sync of the whole file system: many small files would pay for
// one each otherwise, and each moves the same journal. Where the file system is
// not known to put everything on the disk then, or a large file is arriving that
// all would have to wait for, each syncs its own.
type joint struct {
	dir      string
	reliable func(dir *os.File) bool  // whether all does what it says there
	all      func(dir *os.File) error // syncs the file system that dir is on

	mu      sync.Mutex
	root    *os.File  // the store's directory while somebody receives; nil where all is not reliable
	inside  int       // receives
	large   int       // receives of large files
	failed  int       // joint syncs that failed
	slow    time.Time // until when each syncs its own
	waiting []*synced
	running bool
}

// largeFile is the size from which on a file is synced alone, while others must
// not wait for it.
const largeFile = 1 << 20

// A joint sync that takes longSync has to write for others who use the disk. For
// slowFor after it nobody waits for them.
const (
	longSync = 500 * time.Millisecond
	slowFor  = 10 * time.Second
)

// few files cost no more to be synced one by one than all there is.
const few = 3

// synced is one who waits.
type synced struct {
	own  func() error
	many bool // to sync them one by one costs more than to sync all
	done chan struct{}
	err  error
}

// turn is a receive's, from before its first byte is written to its end. It may
// be of several files.
type turn struct {
	j         *joint
	large     bool
	dir       string // of the last file
	elsewhere bool   // a file is on another disk than the store's directory
	failed    int
}

// begin takes part with files of so many bytes each at most.
//
// The directory is opened before anything is written: the kernel tells of what
// could not be written by whoever opened before.
func (j *joint) begin(size int64) *turn {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.inside == 0 {
		j.open()
	}
	j.inside++
	t := &turn{j: j, large: size >= largeFile, elsewhere: true, failed: j.failed}
	if t.large {
		j.large++
	}
	return t
}

func (j *joint) open() {
	root, err := os.Open(j.dir)
	if err != nil { // whoever writes there will say why
		return
	}
	if j.reliable(root) {
		j.root = root
		return
	}
	_ = root.Close()
}

// of says which file it is, before its first byte is written. Those of one
// directory are on one disk.
func (t *turn) of(f *os.File) {
	dir := filepath.Dir(f.Name())
	if t.dir == dir || t.dir != "" && t.elsewhere { // one elsewhere is enough
		return
	}
	t.j.mu.Lock()
	root := t.j.root // open until end
	t.j.mu.Unlock()
	t.dir, t.elsewhere = dir, root == nil || !sameDisk(root, f)
}

// end leaves. Nobody holds the directory while nothing arrives, so that its disk
// can be unmounted.
func (t *turn) end() {
	j := t.j
	j.mu.Lock()
	defer j.mu.Unlock()
	if t.large {
		j.large--
	}
	if j.inside--; j.inside == 0 && j.root != nil {
		_ = j.root.Close()
		j.root = nil
	}
}

// sync returns when what was written before is on the disk; own syncs it alone,
// which is so many calls.
//
// After a joint sync has failed, those who were writing meanwhile ask about
// their own: what the kernel has told once it does not tell again.
func (t *turn) sync(calls int, own func() error) error {
	w := &synced{own: own, many: calls > few, done: make(chan struct{})}
	if !t.j.join(t, w) {
		return own()
	}
	<-w.done
	return w.err
}

// join has somebody sync for those who wait.
func (j *joint) join(t *turn, w *synced) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if t.elsewhere || j.large > 0 || t.failed != j.failed || time.Now().Before(j.slow) {
		return false
	}
	j.waiting = append(j.waiting, w)
	if !j.running {
		j.running = true
		go j.work()
	}
	return true
}

// work syncs until nobody waits. One who waits alone is not made to wait for
// what others have written.
func (j *joint) work() {
	for waiting, root := j.next(); len(waiting) > 0; waiting, root = j.next() {
		var err error
		if len(waiting) == 1 && !waiting[0].many {
			err = waiting[0].own()
		} else {
			began := time.Now()
			err = j.all(root)
			j.learn(time.Since(began), err)
		}
		for _, w := range waiting {
			w.err = err
			close(w.done)
		}
	}
}

// next takes those who wait; the directory stays open as long as they do.
func (j *joint) next() ([]*synced, *os.File) {
	j.mu.Lock()
	defer j.mu.Unlock()
	waiting := j.waiting
	j.waiting = nil
	j.running = len(waiting) > 0
	return waiting, j.root
}

func (j *joint) learn(took time.Duration, err error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.failed++
	}
	if took >= longSync {
		j.slow = time.Now().Add(slowFor)
	}
}
