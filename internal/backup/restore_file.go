package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/durable"
	"or3.cloud/or3/internal/fault"
)

// besideSQLite are the files SQLite keeps beside a database.
func besideSQLite() []string { return []string{"-wal", "-shm", "-journal"} }

// intoFile fills a new database file and puts it in the place of the old one
// with one rename.
func (r *restore) intoFile(ctx context.Context) error {
	path := r.target.SQLite
	if err := r.tidy(); err != nil {
		return err
	}
	there, err := r.askFile(ctx)
	if err != nil {
		return err
	}
	fresh := path + ".restoring-" + r.stamp()
	defer removeSQLite(fresh)
	if there {
		r.done.Aside = path + ".before-restore-" + r.stamp()
	}
	if err := r.build(ctx, fresh); err != nil {
		return err
	}
	if err := r.swap(ctx, fresh, there); err != nil {
		return err
	}
	if err := r.reopen(ctx); err != nil {
		return r.undo(there, err)
	}
	return nil
}

// tidy removes what a restore that was killed left behind.
func (r *restore) tidy() error {
	path := r.target.SQLite
	unfinished, err := filepath.Glob(escapeGlob(path) + ".restoring-*")
	if err != nil {
		return err
	}
	for _, name := range unfinished {
		if err := os.Remove(name); err != nil {
			return err
		}
	}
	// A second name of the database itself, given just before it was to be replaced.
	current, err := os.Stat(path)
	if err != nil {
		return nil //nolint:nilerr // no database, no second name
	}
	kept, err := filepath.Glob(escapeGlob(path) + ".before-restore-*")
	for _, name := range kept {
		if info, err := os.Stat(name); err == nil && os.SameFile(info, current) {
			if err := os.Remove(name); err != nil {
				return err
			}
		}
	}
	return err
}

// escapeGlob takes the meaning from characters of a path.
func escapeGlob(path string) string {
	if runtime.GOOS == "windows" {
		return path // the backslash separates folders there
	}
	var out []rune
	for _, c := range path {
		switch c {
		case '*', '?', '[', '\\':
			out = append(out, '\\')
		}
		out = append(out, c)
	}
	return string(out)
}

// askFile reads what the present database knows of credentials, and tells
// whether there is one. One that cannot be read is replaced all the same: it
// may be why somebody restores.
func (r *restore) askFile(ctx context.Context) (there bool, err error) {
	if _, err := os.Stat(r.target.SQLite); errors.Is(err, fs.ErrNotExist) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	d, err := db.Open(ctx, db.Options{URL: r.target.URL, PollEvery: -1})
	if err == nil {
		err = errors.Join(r.remember(ctx, d.Read()), d.Close())
	}
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	r.done.Damage = err
	if err != nil {
		r.before, r.done.Known = credentials{}, false
	}
	return true, nil
}

// build fills and checks the new file, and leaves it complete and on the disk.
func (r *restore) build(ctx context.Context, fresh string) error {
	d, err := db.Open(ctx, db.Options{URL: "sqlite://" + filepath.ToSlash(fresh), PollEvery: -1})
	if err != nil {
		return err
	}
	err = r.refill(ctx, d)
	if err == nil {
		err = r.verify(ctx, d)
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return err
	}
	release, err := db.HoldSQLite(ctx, fresh) // folds its log into it
	if err != nil {
		return err
	}
	if err := release(); err != nil {
		return err
	}
	return syncFile(fresh)
}

// swap puts the new file in the place of the old one, which keeps a name of its own.
func (r *restore) swap(ctx context.Context, fresh string, there bool) error {
	path := r.target.SQLite
	if !there {
		return rename(fresh, path)
	}
	release, err := db.HoldSQLite(ctx, path)
	switch {
	case fault.Is(err, fault.Conflict) || ctx.Err() != nil:
		return err
	case err != nil: // too damaged for SQLite to fold: kept as it lies there
		r.done.Damage, release = err, func() error { return nil }
	}
	if runtime.GOOS == "windows" { // where an open file cannot be replaced
		if err := release(); err != nil {
			return err
		}
		release = func() error { return nil }
	}
	err = r.keep(path)
	if err == nil {
		err = rename(fresh, path)
	}
	return errors.Join(err, release())
}

// keep gives the old database a second name, and moves what lies beside it: a
// log of the old file must not be taken for one of the new.
func (r *restore) keep(path string) error {
	if err := secondName(path, r.done.Aside); err != nil {
		return fmt.Errorf("the present database cannot be kept aside: %w", err)
	}
	for _, suffix := range besideSQLite() {
		if err := os.Rename(path+suffix, r.done.Aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return durable.SyncDir(filepath.Dir(path))
}

// reopen opens the restored database at its place.
func (r *restore) reopen(ctx context.Context) error {
	d, err := db.Open(ctx, db.Options{URL: r.target.URL, PollEvery: -1})
	if err != nil {
		return err
	}
	return errors.Join(d.CheckMigrated(ctx), d.Close())
}

// undo puts the old database back.
func (r *restore) undo(there bool, why error) error {
	path := r.target.SQLite
	if !there {
		removeSQLite(path)
		return why
	}
	var errs []error
	for _, suffix := range besideSQLite() {
		_ = os.Remove(path + suffix)
		if err := os.Rename(r.done.Aside+suffix, path+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	errs = append(errs, rename(r.done.Aside, path))
	return errors.Join(append(errs, fmt.Errorf("the restored database does not open, so the one from before was put back: %w", why))...)
}

func rename(from, to string) error {
	if err := os.Rename(from, to); err != nil {
		return err
	}
	return durable.SyncDir(filepath.Dir(to))
}

// secondName links, or copies where the file system has no links.
func secondName(path, name string) error {
	if os.Link(path, name) == nil {
		return nil
	}
	from, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = from.Close() }()
	return atomically(name, func(to *os.File) error {
		_, err := io.Copy(to, from)
		return err
	}, func(string) error { return nil })
}

func syncFile(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}

func removeSQLite(path string) {
	for _, suffix := range append(besideSQLite(), "") {
		_ = os.Remove(path + suffix)
	}
}
