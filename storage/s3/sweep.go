package s3

import (
	"context"
	"time"

	"github.com/minio/minio-go/v7"
)

// Sweep implements storage.Sweeper: it aborts uploads in parts that nobody
// finished, whose parts the bucket would keep, and bill, for ever, and removes
// what was sent and never committed.
func (s *Store) Sweep(ctx context.Context, before time.Time) (removed int, err error) {
	for _, prefix := range []string{s.prefix + "blobs/", s.prefix + "incoming/"} { // never those of others in the bucket
		err := s.eachUpload(ctx, prefix, func(found minio.ObjectMultipartInfo) error {
			if !found.Initiated.Before(before) {
				return nil
			}
			removed++
			return s.abort(ctx, found)
		})
		if err != nil {
			return removed, failed(err, "looking for abandoned uploads")
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for object := range s.core.ListObjectsIter(ctx, s.bucket, minio.ListObjectsOptions{Prefix: s.prefix + "incoming/", Recursive: true}) {
		if object.Err != nil {
			return removed, failed(object.Err, "looking for abandoned uploads")
		}
		if !object.LastModified.Before(before) {
			continue
		}
		if err := s.remove(ctx, object.Key); err != nil {
			return removed, err
		}
		removed++
	}
	return removed, ctx.Err()
}
