package s3_test

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"

	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/s3"
	"or3.cloud/or3/storage/storagetest"
)

func upload(content []byte) storage.Upload {
	return storage.Upload{Key: storagetest.Key("w1", content), ID: "up1", Size: int64(len(content)), MediaType: "image/png"}
}

// send does what a browser does with a URL.
func send(t *testing.T, method, url string, headers map[string]string, content []byte) (status int, body string) {
	t.Helper()
	status, body, err := try(t, method, url, headers, content)
	if err != nil {
		t.Fatal(err)
	}
	return status, body
}

// try is send where the server may refuse before it has read everything, and
// hang up.
func try(t *testing.T, method, url string, headers map[string]string, content []byte) (status int, body string, err error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	response, err := (&http.Client{Timeout: 30 * time.Second}).Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	return response.StatusCode, string(answer), err
}

func presign(t *testing.T, s *s3.Store, u storage.Upload) storage.Ticket {
	t.Helper()
	ticket, err := s.PresignUpload(t.Context(), u, 0)
	if err != nil {
		t.Fatal(err)
	}
	if left := time.Until(ticket.Expires); left > 15*time.Minute || left < 14*time.Minute {
		t.Errorf("the URL lives %s", left)
	}
	return ticket
}

// empty fails the test if anything is left of uploads.
func empty(t *testing.T, client *minio.Client, bucket string) {
	t.Helper()
	for object := range client.ListObjects(t.Context(), bucket, minio.ListObjectsOptions{Prefix: "or3/incoming/", Recursive: true}) {
		t.Errorf("of an upload there is still %s, %v", object.Key, object.Err)
	}
	for parts := range client.ListIncompleteUploads(t.Context(), bucket, "or3/", true) {
		t.Errorf("of an upload there are still parts of %s, %v", parts.Key, parts.Err)
	}
}

func TestABrowserSendsABlobItself(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(1, 100<<10)
	u := upload(content)
	ticket := presign(t, s, u)
	if ticket.Method != http.MethodPut || len(ticket.Parts) != 0 {
		t.Fatalf("the ticket is %+v", ticket)
	}
	if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, content); status != http.StatusOK {
		t.Fatalf("sending it: %d %s", status, body)
	}
	storagetest.Lacks(t, s, u.Key) // before the commit
	for range 2 {                  // done twice, it is done once
		blob, err := s.CommitUpload(t.Context(), u)
		if err != nil || blob.Key != u.Key || blob.Size != u.Size {
			t.Fatalf("committing it: %+v, %v", blob, err)
		}
		storagetest.Holds(t, s, u.Key, content)
	}
	empty(t, client, bucket)
}

func TestAURLAllowsWhatWasAnnouncedAndNothingElse(t *testing.T) {
	s, _, _ := open(t)
	content := storagetest.Content(2, 1000)
	u := upload(content)
	ticket := presign(t, s, u)
	without := func(name string) map[string]string {
		headers := map[string]string{}
		for key, value := range ticket.Headers {
			if !strings.EqualFold(key, name) {
				headers[key] = value
			}
		}
		return headers
	}
	wrong := bytes.Clone(content)
	wrong[7] ^= 1
	html := without("Content-Type")
	html["Content-Type"] = "text/html"
	for name, c := range map[string]struct {
		method, url string
		headers     map[string]string
		content     []byte
	}{
		"other content":   {ticket.Method, ticket.URL, ticket.Headers, wrong},
		"less":            {ticket.Method, ticket.URL, ticket.Headers, content[:999]},
		"more":            {ticket.Method, ticket.URL, ticket.Headers, append(bytes.Clone(content), 0)},
		"another type":    {ticket.Method, ticket.URL, html, content},
		"no checksum":     {ticket.Method, ticket.URL, without("x-amz-checksum-sha256"), content},
		"another method":  {http.MethodGet, ticket.URL, nil, nil},
		"deleting":        {http.MethodDelete, ticket.URL, nil, nil},
		"another name":    {ticket.Method, strings.Replace(ticket.URL, "up1", "up2", 1), ticket.Headers, content},
		"where blobs are": {ticket.Method, strings.Replace(ticket.URL, "/incoming/w1/up1.", "/blobs/w1/sha256/", 1), ticket.Headers, content},
		"no signature":    {ticket.Method, ticket.URL[:strings.Index(ticket.URL, "?")], ticket.Headers, content},
	} {
		if status, body := send(t, c.method, c.url, c.headers, c.content); status < 400 {
			t.Errorf("%s: %d %s", name, status, body)
		}
		if _, err := s.CommitUpload(t.Context(), u); !storage.IsStopped(err) {
			t.Errorf("committing after %s: %v", name, err)
		}
	}
	storagetest.Lacks(t, s, u.Key)
}

func TestALegacyNameIsProvenByReading(t *testing.T) {
	s, _, _ := open(t)
	ref, err := storage.ParseRef("5eb63bbbe01eeed093cb22bb8f5acdc3") // hello world
	if err != nil {
		t.Fatal(err)
	}
	u := storage.Upload{Key: storage.Key{Workspace: "w1", Ref: ref}, ID: "up1", Size: 11, MediaType: "text/plain"}
	ticket := presign(t, s, u)
	for content, want := range map[string]bool{"hello World": false, "hello world": true} {
		if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, []byte(content)); status != http.StatusOK {
			t.Fatalf("sending %s: %d %s", content, status, body)
		}
		if _, err := s.CommitUpload(t.Context(), u); (err == nil) != want {
			t.Errorf("committing %s: %v", content, err)
		}
		if err := s.Delete(t.Context(), u.Key); err != nil {
			t.Fatal(err)
		}
	}
}

