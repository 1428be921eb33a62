package server

import (
	"context"
	"crypto/hkdf"
	"crypto/sha256"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/disk"
	"or3.cloud/or3/storage/metrics"
	"or3.cloud/or3/storage/retry"
	"or3.cloud/or3/storage/s3"
)

// files is where people's files are: the books, the store with the bytes, and
// the uploads that this process takes itself.
type files struct {
	books     *file.Service
	store     storage.Store
	resumer   storage.Resumer   // the store takes bytes through this server; nil for a bucket
	presigner storage.Presigner // browsers speak with the store themselves; nil for a disk
	signer    *storage.Signer   // signs this server's own URLs
	uploads   *uploads
	together  chan struct{} // places of requests with several files, while those are stored
	keeper    *file.Keeper
	asked     sync.WaitGroup // collections and checks that people have asked for
	proven    proven
	seen      seen
	looks     *turns
	looking   *looking
	looked    looked
	patience  time.Duration // how long one waits for a turn to have a file looked into
	probed    probed
	damaged   atomic.Int64 // files whose bytes this process has found to be wrong
}

// openFiles opens the store that the configuration names. A bucket that does
// not answer just now does not keep the program from starting.
func (s *Server) openFiles(ctx context.Context) error {
	if !s.config.Auth.Enabled || !s.config.Storage.Enabled {
		return nil
	}
	c := s.config.Storage
	store, err := OpenStore(ctx, s.config, s.now)
	var known *fault.Error
	if store != nil && errors.As(err, &known) && known.Retry > 0 {
		s.log.Error("The bucket that files are kept in does not answer. Files cannot be opened or uploaded until it does.", "error", err)
	} else if err != nil {
		return err
	}
	if err := s.beginFiles(ctx, store); err != nil {
		return err
	}
	f := &files{uploads: newUploads(), together: make(chan struct{}, batchesAtOnce), looks: newTurns(looksAtOnce), patience: lookPatience,
		looking: &looking{dir: filepath.Join(s.config.DataDir, "looking"), now: map[storage.Ref]int{}}}
	f.books = file.New(file.Options{DB: s.db, Now: s.now, Provider: c.Provider, Quota: c.WorkspaceQuota, Largest: c.MaxFileSize, Allowed: c.Allows,
		Unseen: storeTakesFiles(store)})
	again := retry.New(store, retry.Options{Retrying: func(doing string, attempt int, err error) {
		s.log.Warn("the file store is asked again", "doing", doing, "attempt", attempt, "error", err)
	}})
	f.store = metrics.New(again, func(call metrics.Call) { s.metrics.Stored(call.Doing, call.Result, call.Took, call.Bytes) }, nil)
	f.resumer, _ = storage.As[storage.Resumer](f.store)
	f.presigner, _ = storage.As[storage.Presigner](f.store)
	key, err := hkdf.Key(sha256.New, []byte(s.config.Server.SecretKey), nil, "or3 storage urls", sha256.Size)
	if err != nil {
		return fmt.Errorf("deriving the key that signs URLs: %w", err)
	}
	if f.signer, err = storage.NewSigner(key); err != nil {
		return err
	}
	s.files = f
	s.openKeeper()
	s.bus.Declare(file.UploadBefore, file.UploadReceived, file.UploadAfter, file.DownloadBefore, file.DownloadAfter, file.FileDeleted, file.Failed, file.PolicyFilter, file.URLFilter)
	s.onRelease(func() error { f.uploads.cut(); return nil })
	return nil
}

// storeTakesFiles reports whether browsers send files to the store themselves.
func storeTakesFiles(store storage.Store) bool {
	_, ok := storage.As[storage.Presigner](store)
	return ok
}

// keepShare is the share of a small disk that uploads leave free: a twentieth.
const keepShare = 20

// OpenStore opens the store that a configuration names, without what this
// package puts around it. A bucket that does not answer is returned together
// with an error that has a Retry.
func OpenStore(ctx context.Context, c config.Config, now func() time.Time) (storage.Store, error) {
	if c.Storage.Provider == "disk" {
		store, err := disk.Open(disk.Options{Dir: c.Storage.Dir, KeepFree: c.Storage.KeepFree, KeepShare: keepShare})
		if err != nil {
			return nil, err
		}
		return store, nil
	}
	at := c.Storage.S3
	store, err := s3.New(s3.Options{Endpoint: at.Endpoint, PublicEndpoint: at.PublicEndpoint, Region: at.Region, Bucket: at.Bucket, Prefix: at.Prefix,
		AccessKey: at.AccessKey, SecretKey: at.SecretKey, PathStyle: at.PathStyle, Now: now})
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	return store, store.Probe(ctx)
}

// probeTime is how long the store may take to say whether it can be used.
const probeTime = 10 * time.Second

// probeFiles tells whether files can be read and written just now.
func (s *Server) probeFiles(ctx context.Context) error {
	if s.files == nil {
		return nil
	}
	prober, ok := storage.As[storage.Prober](s.files.store)
	if !ok {
		return nil
	}
	return prober.Probe(ctx)
}

// probeEvery is how long an answer about the store is good enough for the probe.
const probeEvery = 10 * time.Second

// filesReady is probeFiles for a probe that comes often. A disk that is full is
// ready: everything but uploads works.
func (s *Server) filesReady(ctx context.Context) error {
	if s.files == nil {
		return nil
	}
	p := &s.files.probed
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := s.now(); p.at.IsZero() || now.Sub(p.at) >= probeEvery || p.err != nil {
		p.at, p.err = now, s.probeFiles(ctx)
	}
	if fault.Is(p.err, fault.DiskFull) {
		return nil
	}
	return p.err
}

// probed is what the store has said about itself last.
type probed struct {
	mu  sync.Mutex
	at  time.Time
	err error
}

// proven remembers for a while which uploads this process has hashed on their
// way, so that a commit need not read them again.
type proven struct {
	mu sync.Mutex
	at map[string]time.Time // by the upload's id
}

func (p *proven) add(upload string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.at == nil {
		p.at = map[string]time.Time{}
	}
	for id, at := range p.at {
		if now.Sub(at) > file.Abandoned {
			delete(p.at, id)
		}
	}
	p.at[upload] = now
}

func (p *proven) has(upload string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.at[upload]
	return ok
}

// commitSoon is how long whoever has sent a file has to commit it before another
// tab or device of the same person goes on with it instead.
const commitSoon = 15 * time.Second

// left reports whether nobody seems to commit an upload that is here.
func (p *proven) left(upload string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.at[upload]
	return ok && now.Sub(at) >= commitSoon
}

func (p *proven) drop(upload string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.at, upload)
}
