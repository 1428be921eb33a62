package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// load runs Load over a data directory that holds the given or3.toml.
func load(t *testing.T, file string, env ...string) (Config, error) {
	t.Helper()
	dir := t.TempDir()
	if file != "" {
		write(t, filepath.Join(dir, FileName), file)
	}
	return Load(Options{DataDir: dir, Environ: env})
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAnEmptyDirectoryGivesTheDefaults(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "there")
	c, err := Load(Options{DataDir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if c.Server.Addr != "127.0.0.1:8080" || !c.Auth.Enabled || c.Auth.Registration != "invite_only" ||
		c.Admin.BasePath != "/admin" || c.Site.Name != "OR3 Cloud" || c.Server.SecretKey != "" {
		t.Errorf("defaults are %+v", c)
	}
	if want := "sqlite://" + filepath.ToSlash(dir) + "/or3.db"; c.Database.URL != want {
		t.Errorf("database is %s, want %s", c.Database.URL, want)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("Load created the data directory: %v", err)
	}
}

func TestLaterSourcesWin(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, FileName), "[server]\naddr = \"0.0.0.0:1\"\n[site]\nname = \"From the file\"\n[limits]\nenabled = false\n")
	c, err := Load(Options{DataDir: dir, Environ: []string{"OR3_SERVER_ADDR=0.0.0.0:2", "OR3_LIMITS_ENABLED=true"},
		Flags: map[string]string{"server.addr": "0.0.0.0:3"}})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"server.addr": "command line", "limits.enabled": "environment OR3_LIMITS_ENABLED",
		"site.name": "file " + filepath.Join(dir, FileName), "auth.enabled": "default",
	} {
		if got := c.Source(key); got != want {
			t.Errorf("source of %s is %q, want %q", key, got, want)
		}
	}
	if c.Server.Addr != "0.0.0.0:3" || !c.Limits.Enabled || c.Site.Name != "From the file" {
		t.Errorf("merged to %s, %v, %s", c.Server.Addr, c.Limits.Enabled, c.Site.Name)
	}
}

func TestEveryKeyCanBeSetInTheFileAndTheEnvironment(t *testing.T) {
	for _, k := range Keys() {
		if _, err := load(t, "", k.Env()+"="+k.Default); err != nil {
			t.Errorf("%s=%s: %v", k.Env(), k.Default, err)
		}
		if k.Help == "" || k.Allowed == "" || !strings.Contains(k.Name, ".") {
			t.Errorf("%s lacks help, allowed or group", k.Name)
		}
	}
}

func TestValuesAreNormalised(t *testing.T) {
	for _, row := range []struct{ key, value, want string }{
		{"admin.base_path", "internal/or3/", "/internal/or3"},
		{"admin.allowed_hosts", "Admin.Example.org, [::1]", "admin.example.org,::1"},
		{"server.public_url", "HTTPS://OR3.example.org:443/", "https://or3.example.org"},
		{"server.public_url", "http://[::1]:8080", "http://[::1]:8080"},
		{"server.allowed_origins", "https://a.example,,http://b.example:80,", "https://a.example,http://b.example"},
		{"server.trusted_proxies", "10.1.2.3/8, ::1,192.0.2.7", "10.0.0.0/8,::1/128,192.0.2.7/32"},
		{"auth.session_idle", "90m", "1h30m"},
		{"telemetry.log_level", "WARN", "warn"},
		{"database.url", "postgres://or3:s3cret@db/or3?sslmode=disable&sslpassword=x", "postgres://or3:******@db/or3?sslmode=disable&sslpassword=******"},
		{"server.secret_key", strings.Repeat("k", 32), "******"},
	} {
		c, err := load(t, "", envOf(row.key)+"="+row.value)
		if err != nil {
			t.Errorf("%s = %s: %v", row.key, row.value, err)
			continue
		}
		if got := shown(c, row.key); got != row.want {
			t.Errorf("%s = %s is shown as %s, want %s", row.key, row.value, got, row.want)
		}
	}
}

func envOf(key string) string { k, _ := find(key); return k.Env() }

func shown(c Config, key string) string {
	for _, s := range c.Show() {
		if s.Key == key {
			return s.Value
		}
	}
	return "(no such key)"
}

func TestAMissingFileIsAnErrorOnlyWhenItWasNamed(t *testing.T) {
	if _, err := Load(Options{DataDir: t.TempDir(), File: "/nowhere/or3.toml"}); err == nil || !strings.Contains(err.Error(), "/nowhere/or3.toml cannot be read: no such file") {
		t.Errorf("a named file that is missing gives %v", err)
	}
}

func TestTheEnvironmentNamesDirectoryAndFile(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "other.toml"), "[site]\nname = \"Other\"")
	c, err := Load(Options{Environ: []string{"OR3_DATA=" + dir, "OR3_CONFIG=" + file}})
	if err != nil || c.DataDir != dir || c.File != file || c.Site.Name != "Other" {
		t.Errorf("loaded %s, %s, %s: %v", c.DataDir, c.File, c.Site.Name, err)
	}
}
