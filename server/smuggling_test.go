package server_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
)

// hidden is the request that must never run: in every case below a strict
// reader sees it as the body of another request, or refuses the whole.
const hidden = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"

// raw sends bytes as they are and reads everything that comes back. The
// connection is half-closed, so the server ends it when it has seen all.
func raw(t *testing.T, app *testkit.App, bytes string) string {
	t.Helper()
	conn, err := net.Dial("tcp", app.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, bytes); err != nil && !strings.Contains(err.Error(), "reset") && !strings.Contains(err.Error(), "pipe") {
		t.Fatal(err)
	}
	_ = conn.(*net.TCPConn).CloseWrite()
	answer, err := io.ReadAll(conn)
	if err != nil && !strings.Contains(err.Error(), "reset") {
		t.Fatal(err)
	}
	return string(answer)
}

// alternately sends requests on one connection, each when the one before was answered.
func alternately(t *testing.T, app *testkit.App, requests ...string) []*http.Response {
	t.Helper()
	conn, err := net.Dial("tcp", app.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	from := bufio.NewReader(conn)
	answers := make([]*http.Response, 0, len(requests))
	for _, request := range requests {
		if _, err := io.WriteString(conn, request); err != nil {
			t.Fatal(err)
		}
		answer, err := http.ReadResponse(from, nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, answer.Body); err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		answers = append(answers, answer)
	}
	return answers
}

func TestNoRequestHidesInAnother(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	post := "POST /api/auth/sign-out HTTP/1.1\r\nHost: a\r\n"
	cases := []struct {
		name, raw string
		refused   bool // the first answer has to be a 400, or none
	}{
		{"two different lengths", post + "Content-Length: 0\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"two different lengths the other way round", post + "Content-Length: 35\r\nContent-Length: 0\r\n\r\n" + hidden, true},
		{"a list of lengths", post + "Content-Length: 35, 0\r\n\r\n" + hidden, true},
		{"a length and chunks", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, true},
		{"chunks and a length", post + "Transfer-Encoding: chunked\r\nContent-Length: 40\r\n\r\n0\r\n\r\n" + hidden, true},
		{"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, true},
		{"chunked and identity", post + "Transfer-Encoding: chunked, identity\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"an unknown coding", post + "Transfer-Encoding: xchunked\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"a vertical tab before chunked", post + "Transfer-Encoding: \x0bchunked\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"chunks in HTTP/1.0", "POST /api/auth/sign-out HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, true},
		{"a space before the colon of the length", post + "Content-Length : 35\r\n\r\n" + hidden, true},
		{"a space before the colon of the coding", post + "Transfer-Encoding : chunked\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"a length with a sign", post + "Content-Length: +35\r\n\r\n" + hidden, true},
		{"a negative length", post + "Content-Length: -1\r\n\r\n" + hidden, true},
		{"a length in hexadecimal", post + "Content-Length: 0x23\r\n\r\n" + hidden, true},
		{"a folded length", post + "Content-Length:\r\n 35\r\n\r\n" + hidden, true},
		{"a space before the first header", "POST /api/auth/sign-out HTTP/1.1\r\n Content-Length: 35\r\nHost: a\r\n\r\n" + hidden, true},
		{"two hosts", post + "Host: b\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"no host", "GET /healthz HTTP/1.1\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"another host in the address", "GET http://b/healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"a chunk extension that ends in a bare line feed", post + "Transfer-Encoding: chunked\r\n\r\n2;\nxx\r\n23\r\n0\r\n\r\n" + hidden, true},
		{"a chunk size with 0x", post + "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n" + hidden, true},
		{"a chunk size beyond all bounds", post + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n" + hidden, true},
		{"a chunk without its end", post + "Transfer-Encoding: chunked\r\n\r\n2\r\nxxxx0\r\n\r\n" + hidden, true},
		{"bare line feeds", "POST /api/auth/sign-out HTTP/1.1\nHost: a\nContent-Length: 35\n\n" + hidden, true},
		{"a bare carriage return in a header", post + "X: y\rContent-Length: 35\r\n\r\n" + hidden, true},
		{"NUL in a header", post + "X: a\x00b\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"a version nobody knows", "POST /api/auth/sign-out HTTP/1.9\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, true},
		{"a body of a GET", "GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, false},
		{"a body of a HEAD", "HEAD /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, false},
		{"a body that nobody reads", "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, false},
		{"a method nobody knows, with a body", "BREW /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 35\r\n\r\n" + hidden, false},
		{"two equal lengths", post + "Content-Length: 35\r\nContent-Length: 35\r\n\r\n" + hidden, false},
		{"a promise to continue", post + "Expect: 100-continue\r\nContent-Length: 35\r\n\r\n" + hidden, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			app.Log.Reset()
			answer := raw(t, app, c.raw)
			if found := app.Log.Lines(`"path":"/smuggled"`); len(found) > 0 || strings.Contains(answer, "smuggled") {
				t.Errorf("the hidden request ran: %q\nanswer %q", found, answer)
			}
			if c.refused && answer != "" && !strings.HasPrefix(answer, "HTTP/1.1 400 ") {
				t.Errorf("not refused: %.200q", answer)
			}
		})
	}
}

func TestAHiddenRequestWouldBeSeen(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	raw(t, app, "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"+hidden)
	if len(app.Log.Lines(`"path":"/smuggled"`)) != 1 {
		t.Error("the log does not show pipelined requests, so the table above proves nothing")
	}
}
