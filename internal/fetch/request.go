package fetch

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// request is what one hop sends.
type request struct {
	method string
	to     target
	header http.Header
	secret http.Header // what holds secrets, for the first host alone
	body   []byte
}

func (c *Client) prepare(r Rules, in host.Fetch) (request, error) {
	req := request{method: in.Method, body: in.Body}
	if req.method == "" {
		req.method = http.MethodGet
	}
	if !slices.Contains(r.Methods, req.method) {
		return req, fail(NotAllowed, "%q is not among the methods of http.fetch that were granted. Add it to the manifest's methods, in capital letters.", req.method)
	}
	if len(in.Body) > 0 && (req.method == http.MethodGet || req.method == http.MethodHead) {
		return req, fail(BadRequest, "A %s has no body.", req.method)
	}
	if len(in.Body) > c.limits.Body {
		return req, fail(TooLarge, "The body has %d bytes; at most %d are sent.", len(in.Body), c.limits.Body)
	}
	var err error
	if req.to, err = parse(in.URL); err != nil {
		return req, err
	}
	req.header, req.secret, err = headers(r, in)
	return req, err
}

// follow makes the request that a redirect asks for. To another server go neither
// secrets nor an authorization, and they do not come back when it sends us back.
func (req request) follow(status int, location string, r Rules) (request, error) {
	from := req.to
	reference, err := url.Parse(location)
	if err != nil {
		return req, fail(Unreachable, "%s redirects to something that is no URL.", from.name)
	}
	// Browsers read a backslash as a slash, which makes another host of some paths.
	if req.to, err = parse(from.url.ResolveReference(reference).String()); err != nil || strings.Contains(location, "\\") {
		return req, fail(NotAllowed, "%s redirects to a URL that plugins may not use.", from.name)
	}
	req.header = req.header.Clone()
	if !req.to.same(from) {
		req.secret = nil
		req.header.Del("Authorization")
	}
	get := status == http.StatusSeeOther && req.method != http.MethodHead ||
		req.method == http.MethodPost && (status == http.StatusMovedPermanently || status == http.StatusFound)
	if get {
		req.method, req.body = http.MethodGet, nil
		for name := range req.header {
			if strings.HasPrefix(name, "Content-") {
				delete(req.header, name)
			}
		}
	}
	if !slices.Contains(r.Methods, req.method) {
		return req, fail(NotAllowed, "%s redirects to a %s, which is not among the methods of http.fetch that were granted.", from.name, req.method)
	}
	return req, nil
}

// redirects reports whether a status sends us elsewhere, if a Location says where.
func redirects(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}
