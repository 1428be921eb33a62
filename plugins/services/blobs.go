package services

import (
	"context"
	"crypto/sha256"
	"fmt"
	"mime"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// blobs implements host.Blobs.
type blobs struct{ *service }

const maxBlob = 700_000

// Put implements host.Blobs.
func (s blobs) Put(ctx context.Context, by host.Caller, in host.BlobPut) (host.Blob, error) {
	a, err := s.admit(ctx, by, "blob", policies.WorkspaceRead)
	switch {
	case err != nil:
		return host.Blob{}, err
	case len(in.Data) > maxBlob:
		return host.Blob{}, refuse(TooLarge, "A blob has at most 700,000 bytes.")
	}
	if in.Type != "" {
		if _, _, err := mime.ParseMediaType(in.Type); err != nil {
			return host.Blob{}, refuse(BadRequest, "type is a media type, as in image/png.")
		}
	}
	blob := db.PluginBlob{
		Key: append([]byte{}, in.Key...), MediaType: in.Type, Content: in.Data, UpdatedAt: s.Now().UnixMilli(),
		Hash: fmt.Sprintf("sha256:%x", sha256.Sum256(in.Data)),
	}
	size := int64(len(blob.Key)+len(blob.Content)) + db.PluginEntryCost
	done := s.act(ctx, a.entry(ctx, ActBlob, "plugin_blob", in.Key, map[string]any{"op": "put", "size": len(in.Data), "hash": blob.Hash}))
	err = s.DB.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := a.hold(ctx, tx, blob.UpdatedAt); err != nil {
			return err
		}
		used, err := db.LockPluginUsage(ctx, tx, a.space())
		if err != nil {
			return err
		}
		old, err := db.PluginBlobSize(ctx, tx, a.space(), in.Key)
		if err != nil {
			return err
		}
		if more := size - old; more > 0 && used.BlobBytes+more > int64(a.granted.QuotaMB)<<20 {
			return refuse(QuotaExceeded, "The plugin's files are full: it may keep %d MiB here.", a.granted.QuotaMB)
		}
		if err := db.PutPluginBlob(ctx, tx, a.space(), blob); err != nil {
			return err
		}
		if err := db.AddPluginUsage(ctx, tx, a.space(), db.PluginUsage{BlobBytes: size - old}); err != nil {
			return err
		}
		return done.append(ctx, tx)
	})
	if err := done.over(ctx, err); err != nil {
		return host.Blob{}, err
	}
	return host.Blob{Found: true, Type: blob.MediaType, Size: int64(len(in.Data)), Hash: blob.Hash}, nil
}

// Get implements host.Blobs.
func (s blobs) Get(ctx context.Context, by host.Caller, in host.KVGet) (host.Blob, error) {
	a, err := s.admit(ctx, by, "blob", policies.WorkspaceRead)
	if err != nil {
		return host.Blob{}, err
	}
	b, found, err := db.FindPluginBlob(ctx, s.DB.Read(), a.space(), in.Key)
	if err != nil || !found {
		return host.Blob{}, inWords(err)
	}
	return host.Blob{Found: true, Type: b.MediaType, Size: int64(len(b.Content)), Hash: b.Hash, Data: b.Content}, nil
}

// Delete implements host.Blobs.
func (s blobs) Delete(ctx context.Context, by host.Caller, in host.KVGet) (host.Done, error) {
	a, err := s.admit(ctx, by, "blob", policies.WorkspaceRead)
	if err != nil {
		return host.Done{}, err
	}
	done := s.act(ctx, a.entry(ctx, ActBlob, "plugin_blob", in.Key, map[string]any{"op": "delete"}))
	now := s.Now().UnixMilli()
	err = s.DB.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := a.hold(ctx, tx, now); err != nil {
			return err
		}
		if _, err := db.LockPluginUsage(ctx, tx, a.space()); err != nil {
			return err
		}
		old, err := db.PluginBlobSize(ctx, tx, a.space(), in.Key)
		if err != nil || old == 0 {
			return err
		}
		if err := db.DeletePluginBlob(ctx, tx, a.space(), in.Key); err != nil {
			return err
		}
		if err := db.AddPluginUsage(ctx, tx, a.space(), db.PluginUsage{BlobBytes: -old}); err != nil {
			return err
		}
		return done.append(ctx, tx)
	})
	return host.Done{}, done.over(ctx, err)
}
