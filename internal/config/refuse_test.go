package config

import (
	"strings"
	"testing"
)

// One row per way to write something that cannot work; every message names what
// is wrong, where it stands and what would be right.
func TestWhatCannotWorkIsRefusedInOneClearLine(t *testing.T) {
	for name, row := range map[string]struct {
		file string
		env  string
		says []string
	}{
		"unknown key in the file":           {file: "[server]\nadr = 'x'", says: []string{"server.adr", "did you mean server.addr?", "or3.toml"}},
		"unknown group":                     {file: "[servr]", says: []string{"servr", "did you mean server."}},
		"right name, wrong group":           {file: "[server]\nbase_path = '/x'", says: []string{"did you mean admin.base_path?"}},
		"group written as a value":          {file: "server = 1", says: []string{"write [server]"}},
		"quoted dotted key":                 {file: "'server.addr' = ':1'", says: []string{"without quotes, or below [server]"}},
		"unknown variable":                  {env: "OR3_SERVER_ADRR=x", says: []string{"OR3_SERVER_ADRR", "did you mean OR3_SERVER_ADDR?"}},
		"unknown variable of a secret file": {env: "OR3_SERVER_SECRET_KEYFILE=x", says: []string{"did you mean OR3_SERVER_SECRET_KEY_FILE?"}},
		"file for a plain key":              {env: "OR3_SITE_NAME_FILE=/x", says: []string{"only secrets come from a file", "did you mean OR3_SITE_NAME?"}},
		"secret file that is missing":       {env: "OR3_SERVER_SECRET_KEY_FILE=/nowhere", says: []string{"OR3_SERVER_SECRET_KEY_FILE", "no such file"}},
		"number for text":                   {file: "[site]\nname = 7", says: []string{"site.name = 7", "wrong type (a number)"}},
		"text for a flag":                   {file: "[auth]\nenabled = \"yes\"", says: []string{"auth.enabled", "without quotes", "true or false"}},
		"text for a list":                   {file: "[admin]\nallowed_hosts = \"a,b\"", says: []string{"must be a list"}},
		"table for text":                    {file: "[site.name]\nx = 1", says: []string{"wrong type (a table)"}},
		"date for text":                     {file: "[site]\nname = 2026-01-01", says: []string{"wrong type (a date or time)"}},
		"not TOML":                          {file: "[site\n", says: []string{"line 1", "is not TOML"}},
		"a key twice":                       {file: "[site]\nname='a'\nname='b'", says: []string{"is not TOML"}},
		"flag in the environment":           {env: "OR3_AUTH_ENABLED=ja", says: []string{`auth.enabled = "ja"`, "environment OR3_AUTH_ENABLED", "true or false"}},
		"word outside the list":             {env: "OR3_AUTH_REGISTRATION=closed", says: []string{"open, invite_only, disabled"}},
		"address without port":              {env: "OR3_SERVER_ADDR=localhost", says: []string{"HOST:PORT"}},
		"port too large":                    {env: "OR3_SERVER_ADDR=:70000", says: []string{"0 to 65535"}},
		"URL with a path":                   {env: "OR3_SERVER_PUBLIC_URL=https://x.example/or3", says: []string{"something after the host"}},
		"any origin":                        {env: "OR3_SERVER_ALLOWED_ORIGINS=*", says: []string{"* is never allowed"}},
		"every proxy":                       {env: "OR3_SERVER_TRUSTED_PROXIES=0.0.0.0/0", says: []string{"whole internet"}},
		"not a network":                     {env: "OR3_SERVER_TRUSTED_PROXIES=nginx", says: []string{"10.0.0.0/8"}},
		"short secret":                      {env: "OR3_SERVER_SECRET_KEY=hunter2", says: []string{"server.secret_key = ******", "too short", "32 characters"}},
		"MySQL":                             {env: "OR3_DATABASE_URL=mysql://root:pw@h/d", says: []string{"database.url = ******", "neither SQLite nor PostgreSQL"}},
		"database in memory":                {env: "OR3_DATABASE_URL=sqlite://:memory:", says: []string{"would be lost"}},
		"PostgreSQL without a database":     {env: "OR3_DATABASE_URL=postgres://h", says: []string{"names no database"}},
		"provider to come: oidc":            {env: "OR3_AUTH_PROVIDER=oidc", says: []string{`"oidc"`, "is not built into this program", "built in is local"}},
		"provider to come: clerk":           {env: "OR3_AUTH_PROVIDER=clerk", says: []string{"not built into this program"}},
		"provider to come: convex":          {env: "OR3_SYNC_PROVIDER=convex", says: []string{"not built into this program", "built in is builtin"}},
		"storage to come: convex":           {env: "OR3_STORAGE_PROVIDER=convex", says: []string{"not built into this program", "built in is disk and s3"}},
		"bucket without an address":         {env: "OR3_STORAGE_PROVIDER=s3", says: []string{"storage.s3_endpoint", "is missing", "storage.s3_secret_key"}},
		"bucket without a name":             {file: "[storage]\nprovider = 's3'\ns3_endpoint = 'https://s3.example'", says: []string{"storage.s3_bucket", "is missing"}},
		"bucket at an address with a path":  {env: "OR3_STORAGE_S3_ENDPOINT=https://s3.example/bucket", says: []string{"something after the host"}},
		"bucket with a slash":               {env: "OR3_STORAGE_S3_BUCKET=a/b", says: []string{"a bucket's name"}},
		"prefix that climbs":                {env: "OR3_STORAGE_S3_PREFIX=../x/", says: []string{"end in a slash"}},
		"size without a number":             {env: "OR3_STORAGE_MAX_FILE_SIZE_BYTES=big", says: []string{"500MB or 2GiB"}},
		"size below what is possible":       {env: "OR3_STORAGE_MAX_FILE_SIZE_BYTES=0", says: []string{"is less than 1B"}},
		"size that is negative":             {file: "[storage]\nworkspace_quota_bytes = -5", says: []string{"is less than 0B"}},
		"size beyond what there is":         {env: "OR3_STORAGE_WORKSPACE_QUOTA_BYTES=99999999999TiB", says: []string{"empty, or a number of bytes"}},
		"type without a subtype":            {env: "OR3_STORAGE_ALLOWED_MIME_TYPES=image", says: []string{"image/*"}},
		"no types at all":                   {env: "OR3_STORAGE_ALLOWED_MIME_TYPES=", says: []string{"is empty", "storage.enabled=false"}},
		"files in the data directory":       {env: "OR3_STORAGE_FS_ROOT=.", says: []string{"the data directory itself"}},
		"provider nobody knows":             {env: "OR3_AUTH_PROVIDER=ldap", says: []string{"not a known provider"}},
		"admin at the root":                 {env: "OR3_ADMIN_BASE_PATH=/", says: []string{"hide every other page"}},
		"admin over the API":                {env: "OR3_ADMIN_BASE_PATH=/API/admin", says: []string{"collides with /api"}},
		"admin climbing":                    {env: "OR3_ADMIN_BASE_PATH=/a/../b", says: []string{"between its slashes"}},
		"admin with a parameter":            {env: "OR3_ADMIN_BASE_PATH=/:id", says: []string{"between its slashes"}},
		"host with port":                    {env: "OR3_ADMIN_ALLOWED_HOSTS=a.example:80", says: []string{"without port"}},
		"key that is no key":                {env: "OR3_PLUGINS_TRUSTED_KEYS=abc", says: []string{"32 bytes in base64"}},
		"package of no size":                {env: "OR3_PLUGINS_MAX_ZIP_BYTES=0", says: []string{"is less than 1B"}},
		"package no memory holds":           {env: "OR3_PLUGINS_MAX_ZIP_BYTES=1GiB", says: []string{"is more than 100MiB"}},
		"no files at all":                   {env: "OR3_PLUGINS_MAX_FILES=0", says: []string{"a whole number from 1 to 4000"}},
		"count with a fraction":             {file: "[plugins]\nmax_ratio = 2.5", says: []string{"a whole number from 2 to 1000"}},
		"count in quotes":                   {file: "[plugins]\nmax_files = '7'", says: []string{"without quotes"}},
		"site name with a line end":         {env: "OR3_SITE_NAME=a\nb", says: []string{"one line"}},
		"session shorter than a minute":     {env: "OR3_AUTH_SESSION_IDLE=1s", says: []string{"from 1m to"}},
		"idle longer than the whole":        {env: "OR3_AUTH_SESSION_IDLE=9000h", says: []string{"auth.session_max"}},
		"certificate without key":           {env: "OR3_SERVER_TLS_CERT=a.pem", says: []string{"server.tls_key", "is missing"}},
		"bytes that are no text":            {env: "OR3_SITE_NAME=\xff", says: []string{"UTF-8"}},
		"escape sequences in a value":       {env: "OR3_SERVER_ADDR=\x1b[31mred", says: []string{`\x1b[31mred`}},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, row.file, row.env)
			if err == nil {
				t.Fatal("was accepted")
			}
			line := err.Error()
			for _, want := range row.says {
				if !strings.Contains(line, want) {
					t.Errorf("says %q, without %q", line, want)
				}
			}
			if strings.ContainsAny(line, "\n\r\x1b") || strings.Contains(line, "hunter2") {
				t.Errorf("is not one clean line: %q", line)
			}
		})
	}
}

