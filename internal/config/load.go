package config

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/knadh/koanf/parsers/toml/v2"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/v2"
)

// FileName is the configuration file in the data directory.
const FileName = "or3.toml"

// DefaultDataDir is used when neither --data nor OR3_DATA names one.
const DefaultDataDir = "./or3-data"

// mask stands for a secret wherever configuration is shown.
const mask = "******"

const maxFile = 1 << 20

// Options says where Load looks.
type Options struct {
	// DataDir is --data; "" takes OR3_DATA from Environ, then DefaultDataDir.
	DataDir string
	// File is --config; "" takes OR3_CONFIG from Environ, then or3.toml in the data
	// directory, which alone may be missing.
	File string
	// Environ holds NAME=value as os.Environ gives it; nil is an empty environment.
	Environ []string
	// Flags are keys set on the command line (key → value); they win over everything.
	Flags map[string]string
}

// layer is one source of values; later layers win.
type layer struct {
	values   map[string]any
	fromText bool
	source   func(key string) string
}

// Load reads every source, checks every value and returns the configuration. It
// only reads: no directory or file is created. Errors are *Error, one line each.
func Load(o Options) (Config, error) {
	env, err := readEnv(o.Environ)
	if err != nil {
		return Config{}, err
	}
	c := Config{sources: map[string]string{}}
	if c.DataDir, err = filepath.Abs(first(o.DataDir, env.dataDir, DefaultDataDir)); err != nil {
		return Config{}, &Error{Problem: "the data directory has no absolute path: " + err.Error()}
	}
	file, err := readFile(&c, first(o.File, env.file))
	if err != nil {
		return Config{}, err
	}
	if err := c.apply([]layer{file, env.layer, flags(o.Flags)}); err != nil {
		return Config{}, err
	}
	if err := c.readSecretKey(); err != nil {
		return Config{}, err
	}
	return c, c.checkTogether()
}

// apply merges the layers over the defaults and sets every key.
func (c *Config) apply(layers []layer) error {
	keys := Keys()
	merged := koanf.New(".")
	fromText := map[string]bool{}
	defaults := map[string]any{}
	for _, k := range keys {
		defaults[k.Name] = k.Default
		c.sources[k.Name], fromText[k.Name] = "default", true
	}
	if err := merged.Load(confmap.Provider(defaults, "."), nil); err != nil {
		return &Error{Problem: err.Error()}
	}
	for _, l := range layers {
		if err := merged.Load(confmap.Provider(l.values, "."), nil); err != nil {
			return &Error{Problem: err.Error()}
		}
		for name := range l.values {
			c.sources[name], fromText[name] = l.source(name), l.fromText
		}
	}
	for _, k := range keys {
		raw := merged.Get(k.Name)
		if err := k.set(c, raw, fromText[k.Name]); err != nil {
			return refused(k, raw, c.sources[k.Name], err)
		}
	}
	return nil
}

// readFile reads or3.toml into a layer of known keys. An explicit file must
// exist; the one in the data directory need not.
func readFile(c *Config, explicit string) (layer, error) {
	path := first(explicit, filepath.Join(c.DataDir, FileName))
	path, err := filepath.Abs(path)
	if err != nil {
		return layer{}, &Error{Problem: err.Error()}
	}
	l := layer{values: map[string]any{}, source: func(string) string { return "file " + path }}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) && explicit == "" {
		return l, nil
	}
	if err == nil && info.Size() > maxFile {
		err = errors.New("it is larger than 1 MiB")
	}
	if err == nil && info.IsDir() {
		err = errors.New("it is a directory")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return l, &Error{Source: "file " + path, Problem: "cannot be read: " + reason(err)}
	}
	c.File = path
	l.values, err = parseTOML(text, l.source(""))
	return l, err
}

// parseTOML reads the text of an or3.toml and refuses keys that do not exist.
func parseTOML(text []byte, source string) (map[string]any, error) {
	raw, err := toml.Parser().Unmarshal(text)
	if err != nil {
		where := source
		var at interface{ Position() (row, column int) }
		if errors.As(err, &at) {
			row, column := at.Position()
			where = fmt.Sprintf("%s line %d column %d", source, row, column)
		}
		return nil, &Error{Source: where, Problem: "is not TOML: " + err.Error()}
	}
	values := map[string]any{}
	for _, group := range slices.Sorted(maps.Keys(raw)) { // sorted: the same file always gives the same error
		table, ok := raw[group].(map[string]any)
		if !ok || (len(table) == 0 && !isGroup(group)) {
			return nil, unknownKey(group, source)
		}
		for _, name := range slices.Sorted(maps.Keys(table)) {
			key := group + "." + name
			if _, ok := find(key); !ok {
				return nil, unknownKey(key, source)
			}
			values[key] = table[name]
		}
	}
	return values, nil
}

func flags(values map[string]string) layer {
	l := layer{values: map[string]any{}, fromText: true, source: func(string) string { return "command line" }}
	for key, value := range values {
		l.values[key] = value
	}
	return l
}

// checkTogether holds what no single key can know.
func (c *Config) checkTogether() error {
	if (c.Server.TLSCert == "") != (c.Server.TLSKey == "") {
		missing := "server.tls_key"
		if c.Server.TLSCert == "" {
			missing = "server.tls_cert"
		}
		return &Error{Key: missing, Source: c.sources[missing], Problem: "is missing; https needs server.tls_cert and server.tls_key"}
	}
	if c.Auth.SessionIdle > c.Auth.SessionMax {
		return &Error{Key: "auth.session_idle", Value: short(c.Auth.SessionIdle), Source: c.sources["auth.session_idle"],
			Problem: "is longer than auth.session_max (" + short(c.Auth.SessionMax) + ")"}
	}
	return c.checkStorage()
}

func find(name string) (Key, bool) {
	for _, k := range Keys() {
		if k.Name == name {
			return k, true
		}
	}
	return Key{}, false
}

func isGroup(name string) bool {
	for _, k := range Keys() {
		if k.Group() == name {
			return true
		}
	}
	return false
}

// first is the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// reason is the innermost cause of a file error, without the path that the
// message around it already names.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
