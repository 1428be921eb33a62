package s3

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/storage"
)

const (
	// onePut is the largest blob that is sent in one piece.
	onePut = 16 << 20
	// mostParts is how many pieces S3 allows.
	mostParts = 10_000
)

// PresignUpload implements storage.Presigner. A blob in one piece is bound to
// its size, type and, where its name is a SHA-256, to its content: the bucket
// refuses any other. A larger one comes in parts, whose sizes are bound.
func (s *Store) PresignUpload(ctx context.Context, u storage.Upload, ttl time.Duration) (storage.Ticket, error) {
	if err := u.Check(); err != nil {
		return storage.Ticket{}, err
	}
	ttl = storage.TTL(ttl, storage.UploadTTL)
	ticket := storage.Ticket{Method: http.MethodPut, Expires: s.now().Add(ttl)}
	if u.Size > onePut {
		parts, err := s.presignParts(ctx, u, ttl)
		ticket.Parts = parts
		return ticket, failed(err, "preparing an upload")
	}
	ticket.Headers = map[string]string{"Content-Type": u.MediaType}
	if sum := checksum(u.Ref); sum != "" {
		ticket.Headers["x-amz-checksum-sha256"] = sum
	}
	signed := http.Header{"Content-Length": {strconv.FormatInt(u.Size, 10)}} // which the browser sends by itself
	for name, value := range ticket.Headers {
		signed.Set(name, value)
	}
	to, err := s.public.PresignHeader(ctx, http.MethodPut, s.bucket, s.incoming(u.Key, u.ID), ttl, nil, signed)
	if err != nil {
		return storage.Ticket{}, failed(err, "preparing an upload")
	}
	ticket.URL = to.String()
	return ticket, nil
}

// presignParts begins an upload in parts, or goes on with it.
func (s *Store) presignParts(ctx context.Context, u storage.Upload, ttl time.Duration) ([]storage.Part, error) {
	name := s.incoming(u.Key, u.ID)
	id, err := s.findUpload(ctx, name)
	if err == nil && id == "" {
		id, err = s.core.NewMultipartUpload(ctx, s.bucket, name, minio.PutObjectOptions{ContentType: contentType})
	}
	if err != nil {
		return nil, err
	}
	here, err := s.parts(ctx, name, id)
	if err != nil {
		return nil, err
	}
	var missing []storage.Part
	for _, part := range split(u.Size) {
		if here[part.Number].Size == part.Size {
			continue
		}
		to, err := s.public.PresignHeader(ctx, http.MethodPut, s.bucket, name, ttl,
			url.Values{"uploadId": {id}, "partNumber": {strconv.Itoa(part.Number)}}, http.Header{"Content-Length": {strconv.FormatInt(part.Size, 10)}})
		if err != nil {
			return nil, err
		}
		part.URL = to.String()
		missing = append(missing, part)
	}
	return missing, nil
}

// Received implements storage.Progress: what is here of an upload in parts.
func (s *Store) Received(ctx context.Context, key storage.Key, upload string) (received int64, err error) {
	if err := storage.CheckUpload(key, upload); err != nil {
		return 0, err
	}
	name := s.incoming(key, upload)
	id, err := s.findUpload(ctx, name)
	if err != nil || id == "" {
		return 0, failed(err, "looking for an upload")
	}
	here, err := s.parts(ctx, name, id)
	for _, part := range here {
		received += part.Size
	}
	return received, failed(err, "looking for the parts of an upload")
}

// split cuts a large blob into parts, of which there are as many as S3 allows
// at most.
func split(size int64) []storage.Part {
	step := max(int64(onePut), (size+mostParts-1)/mostParts)
	var parts []storage.Part
	for at := int64(0); at < size; at += step {
		parts = append(parts, storage.Part{Number: len(parts) + 1, Offset: at, Size: min(step, size-at)})
	}
	return parts
}

// findUpload finds the newest upload in parts of an object, "" if there is none.
func (s *Store) findUpload(ctx context.Context, name string) (id string, err error) {
	var newest time.Time
	err = s.eachUpload(ctx, name, func(found minio.ObjectMultipartInfo) error {
		if found.Key == name && (id == "" || found.Initiated.After(newest)) {
			id, newest = found.UploadID, found.Initiated
		}
		return nil
	})
	return id, err
}

func (s *Store) eachUpload(ctx context.Context, prefix string, do func(minio.ObjectMultipartInfo) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for found := range s.core.ListIncompleteUploads(ctx, s.bucket, prefix, true) {
		if found.Err != nil {
			return found.Err
		}
		if err := do(found); err != nil {
			return err
		}
	}
	return nil
}

// parts are those that have arrived, by number.
func (s *Store) parts(ctx context.Context, name, id string) (map[int]minio.ObjectPart, error) {
	here := map[int]minio.ObjectPart{}
	for marker := 0; ; {
		page, err := s.core.ListObjectParts(ctx, s.bucket, name, id, marker, 1000)
		if err != nil {
			return nil, err
		}
		for _, part := range page.ObjectParts {
			here[part.PartNumber] = part
		}
		if !page.IsTruncated || page.NextPartNumberMarker <= marker {
			return here, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// PresignDownload implements storage.Presigner.
func (s *Store) PresignDownload(ctx context.Context, key storage.Key, d storage.Download, ttl time.Duration) (string, error) {
	if err := key.Check(); err != nil {
		return "", err
	}
	if d.Disposition != storage.Inline {
		d.Disposition = storage.Attachment
	}
	if d.MediaType == "" {
		d.MediaType = contentType
	}
	as := url.Values{
		"response-content-type":        {d.MediaType},
		"response-content-disposition": {d.Disposition.Header(d.Name)},
		"response-cache-control":       {"private, max-age=300"},
	}
	from, err := s.public.PresignedGetObject(ctx, s.bucket, s.blob(key), storage.TTL(ttl, storage.DownloadTTL), as)
	if err != nil {
		return "", failed(err, "preparing a download")
	}
	return from.String(), nil
}
