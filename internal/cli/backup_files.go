package cli

import (
	"context"
	"fmt"
	"time"

	"or3.cloud/or3/internal/backup"
	"or3.cloud/or3/internal/config"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/server"
	"or3.cloud/or3/storage/retry"
)

// filesOf opens the store that people's files are in; nil when files are
// switched off.
func (p *program) filesOf(ctx context.Context, c config.Config) (*backup.Store, error) {
	if !c.Storage.Enabled {
		return nil, nil
	}
	store, err := server.OpenStore(ctx, c, p.now)
	if err != nil {
		return nil, fmt.Errorf("the files: %w", err)
	}
	return &backup.Store{Store: retry.New(store, retry.Options{}), Provider: c.Storage.Provider}, nil
}

// filesToCarry is filesOf for a backup: those on a disk are carried unless
// somebody says otherwise, those in a bucket only when somebody does.
func (p *program) filesToCarry(ctx context.Context, c config.Config, d *db.DB, with, without bool) (*backup.Store, error) {
	switch {
	case with && without:
		return nil, &usageError{"--files and --without-files exclude each other"}
	case without, !with && c.Storage.Provider != "disk":
		return nil, nil
	}
	store, err := p.filesOf(ctx, c)
	if store != nil {
		store.Carry = true
		store.Hold = func(ctx context.Context) (func(), error) { return holdDeletions(ctx, d) }
	}
	return store, err
}

// holdDeletions keeps collectors of files away until release is called. A
// database that cannot be written to has none.
func holdDeletions(ctx context.Context, d *db.DB) (release func(), err error) {
	waiting, stop := context.WithTimeout(ctx, 5*time.Minute)
	defer stop()
	lease, err := file.HoldDeletions(waiting, d, pause)
	if err != nil {
		if !db.ReadOnly(err) {
			return nil, err
		}
		return func() {}, nil // nobody can delete there either
	}
	renewing, end := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for pause(renewing, 4*time.Second) == nil {
			// One that is lost costs files that a collector deletes meanwhile: the
			// backup names them.
			_, _ = lease.Renew(renewing)
		}
	}()
	return func() {
		end()
		<-ended
		_ = lease.Drop(ctx) // it ends by itself
	}, nil
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// tellFiles says what of people's files is in a backup.
func tellFiles(f *backup.Files, c config.Config) string {
	switch {
	case f == nil || f.Count == 0:
		return ""
	case !f.Carried && c.Storage.Provider == "s3":
		return fmt.Sprintf("files: %d (%s) stay in the bucket %s; the backup has their names. Copy the bucket too, or use --files\n", f.Count, size(f.Bytes), c.Storage.S3.Bucket)
	case !f.Carried:
		return fmt.Sprintf("files: %d (%s) are not in it; a restore keeps those it finds in %s\n", f.Count, size(f.Bytes), c.Storage.Dir)
	}
	text := fmt.Sprintf("files: %d (%s) in it\n", f.Count-int64(len(f.Without)), size(f.Bytes))
	for _, lost := range f.Without {
		text += fmt.Sprintf("  not in it: %s of workspace %s (%s)\n", lost.Hash, lost.WorkspaceID, lost.Why)
	}
	return text
}
