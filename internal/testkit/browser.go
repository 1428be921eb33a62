package testkit

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Browser is a person's browser without scripts: it keeps cookies, follows
// redirects, and can only send what the forms of the open page offer.
type Browser struct {
	app  *App
	t    testing.TB
	http http.Client

	Status int
	URL    *url.URL
	Body   string
	page   *html.Node
}

// Browser opens a browser for a person, or with nil for nobody.
func (a *App) Browser(p *Person) *Browser {
	a.t.Helper()
	jar, err := cookiejar.New(nil)
	a.must(err)
	b := &Browser{app: a, t: a.t, http: http.Client{Jar: jar, Transport: transport}}
	if p != nil {
		u, err := url.Parse(a.URL)
		a.must(err)
		jar.SetCookies(u, []*http.Cookie{{Name: "or3_session", Value: p.Cookie, Path: "/"}})
	}
	return b
}

// For reports failures to another test than the app's.
func (b *Browser) For(t testing.TB) *Browser {
	copied := *b
	copied.t = t
	return &copied
}

// Open goes to an address and fails the test unless the page has the status.
func (b *Browser) Open(path string, status int) *Browser {
	b.t.Helper()
	req, err := http.NewRequest(http.MethodGet, b.absolute(path), nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return b.send(req, status)
}

// Follow opens the link with this text.
func (b *Browser) Follow(text string, status int) *Browser {
	b.t.Helper()
	for n := range b.page.Descendants() {
		if n.Data == "a" && strings.TrimSpace(words(n)) == text {
			return b.Open(attr(n, "href"), status)
		}
	}
	b.t.Fatalf("%s has no link %q\n%s", b.URL, text, excerpt(b.Body))
	return nil
}

// Submit fills in the form that posts to path and sends it. Fields that the
// form does not have fail the test: nobody could type into them.
func (b *Browser) Submit(path string, fields map[string]string, status int) *Browser {
	b.t.Helper()
	form := b.form(path)
	values := offered(form)
	for name, value := range fields {
		if !slices.Contains(namesIn(form), name) {
			b.t.Fatalf("the form %s of %s has no field %q, only %v", path, b.URL, name, namesIn(form))
		}
		values.Set(name, value)
		if value == "" && checkable(form, name) {
			values.Del(name)
		}
	}
	req, err := http.NewRequest(http.MethodPost, b.absolute(attr(form, "action")), strings.NewReader(values.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", b.app.URL)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Referer", b.URL.String())
	return b.send(req, status)
}

// Offers reports whether the page has a form that posts to path.
func (b *Browser) Offers(path string) bool { return b.find(path) != nil }

// Field is what stands in an input of the form that posts to path.
func (b *Browser) Field(path, name string) string {
	b.t.Helper()
	return offered(b.form(path)).Get(name)
}

// Value is what stands in the input or text box with an id, e.g. a secret shown once.
func (b *Browser) Value(id string) string {
	for n := range b.page.Descendants() {
		if attr(n, "id") == id {
			if n.Data == "textarea" {
				return strings.TrimSpace(words(n))
			}
			return attr(n, "value")
		}
	}
	return ""
}

// Says fails the test unless the page shows the text, markup aside.
func (b *Browser) Says(text string) *Browser {
	b.t.Helper()
	if !b.Shows(text) {
		b.t.Fatalf("%s (%d) does not say %q:\n%s", b.URL, b.Status, text, strings.Join(strings.Fields(words(b.page)), " "))
	}
	return b
}

// Shows reports whether the page shows the text, markup aside.
func (b *Browser) Shows(text string) bool {
	return strings.Contains(strings.Join(strings.Fields(words(b.page)), " "), text)
}

// At fails the test unless the browser ended up at the path.
func (b *Browser) At(path string) *Browser {
	b.t.Helper()
	if b.URL.Path != path {
		b.t.Fatalf("the browser is at %s, want %s", b.URL, path)
	}
	return b
}

func (b *Browser) send(req *http.Request, status int) *Browser {
	b.t.Helper()
	req.Header.Set("Accept", "text/html")
	res, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.Status, b.URL, b.Body = res.StatusCode, res.Request.URL, string(body)
	if b.page, err = html.Parse(strings.NewReader(b.Body)); err != nil {
		b.t.Fatal(err)
	}
	if b.Status != status {
		b.t.Fatalf("%s %s: status %d, want %d\n%s", req.Method, req.URL, b.Status, status, strings.Join(strings.Fields(words(b.page)), " "))
	}
	return b
}

func (b *Browser) absolute(path string) string {
	u, err := url.Parse(path)
	if err != nil {
		b.t.Fatal(err)
	}
	if u.IsAbs() {
		return path
	}
	return b.app.URL + path
}

func (b *Browser) form(path string) *html.Node {
	b.t.Helper()
	form := b.find(path)
	if form == nil {
		b.t.Fatalf("%s has no form that posts to %s\n%s", b.URL, path, excerpt(b.Body))
	}
	return form
}

func (b *Browser) find(path string) *html.Node {
	if b.page == nil {
		return nil
	}
	for n := range b.page.Descendants() {
		if n.Data == "form" && strings.EqualFold(attr(n, "method"), "post") && attr(n, "action") == path {
			return n
		}
	}
	return nil
}
