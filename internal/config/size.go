package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// units of sizes, the largest first, so that a size is shown in the largest
// that divides it.
var units = []struct {
	name  string
	bytes int64
}{{"TiB", 1 << 40}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"TB", 1e12}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}}

// size is a key that holds a number of bytes, from least on; where none is
// given, the empty text is allowed and means that number.
func size(name, def string, least int64, none *int64, help string, at func(*Config) *int64) Key {
	allowed := "a number of bytes such as 500MB or 2GiB"
	if none != nil {
		allowed = "empty, or " + allowed
	}
	return Key{Name: name, Default: def, Allowed: allowed, Help: help,
		set: func(c *Config, raw any, fromText bool) error {
			switch v := raw.(type) {
			case int64:
				*at(c) = v
			case string:
				if strings.TrimSpace(v) == "" && none != nil {
					*at(c) = *none
					return nil
				}
				n, err := ParseSize(v)
				if err != nil {
					return err
				}
				*at(c) = n
			default:
				return errType
			}
			if *at(c) < least {
				return errors.New("is less than " + SizeText(least))
			}
			return nil
		},
		show: func(c *Config) string {
			if none != nil && *at(c) == *none {
				return ""
			}
			return SizeText(*at(c))
		},
	}
}

// sizeUpTo is a key that holds a number of bytes from 1 to most.
func sizeUpTo(name, def string, most int64, help string, at func(*Config) *int64) Key {
	key := size(name, def, 1, nil, help, at)
	key.Allowed += ", at most " + SizeText(most)
	within := key.set
	key.set = func(c *Config, raw any, fromText bool) error {
		if err := within(c, raw, fromText); err != nil {
			return err
		}
		if *at(c) > most {
			return errors.New("is more than " + SizeText(most))
		}
		return nil
	}
	return key
}

// ParseSize reads a number of bytes with or without a unit: 500MB, 2 GiB.
func ParseSize(text string) (int64, error) {
	text = strings.TrimSpace(text)
	per := int64(1)
	for _, u := range units {
		if len(text) > len(u.name) && strings.EqualFold(text[len(text)-len(u.name):], u.name) {
			text, per = strings.TrimSpace(text[:len(text)-len(u.name)]), u.bytes
			break
		}
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || strings.Trim(text, "0123456789.") != "" || n*float64(per) >= math.MaxInt64 {
		return 0, errNotAllowed
	}
	if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
		return whole * per, nil
	}
	return int64(n * float64(per)), nil
}

// SizeText writes a number of bytes as ParseSize reads it.
func SizeText(n int64) string {
	for _, u := range units {
		if n >= u.bytes && n%u.bytes == 0 {
			return strconv.FormatInt(n/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10) + "B"
}
