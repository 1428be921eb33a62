package s3_test

import (
	"bytes"
	"io"
	"net"
	"testing"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/s3"
	"or3.cloud/or3/storage/storagetest"
)

func TestABucketKeepsTheContract(t *testing.T) {
	start(t)
	buckets := map[storage.Store]func(storage.Key, func([]byte) []byte){}
	storagetest.Run(t, storagetest.Backend{Slow: true,
		Open: func(t *testing.T) storage.Store {
			s, client, bucket := open(t)
			buckets[s] = func(key storage.Key, change func([]byte) []byte) { damage(t, client, bucket, key, change) }
			return s
		},
		Damage: func(_ *testing.T, s storage.Store, key storage.Key, change func([]byte) []byte) {
			buckets[s](key, change)
		},
	})
}

func objectName(key storage.Key) string {
	return "or3/blobs/" + key.Workspace + "/" + key.Ref.Algorithm() + "/" + key.Ref.Hex()
}

func damage(t *testing.T, client *minio.Client, bucket string, key storage.Key, change func([]byte) []byte) {
	t.Helper()
	object, err := client.GetObject(t.Context(), bucket, objectName(key), minio.GetObjectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	content, err := io.ReadAll(object)
	if err != nil {
		t.Fatal(err)
	}
	_ = object.Close()
	put(t, client, bucket, objectName(key), change(content))
}

func put(t *testing.T, client *minio.Client, bucket, name string, content []byte) {
	t.Helper()
	// Without it the server takes the signature of nothing for another request.
	unsigned := minio.PutObjectOptions{DisableContentSha256: true}
	if _, err := client.PutObject(t.Context(), bucket, name, bytes.NewReader(content), int64(len(content)), unsigned); err != nil {
		t.Fatal(err)
	}
}

// Larger than what is sent in one piece.
func TestALargeBlobPassesThroughTheServer(t *testing.T) {
	s, _, _ := open(t)
	content := storagetest.Content(1, 20<<20+5)
	storagetest.Holds(t, s, storagetest.Keep(t, s, "w1", content), content)

	wrong := bytes.Clone(content)
	wrong[len(wrong)-1] ^= 1
	key := storagetest.Key("w2", content)
	_, err := s.Receive(t.Context(), storage.Incoming{Key: key, Size: int64(len(content)), Body: bytes.NewReader(wrong)})
	if !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong one: %v", err)
	}
	storagetest.Lacks(t, s, key)
}

func TestWhatElseIsInTheBucketIsNotOurs(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(2, 10)
	key := storagetest.Keep(t, s, "w1", content)
	for _, name := range []string{"elsewhere/x", "or3/blobs/w1/note.txt", "or3/blobs/w1/sha256/short", "or3/blobs/w1/md5/" + key.Ref.Hex(), "or3/note"} {
		put(t, client, bucket, name, content)
	}
	n := 0
	for blob, err := range s.Enumerate(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if n++; blob.Key != key {
			t.Errorf("%+v is listed", blob)
		}
	}
	if n != 1 {
		t.Errorf("%d blobs are listed", n)
	}
}

func TestABucketThatCannotBeUsedIsNamedAtTheStart(t *testing.T) {
	url := start(t)
	_, bucket := shared.Bucket(t)
	good := s3.Options{Endpoint: url, Region: region, Bucket: bucket, AccessKey: accessKey, SecretKey: secretKey, PathStyle: true}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "http://" + listener.Addr().String()
	_ = listener.Close()
	for name, c := range map[string]struct {
		change func(*s3.Options)
		kind   fault.Kind
	}{
		"no bucket":        {func(o *s3.Options) { o.Bucket = "missing-bucket" }, fault.Unavailable},
		"a wrong secret":   {func(o *s3.Options) { o.SecretKey = "wrong-secret" }, fault.Unavailable},
		"nobody there":     {func(o *s3.Options) { o.Endpoint = nobody }, fault.Unavailable},
		"no URL":           {func(o *s3.Options) { o.Endpoint = "s3.example" }, fault.Invalid},
		"a path":           {func(o *s3.Options) { o.Endpoint += "/bucket" }, fault.Invalid},
		"a prefix alone":   {func(o *s3.Options) { o.Prefix = "or3" }, fault.Invalid},
		"a prefix at root": {func(o *s3.Options) { o.Prefix = "/or3/" }, fault.Invalid},
	} {
		o := good
		c.change(&o)
		if _, err := s3.Open(t.Context(), o); !fault.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := s3.Open(t.Context(), good); err != nil {
		t.Error(err)
	}
}
