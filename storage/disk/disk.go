// Package disk keeps blobs as files of a directory:
//
//	blobs/<workspace>/sha256/ab/<64 hex>   whole and proven, never written again
//	incoming/<workspace>/<name>            on the way in, and can go on later
//	incoming/~<number>/<name>              on the way in at once
//	or3-files                              says that this is a store
//
// What arrives is written into incoming, synced, renamed into blobs and the
// directories are synced: at every moment a blob is there entirely or not at
// all, also after a power cut. Nothing but a rename ever makes a file of blobs.
// One server at a time takes uploads for a directory. Commands may use it at the
// same time, to read blobs or to add and remove some: a part of an upload, which
// two processes must not write, is never theirs.
package disk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Options say where and how.
type Options struct {
	Dir string
	// KeepFree is how many bytes of the file system uploads leave to others:
	// what would go below is refused before its first byte.
	KeepFree int64
	// KeepShare bounds KeepFree for small file systems: it is at most one
	// KeepShare-th of all there is; 0 is no bound.
	KeepShare int64
}

// Store is a storage.Store on a disk.
type Store struct {
	dir       string
	keepFree  int64
	keepShare int64
	free      func(dir string) (left, all int64, err error) // bytes; negative if not known
	write     func(f *os.File, p []byte) (int, error)
	joint     joint
	room      room
	lanes     lanes
	naming    [naming]sync.Mutex // one blob gets its name at a time; some share one

	mu   sync.Mutex
	busy map[string]struct{} // files of incoming that somebody writes
	made sync.Map            // directories that are there and durable
}

// Open opens a store and changes nothing: Begin makes one. What an earlier
// process left in incoming of an upload stays, so that it can go on, until Sweep.
func Open(o Options) (*Store, error) {
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("opening the file store: %w", err)
	}
	return &Store{dir: dir, keepFree: o.KeepFree, keepShare: o.KeepShare, free: free, write: (*os.File).Write, busy: map[string]struct{}{},
		joint: joint{dir: dir, reliable: syncsAll, all: syncAll}}, nil
}

// naming is how many blobs can get their names at once; a power of two.
const naming = 16

const (
	blobs    = "blobs"
	incoming = "incoming"
)

// path is where a blob lies. 256 directories hold a workspace's blobs: a new
// directory costs as many syncs as a file, so that a second level would double
// the price of small files; a million files make 4,000 names in each.
func (s *Store) path(key storage.Key) string {
	digits := key.Ref.Hex()
	return s.under(blobs, folder(key.Workspace), key.Ref.Algorithm(), digits[:2], digits)
}

func (s *Store) incomingDir(workspace string) string { return s.under(incoming, folder(workspace)) }

// under names a file of the store. Names are clean as they are made: to clean all
// of it again for each small file takes longer than to put it together.
func (s *Store) under(names ...string) string {
	return s.dir + separator + strings.Join(names, separator)
}

const separator = string(filepath.Separator)

// folder is the directory of a workspace. Some file systems do not tell upper
// from lower case, ids do: an upper-case letter is written +a. The first
// letters keep it from being a name that Windows reserves.
func folder(workspace string) string {
	var b strings.Builder
	b.WriteString("w_")
	for _, c := range []byte(workspace) {
		if 'A' <= c && c <= 'Z' {
			b.WriteByte('+')
			c += 'a' - 'A'
		}
		b.WriteByte(c)
	}
	return b.String()
}

// workspaceOf reads a directory's name; ok is false for a stranger's.
func workspaceOf(name string) (workspace string, ok bool) {
	rest, ok := strings.CutPrefix(name, "w_")
	var b strings.Builder
	for i := 0; i < len(rest); i++ {
		c := rest[i]
		if c == '+' && i+1 < len(rest) {
			i++
			c = rest[i] - ('a' - 'A')
		}
		b.WriteByte(c)
	}
	return b.String(), ok && folder(b.String()) == name
}

// hold keeps a file of incoming for one writer at a time.
func (s *Store) hold(path string) (release func(), ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.busy[path]; taken {
		return nil, false
	}
	s.busy[path] = struct{}{}
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.busy, path)
	}, true
}

// missing turns an error of the file system about a blob into words.
func (s *Store) missing(err error, doing string) error {
	if errors.Is(err, fs.ErrNotExist) {
		if gone := s.here(); gone != nil {
			return gone
		}
		return storage.NotFound(fmt.Errorf("%s: %w", doing, err))
	}
	return failed(err, doing)
}

// failed turns any other error of the file system into words.
func failed(err error, doing string) error {
	var known *fault.Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case isFull(err):
		return storage.Full(fmt.Errorf("%s: %w", doing, err))
	}
	return fmt.Errorf("%s: %w", doing, err)
}

var (
	_ storage.Store    = (*Store)(nil)
	_ storage.Gatherer = (*Store)(nil)
	_ storage.Resumer  = (*Store)(nil)
	_ storage.Prober   = (*Store)(nil)
	_ storage.Settler  = (*Store)(nil)
	_ storage.Sweeper  = (*Store)(nil)
)
