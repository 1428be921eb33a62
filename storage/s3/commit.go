package s3

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// CommitUpload implements storage.Presigner: what was sent is joined, proven
// and only then copied to where blobs are. The copy takes exactly the object
// that was proven; one that was sent over it meanwhile makes it a Conflict.
func (s *Store) CommitUpload(ctx context.Context, u storage.Upload) (storage.Blob, error) {
	if err := u.Check(); err != nil {
		return storage.Blob{}, err
	}
	name := s.incoming(u.Key, u.ID)
	if u.Size > onePut {
		if err := s.join(ctx, u, name); err != nil {
			return storage.Blob{}, failed(err, "joining the parts of an upload")
		}
	}
	sent, err := s.core.StatObject(ctx, s.bucket, name, minio.StatObjectOptions{Checksum: true})
	if isMissing(err) {
		return s.committed(ctx, u)
	}
	if err != nil {
		return storage.Blob{}, failed(err, "looking for an upload")
	}
	if err := s.prove(ctx, u, name, sent); err != nil {
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Oversized) {
			err = errors.Join(err, s.remove(ctx, name))
		}
		return storage.Blob{}, failed(err, "checking an upload")
	}
	keep := s.keep
	if u.Ref.Legacy() {
		keep = s.keepFirst
	}
	if err := keep(ctx, u, name, sent); isMissing(err) { // another commit has kept it
		return s.committed(ctx, u)
	} else if err != nil {
		return storage.Blob{}, failed(err, "keeping an upload")
	}
	if err := s.remove(ctx, name); err != nil {
		return storage.Blob{}, err
	}
	return s.Stat(ctx, u.Key)
}

// keep copies what was proven to where blobs are, in parts if it is too large
// for one copy. Each part is copied only of the object that was proven.
func (s *Store) keep(ctx context.Context, u storage.Upload, name string, sent minio.ObjectInfo) error {
	to := minio.CopyDestOptions{Bucket: s.bucket, Object: s.blob(u.Key), ReplaceMetadata: true, ContentType: contentType}
	from := minio.CopySrcOptions{Bucket: s.bucket, Object: name, MatchETag: sent.ETag}
	var err error
	if sent.Size <= s.oneCopy {
		_, err = s.core.Client.CopyObject(ctx, to, from)
	} else {
		to.PartSize = uint64(s.oneCopy)
		_, err = s.core.ComposeObject(ctx, to, from)
	}
	return err
}

// committed answers for an upload that is not there: it was committed already,
// or nothing has arrived. A blob that was proven once may be damaged by now, and
// the upload may be what was asked for to mend it: it is read again, and a
// damaged one has to be sent.
func (s *Store) committed(ctx context.Context, u storage.Upload) (storage.Blob, error) {
	blob, err := s.Stat(ctx, u.Key)
	if err == nil && blob.Size == u.Size {
		err = storage.Verify(ctx, s, u.Key)
	}
	switch {
	case fault.Is(err, fault.NotFound), errors.Is(err, storage.ErrDamaged), err == nil && blob.Size != u.Size:
		return storage.Blob{}, storage.Stopped(0, u.Size, nil)
	case err != nil:
		return storage.Blob{}, err
	}
	return blob, nil
}

// join makes an object of the parts if there is an upload in parts that is
// whole; without any, the object may be there already.
func (s *Store) join(ctx context.Context, u storage.Upload, name string) error {
	id, err := s.findUpload(ctx, name)
	if err != nil || id == "" {
		return err
	}
	here, err := s.parts(ctx, name, id)
	if isMissing(err) {
		return nil // another commit has joined it
	}
	if err != nil {
		return err
	}
	var whole []minio.CompletePart
	var arrived int64
	for _, part := range split(u.Size) {
		if here[part.Number].Size == part.Size {
			arrived += part.Size
			whole = append(whole, minio.CompletePart{PartNumber: part.Number, ETag: here[part.Number].ETag})
		}
	}
	if arrived != u.Size {
		return storage.Stopped(arrived, u.Size, nil)
	}
	_, err = s.core.CompleteMultipartUpload(ctx, s.bucket, name, id, whole, minio.PutObjectOptions{})
	if isMissing(err) {
		return nil // another commit joins it
	}
	return err
}

// prove compares what was sent with what was announced: by the checksum that
// the bucket made of it, else by reading it.
func (s *Store) prove(ctx context.Context, u storage.Upload, name string, sent minio.ObjectInfo) error {
	switch {
	case sent.Size > u.Size:
		return storage.TooMuch(u.Size)
	case sent.Size < u.Size:
		return storage.WrongHash(u.Ref)
	}
	want := checksum(u.Ref)
	if want != "" && sent.ChecksumSHA256 != "" && sent.ChecksumMode != composite && !strings.Contains(sent.ChecksumSHA256, "-") {
		if sent.ChecksumSHA256 != want {
			return storage.WrongHash(u.Ref)
		}
		return nil
	}
	var same minio.GetObjectOptions
	if err := same.SetMatchETag(sent.ETag); err != nil {
		return err
	}
	body, _, _, err := s.core.GetObject(ctx, s.bucket, name, same)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, storage.NewArrival(storage.Incoming{Key: u.Key, Size: u.Size, Body: &wording{ReadCloser: body}}))
	return errors.Join(err, body.Close())
}

// composite is the kind of checksum that is one of the parts' checksums.
const composite = "COMPOSITE"

// AbandonUpload implements storage.Presigner.
func (s *Store) AbandonUpload(ctx context.Context, u storage.Upload) error {
	if err := storage.CheckUpload(u.Key, u.ID); err != nil {
		return err
	}
	name := s.incoming(u.Key, u.ID)
	err := s.eachUpload(ctx, name, func(found minio.ObjectMultipartInfo) error { return s.abort(ctx, found) })
	if err != nil {
		return failed(err, "abandoning an upload")
	}
	return s.remove(ctx, name)
}

func (s *Store) abort(ctx context.Context, found minio.ObjectMultipartInfo) error {
	err := s.core.AbortMultipartUpload(ctx, s.bucket, found.Key, found.UploadID)
	if isMissing(err) {
		return nil
	}
	return err
}
