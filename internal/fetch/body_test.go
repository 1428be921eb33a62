package fetch_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
)

func zip(t *testing.T, parts ...[]byte) []byte {
	t.Helper()
	var packed bytes.Buffer
	for _, part := range parts {
		z := gzip.NewWriter(&packed)
		if _, err := z.Write(part); err != nil {
			t.Fatal(err)
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return packed.Bytes()
}

func TestAnAnswerArrivesWhole(t *testing.T) {
	noise := make([]byte, 690_000)
	for i := range noise {
		noise[i] = byte(rand.Uint32())
	}
	for name, body := range map[string][]byte{"text": []byte("hello"), "nothing": {}, "noise": noise, "all that may": bytes.Repeat([]byte("a"), 700_000)} {
		w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
			}
			if r.URL.Path == "/zip" {
				rw.Header().Set("Content-Encoding", "gzip")
				body := zip(t, body[:len(body)/2], body[len(body)/2:])
				rw.Header().Set("Content-Length", strconv.Itoa(len(body)))
				_, _ = rw.Write(body)
				return
			}
			_, _ = rw.Write(body)
		})
		for _, path := range []string{"/", "/zip"} {
			out, err := get(t, w.client(fetch.Limits{}), "https://api.example.com"+path)
			if err != nil || out.Status != http.StatusOK || !bytes.Equal(out.Body, body) {
				t.Errorf("%s at %s: %d, %d bytes, %v", name, path, out.Status, len(out.Body), err)
			}
			if path == "/zip" && (out.Headers["Content-Encoding"] != "" || out.Headers["Content-Length"] != "") {
				t.Errorf("the headers speak of what was unpacked: %q", out.Headers)
			}
		}
	}
}

func TestABodyIsSent(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) { _, _ = io.Copy(rw, r.Body) })
	c := w.client(fetch.Limits{})
	body := bytes.Repeat([]byte("x"), 700_000)
	out, err := c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{Method: "POST", URL: "https://api.example.com/", Body: body})
	if err != nil || !bytes.Equal(out.Body, body) {
		t.Errorf("%d bytes came back, %v", len(out.Body), err)
	}
	_, err = c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{Method: "POST", URL: "https://api.example.com/", Body: append(body, 'x')})
	wantCode(t, err, fetch.TooLarge)
}

func TestAnEndlessAnswerIsNotReadToItsEnd(t *testing.T) {
	zeros := bytes.Repeat([]byte{0}, 1<<20)
	bomb := zip(t, bytes.Repeat(zeros, 64))
	empty := zip(t, nil)
	for name, write := range map[string]func(http.ResponseWriter) error{
		"one byte more": func(rw http.ResponseWriter) error { _, err := rw.Write(zeros[:700_001]); return err },
		"announced": func(rw http.ResponseWriter) error {
			rw.Header().Set("Content-Length", "99999999999")
			for {
				if _, err := rw.Write(zeros); err != nil {
					return err
				}
			}
		},
		"in chunks": func(rw http.ResponseWriter) error {
			for {
				if _, err := rw.Write(zeros); err != nil {
					return err
				}
			}
		},
		"a bomb": func(rw http.ResponseWriter) error {
			rw.Header().Set("Content-Encoding", "gzip")
			_, err := rw.Write(bomb)
			return err
		},
		"packed nothing, for ever": func(rw http.ResponseWriter) error {
			rw.Header().Set("Content-Encoding", "gzip")
			for {
				if _, err := rw.Write(empty); err != nil {
					return err
				}
			}
		},
	} {
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { _ = write(rw) })
		_, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
		if err == nil {
			t.Fatalf("%s was taken", name)
		}
		wantCode(t, err, fetch.TooLarge)
	}
}

func TestTooManyHeadersAreRefused(t *testing.T) {
	for name, header := range map[string][2]string{
		"before they are dropped": {"Set-Cookie", strings.Repeat("a", 70<<10)},
		"when written as JSON":    {"X-Long", strings.Repeat("<", 20<<10)},
	} {
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set(header[0], header[1]) })
		_, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
		if err == nil {
			t.Fatalf("%s: taken", name)
		}
		wantCode(t, err, fetch.TooLarge)
	}
}

