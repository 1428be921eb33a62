package host

import (
	"errors"
	"net/url"
	"strings"
)

var errLink = errors.New(`a link is a path below the plugin ("orders/5"), an address of this server ("/w/…"), or begins with https://`)

// CheckLink tells whether a plugin may lead somewhere: to a path or query of its
// own, to a page of this server, or to another site by https. Empty leads nowhere.
func CheckLink(link string) error {
	if link == "" {
		return nil
	}
	if strings.ContainsFunc(link, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f }) || strings.HasPrefix(link, "//") {
		return errLink
	}
	u, err := url.Parse(link)
	if err != nil || u.User != nil {
		return errLink
	}
	switch {
	case u.Scheme == "https" && u.Host != "":
		return nil
	case u.Scheme != "" || u.Host != "" || u.Opaque != "":
		return errLink
	}
	for part := range strings.SplitSeq(u.Path, "/") {
		if part == ".." {
			return errLink
		}
	}
	return nil
}
