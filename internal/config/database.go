package config

import (
	"errors"
	"net/url"
	"path/filepath"
	"strings"
)

const sqliteScheme = "sqlite://"

// databaseURL is the key of the database. Its empty default becomes the SQLite
// file in the data directory. A password in it is masked when shown.
func databaseURL(name string) Key {
	return Key{Name: name, Secret: true, Allowed: "sqlite://PATH or postgres://USER@HOST/NAME",
		Help: "Database; empty is or3.db in the data directory.",
		set: func(c *Config, raw any, _ bool) error {
			s, ok := raw.(string)
			if !ok {
				return errType
			}
			if s = strings.TrimSpace(s); s == "" {
				s = sqliteScheme + filepath.ToSlash(filepath.Join(c.DataDir, "or3.db"))
			}
			scheme, rest, found := strings.Cut(s, "://")
			switch {
			case !found || strings.ContainsAny(s, "\x00\r\n"):
				return errNotAllowed
			case scheme == "sqlite":
				if rest == "" || strings.HasPrefix(rest, ":memory:") {
					return errors.New("names no file; data in memory would be lost")
				}
			case scheme == "postgres" || scheme == "postgresql":
				if u, err := url.Parse(s); err != nil || strings.Trim(u.Path, "/") == "" {
					return errors.New("names no database")
				}
			default:
				return errors.New("is neither SQLite nor PostgreSQL")
			}
			c.Database.URL = s
			return nil
		},
		show: func(c *Config) string { return MaskURL(c.Database.URL) },
	}
}

// MaskURL hides the password in a database URL: in its user part and in its
// query. What it cannot parse it hides whole.
func MaskURL(s string) string {
	if s == "" || strings.HasPrefix(s, sqliteScheme) {
		return s
	}
	u, err := url.Parse(s)
	if err != nil {
		return mask
	}
	userinfo := ""
	if u.User != nil {
		userinfo = url.User(u.User.Username()).String()
		if _, has := u.User.Password(); has {
			userinfo += ":" + mask
		}
		userinfo += "@"
	}
	query := u.Query()
	parts := make([]string, 0, len(query))
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		if name, _, has := strings.Cut(pair, "="); has && strings.Contains(strings.ToLower(name), "password") {
			pair = name + "=" + mask
		}
		parts = append(parts, pair)
	}
	out := u.Scheme + "://" + userinfo + u.Host + u.EscapedPath()
	if u.RawQuery != "" {
		out += "?" + strings.Join(parts, "&")
	}
	return out
}

// SQLitePath is the path of the database file as it was given, and whether the
// database is SQLite at all.
func (d Database) SQLitePath() (string, bool) {
	path, ok := strings.CutPrefix(d.URL, sqliteScheme)
	return filepath.FromSlash(path), ok
}
