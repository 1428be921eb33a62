package config

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
)

func TestTheSecretKeyIsGeneratedOnceAndKept(t *testing.T) {
	dir := t.TempDir()
	c, err := Load(Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	made, err := c.EnsureSecretKey()
	if err != nil || len(made.Server.SecretKey) < 40 {
		t.Fatalf("generated %q: %v", made.Server.SecretKey, err)
	}
	if c.Server.SecretKey != "" || c.Source("server.secret_key") != "default" {
		t.Error("EnsureSecretKey changed the configuration it was called on")
	}
	path := filepath.Join(dir, SecretKeyFile)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode is %v", info.Mode())
	}
	again, err := Load(Options{DataDir: dir})
	if err != nil || again.Server.SecretKey != made.Server.SecretKey || again.Source("server.secret_key") != "file "+path {
		t.Errorf("the second start has another key or source: %v", err)
	}
	left, _ := filepath.Glob(filepath.Join(dir, "*.tmp"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestProcessesStartingTogetherShareOneKey(t *testing.T) {
	dir := t.TempDir()
	keys := make([]string, 8)
	var wg sync.WaitGroup
	for i := range keys {
		wg.Go(func() {
			c, err := Load(Options{DataDir: dir})
			if err == nil {
				c, err = c.EnsureSecretKey()
			}
			if err != nil {
				t.Error(err)
			}
			keys[i] = c.Server.SecretKey
		})
	}
	wg.Wait()
	for _, k := range keys {
		if k == "" || k != keys[0] {
			t.Fatalf("keys differ: %q", keys)
		}
	}
}

func TestAGivenSecretKeyNeedsNoFile(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "key"), strings.Repeat("s", 40)+"\r\n")
	c, err := Load(Options{DataDir: dir, Environ: []string{"OR3_SERVER_SECRET_KEY_FILE=" + file}})
	if err != nil || c.Server.SecretKey != strings.Repeat("s", 40) {
		t.Fatalf("%q: %v", c.Server.SecretKey, err)
	}
	if c, err = c.EnsureSecretKey(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(dir, SecretKeyFile)); !errors.Is(err, os.ErrNotExist) {
		t.Error("a key file was written all the same")
	}
	if !strings.Contains(c.Source("server.secret_key"), file) {
		t.Errorf("source is %s", c.Source("server.secret_key"))
	}
	_, err = Load(Options{DataDir: dir, Environ: []string{"OR3_SERVER_SECRET_KEY_FILE=" + file, "OR3_SERVER_SECRET_KEY=x"}})
	if err == nil || !strings.Contains(err.Error(), "both set") {
		t.Errorf("both at once give %v", err)
	}
}

func TestADamagedOrOpenKeyFileIsNoticed(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, SecretKeyFile), "short")
	if _, err := Load(Options{DataDir: dir}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Errorf("a short key gives %v", err)
	}
	if runtime.GOOS == "windows" {
		return
	}
	write(t, path, strings.Repeat("x", 43))
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	c, err := Load(Options{DataDir: dir})
	if err != nil || len(c.Warnings()) != 1 || !strings.Contains(c.Warnings()[0], "chmod 600") {
		t.Errorf("an open key file gives %v, %v", c.Warnings(), err)
	}
}
