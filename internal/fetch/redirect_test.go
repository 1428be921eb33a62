package fetch_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fetch"
	"or3.cloud/or3/plugins/host"
)

func TestARedirectIsJudgedLikeTheFirstURL(t *testing.T) {
	for location, code := range map[string]string{
		"https://evil.example/":             fetch.NotAllowed,
		"//evil.example/":                   fetch.NotAllowed,
		"http://api.example.com/":           fetch.NotAllowed,
		"http://api.example.com:8443/":      fetch.NotAllowed,
		"https://api.example.com:444/":      fetch.NotAllowed,
		"https://user:pw@api.example.com/":  fetch.NotAllowed,
		"https://2130706433/":               fetch.NotAllowed,
		"file:///etc/passwd":                fetch.NotAllowed,
		"/\\evil.example":                   fetch.NotAllowed,
		"https://169.254.169.254/latest/":   fetch.PrivateAddress,
		"https://[::ffff:127.0.0.1]/":       fetch.PrivateAddress,
		"https://other.example.com/private": fetch.PrivateAddress,
		"https://[::1/":                     fetch.Unreachable,
	} {
		w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header()["Location"] = []string{location}
			rw.WriteHeader(http.StatusTemporaryRedirect)
		})
		w.names["other.example.com"] = []string{"192.168.1.1"}
		w.names["evil.example"] = []string{somewhere}
		_, err := get(t, w.client(fetch.Limits{}), "https://api.example.com/")
		if err == nil {
			t.Fatalf("the redirect to %q was followed", location)
		}
		wantCode(t, err, code)
		w.wantDialed(t, somewhere+":443")
		if t.Failed() {
			t.Fatalf("at %q", location)
		}
	}
}

func TestThreeRedirectsAreFollowedAndNoCircle(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		if n, err := strconv.Atoi(r.URL.Path[1:]); err == nil && n > 0 {
			http.Redirect(rw, r, fmt.Sprintf("%d", n-1), http.StatusFound)
		} else if err != nil {
			http.Redirect(rw, r, "/circle", http.StatusFound)
		}
	})
	c := w.client(fetch.Limits{})
	out, err := get(t, c, "https://api.example.com/3")
	if err != nil || out.Status != http.StatusOK {
		t.Errorf("three redirects: %d, %v", out.Status, err)
	}
	w.dialed = nil
	for _, path := range []string{"4", "circle"} {
		_, err = get(t, c, "https://api.example.com/"+path)
		wantCode(t, err, fetch.TooManyRedirects)
	}
	if len(w.dialed) != 8 {
		t.Errorf("two fetches with too many redirects took %d requests, want 8", len(w.dialed))
	}
}

func TestARedirectChangesMethodAndBodyAsBrowsersDo(t *testing.T) {
	var got []string
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got = append(got, strings.TrimSpace(r.Method+" "+r.Header.Get("Content-Type")+" "+string(body)))
		if status, err := strconv.Atoi(r.URL.Path[1:]); err == nil {
			http.Redirect(rw, r, "/end", status)
		}
	})
	c := w.client(fetch.Limits{})
	for _, tc := range []struct {
		method string
		status int
		want   string
	}{
		{"POST", 301, "GET"}, {"POST", 302, "GET"}, {"POST", 303, "GET"}, {"POST", 307, "POST text/plain hello"}, {"POST", 308, "POST text/plain hello"},
		{"PUT", 302, "PUT text/plain hello"}, {"PUT", 303, "GET"}, {"HEAD", 302, "HEAD"}, {"HEAD", 303, "HEAD"}, {"GET", 307, "GET"},
	} {
		got = nil
		in := host.Fetch{Method: tc.method, URL: fmt.Sprintf("https://api.example.com/%d", tc.status)}
		if tc.method == "POST" || tc.method == "PUT" {
			in.Body, in.Headers = []byte("hello"), map[string]string{"content-type": "text/plain"}
		}
		if _, err := c.Fetch(fetch.Counted(t.Context()), granted(), in); err != nil {
			t.Fatal(err)
		}
		if len(got) != 2 || got[1] != tc.want {
			t.Errorf("%s with %d: %q, want %q at the end", tc.method, tc.status, got, tc.want)
		}
	}
	rules := granted()
	rules.Methods = []string{"POST"}
	got = nil
	_, err := c.Fetch(fetch.Counted(t.Context()), rules, host.Fetch{Method: "POST", URL: "https://api.example.com/303"})
	wantCode(t, err, fetch.NotAllowed)
	if len(got) != 1 {
		t.Errorf("a GET that was not granted was sent: %q", got)
	}
}

func TestAStatusWithoutALocationIsAnAnswer(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		status, _ := strconv.Atoi(r.URL.Path[1:])
		if status == http.StatusCreated {
			rw.Header().Set("Location", "/made")
		}
		rw.WriteHeader(status)
	})
	for _, status := range []int{201, 204, 302, 304, 404, 500} {
		out, err := get(t, w.client(fetch.Limits{}), fmt.Sprintf("https://api.example.com/%d", status))
		if err != nil || out.Status != status {
			t.Errorf("got %d, %v, want %d", out.Status, err, status)
		}
	}
}

func TestASecretGoesToTheFirstServerAlone(t *testing.T) {
	var seen []string
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		seen = append(seen, r.Host+r.URL.Path+" "+r.Header.Get("X-Key")+"|"+r.Header.Get("Authorization")+"|"+r.Header.Get("X-Plain"))
		if to := r.URL.Query().Get("to"); to != "" {
			rest, next, _ := strings.Cut(to, " ")
			if next != "" {
				rest += "?to=" + next
			}
			http.Redirect(rw, r, rest, http.StatusFound)
		}
	})
	c := w.client(fetch.Limits{})
	for to, want := range map[string][]string{
		"/b": {"api.example.com/ Bearer s3cr3t-{{other}} second|mine|p", "api.example.com/b Bearer s3cr3t-{{other}} second|mine|p"},
		"https://other.example.com/b+https://api.example.com/c": {"api.example.com/ Bearer s3cr3t-{{other}} second|mine|p", "other.example.com/b ||p", "api.example.com/c ||p"},
		"https://api.example.com:8443/b":                        {"api.example.com/ Bearer s3cr3t-{{other}} second|mine|p", "api.example.com:8443/b ||p"},
	} {
		seen = nil
		_, err := c.Fetch(fetch.Counted(t.Context()), granted(), host.Fetch{
			URL:     "https://api.example.com/?to=" + to,
			Headers: map[string]string{"Authorization": "mine", "x-plain": "p"},
			Secrets: map[string]string{"x-key": "Bearer {{token}} {{ other }}"},
		})
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(seen, want) {
			t.Errorf("to %s:\n got %q\nwant %q", to, seen, want)
		}
	}
}
