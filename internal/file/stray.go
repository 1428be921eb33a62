package file

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/inspect"
)

// strays finds bytes in the store that no book names: of uploads that were
// never committed, or from after the backup that was restored.
func (c *collecting) strays(ctx context.Context) error {
	var err error
	if c.restored, err = db.LastRestore(ctx, c.k.db.Read(), c.req.WorkspaceID); err != nil {
		return err
	}
	var waiting []storage.Blob
	books := len(c.all) // what follows them are strays
	for b, err := range c.k.o.Store.Enumerate(ctx, c.req.WorkspaceID) {
		if err != nil {
			return err
		}
		if b.Workspace != c.req.WorkspaceID || !c.within(b.Ref) || c.names.get(b.Ref) != nil {
			continue
		}
		if waiting = append(waiting, b); len(waiting) == min(page, c.k.slice) {
			if err := c.addStrays(ctx, waiting); err != nil {
				return err
			}
			waiting = waiting[:0]
			if len(c.all) > books+2*c.k.slice {
				books = c.narrow(books)
			}
		}
	}
	if err := c.addStrays(ctx, waiting); err != nil {
		return err
	}
	if len(c.all) > books+c.k.slice {
		c.narrow(books)
	}
	return nil
}

// narrow lets the slice end where it has as many strays as it may: a store is
// listed in any order, and there may be more of them than there are files in the
// books. What comes after it is the next slice's. books are how many of c.all the
// books name, before and after.
func (c *collecting) narrow(books int) (left int) {
	strays := c.all[books:]
	slices.SortFunc(strays, func(a, b *candidate) int { return cmp.Compare(a.blob.Hash, b.blob.Hash) })
	c.upTo = strays[c.k.slice-1].blob.Hash
	all := make([]*candidate, 0, books+c.k.slice)
	c.names = names{}
	for i, one := range c.all {
		if one.blob.Hash > c.upTo {
			continue
		}
		if i < books {
			left++
		}
		all = append(all, one)
		c.names.add(one)
	}
	c.all = all
	return left
}

// addStrays asks the books once more: a file may have been committed since they
// were read.
func (c *collecting) addStrays(ctx context.Context, list []storage.Blob) error {
	hashes := make([]string, len(list))
	for i := range list {
		hashes[i] = list[i].Ref.String()
	}
	kept, err := db.BlobsNamed(ctx, c.k.db.Read(), c.req.WorkspaceID, hashes)
	if err != nil {
		return err
	}
	known := map[string]bool{}
	for i := range kept {
		known[kept[i].Hash] = true
	}
	for _, b := range list {
		if known[b.Ref.String()] {
			continue
		}
		at, kept := b.Stored.UnixMilli(), strayFor
		ripe := c.k.now().Sub(b.Stored) >= Abandoned
		if at <= c.restored { // a row that names it may be on a device alone
			at, kept, ripe = c.restored, max(strayFor, c.k.o.Retention), true
		}
		one := &candidate{key: b.Key, stray: true, kept: kept, ripe: ripe, blob: db.Blob{WorkspaceID: b.Workspace, Hash: b.Ref.String(), SizeBytes: b.Size, CondemnedAt: &at}}
		c.all = append(c.all, one)
		c.names.add(one)
	}
	return nil
}

// adopt takes strays that a row names into the books: a person whose message
// shows a file cares little for why the books had forgotten it. They pass what a
// commit passes. What does not is no file, and goes as if nothing named it.
func (c *collecting) adopt(ctx context.Context) error {
	for _, one := range c.all {
		if !one.stray || !one.named || !one.ripe || c.req.Dry {
			continue
		}
		added, err := c.adoptOne(ctx, one)
		switch {
		case fault.Is(err, fault.NotFound), err == nil && !added: // gone, or about to be committed
		case err == nil:
			c.k.o.Log.InfoContext(ctx, "a file that a row names is in the books again", "workspace_id", one.key.Workspace, "hash", one.key.Ref.String())
		case refused(err):
			one.refused = true
			c.k.o.Log.WarnContext(ctx, "bytes that a row names do not become a file", "workspace_id", one.key.Workspace, "hash", one.key.Ref.String(), "reason", err)
		default:
			return err
		}
	}
	return nil
}

// refused reports whether an error says that bytes may not become a file.
func refused(err error) bool {
	switch fault.KindOf(err) {
	case fault.Unsupported, fault.Oversized, fault.QuotaExceeded, fault.Invalid:
		return true
	}
	return errors.Is(err, storage.ErrDamaged)
}

func (c *collecting) adoptOne(ctx context.Context, one *candidate) (added bool, err error) {
	if err := storage.Verify(ctx, c.k.o.Store, one.key); err != nil {
		return false, err
	}
	head, err := c.k.head(ctx, one)
	if err != nil {
		return false, err
	}
	u := Upload{Key: one.key, Size: one.blob.SizeBytes, MediaType: one.mediaType}
	if u.MediaType == "" { // no facts: a preview, or a hash in a text
		if u.MediaType = http.DetectContentType(head); !inspect.Shown(u.MediaType) {
			u.MediaType = unknownType
		}
	}
	if !inspect.Is(u.MediaType, head) {
		return false, fault.Newf(fault.Unsupported, "It is no %s.", u.MediaType)
	}
	return c.k.o.Books.adopt(ctx, u)
}

// head reads a stray's beginning.
func (k *Keeper) head(ctx context.Context, one *candidate) ([]byte, error) {
	if one.blob.SizeBytes == 0 {
		return nil, nil
	}
	content, err := k.o.Store.Open(ctx, one.key, storage.Span{Length: min(one.blob.SizeBytes, inspect.HeadBytes)})
	if err != nil {
		return nil, err
	}
	head, err := io.ReadAll(io.LimitReader(content.Body, inspect.HeadBytes))
	return head, errors.Join(err, content.Body.Close())
}

// adopt writes proven bytes into the books if a workspace may keep them, and
// nobody is about to commit them.
func (s *Service) adopt(ctx context.Context, u Upload) (added bool, err error) {
	if err := s.check(u); err != nil {
		return false, err
	}
	err = s.o.DB.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		usage, err := db.LockStorageUsage(ctx, tx, u.Key.Workspace)
		if err != nil {
			return err
		}
		now := s.o.Now().UnixMilli()
		coming, err := db.UploadUnderWay(ctx, tx, u.Key.Workspace, u.Key.Ref.String(), now)
		if err != nil || coming {
			return err
		}
		reserved, err := db.ReservedBytes(ctx, tx, u.Key.Workspace, now)
		if err != nil {
			return err
		}
		if quota := s.quota(usage); quota >= 0 && u.Size > quota-usage.UsedBytes-reserved {
			return fault.New(fault.QuotaExceeded, "The workspace has no room for it. "+MakeRoom)
		}
		blob := s.blob(u, now)
		if added, err = db.InsertBlob(ctx, tx, &blob); err != nil || !added {
			return err
		}
		return db.AddStorageUsage(ctx, tx, u.Key.Workspace, u.Size)
	})
	return added && err == nil, err
}

const unknownType = "application/octet-stream"

// mediaTypeIn reads a file's type from its facts.
func mediaTypeIn(payload string) string {
	var facts struct {
		MediaType string `json:"mime_type"`
	}
	if err := json.Unmarshal([]byte(payload), &facts); err != nil {
		return unknownType
	}
	parsed, _, err := mime.ParseMediaType(facts.MediaType)
	if err != nil {
		return unknownType
	}
	return parsed
}
