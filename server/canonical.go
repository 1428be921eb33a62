package server

import (
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

// cleanHeaders refuses line ends that are not CRLF and folded lines: both are
// read differently by different programs.
func cleanHeaders(raw []byte) error {
	for i, c := range raw {
		bare := c == '\n' && (i == 0 || raw[i-1] != '\r')
		folded := c == '\n' && i+1 < len(raw) && (raw[i+1] == ' ' || raw[i+1] == '\t')
		lone := c == '\r' && i+1 < len(raw) && raw[i+1] != '\n'
		if bare || folded || lone {
			return unparsable("The request's header lines are not plain HTTP/1.1.")
		}
	}
	return nil
}
