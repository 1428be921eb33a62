package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"or3.cloud/or3/plugins/host"
)

// hop sends one request over a connection of its own and reads the answer, or
// where a redirect leads. No proxy, no cookies, no other connection: a transport
// that lives as long as the hop has nothing to share.
func (c *Client) hop(ctx context.Context, req request) (out host.Fetched, location string, err error) {
	conn, err := c.connect(ctx, req.to)
	if err != nil {
		return out, "", err
	}
	defer conn.Close()
	only := make(chan net.Conn, 1)
	only <- conn
	transport := &http.Transport{
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			select {
			case conn := <-only:
				return conn, nil
			default:
				return nil, errors.New("a second connection for one request")
			}
		},
		TLSClientConfig:        &tls.Config{RootCAs: c.o.Roots, MinVersion: tls.VersionTLS12},
		DisableKeepAlives:      true,
		DisableCompression:     true, // it is done below, where both sides are counted
		MaxResponseHeaderBytes: int64(c.limits.Head),
	}
	defer transport.CloseIdleConnections()
	sent, err := req.http(ctx)
	if err != nil {
		return out, "", err
	}
	answer, err := transport.RoundTrip(sent)
	if err != nil {
		return out, "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode < 200 {
		return out, "", errors.New("an answer that is none")
	}
	out.Status = answer.StatusCode
	if location = answer.Header.Get("Location"); location != "" && redirects(out.Status) {
		return out, location, nil
	}
	if out.Body, err = c.body(req.method, answer); err != nil {
		return out, "", err
	}
	out.Headers, err = c.answered(req.to, answer.Header)
	return out, "", err
}

func (req request) http(ctx context.Context) (*http.Request, error) {
	var body io.Reader
	if len(req.body) > 0 {
		body = bytes.NewReader(req.body)
	}
	sent, err := http.NewRequestWithContext(ctx, req.method, req.to.url.String(), body)
	if err != nil {
		return nil, err
	}
	sent.Header = req.header.Clone()
	for name, values := range req.secret {
		sent.Header[name] = values
	}
	sent.Header.Set("Accept-Encoding", "gzip")
	return sent, nil
}

// body reads an answer's body, unpacked if it came packed as we asked. It stops
// at the limit, of what arrives and of what that unpacks to.
func (c *Client) body(method string, answer *http.Response) ([]byte, error) {
	arriving := &counted{from: answer.Body, left: c.limits.Body}
	from := io.Reader(arriving)
	if strings.EqualFold(answer.Header.Get("Content-Encoding"), "gzip") && method != http.MethodHead {
		answer.Header.Del("Content-Encoding")
		answer.Header.Del("Content-Length")
		unpacked, err := gzip.NewReader(arriving)
		if errors.Is(err, io.EOF) {
			return []byte{}, nil // nothing at all, as a 304 has
		} else if err != nil {
			return nil, err
		}
		from = &counted{from: unpacked, left: c.limits.Body}
	}
	return io.ReadAll(from)
}

var errTooLarge = errors.New("more bytes than are read")

// counted reads until more has come than may.
type counted struct {
	from io.Reader
	left int
}

func (r *counted) Read(p []byte) (int, error) {
	if len(p) > r.left+1 {
		p = p[:r.left+1]
	}
	n, err := r.from.Read(p)
	if n > r.left {
		n, err = r.left, errTooLarge
	}
	r.left -= n
	return n, err
}

// answered gives the headers that a plugin sees: the first of each, without
// cookies, which belong to nobody here, and without what was between two programs.
func (c *Client) answered(from target, all http.Header) (map[string]string, error) {
	kept := map[string]string{}
	for name, values := range all {
		if len(values) > 0 && !between(name) {
			kept[name] = values[0]
		}
	}
	if told, err := json.Marshal(kept); err != nil || len(told) > c.limits.Head {
		return nil, fail(TooLarge, "The answer of %s begins with more than %d KiB of headers.", from.name, c.limits.Head>>10)
	}
	return kept, nil
}

func between(name string) bool {
	return strings.HasPrefix(name, "Proxy-") || slices.Contains([]string{
		"Set-Cookie", "Set-Cookie2", "Connection", "Keep-Alive", "Transfer-Encoding", "Te", "Trailer", "Upgrade",
	}, name)
}
