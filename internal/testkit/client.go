package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Client is one caller: a browser with a cookie, a program with a token, or
// nobody. It follows no redirects.
type Client struct {
	app    *App
	t      testing.TB
	cookie string
	token  string
	header http.Header
}

// Response is an answer, read to its end.
type Response struct {
	Status int
	Header http.Header
	Body   string
	t      testing.TB
}

// Nobody is a caller without credentials.
func (a *App) Nobody() *Client { return &Client{app: a, t: a.t, header: http.Header{}} }

// As is a person's browser.
func (a *App) As(p *Person) *Client {
	c := a.Nobody()
	if p != nil {
		c.cookie = p.Cookie
	}
	return c
}

// Bearer is a person's program.
func (a *App) Bearer(p *Person) *Client {
	c := a.Nobody()
	c.token = p.Token
	return c
}

// With adds a header to every request of a copy of the client.
func (c *Client) With(name, value string) *Client {
	copied := *c
	copied.header = c.header.Clone()
	copied.header.Set(name, value)
	return &copied
}

// For reports failures to another test than the app's.
func (c *Client) For(t testing.TB) *Client {
	copied := *c
	copied.t = t
	return &copied
}

// Get asks for an address.
func (c *Client) Get(path string) *Response { return c.Do("GET", path, "", nil) }

// JSON sends a body as JSON; a string is sent as it is, nil sends no body.
func (c *Client) JSON(method, path string, body any) *Response {
	c.t.Helper()
	switch b := body.(type) {
	case nil:
		return c.Do(method, path, "", nil)
	case string:
		return c.Do(method, path, "application/json", []byte(b))
	}
	text, err := json.Marshal(body)
	if err != nil {
		c.t.Fatal(err)
	}
	return c.Do(method, path, "application/json", text)
}

// Form sends an HTML form the way a browser on this site does.
func (c *Client) Form(path string, fields url.Values) *Response {
	c.t.Helper()
	browser := c.With("Origin", c.app.URL).With("Sec-Fetch-Site", "same-origin")
	return browser.Do("POST", path, "application/x-www-form-urlencoded", []byte(fields.Encode()))
}

// Do sends a request.
func (c *Client) Do(method, path, contentType string, body []byte) *Response {
	c.t.Helper()
	req, err := http.NewRequest(method, c.app.URL+path, bytes.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	if host := c.header.Get("Host"); host != "" {
		req.Host = host
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if c.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "or3_session", Value: c.cookie})
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, path, err)
	}
	return &Response{Status: res.StatusCode, Header: res.Header, Body: string(text), t: c.t}
}

// transport opens a connection for each request, so that a server that stops
// has none left over from the test before.
var transport = &http.Transport{DisableKeepAlives: true, DisableCompression: true, ResponseHeaderTimeout: 2 * time.Minute}

// Is fails the test unless the answer has the status.
func (r *Response) Is(status int) *Response {
	r.t.Helper()
	if r.Status != status {
		r.t.Fatalf("status %d, want %d\n%s", r.Status, status, excerpt(r.Body))
	}
	return r
}

// Says fails the test unless the body contains the text.
func (r *Response) Says(text string) *Response {
	r.t.Helper()
	if !strings.Contains(r.Body, text) {
		r.t.Fatalf("status %d: no %q in\n%s", r.Status, text, excerpt(r.Body))
	}
	return r
}

// Into reads the JSON body.
func (r *Response) Into(v any) *Response {
	r.t.Helper()
	if err := json.Unmarshal([]byte(r.Body), v); err != nil {
		r.t.Fatalf("status %d: %v in\n%s", r.Status, err, excerpt(r.Body))
	}
	return r
}

// Text is a value of the JSON body by its path, e.g. "session.user.id"; "" when
// it is not there.
func (r *Response) Text(path string) string {
	r.t.Helper()
	var at any
	r.Into(&at)
	for name := range strings.SplitSeq(path, ".") {
		object, ok := at.(map[string]any)
		if !ok {
			return ""
		}
		at = object[name]
	}
	switch v := at.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	text, err := json.Marshal(at)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// Code is the code of a JSON error, "" when the body is none.
func (r *Response) Code() string {
	var reply struct {
		Error struct {
			Code string `json:"code"`
		} `json:"error"`
	}
	_ = json.Unmarshal([]byte(r.Body), &reply)
	return reply.Error.Code
}

// SessionCookie is the session token the answer sets; ok tells whether it sets one.
func (r *Response) SessionCookie() (value string, ok bool) {
	for _, c := range (&http.Response{Header: r.Header}).Cookies() {
		if strings.HasSuffix(c.Name, "or3_session") {
			return c.Value, true
		}
	}
	return "", false
}

func excerpt(body string) string {
	if len(body) > 2000 {
		return body[:2000] + "…"
	}
	return body
}
