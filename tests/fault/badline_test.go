//go:build linux

package fault

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// badLine is a line of TCP to a server: what is done to it happens between the
// two sides' sockets, so that what they see is what a network does.
type badLine struct{ proxy *toxiproxy.Proxy }

// newBadLine lays a line on which the named toxics lie, as toxiproxy's JSON has
// them.
func newBadLine(t *testing.T, base string, toxics ...string) *badLine {
	t.Helper()
	at, err := url.Parse(base)
	if err != nil {
		t.Fatal(err)
	}
	house := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	l := &badLine{proxy: toxiproxy.NewProxy(house, t.Name(), "127.0.0.1:0", at.Host)}
	for _, toxic := range toxics {
		if _, err := l.proxy.Toxics.AddToxicJson(strings.NewReader(toxic)); err != nil {
			t.Fatalf("%s: %v", toxic, err)
		}
	}
	if err := l.proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.proxy.Stop)
	return l
}

// over is an address of the server, over this line.
func (l *badLine) over(t *testing.T, address string) string {
	t.Helper()
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return "http://" + l.proxy.Listen + at.RequestURI()
}

const (
	badSize = 3 << 20
	badPart = 700_000 // after so many bytes the line ends
)

func latency(stream string) string {
	return fmt.Sprintf(`{"type":"latency","stream":%q,"attributes":{"latency":5,"jitter":4}}`, stream)
}

func limit(stream string) string {
	return fmt.Sprintf(`{"type":"limit_data","stream":%q,"attributes":{"bytes":%d}}`, stream, badPart)
}

// abrupt has the line end with a reset, whatever ends it: what is under way in
// it is lost. Toxicity 0 leaves the end itself to something else.
func abrupt(stream string) string {
	return fmt.Sprintf(`{"type":"reset_peer","stream":%q,"toxicity":0}`, stream)
}

// A line is slow, and ends in the middle of a file, in order or with a reset, or
// takes the answer away. The device goes on where the server is, and the file
// arrives; on its way back it is joined of parts. Nothing comes through in one piece.
func TestAFileGoesThroughABadLineInParts(t *testing.T) {
	s := newSite(t, filepath.Join(t.TempDir(), "or3"), "")
	via := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: callTimeout}
	n := s.start(t, "OR3_STORAGE_ENABLED=true")
	t.Run("ends", func(t *testing.T) {
		u := attached(s, via, 901, badSize)
		u.begin(t, n.base)
		l := newBadLine(t, n.base, latency("upstream"), limit("upstream"), latency("downstream"))
		for int64(len(u.text))-u.Offset > badPart {
			from := u.Offset
			if err := u.putOver(t, l, bytes.NewReader(u.text[from:])); err == nil {
				t.Fatalf("%d bytes came through a line that ends after %d", badSize-from, badPart)
			}
			// What has left the line arrives, whatever the device heard; a head is short.
			u.reaches(t, from+badPart*9/10)
		}
		if err := u.putOver(t, l, bytes.NewReader(u.text[u.Offset:])); err != nil {
			t.Fatalf("the last part: %v", err)
		}
		u.arrives(t, n.base, newBadLine(t, n.base, latency("upstream"), latency("downstream"), limit("downstream")))
	})
	t.Run("reset", func(t *testing.T) {
		u := attached(s, via, 902, badSize)
		u.begin(t, n.base)
		for range 3 {
			l := newBadLine(t, n.base, latency("upstream"), abrupt("upstream"), latency("downstream"), abrupt("downstream"))
			from := u.Offset
			body, writer := io.Pipe()
			ended := make(chan error, 1)
			go func() { ended <- u.putOver(t, l, body) }()
			if _, err := writer.Write(u.text[from : from+badPart]); err != nil {
				t.Fatal(err)
			}
			// Half of it at least: no more than that can be left of the line before, whose
			// last bytes may have come after the server was asked and go when this begins.
			u.reaches(t, from+badPart/2+1)
			l.proxy.Stop()
			_ = writer.CloseWithError(io.ErrClosedPipe)
			if err := <-ended; err == nil {
				t.Fatal("an upload over a line that was reset has succeeded")
			}
		}
		if err := u.putOver(t, newBadLine(t, n.base, latency("upstream")), bytes.NewReader(u.text[u.Offset:])); err != nil {
			t.Fatalf("the rest: %v", err)
		}
		u.arrives(t, n.base, newBadLine(t, n.base, latency("downstream"), abrupt("downstream"), limit("downstream")))
	})
	t.Run("takes the answer", func(t *testing.T) {
		u := attached(s, via, 903, badSize)
		u.begin(t, n.base)
		if err := u.putOver(t, newBadLine(t, n.base, `{"type":"reset_peer","stream":"downstream"}`), bytes.NewReader(u.text)); err == nil {
			t.Fatal("an answer came over a line that takes them away")
		}
		u.reaches(t, badSize)
		u.arrives(t, n.base, newBadLine(t, n.base))
	})
	n.stop(t)
}

// begin asks for the ticket that is kept until the file has arrived.
func (u *upload) begin(t *testing.T, base string) {
	t.Helper()
	if err := u.ask(t, base); err != nil || u.Stored {
		t.Fatalf("a ticket: %v, stored: %t", err, u.Stored)
	}
}

// putOver sends what is missing over the line.
func (u *upload) putOver(t *testing.T, l *badLine, body io.Reader) error {
	on := *u
	on.URL = l.over(t, u.URL)
	return on.put(t, body, int64(len(u.text))-u.Offset)
}

// reaches asks the server how much it has until it is so much, and goes on there.
func (u *upload) reaches(t *testing.T, least int64) {
	t.Helper()
	eventually(t, fmt.Sprintf("%d bytes are here", least), func() bool {
		var state struct {
			Offset int64 `json:"offset"`
		}
		if err := call(t.Context(), u.via, http.MethodGet, u.URL, u.site.token, nil, &state); err != nil {
			t.Fatal(err)
		}
		u.Offset = state.Offset
		return u.Offset >= least
	})
}

// arrives commits the file and fetches it over the line, each time what is
// missing of the very same file. All of it is there, bit for bit.
func (u *upload) arrives(t *testing.T, base string, l *badLine) {
	t.Helper()
	if err := u.commit(t, base); err != nil {
		t.Fatal(err)
	}
	var at struct {
		URL string `json:"url"`
	}
	if err := call(t.Context(), u.via, http.MethodPost, base+"/api/storage/presign-download", u.site.token, map[string]any{"workspace_id": u.site.workspace, "hash": u.hash}, &at); err != nil {
		t.Fatal(err)
	}
	var text []byte
	tries := 0
	eventually(t, "the file is here", func() bool {
		tries++
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.over(t, at.URL), nil)
		if err != nil {
			t.Fatal(err)
		}
		want := http.StatusOK
		if len(text) > 0 {
			want = http.StatusPartialContent
			req.Header.Set("Range", fmt.Sprintf("bytes=%d-", len(text)))
			req.Header.Set("If-Range", strconv.Quote(u.hash))
		}
		res, err := u.via.Do(req)
		if err != nil {
			return false // a reset took the head, too
		}
		if res.StatusCode != want {
			t.Fatalf("from byte %d: %d", len(text), res.StatusCode)
		}
		part, _ := io.ReadAll(res.Body) // its end is the line's
		_ = res.Body.Close()
		text = append(text, part...)
		return len(text) >= len(u.text)
	})
	if !bytes.Equal(text, u.text) {
		t.Error("the parts are not the file")
	}
	t.Logf("fetched in %d parts", tries)
}
