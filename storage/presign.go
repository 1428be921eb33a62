package storage

import (
	"context"
	"time"
)

// The longest that URLs live.
const (
	UploadTTL   = 15 * time.Minute
	DownloadTTL = 5 * time.Minute
)

// Presigner is a store with which browsers speak themselves, by URLs that need
// no further proof.
type Presigner interface {
	// PresignUpload allows the sending of one blob. Nothing that is sent counts
	// before CommitUpload. Asked again, it leaves out the parts that are there.
	PresignUpload(ctx context.Context, u Upload, ttl time.Duration) (Ticket, error)
	// CommitUpload makes a blob of what was sent, if it is what was announced;
	// else it is refused and gone, except that an upload with parts missing can
	// go on (IsStopped). Done twice, it is done once.
	CommitUpload(ctx context.Context, u Upload) (Blob, error)
	// AbandonUpload forgets what was sent.
	AbandonUpload(ctx context.Context, u Upload) error
	// PresignDownload is a URL of a blob, whether it is there or not.
	PresignDownload(ctx context.Context, key Key, d Download, ttl time.Duration) (string, error)
}

// Upload is a blob that a browser is about to send.
type Upload struct {
	Key
	ID        string // names the upload; one blob may have several
	Size      int64
	MediaType string
}

// Check refuses what cannot be uploaded.
func (u Upload) Check() error {
	if err := CheckUpload(u.Key, u.ID); err != nil {
		return err
	}
	return Incoming{Key: u.Key, Size: u.Size, Upload: u.ID}.Check()
}

// Download is how a browser gets a blob.
type Download struct {
	Disposition Disposition
	Name        string
	MediaType   string
}

// Ticket tells a browser how to send a blob: all of it to URL, or each of
// Parts to its own.
type Ticket struct {
	Method  string
	URL     string            // "" when there are Parts
	Headers map[string]string // to be sent exactly so
	Expires time.Time
	Parts   []Part // what is still missing of a large blob
}

// Part is a piece of a large blob.
type Part struct {
	Number int
	Offset int64
	Size   int64
	URL    string
}

// TTL bounds how long a URL lives; 0 is the longest.
func TTL(asked, longest time.Duration) time.Duration {
	if asked <= 0 || asked > longest {
		return longest
	}
	return max(asked, time.Second)
}