func TestALargeBlobIsSentInParts(t *testing.T) {
	s, client, bucket := open(t)
	content := storagetest.Content(4, 40<<20)
	u := upload(content)
	ticket := presign(t, s, u)
	if ticket.URL != "" || len(ticket.Parts) != 3 {
		t.Fatalf("the ticket is %+v", ticket)
	}
	sendPart := func(part storage.Part, content []byte) int {
		status, _ := send(t, ticket.Method, part.URL, ticket.Headers, content)
		return status
	}
	of := func(part storage.Part) []byte { return content[part.Offset:][:part.Size] }

	first := ticket.Parts[0]
	if status, body, err := try(t, ticket.Method, first.URL, nil, of(first)[1:]); err == nil && status < 400 {
		t.Errorf("a part of another size: %d %s", status, body)
	}
	if again := presign(t, s, u); len(again.Parts) != 3 {
		t.Errorf("after a part of another size %+v are asked for", again.Parts)
	}
	if status := sendPart(first, of(first)); status != http.StatusOK {
		t.Fatalf("the first part: %d", status)
	}
	if _, err := s.CommitUpload(t.Context(), u); !storage.IsStopped(err) {
		t.Errorf("committing a part: %v", err)
	}
	// After an interruption only what is missing is asked for.
	ticket = presign(t, s, u)
	if len(ticket.Parts) != 2 || ticket.Parts[0].Number != 2 || ticket.Parts[0].Offset != 16<<20 || ticket.Parts[1].Size != 8<<20 {
		t.Fatalf("the rest is %+v", ticket.Parts)
	}
	for _, part := range ticket.Parts {
		if status := sendPart(part, of(part)); status != http.StatusOK {
			t.Fatalf("part %d: %d", part.Number, status)
		}
	}
	if again := presign(t, s, u); len(again.Parts) != 0 {
		t.Errorf("when all are there, still %+v is asked for", again.Parts)
	}
	storagetest.Lacks(t, s, u.Key)
	for range 2 {
		if _, err := s.CommitUpload(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	storagetest.Holds(t, s, u.Key, content)
	empty(t, client, bucket)
}

func TestWhatNobodyFinishesIsAbandonedOrSwept(t *testing.T) {
	s, client, bucket := open(t)
	kept := storagetest.Content(6, 100)
	key := storagetest.Keep(t, s, "w1", kept)
	small, large := upload(storagetest.Content(7, 100)), upload(storagetest.Content(8, 17<<20))
	begin := func() {
		ticket := presign(t, s, small)
		if status, body := send(t, ticket.Method, ticket.URL, ticket.Headers, storagetest.Content(7, 100)); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
		part := presign(t, s, large).Parts[1]
		if status, body := send(t, http.MethodPut, part.URL, nil, storagetest.Content(8, 17<<20)[part.Offset:]); status != http.StatusOK {
			t.Fatalf("%d %s", status, body)
		}
	}
	begin()
	for _, u := range []storage.Upload{small, large, small} {
		if err := s.AbandonUpload(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	empty(t, client, bucket)

	begin()
	put(t, client, bucket, "elsewhere/incoming/x", kept)
	if n, err := s.Sweep(t.Context(), time.Now().Add(-time.Hour)); n != 0 || err != nil {
		t.Errorf("%d young ones are swept, %v", n, err)
	}
	if n, err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); n != 2 || err != nil {
		t.Errorf("%d are swept, %v", n, err)
	}
	empty(t, client, bucket)
	storagetest.Holds(t, s, key, kept)
	if _, err := client.StatObject(t.Context(), bucket, "elsewhere/incoming/x", minio.StatObjectOptions{}); err != nil {
		t.Errorf("somebody else's object: %v", err)
	}
}

func TestABrowserFetchesABlobItself(t *testing.T) {
	s, _, _ := open(t)
	content := storagetest.Content(9, 1000)
	key := storagetest.Keep(t, s, "w1", content)
	url, err := s.PresignDownload(t.Context(), key, storage.Download{Disposition: storage.Inline, Name: "Übersicht.png", MediaType: "image/png"}, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Range", "bytes=10-19")
	response, err := (&http.Client{Timeout: 10 * time.Second}).Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	got, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusPartialContent || !bytes.Equal(got, content[10:20]) {
		t.Errorf("a part of it: %d, %d bytes, %v", response.StatusCode, len(got), err)
	}
	for name, want := range map[string]string{"Content-Type": "image/png", "Content-Disposition": storage.Inline.Header("Übersicht.png")} {
		if got := response.Header.Get(name); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
	for name, wrong := range map[string]string{
		"another workspace": strings.Replace(url, "/w1/", "/w2/", 1), "another name for it": strings.Replace(url, "image%2Fpng", "text%2Fhtml", 1), "no signature": url[:strings.Index(url, "?")],
	} {
		if status, body := send(t, http.MethodGet, wrong, nil, nil); status != http.StatusForbidden {
			t.Errorf("with %s: %d %s", name, status, body)
		}
	}
}

// A URL expires by the server's clock, which the signature holds.
func TestAURLDies(t *testing.T) {
	s, _, _ := open(t)
	content := storagetest.Content(10, 10)
	key := storagetest.Keep(t, s, "w1", content)
	url, err := s.PresignDownload(t.Context(), key, storage.Download{}, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if status, _ := send(t, http.MethodGet, url, nil, nil); status == http.StatusForbidden {
			return
		}
		<-time.After(100 * time.Millisecond)
	}
	t.Error("a URL of one second still works")
}
