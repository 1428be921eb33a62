package config

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"
)

// errType is a TOML value of the wrong type.
var errType = errors.New("has the wrong type")

// rule checks one text and returns its normal form. Its error is a clause that
// completes "the value …", or errNotAllowed when Key.Allowed says enough.
type rule func(string) (string, error)

var errNotAllowed = errors.New("is not allowed")

// text is a key that holds one string.
func text(name, def, allowed, help string, at func(*Config) *string, check rule) Key {
	return Key{Name: name, Default: def, Allowed: allowed, Help: help,
		set: func(c *Config, raw any, _ bool) error {
			s, ok := raw.(string)
			if !ok {
				return errType
			}
			s, err := check(s)
			*at(c) = s
			return err
		},
		show: func(c *Config) string { return *at(c) },
	}
}

// secret masks a key and lets its value come from a file.
func secret(k Key) Key {
	plain := k.show
	k.Secret = true
	k.show = func(c *Config) string {
		if plain(c) == "" {
			return ""
		}
		return mask
	}
	return k
}

// texts is a key that holds a list of strings, each under the same rule.
func texts(name, allowed, help string, at func(*Config) *[]string, check rule) Key {
	return Key{Name: name, Allowed: allowed, Help: help,
		set: func(c *Config, raw any, fromText bool) error {
			items, err := list(raw, fromText)
			if err != nil {
				return err
			}
			*at(c) = nil
			for _, item := range items {
				s, err := check(item)
				if err != nil {
					return err
				}
				*at(c) = append(*at(c), s)
			}
			return nil
		},
		show: func(c *Config) string { return strings.Join(*at(c), ",") },
	}
}

// list reads a TOML array of strings, or comma separated text. Empty items of
// the text are dropped, so that a trailing comma does no harm.
func list(raw any, fromText bool) ([]string, error) {
	var out []string
	switch v := raw.(type) {
	case string:
		if !fromText {
			return nil, errors.New(`must be a list, such as ["one", "two"]`)
		}
		for item := range strings.SplitSeq(v, ",") {
			if item = strings.TrimSpace(item); item != "" {
				out = append(out, item)
			}
		}
	case []any:
		for _, item := range v {
			s, ok := item.(string)
			if !ok {
				return nil, errType
			}
			out = append(out, strings.TrimSpace(s))
		}
	default:
		return nil, errType
	}
	if len(out) > 1000 {
		return nil, errors.New("has more than 1000 entries")
	}
	return out, nil
}

// toggle is a key that holds true or false.
func toggle(name, def, help string, at func(*Config) *bool) Key {
	return Key{Name: name, Default: def, Allowed: "true or false", Help: help,
		set: func(c *Config, raw any, fromText bool) error {
			switch v := raw.(type) {
			case bool:
				*at(c) = v
				return nil
			case string:
				if !fromText {
					return errors.New("must be written without quotes")
				}
				switch strings.ToLower(strings.TrimSpace(v)) {
				case "true", "1":
					*at(c) = true
					return nil
				case "false", "0":
					*at(c) = false
					return nil
				}
				return errNotAllowed
			}
			return errType
		},
		show: func(c *Config) string {
			if *at(c) {
				return "true"
			}
			return "false"
		},
	}
}

// oneOf is a key that holds one of a few words.
func oneOf(name, def string, words []string, help string, at func(*Config) *string) Key {
	return text(name, def, strings.Join(words, ", "), help, at, func(s string) (string, error) {
		for _, w := range words {
			if s == w {
				return s, nil
			}
		}
		return s, errNotAllowed
	})
}

// errNotBuiltIn is a provider the product knows and this program does not hold.
var errNotBuiltIn = errors.New("is not built into this program")

// provider is a key that names a provider. Only builtin is compiled in; planned
// names are known and refused by name, so that nobody takes them for a typo.
func provider(name, builtin string, planned []string, help string, at func(*Config) *string) Key {
	return providers(name, builtin, []string{builtin}, planned, help, at)
}

// providers is provider with a choice of several that are compiled in.
func providers(name, def string, builtin, planned []string, help string, at func(*Config) *string) Key {
	return text(name, def, "built in is "+strings.Join(builtin, " and "), help, at, func(s string) (string, error) {
		switch {
		case slices.Contains(builtin, s):
			return s, nil
		case slices.Contains(planned, s):
			return s, errNotBuiltIn
		}
		return s, errors.New("is not a known provider")
	})
}

// duration is a key that holds a span of time between least and most.
func duration(name, def string, least, most time.Duration, help string, at func(*Config) *time.Duration) Key {
	return Key{Name: name, Default: def, Help: help,
		Allowed: "a duration such as 90m or 720h, from " + short(least) + " to " + short(most),
		set: func(c *Config, raw any, _ bool) error {
			s, ok := raw.(string)
			if !ok {
				return errType
			}
			d, err := time.ParseDuration(strings.TrimSpace(s))
			if err != nil || d < least || d > most {
				return errNotAllowed
			}
			*at(c) = d
			return nil
		},
		show: func(c *Config) string { return short(*at(c)) },
	}
}

// short writes a duration without its empty parts: 720h, not 720h0m0s.
func short(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// logLevel is the key of the lowest level that is logged.
func logLevel(name string) Key {
	words := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	return Key{Name: name, Default: "info", Allowed: "debug, info, warn, error",
		Help: "Lowest level that is logged.",
		set: func(c *Config, raw any, _ bool) error {
			s, ok := raw.(string)
			if !ok {
				return errType
			}
			level, ok := words[strings.ToLower(s)]
			if !ok {
				return errNotAllowed
			}
			c.Telemetry.LogLevel = level
			return nil
		},
		show: func(c *Config) string { return strings.ToLower(c.Telemetry.LogLevel.String()) },
	}
}
