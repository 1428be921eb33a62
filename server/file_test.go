package server_test

import (
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

func TestAnAttachmentOfOneDeviceOpensOnAnother(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		laptop, phone := files(app, app.Editor), files(app, app.Viewer)
		for _, size := range []int{0, 1, 4096, 1 << 20, 1<<20 + 1, 3 << 20, 17 << 20} {
			a := words(uint64(size), size)
			tk := laptop.ticket(t, a)
			if tk.AlreadyStored || tk.Method != "PUT" || tk.StorageID == "" || tk.Headers["Content-Type"] != "text/plain" || tk.Offset != 0 {
				t.Fatalf("a new file's ticket is %+v", tk)
			}
			laptop.send(tk, a.text).Is(200)
			phone.askToFetch(a, "").Is(404) // nothing counts before it is committed
			laptop.commit(a, tk.StorageID).Is(200)
			var announced struct {
				SizeBytes int `json:"size_bytes"`
			}
			phone.askToFetch(a, "").Is(200).Into(&announced)
			if announced.SizeBytes != size {
				t.Errorf("a file of %d bytes is announced as one of %d", size, announced.SizeBytes)
			}
			got := phone.fetch(t, a)
			same(t, got, a)
			if got.Header.Get("Content-Disposition") != `attachment; filename="`+a.name+`"` || got.Header.Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("its headers are %v", got.Header)
			}
			if again := laptop.ticket(t, a); !again.AlreadyStored || again.URL != "" {
				t.Errorf("asked again the ticket is %+v", again)
			}
		}
	})
}

// Another workspace has the file. Nobody here learns of it: it has to be sent,
// and is not there before.
func TestAHashIsNoCapability(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		a := words(1, 5000)
		here, elsewhere := files(app, app.Editor), files(app, app.Stranger).in(app.Elsewhere)
		elsewhere.keep(t, a)
		never := here.askToFetch(words(2, 10), "")
		if r := here.askToFetch(a, ""); r.Status != 404 || plainError(r) != plainError(never) {
			t.Errorf("fetching it: %d %s, and of a file nobody has: %s", r.Status, r.Body, never.Body)
		}
		if tk := here.ticket(t, a); tk.AlreadyStored || tk.URL == "" {
			t.Errorf("its ticket is %+v", tk)
		}
		here.in(app.Elsewhere).askToSend(a).Is(404)
		here.in(app.Elsewhere).askToFetch(a, "").Is(404)
		here.keep(t, a)
		same(t, here.fetch(t, a), a)
		same(t, elsewhere.fetch(t, a), a)
	})
}

// plainError is an error without what differs between two equal ones.
func plainError(r *testkit.Response) string {
	return strings.Replace(r.Body, r.Header.Get("X-Request-Id"), "", 1)
}
