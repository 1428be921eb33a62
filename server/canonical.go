package server

import (
	"bytes"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// canonical refuses requests that could mean two things: to us and to a proxy,
// to the router and to a file system. The router never decodes, so nothing
// here is lost for anybody honest.
func canonical(c *fiber.Ctx) error {
	header := &c.Request().Header
	if v := string(header.Protocol()); v != "HTTP/1.1" && v != "HTTP/1.0" {
		return unparsable("This server speaks HTTP/1.1.")
	}
	if err := cleanHeaders(header.RawHeaders()); err != nil {
		return err
	}
	target := string(header.RequestURI())
	hosts := header.PeekAll(fiber.HeaderHost)
	if len(hosts) > 1 {
		return unparsable("The request names its host twice.")
	}
	if !strings.HasPrefix(target, "/") {
		// The absolute form is for proxies. It may not say another host than the Host header.
		_, rest, ok := strings.Cut(target, "://")
		host, _, _ := strings.Cut(rest, "/")
		if !ok || len(hosts) == 0 || !strings.EqualFold(host, string(hosts[0])) {
			return unparsable("The request's address and its Host header disagree.")
		}
	}
	return cleanPath(string(c.Request().URI().PathOriginal()))
}

// cleanPath refuses what could hide a second meaning in a path.
func cleanPath(path string) error {
	lower := strings.ToLower(path)
	for _, bad := range []string{"%2f", "%5c", "%00", "%2e", "%25", "\\", "//", "/./", "/../"} {
		if strings.Contains(lower, bad) {
			return unparsable("The address is not in its plain form.")
		}
	}
	if strings.HasSuffix(path, "/.") || strings.HasSuffix(path, "/..") || !strings.HasPrefix(path, "/") {
		return unparsable("The address is not in its plain form.")
	}
	for i := range len(path) {
		if path[i] <= 0x20 || path[i] >= 0x7f {
			return unparsable("The address holds characters that do not belong there.")
		}
	}
	return nil
}

// cleanHeaders refuses line ends that are not CRLF, folded lines, and a request
// that tells its length in two ways: different programs read them differently.
func cleanHeaders(raw []byte) error {
	var length, coding bool
	for len(raw) > 0 {
		end := bytes.IndexByte(raw, '\n')
		if end < 1 || raw[end-1] != '\r' || bytes.IndexByte(raw[:end-1], '\r') >= 0 || raw[0] == ' ' || raw[0] == '\t' {
			return unparsable("The request's header lines are not plain HTTP/1.1.")
		}
		length = length || named(raw, "content-length:")
		coding = coding || named(raw, "transfer-encoding:")
		raw = raw[end+1:]
	}
	if length && coding {
		return unparsable("The request tells its length in two ways.")
	}
	return nil
}

// named reports whether a header line begins with a name, in any case.
func named(line []byte, name string) bool {
	return len(line) >= len(name) && bytes.EqualFold(line[:len(name)], []byte(name))
}
