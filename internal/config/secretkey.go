package config

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// SecretKeyFile holds the generated server.secret_key in the data directory.
const SecretKeyFile = "secret.key"

// readSecretKey takes the generated key when no other source gave one.
func (c *Config) readSecretKey() error {
	if c.Server.SecretKey != "" {
		return nil
	}
	path := filepath.Join(c.DataDir, SecretKeyFile)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	key, readErr := readSecret(path)
	if err = errors.Join(err, readErr); err != nil {
		return &Error{Key: "server.secret_key", Source: "file " + path, Problem: "cannot be read: " + reason(err)}
	}
	if len(key) < 32 {
		return &Error{Key: "server.secret_key", Source: "file " + path,
			Problem: "is damaged; restore the file from a backup, or remove it to make a new key (links signed with the old one stop working)"}
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		c.warnings = append(c.warnings, fmt.Sprintf("%s can be read by others; run: chmod 600 %s", path, path))
	}
	c.Server.SecretKey, c.sources["server.secret_key"] = key, "file "+path
	return nil
}

// EnsureSecretKey returns the configuration with a secret key, generating one
// into the data directory (which must exist), mode 0600, when there is none.
// Of two processes that start at once, both end up with the same key.
func (c Config) EnsureSecretKey() (Config, error) {
	if c.Server.SecretKey != "" {
		return c, nil
	}
	path := filepath.Join(c.DataDir, SecretKeyFile)
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails: it ends the process instead
	if err := writeOnce(path, base64.RawURLEncoding.EncodeToString(raw)+"\n"); err != nil {
		return c, &Error{Key: "server.secret_key", Source: "file " + path, Problem: "cannot be written: " + reason(err)}
	}
	sources := make(map[string]string, len(c.sources))
	for k, v := range c.sources {
		sources[k] = v
	}
	c.sources = sources
	return c, c.readSecretKey()
}

// writeOnce creates the file with the whole text, or leaves the one that is
// there. A crash leaves either nothing or the whole text.
func writeOnce(path, text string) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), SecretKeyFile+".*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }()
	_, err = tmp.WriteString(text)
	if err == nil {
		err = tmp.Sync()
	}
	if closeErr := tmp.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	if err := os.Link(tmp.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		if err := os.Rename(tmp.Name(), path); err != nil { // a file system without hard links
			return err
		}
	}
	if dir, err := os.Open(filepath.Dir(path)); err == nil {
		_ = dir.Sync() // not every system can; the file itself is synced
		_ = dir.Close()
	}
	return nil
}
