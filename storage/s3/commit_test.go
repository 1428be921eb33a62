package s3_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/storagetest"
)

// What a bucket took in spite of everything is found at the commit: the bucket
// is not trusted to have compared.
func TestACommitProvesWhatIsThere(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(3, 5000)
	u := upload(content)
	name := "or3/incoming/w1/up1." + u.Ref.Hex()
	wrong := bytes.Clone(content)
	wrong[4999] ^= 1
	for what, c := range map[string]struct {
		content []byte
		kind    fault.Kind
	}{"other content": {wrong, fault.Invalid}, "less": {content[:4999], fault.Invalid}, "more": {append(bytes.Clone(content), 0), fault.Oversized}, "nothing": {nil, fault.Invalid}} {
		put(t, client, bucket, name, c.content)
		if _, err := s.CommitUpload(t.Context(), u); !fault.Is(err, c.kind) || storage.IsStopped(err) {
			t.Errorf("%s: %v", what, err)
		}
		storagetest.Lacks(t, s, u.Key)
		empty(t, client, bucket)
	}
	// The right bytes without a checksum of the bucket's are read.
	put(t, client, bucket, name, content)
	if _, err := s.CommitUpload(t.Context(), u); err != nil {
		t.Error(err)
	}
	storagetest.Holds(t, s, u.Key, content)

	// And a wrong upload of the same file later leaves the blob.
	put(t, client, bucket, name, wrong)
	if _, err := s.CommitUpload(t.Context(), u); !fault.Is(err, fault.Invalid) {
		t.Errorf("a wrong one later: %v", err)
	}
	storagetest.Holds(t, s, u.Key, content)
}

// An upload that is to mend a damaged file and of which nothing arrived is no
// proof: what is there is the damaged one.
func TestADamagedBlobIsNoAnswerToACommit(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(11, 5000)
	u := upload(content)
	for what, change := range map[string]func([]byte) []byte{
		"the right bytes": nil,
		"other bytes":     func(b []byte) []byte { b[7] ^= 1; return b },
		"fewer bytes":     func(b []byte) []byte { return b[:4999] },
	} {
		storagetest.Keep(t, s, "w1", content)
		if change == nil {
			if blob, err := s.CommitUpload(t.Context(), u); err != nil || blob.Key != u.Key || blob.Size != u.Size {
				t.Errorf("with %s there: %+v, %v", what, blob, err)
			}
			continue
		}
		damage(t, client, bucket, u.Key, change)
		if _, err := s.CommitUpload(t.Context(), u); !storage.IsStopped(err) {
			t.Errorf("with %s there: %v", what, err)
		}
		ticket := presign(t, s, u)
		if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, content); status != http.StatusOK {
			t.Fatalf("sending it again: %d %s", status, body)
		}
		if _, err := s.CommitUpload(t.Context(), u); err != nil {
			t.Errorf("after sending it again: %v", err)
		}
		storagetest.Holds(t, s, u.Key, content)
	}
}

// A bucket copies at most 5 GiB at once. What is above goes to its place in
// parts; the bound is lower here.
func TestABlobThatIsTooLargeForOneCopyIsCopiedInParts(t *testing.T) {
	s, client, bucket := open(t)
	s.CopyInPartsOf(6 << 20)
	content := storagetest.Content(12, 17<<20)
	u := upload(content)
	for _, part := range presign(t, s, u).Parts {
		if status, body := send(t, http.MethodPut, part.URL, nil, content[part.Offset:][:part.Size]); status != http.StatusOK {
			t.Fatalf("part %d: %d %s", part.Number, status, body)
		}
	}
	if blob, err := s.CommitUpload(t.Context(), u); err != nil || blob.Size != u.Size {
		t.Fatalf("committing it: %+v, %v", blob, err)
	}
	storagetest.Holds(t, s, u.Key, content)
	empty(t, client, bucket)
	info, err := client.StatObject(t.Context(), bucket, objectName(u.Key), minio.StatObjectOptions{})
	if err != nil || !strings.HasSuffix(info.ETag, "-3") || info.ContentType != "application/octet-stream" {
		t.Errorf("the copy is %+v, %v; want three parts and no type of its own", info, err)
	}
}

// Somebody has two contents of one name, and commits the second when the first
// has been looked at.
func TestAGoodBlobIsNeverReplaced(t *testing.T) {
	s, client, bucket := open(t)
	one, other, key := storagetest.Twins(t)
	for _, content := range [][]byte{one, other} {
		u := storage.Upload{Key: key, ID: "up1", Size: int64(len(content)), MediaType: "text/plain"}
		put(t, client, bucket, "or3/incoming/w1/up1."+key.Ref.Hex(), content)
		if _, err := s.CommitUpload(t.Context(), u); err != nil {
			t.Fatal(err)
		}
		storagetest.Holds(t, s, key, one)
	}
	empty(t, client, bucket)
}

