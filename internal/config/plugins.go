package config

import (
	"errors"
	"strconv"
	"strings"
)

// Plugins is the trust in plugin packages, and what one may be.
type Plugins struct {
	// TrustedKeys are Ed25519 public keys of 32 bytes.
	TrustedKeys [][]byte
	// RequireSignature refuses packages not signed by one of TrustedKeys.
	RequireSignature bool
	// SafeMode runs no plugin: they can be looked at, disabled and removed.
	SafeMode bool

	// MaxZip, MaxUnpacked and MaxWasm are bytes: of the package, of all its files
	// together and of its module.
	MaxZip, MaxUnpacked, MaxWasm int64
	// MaxFiles is how many entries the package may have, folders included.
	MaxFiles int64
	// MaxRatio is how many times its packed size a file of more than 64 KiB may have.
	MaxRatio int64
}

// pluginKeys are the keys of the group plugins.
func pluginKeys() []Key {
	return []Key{
		publicKeys("plugins.trusted_keys"),
		toggle("plugins.require_signature", "false",
			"Refuses plugin packages that no trusted key signed.",
			func(c *Config) *bool { return &c.Plugins.RequireSignature }),
		toggle("plugins.safe_mode", "false",
			"Runs no plugin: they can be looked at, disabled and removed. The same as or3 serve --safe-mode.",
			func(c *Config) *bool { return &c.Plugins.SafeMode }),
		sizeUpTo("plugins.max_zip_bytes", "25MiB", 100<<20,
			"Largest plugin package that is installed; it is held in memory meanwhile.",
			func(c *Config) *int64 { return &c.Plugins.MaxZip }),
		count("plugins.max_files", "2000", 1, 4000,
			"How many files and folders a plugin package may have.",
			func(c *Config) *int64 { return &c.Plugins.MaxFiles }),
		sizeUpTo("plugins.max_unpacked_bytes", "200MiB", 1<<30,
			"What the files of a plugin package may have together, unpacked.",
			func(c *Config) *int64 { return &c.Plugins.MaxUnpacked }),
		sizeUpTo("plugins.max_wasm_bytes", "32MiB", 32<<20,
			"Largest WebAssembly module of a plugin.",
			func(c *Config) *int64 { return &c.Plugins.MaxWasm }),
		count("plugins.max_ratio", "100", 2, 1000,
			"How many times its packed size a file of more than 64 KiB in a package may have.",
			func(c *Config) *int64 { return &c.Plugins.MaxRatio }),
	}
}

// count is a key that holds a whole number from least to most.
func count(name, def string, least, most int64, help string, at func(*Config) *int64) Key {
	return Key{Name: name, Default: def, Allowed: "a whole number from " + strconv.FormatInt(least, 10) + " to " + strconv.FormatInt(most, 10), Help: help,
		set: func(c *Config, raw any, fromText bool) error {
			switch v := raw.(type) {
			case int64:
				*at(c) = v
			case string:
				if !fromText {
					return errors.New("must be written without quotes")
				}
				n, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
				if err != nil {
					return errNotAllowed
				}
				*at(c) = n
			default:
				return errType
			}
			if *at(c) < least || *at(c) > most {
				return errNotAllowed
			}
			return nil
		},
		show: func(c *Config) string { return strconv.FormatInt(*at(c), 10) },
	}
}
