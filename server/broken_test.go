package server_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
)

// A program that talks to the API reads JSON, also when what it sent never became
// a request; somebody with a browser gets a page.
func TestABrokenRequestToTheAPIIsAnsweredInJSON(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	headers := func(n int) string { return "X-Long: " + strings.Repeat("a", n) + "\r\n" }
	post := func(path, rest string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n" + rest
	}
	for _, c := range []struct {
		name   string
		broken func(path string) string
		status int
		code   string
	}{
		{"headers beyond all bounds", func(path string) string { return post(path, headers(200_000)+"\r\n") }, 431, "oversized"},
		{"a header without a name", func(path string) string { return post(path, ": x\r\n\r\n") }, 400, "validation_error"},
		{"a header that is cut off", func(path string) string { return post(path, "X-Cut") }, 400, "validation_error"},
		{"no host", func(path string) string { return "GET " + path + " HTTP/1.1\r\nX: y\r\n\r\n" }, 400, "validation_error"},
		{"a version nobody knows", func(path string) string { return "GET " + path + " HTTP/7\r\nHost: a\r\n\r\n" }, 400, "validation_error"},
		{"a chunk of no size", func(path string) string { return post(path, "Transfer-Encoding: chunked\r\n\r\nzz\r\n") }, 400, "validation_error"},
		{"a length of no number", func(path string) string { return post(path, "Content-Length: x\r\n\r\n") }, 400, "validation_error"},
		{"a body beyond the limit", func(path string) string {
			return post(path, "Content-Length: 3000000\r\n\r\n"+strings.Repeat("a", 100_000))
		}, 413, "oversized"},
		{"chunks beyond the limit", func(path string) string {
			return post(path, "Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat("10000\r\n"+strings.Repeat("a", 0x10000)+"\r\n", 4)+"0\r\n\r\n")
		}, 413, "oversized"},
	} {
		for path, isAPI := range map[string]bool{"/api/workspaces": true, "/api?x=1": true, "/sign-in": false, "/apiary": false} {
			answer := raw(t, app, c.broken(path))
			res, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
			if err != nil {
				t.Errorf("%s, %s: %v in %.100q", c.name, path, err, answer)
				continue
			}
			body, _ := io.ReadAll(res.Body)
			var reply struct {
				Error struct{ Code, Message, Request_id string }
			}
			isJSON := json.Unmarshal(body, &reply) == nil && reply.Error.Code == c.code && reply.Error.Message != "" && reply.Error.Request_id == res.Header.Get("X-Request-Id")
			if res.StatusCode != c.status || isJSON != isAPI || strings.HasPrefix(res.Header.Get("Content-Type"), "application/json") != isAPI {
				t.Errorf("%s, %s: %d %s %.200s", c.name, path, res.StatusCode, res.Header.Get("Content-Type"), body)
			}
		}
	}
}

// What one connection asks first says nothing of what it asks next.
func TestABrokenRequestIsAnsweredAsWhatItIsAndNotAsTheOneBefore(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for _, order := range [][2]string{{"/healthz", "/api/workspaces"}, {"/api/auth/session", "/sign-in"}} {
		answers := alternately(t, app, "GET "+order[0]+" HTTP/1.1\r\nHost: a\r\n\r\n", "GET "+order[1]+" HTTP/1.1\r\n: x\r\n\r\n")
		last := answers[1]
		if isJSON := strings.HasPrefix(last.Header.Get("Content-Type"), "application/json"); last.StatusCode != 400 || isJSON != strings.HasPrefix(order[1], "/api") {
			t.Errorf("%s after %s: %d %s", order[1], order[0], last.StatusCode, last.Header.Get("Content-Type"))
		}
	}
}
