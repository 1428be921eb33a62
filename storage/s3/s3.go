// Package s3 keeps blobs as objects of a bucket. Browsers send and fetch the
// bytes themselves, by presigned URLs:
//
//	<prefix>blobs/<workspace>/sha256/<64 hex>   proven; written by the server alone
//	<prefix>incoming/<workspace>/<upload>       what a browser sent, until it is proven
//
// No URL ever allows writing to blobs, so that what was proven stays so. The
// bucket's CORS rules have to allow the site's origin PUT and GET with the
// headers Content-Type and x-amz-checksum-sha256.
package s3

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
)

// Options say where the bucket is.
type Options struct {
	Endpoint string // https://s3.eu-central-1.amazonaws.com
	// PublicEndpoint is where browsers reach the same service; "" is Endpoint.
	PublicEndpoint string

	Region    string
	Bucket    string
	Prefix    string // before every object's name; "" or something that ends in a slash
	AccessKey string
	SecretKey string
	// PathStyle puts the bucket into the path instead of the host's name, as
	// most servers but Amazon's want it.
	PathStyle bool
	// Transport is how requests are made; nil is minio-go's.
	Transport http.RoundTripper
	// Now tells the time that presigned URLs expire by; time.Now if nil.
	Now func() time.Time
}

// Store is a storage.Store in a bucket.
type Store struct {
	core   minio.Core
	public minio.Core // signs URLs for browsers
	bucket string
	prefix string
	now    func() time.Time

	oneCopy int64  // the largest object that is copied in one piece
	looked  func() // when a commit has seen what is at its place; for tests
}

// oneCopy is the largest object that S3 copies in one piece.
const oneCopy = 5 << 30

// Open makes a Store and makes sure that its bucket is there and may be used.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := New(o)
	if err != nil {
		return nil, err
	}
	return s, s.Probe(ctx)
}

// New makes a Store without asking the bucket anything.
func New(o Options) (*Store, error) {
	if o.Prefix != "" && (!strings.HasSuffix(o.Prefix, "/") || strings.HasPrefix(o.Prefix, "/")) {
		return nil, fault.New(fault.Invalid, "The prefix in the bucket ends in a slash and does not begin with one.")
	}
	s := &Store{bucket: o.Bucket, prefix: o.Prefix, now: o.Now, oneCopy: oneCopy}
	if s.now == nil {
		s.now = time.Now
	}
	var err error
	if s.core, err = connect(o, o.Endpoint); err != nil {
		return nil, err
	}
	s.public = s.core
	if o.PublicEndpoint != "" {
		s.public, err = connect(o, o.PublicEndpoint)
	}
	return s, err
}

func connect(o Options, endpoint string) (minio.Core, error) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" {
		return minio.Core{}, fault.New(fault.Invalid, "The endpoint of the bucket is a URL without a path, such as https://s3.eu-central-1.amazonaws.com.")
	}
	lookup := minio.BucketLookupDNS
	if o.PathStyle {
		lookup = minio.BucketLookupPath
	}
	core, err := minio.NewCore(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(o.AccessKey, o.SecretKey, ""), Secure: u.Scheme == "https", Region: o.Region, BucketLookup: lookup,
		Transport: o.Transport, MaxRetries: 1, // storage/retry does it, and says so
	})
	if err != nil {
		return minio.Core{}, fmt.Errorf("opening the bucket %s: %w", o.Bucket, err)
	}
	return *core, nil
}

// Probe implements storage.Prober: it asks whether the bucket is there.
func (s *Store) Probe(ctx context.Context) error {
	there, err := s.core.BucketExists(ctx, s.bucket)
	if err == nil && !there {
		err = fault.Newf(fault.Unavailable, "There is no bucket %s. Make it, or name another one.", s.bucket)
	}
	return failed(err, "opening the bucket")
}

func (s *Store) blob(key storage.Key) string {
	return s.workspace(key.Workspace) + key.Ref.Algorithm() + "/" + key.Ref.Hex()
}

func (s *Store) workspace(id string) string { return s.prefix + "blobs/" + id + "/" }

func (s *Store) incoming(key storage.Key, upload string) string {
	return s.prefix + "incoming/" + key.Workspace + "/" + upload + "." + key.Ref.Hex()
}

// keyOf reads an object's name; ok is false for one that is no blob.
func (s *Store) keyOf(name string) (key storage.Key, ok bool) {
	parts := strings.Split(strings.TrimPrefix(name, s.prefix+"blobs/"), "/")
	if len(parts) != 3 {
		return key, false
	}
	ref, err := storage.ParseRef(parts[1] + ":" + parts[2])
	key = storage.Key{Workspace: parts[0], Ref: ref}
	return key, err == nil && s.blob(key) == name
}

// checksum is the content's SHA-256 as S3 writes it, "" if the name has none.
func checksum(ref storage.Ref) string {
	if ref.Legacy() {
		return ""
	}
	return base64.StdEncoding.EncodeToString(ref.Sum())
}

// failed turns an error of the bucket into words.
func failed(err error, doing string) error {
	var known *fault.Error
	var said minio.ErrorResponse
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", doing, err)
	case !errors.As(err, &said):
		return unavailable(err, doing)
	}
	wrapped := fmt.Errorf("%s: %s: %w", doing, said.Code, err)
	switch said.Code {
	case minio.NoSuchKey, "NotFound", minio.NoSuchUpload:
		return storage.NotFound(wrapped)
	case "InsufficientStorage", "QuotaExceeded", "XMinioStorageFull":
		return storage.Full(wrapped)
	case minio.PreconditionFailed:
		return fault.Wrap(wrapped, fault.Conflict, "The file changed while it was checked. Send it again.")
	case minio.AccessDenied, "InvalidAccessKeyId", "SignatureDoesNotMatch", minio.NoSuchBucket:
		return fault.Wrap(wrapped, fault.Unavailable, "The server may not use the bucket that files are kept in. Ask whoever runs it to check its storage settings.")
	}
	if said.StatusCode >= http.StatusInternalServerError || said.StatusCode == http.StatusTooManyRequests || said.Code == "SlowDown" {
		return unavailable(err, doing)
	}
	return wrapped
}

func unavailable(err error, doing string) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "The store that files are kept in does not answer just now. Try again in a moment.",
		Retry: 2 * time.Second, Err: fmt.Errorf("%s: %w", doing, err)}
}

func isMissing(err error) bool { return fault.Is(failed(err, ""), fault.NotFound) }

var (
	_ storage.Store     = (*Store)(nil)
	_ storage.Presigner = (*Store)(nil)
	_ storage.Prober    = (*Store)(nil)
	_ storage.Progress  = (*Store)(nil)
	_ storage.Sweeper   = (*Store)(nil)
)
