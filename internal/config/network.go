package config

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

func anyText(s string) (string, error) { return s, nil }

// optional lets the empty text pass a rule.
func optional(check rule) rule {
	return func(s string) (string, error) {
		if strings.TrimSpace(s) == "" {
			return "", nil
		}
		return check(s)
	}
}

func atLeast(n int) rule {
	return func(s string) (string, error) {
		if utf8.RuneCountInString(s) < n {
			return s, errors.New("is too short")
		}
		return s, nil
	}
}

// label is a name on one line of at most n characters.
func label(n int) rule {
	return func(s string) (string, error) {
		s = strings.TrimSpace(s)
		if s == "" || utf8.RuneCountInString(s) > n || !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			return s, errNotAllowed
		}
		return s, nil
	}
}

func hostPort(s string) (string, error) {
	host, port, err := net.SplitHostPort(s)
	if err != nil || strings.ContainsAny(host, " /\\@?#") || strings.ContainsFunc(host, unicode.IsControl) {
		return s, errNotAllowed
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || strconv.FormatUint(n, 10) != port {
		return s, errors.New("has a port that is not a number from 0 to 65535")
	}
	return net.JoinHostPort(host, port), nil
}

// origin is a scheme and a host, as browsers send it in Origin: lower case,
// without a default port and a trailing slash.
func origin(s string) (string, error) {
	u, err := url.Parse(strings.TrimSpace(s))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return s, errNotAllowed
	}
	if (u.Path != "" && u.Path != "/") || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.User != nil {
		return s, errors.New("has something after the host or a user name")
	}
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if host == "" || strings.ContainsAny(host, "*_ %") {
		return s, errNotAllowed
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port == "" && strings.HasSuffix(u.Host, ":") {
		return s, errNotAllowed
	}
	if port != "" {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return s, errNotAllowed
		}
		if !(u.Scheme == "http" && port == "80") && !(u.Scheme == "https" && port == "443") {
			host += ":" + port
		}
	}
	return u.Scheme + "://" + host, nil
}

// hostName is a lower-case host without port; IPv6 addresses lose their brackets.
func hostName(s string) (string, error) {
	s = strings.ToLower(s)
	bare := strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if addr, err := netip.ParseAddr(bare); err == nil {
		return addr.String(), nil
	}
	if s == "" || len(s) > 253 || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
		return s, errNotAllowed
	}
	for _, r := range s {
		if !(r == '-' || r == '.' || r == '_' || (r >= '0' && r <= '9') || (r >= 'a' && r <= 'z')) {
			return s, errNotAllowed
		}
	}
	return s, nil
}

// taken are first segments of paths that belong to other pages. A test of
// server holds the list against the table of routes.
var taken = []string{"api", "app", "assets", "favicon.ico", "healthz", "invite", "invites", "manifest.webmanifest", "metrics",
	"preferences", "readyz", "register", "robots.txt", "search", "settings", "setup", "shortcuts", "sign-in", "sign-out", "static",
	"shell", "storage", "sw.js", "w", "workspaces"}

// basePath is an absolute path of plain segments that collides with no other page.
func basePath(s string) (string, error) {
	s = strings.TrimRight(strings.TrimSpace(s), "/")
	s = "/" + strings.TrimLeft(s, "/")
	if s == "/" {
		return s, errors.New("would hide every other page")
	}
	if len(s) > 200 {
		return s, errors.New("is longer than 200 characters")
	}
	segments := strings.Split(s[1:], "/")
	for _, segment := range segments {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsFunc(segment, notPlain) {
			return s, errors.New("may hold only letters, digits, - . _ ~ between its slashes")
		}
	}
	for _, t := range taken {
		if strings.EqualFold(segments[0], t) {
			return s, errors.New("collides with /" + t)
		}
	}
	return s, nil
}

func notPlain(r rune) bool {
	return !(r == '-' || r == '.' || r == '_' || r == '~' ||
		(r >= '0' && r <= '9') || (r >= 'a' && r <= 'z') || (r >= 'A' && r <= 'Z'))
}

// prefixes is the key of trusted networks.
func prefixes(name, allowed, help string) Key {
	return Key{Name: name, Allowed: allowed, Help: help,
		set: func(c *Config, raw any, fromText bool) error {
			items, err := list(raw, fromText)
			if err != nil {
				return err
			}
			c.Server.TrustedProxies = nil
			for _, item := range items {
				p, err := netip.ParsePrefix(item)
				if err != nil {
					addr, err := netip.ParseAddr(item)
					if err != nil || addr.Zone() != "" {
						return errNotAllowed
					}
					p = netip.PrefixFrom(addr, addr.BitLen())
				}
				if p.Bits() == 0 {
					return errors.New("would trust the whole internet")
				}
				c.Server.TrustedProxies = append(c.Server.TrustedProxies, p.Masked())
			}
			return nil
		},
		show: func(c *Config) string {
			out := make([]string, len(c.Server.TrustedProxies))
			for i, p := range c.Server.TrustedProxies {
				out[i] = p.String()
			}
			return strings.Join(out, ",")
		},
	}
}

// publicKeys is the key of trusted Ed25519 public keys.
func publicKeys(name string) Key {
	return Key{Name: name, Allowed: "Ed25519 public keys, 32 bytes in base64",
		Help: "Keys whose signature on a plugin package is trusted.",
		set: func(c *Config, raw any, fromText bool) error {
			items, err := list(raw, fromText)
			if err != nil {
				return err
			}
			c.Plugins.TrustedKeys = nil
			for _, item := range items {
				item = strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(item, "="))
				key, err := base64.RawStdEncoding.DecodeString(item)
				if err != nil || len(key) != ed25519.PublicKeySize {
					return errNotAllowed
				}
				c.Plugins.TrustedKeys = append(c.Plugins.TrustedKeys, key)
			}
			return nil
		},
		show: func(c *Config) string {
			out := make([]string, len(c.Plugins.TrustedKeys))
			for i, key := range c.Plugins.TrustedKeys {
				out[i] = base64.StdEncoding.EncodeToString(key)
			}
			return strings.Join(out, ",")
		},
	}
}
