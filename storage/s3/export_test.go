package s3

import (
	"context"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/storage"
)

// CopyInPartsOf makes objects above a size be copied in parts of it, as those
// above 5 GiB are.
func (s *Store) CopyInPartsOf(size int64) { s.oneCopy = size }

// WhenLooked has commits of legacy names call something when they have looked at
// what is at their place, and have not put anything there yet.
func (s *Store) WhenLooked(do func()) { s.looked = do }

// KeepOther does what a commit does when another object was sent over the one
// that was proven.
func (s *Store) KeepOther(ctx context.Context, u storage.Upload) error {
	return failed(s.keep(ctx, u, s.incoming(u.Key, u.ID), minio.ObjectInfo{Size: u.Size, ETag: "0123456789abcdef0123456789abcdef"}), "keeping another")
}