// Two nodes commit two contents of one name at once, and both have looked when
// nothing was there, or a damaged one. The one that was there first stays.
func TestTwoNodesThatCommitTwinsKeepTheFirst(t *testing.T) {
	s, client, bucket := open(t)
	other := again(t, bucket)
	first, second, key := storagetest.Twins(t)
	incoming := func(id string) string { return "or3/incoming/w1/" + id + "." + key.Ref.Hex() }
	up := func(id string) storage.Upload {
		return storage.Upload{Key: key, ID: id, Size: int64(len(first)), MediaType: "text/plain"}
	}
	for what, prepare := range map[string]func(){
		"nothing": func() {},
		"a damaged one": func() {
			put(t, client, bucket, objectName(key), append([]byte{first[0] ^ 1}, first[1:]...))
		},
	} {
		t.Run(what, func(t *testing.T) {
			prepare()
			put(t, client, bucket, incoming("up1"), first)
			put(t, client, bucket, incoming("up2"), second)
			s.WhenLooked(func() {
				if _, err := other.CommitUpload(t.Context(), up("up1")); err != nil {
					t.Error(err)
				}
			})
			if _, err := s.CommitUpload(t.Context(), up("up2")); err != nil {
				t.Error(err)
			}
			storagetest.Holds(t, s, key, first)
			empty(t, client, bucket)
			if err := s.Delete(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// A browser keeps its URL and uses it again when the file is committed. It leads
// to where uploads arrive, never to where blobs are: what was committed stays, and
// what was sent goes when uploads that nobody finished are swept.
func TestAURLUsedAgainAfterTheCommitChangesNothing(t *testing.T) {
	s, client, bucket := open(t)
	one, twin, key := storagetest.Twins(t)
	content := storagetest.Content(14, 5000)
	legacy := storage.Upload{Key: key, ID: "up2", Size: int64(len(one)), MediaType: "text/plain"}
	for _, c := range []struct {
		u           storage.Upload
		sent, again []byte
		status      int
	}{
		{upload(content), content, content, http.StatusOK},
		{upload(content), content, storagetest.Content(15, 5000), http.StatusBadRequest}, // the checksum is signed
		{legacy, one, twin, http.StatusOK},
	} {
		ticket := presign(t, s, c.u)
		if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, c.sent); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		if _, err := s.CommitUpload(t.Context(), c.u); err != nil {
			t.Fatal(err)
		}
		if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, c.again); status != c.status {
			t.Errorf("sending again: %d %s, want %d", status, body, c.status)
		}
		storagetest.Holds(t, s, c.u.Key, c.sent)
		if _, err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Error(err)
		}
		empty(t, client, bucket)
		storagetest.Holds(t, s, c.u.Key, c.sent)
	}
}

func TestWhatWasSentOverTheProvenObjectIsNotKept(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(13, 11<<20)
	u := upload(content)
	put(t, client, bucket, "or3/incoming/w1/up1."+u.Ref.Hex(), content)
	for _, size := range []int64{12 << 20, 6 << 20} { // in one piece, and in two
		s.CopyInPartsOf(size)
		if err := s.KeepOther(t.Context(), u); !fault.Is(err, fault.Conflict) {
			t.Errorf("copying in parts of %d bytes: %v", size, err)
		}
		storagetest.Lacks(t, s, u.Key)
	}
	for parts := range client.ListIncompleteUploads(t.Context(), bucket, "or3/", true) {
		t.Errorf("of a copy there are still parts of %s, %v", parts.Key, parts.Err)
	}
}

func TestPartsOfAnotherFileAreRefusedAtTheCommit(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(5, 17<<20)
	u := upload(content)
	wrong := bytes.Clone(content)
	wrong[1<<20] ^= 1
	for _, part := range presign(t, s, u).Parts {
		if status, body := send(t, http.MethodPut, part.URL, nil, wrong[part.Offset:][:part.Size]); status != http.StatusOK {
			t.Fatalf("part %d: %d %s", part.Number, status, body)
		}
	}
	if _, err := s.CommitUpload(t.Context(), u); !fault.Is(err, fault.Invalid) || storage.IsStopped(err) {
		t.Errorf("committing it: %v", err)
	}
	storagetest.Lacks(t, s, u.Key)
	empty(t, client, bucket)
}
