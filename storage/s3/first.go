package s3

import (
	"context"
	"errors"
	"fmt"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Some contents are known to share an MD5, none a SHA-256: a good blob of a
// legacy name must never be replaced by other bytes that prove just as well. Two
// nodes that commit two of them at once both see that none is there, so it is the
// bucket that has to choose: it takes a finished upload in parts on the condition
// that the object is still the one that was looked at. (A bucket that does not
// know conditions takes the last one, as it does of everything.)

// keepFirst is keep for a legacy name: where a good blob is there, or another
// commit brings one meanwhile, that one stays.
func (s *Store) keepFirst(ctx context.Context, u storage.Upload, name string, sent minio.ObjectInfo) error {
	for range mostReplaced {
		condition, kept, err := s.replaceable(ctx, u)
		if err != nil || kept {
			return err
		}
		if s.looked != nil {
			s.looked()
		}
		taken, err := s.copyIf(ctx, u, name, sent, condition)
		if err != nil || taken {
			return err
		}
	}
	return unavailable(errors.New("the object changes each time it is looked at"), "keeping an upload")
}

// mostReplaced is how often a commit looks again at what others have put there.
const mostReplaced = 4

// replaceable finds out under which condition a blob may be put into its place:
// that none is there, or the damaged one that is there now. kept says that a good
// one is there.
func (s *Store) replaceable(ctx context.Context, u storage.Upload) (condition minio.PutObjectOptions, kept bool, err error) {
	there, err := s.core.StatObject(ctx, s.bucket, s.blob(u.Key), minio.StatObjectOptions{})
	if isMissing(err) {
		condition.SetMatchETagExcept("*")
		return condition, false, nil
	}
	if err != nil {
		return condition, false, failed(err, "looking for a file")
	}
	condition.SetMatchETag(there.ETag)
	err = storage.Verify(ctx, s, u.Key)
	if fault.Is(err, fault.NotFound) || errors.Is(err, storage.ErrDamaged) {
		return condition, false, nil
	}
	return condition, err == nil, err
}

// copyIf copies what was proven to its place if a condition holds there at the
// end; taken is false if it does not.
func (s *Store) copyIf(ctx context.Context, u storage.Upload, name string, sent minio.ObjectInfo, condition minio.PutObjectOptions) (taken bool, err error) {
	to := s.blob(u.Key)
	if sent.Size == 0 { // which has no parts, and no twin
		return true, s.keep(ctx, u, name, sent)
	}
	id, err := s.core.NewMultipartUpload(ctx, s.bucket, to, minio.PutObjectOptions{ContentType: contentType})
	if err != nil {
		return false, err
	}
	var parts []minio.CompletePart
	proven := map[string]string{"x-amz-copy-source-if-match": sent.ETag}
	for at := int64(0); at < sent.Size && err == nil; at += s.oneCopy {
		var part minio.CompletePart
		part, err = s.core.CopyObjectPart(ctx, s.bucket, name, s.bucket, to, id, len(parts)+1, at, min(s.oneCopy, sent.Size-at), proven)
		parts = append(parts, part)
	}
	if err == nil {
		_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, to, id, parts, condition)
		if err == nil {
			return true, nil
		}
		if refused(err) {
			err = nil
		}
	}
	if gone := s.core.AbortMultipartUpload(context.WithoutCancel(ctx), s.bucket, to, id); gone != nil && !isMissing(gone) {
		err = errors.Join(err, fmt.Errorf("giving up what was not kept: %w", gone)) // Sweep finds it
	}
	return false, err
}

// refused reports whether a bucket has not taken an object because of the
// condition, or because of another one that it is taking just now.
func refused(err error) bool {
	var said minio.ErrorResponse
	return errors.As(err, &said) && (said.Code == minio.PreconditionFailed || said.Code == "ConditionalRequestConflict")
}