// What a guest is handed has to fit into one payload of the runtime, 1 MiB.
func TestTheLargestAnswerFitsIntoAHostCall(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("X-Long", strings.Repeat("<", 10_800))
		_, _ = rw.Write(bytes.Repeat([]byte("a"), 700_000))
	})
	out, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
	if err != nil {
		t.Fatal(err)
	}
	if told, err := json.Marshal(out); err != nil || len(told) > 1<<20 || len(told) < 990_000 {
		t.Errorf("%d bytes, %v", len(told), err)
	}
}

func TestADamagedAnswerIsNoAnswer(t *testing.T) {
	packed := zip(t, []byte(strings.Repeat("hello", 1000)))
	wrong := bytes.Clone(packed)
	wrong[len(wrong)-5] ^= 1
	for name, body := range map[string][]byte{"no gzip": []byte("hello, this is plain"), "cut": packed[:len(packed)-9], "wrong sum": wrong} {
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Encoding", "gzip")
			_, _ = rw.Write(body)
		})
		_, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
		if err == nil {
			t.Fatalf("%s was taken", name)
		}
		wantCode(t, err, fetch.Unreachable)
	}
}

// slowly answers in one of three places, never to the end.
func slowly(t *testing.T) (*world, func()) {
	done := make(chan struct{})
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/body":
			_, _ = rw.Write([]byte("a"))
			_ = http.NewResponseController(rw).Flush()
		case "/redirect":
			http.Redirect(rw, r, "/head", http.StatusFound)
			return
		}
		<-done
	})
	return w, func() { close(done) }
}

func TestAServerThatTakesItsTimeDoesNotTakeOurs(t *testing.T) {
	w, done := slowly(t)
	defer done()
	c := w.client(fetch.Limits{Time: 200 * time.Millisecond})
	for _, path := range []string{"head", "body", "redirect"} {
		_, err := get(t, c, "https://api.example.com/"+path)
		wantCode(t, err, fetch.Timeout)
		if !strings.Contains(err.Error(), "200ms") {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestAFetchEndsWithTheCallItBelongsTo(t *testing.T) {
	w, done := slowly(t)
	defer done()
	ctx, cancel := context.WithCancel(fetch.Counted(t.Context()))
	w.connected = cancel
	_, err := w.client(fetch.Limits{}).Fetch(ctx, granted(), host.Fetch{URL: "https://api.example.com/body"})
	wantCode(t, err, fetch.Timeout)
	if !strings.Contains(err.Error(), "The time of the plugin's call was over") {
		t.Error(err)
	}
}

func TestWhoCannotProveTheNameIsNotAsked(t *testing.T) {
	asked := false
	w := newWorld(t, func(http.ResponseWriter, *http.Request) { asked = true })
	w.names["api.example.net"] = []string{somewhere}
	rules := granted()
	rules.Hosts = append(rules.Hosts, "api.example.net", "nobody.example.com")
	_, err := w.client(fetch.Limits{}).Fetch(fetch.Counted(t.Context()), rules, host.Fetch{URL: "https://api.example.net/", Secrets: map[string]string{"X-Key": "{{token}}"}})
	wantCode(t, err, fetch.Unreachable)
	if asked || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("asked %v, %v", asked, err)
	}
	_, err = w.client(fetch.Limits{}).Fetch(fetch.Counted(t.Context()), rules, host.Fetch{URL: "https://nobody.example.com/"})
	wantCode(t, err, fetch.Unreachable)
	if !strings.Contains(err.Error(), "There is no host nobody.example.com") {
		t.Error(err)
	}
	w.server.Close()
	_, err = get(t, w.client(fetch.Limits{}), "https://api.example.com/")
	wantCode(t, err, fetch.Unreachable)
	if !strings.Contains(err.Error(), "no connections on port 443") {
		t.Error(err)
	}
}