func TestVariablesOfTestsAndOfOthersAreIgnored(t *testing.T) {
	if _, err := load(t, "", "OR3_TEST_ANYTHING=1"); err != nil {
		t.Error(err)
	}
	if _, err := load(t, "", "PATH=/bin"); err != nil {
		t.Error(err)
	}
}

// A random file or variable is refused or loaded, never a panic, and the words
// about it are one line.
func FuzzLoad(f *testing.F) {
	f.Add("[server]\naddr = ':1'", "OR3_SITE_NAME", "x")
	f.Add("[admin]\nallowed_hosts = ['a', 'b']", "OR3_SERVER_TRUSTED_PROXIES", "10.0.0.0/8,::1")
	f.Add("[database]\nurl = 'postgres://u:p@h/d?x=%zz'", "OR3_DATABASE_URL", "postgres://u:p%@h/d")
	f.Add("server = {addr = 1}", "OR3_SERVER_ADDR_FILE", "\x00")
	f.Fuzz(func(t *testing.T, file, name, value string) {
		dir := t.TempDir()
		values, err := parseTOML([]byte(file), "file or3.toml")
		if err == nil {
			c := Config{DataDir: dir, sources: map[string]string{}}
			err = c.apply([]layer{{values: values, source: func(string) string { return "file" }}})
			_ = c.Show()
		}
		checkLine(t, err)
		c, err := Load(Options{DataDir: dir, Environ: []string{name + "=" + value, "OR3_SITE_NAME=" + value}})
		_ = c.Show()
		checkLine(t, err)
	})
}

func checkLine(t *testing.T, err error) {
	t.Helper()
	if err != nil && strings.ContainsAny(err.Error(), "\n\r\x00\x1b") {
		t.Errorf("not one line: %q", err)
	}
}
