package config

import (
	"errors"
	"mime"
	"path/filepath"
	"strings"
	"time"
)

// Storage is where files of people go.
type Storage struct {
	// Enabled false makes every storage route answer 404.
	Enabled bool
	// Provider is "disk", which means a single node, or "s3".
	Provider string
	// Dir is the absolute path of the directory that disk keeps files in.
	Dir string
	// KeepFree is how many bytes of the disk uploads leave to others; of a small
	// disk a twentieth.
	KeepFree int64
	// MaxFileSize is the size of the largest file, in bytes.
	MaxFileSize int64
	// WorkspaceQuota is what a workspace may keep, in bytes; negative is no bound.
	WorkspaceQuota int64
	// AllowedTypes are the media types that are taken, in lower case: type/subtype,
	// type/* or */*.
	AllowedTypes []string
	// Retention is how long a file that nothing names is kept.
	Retention time.Duration
	// CheckEvery is how often the bytes of each file are read and held against
	// its hash, and CheckRate how many bytes a second; 0 is no bound.
	CheckEvery time.Duration
	CheckRate  int64
	// S3 is the bucket of the provider s3.
	S3 S3
}

// S3 is a bucket.
type S3 struct {
	// Endpoint is the origin of the S3 service as the server reaches it.
	Endpoint string
	// PublicEndpoint is its origin as browsers reach it; "" is Endpoint.
	PublicEndpoint string
	Region         string
	Bucket         string
	// Prefix goes before every object's name; "" or something that ends in a slash.
	Prefix               string
	AccessKey, SecretKey string
	// PathStyle puts the bucket into the path instead of the host's name.
	PathStyle bool
}

// noQuota is the quota of a workspace that has no bound.
var noQuota int64 = -1

// storageKeys are the keys of the group storage.
func storageKeys() []Key {
	return []Key{
		toggle("storage.enabled", "true",
			"False makes the storage routes answer 404.",
			func(c *Config) *bool { return &c.Storage.Enabled }),
		providers("storage.provider", "disk", []string{"disk", "s3"}, []string{"convex"},
			"Where files live; disk is a directory of this machine and means one node, s3 a bucket that all nodes share.",
			func(c *Config) *string { return &c.Storage.Provider }),
		directory("storage.fs_root", "files", "Directory of the provider disk; empty is files in the data directory.",
			func(c *Config) *string { return &c.Storage.Dir }),
		size("storage.keep_free_bytes", "512MiB", 0, nil,
			"What uploads leave free on the disk; at most a twentieth of it.",
			func(c *Config) *int64 { return &c.Storage.KeepFree }),
		size("storage.max_file_size_bytes", "100MiB", 1, nil,
			"Largest file that is taken.",
			func(c *Config) *int64 { return &c.Storage.MaxFileSize }),
		size("storage.workspace_quota_bytes", "", 0, &noQuota,
			"What the files of one workspace may have together; no bound when empty. A workspace can be given a quota of its own.",
			func(c *Config) *int64 { return &c.Storage.WorkspaceQuota }),
		mediaTypes("storage.allowed_mime_types", "image/jpeg,image/png,image/gif,image/webp,application/pdf,text/plain,text/markdown",
			"Types of files that are taken; what is neither an image nor a PDF is only ever downloaded.",
			func(c *Config) *[]string { return &c.Storage.AllowedTypes }),
		duration("storage.gc_retention", "720h", time.Hour, 365*24*time.Hour,
			"How long a file stays that nothing names any more.",
			func(c *Config) *time.Duration { return &c.Storage.Retention }),
		duration("storage.check_every", "720h", time.Hour, 5*365*24*time.Hour,
			"How often the bytes of every file are read and held against its hash.",
			func(c *Config) *time.Duration { return &c.Storage.CheckEvery }),
		size("storage.check_bytes_per_second", "16MiB", 0, nil,
			"How fast that check reads at most; 0 is no bound.",
			func(c *Config) *int64 { return &c.Storage.CheckRate }),
		text("storage.s3_endpoint", "", "http://HOST or https://HOST with an optional port and nothing after it",
			"Origin of the S3 service, such as https://s3.eu-central-1.amazonaws.com.",
			func(c *Config) *string { return &c.Storage.S3.Endpoint }, optional(origin)),
		text("storage.s3_public_endpoint", "", "http://HOST or https://HOST with an optional port and nothing after it",
			"The same service's origin as browsers reach it, where that is another one.",
			func(c *Config) *string { return &c.Storage.S3.PublicEndpoint }, optional(origin)),
		text("storage.s3_region", "us-east-1", "a region such as eu-central-1",
			"Region of the bucket.",
			func(c *Config) *string { return &c.Storage.S3.Region }, plainWord),
		text("storage.s3_bucket", "", "a bucket's name: 3 to 63 small letters, digits, dots and dashes",
			"Bucket that files are kept in.",
			func(c *Config) *string { return &c.Storage.S3.Bucket }, optional(bucketName)),
		text("storage.s3_prefix", "", "empty, or names that end in a slash such as or3/",
			"Before the name of every object, for a bucket that others use too.",
			func(c *Config) *string { return &c.Storage.S3.Prefix }, optional(objectPrefix)),
		secret(text("storage.s3_access_key", "", "an access key's id",
			"Access key of the bucket.",
			func(c *Config) *string { return &c.Storage.S3.AccessKey }, trimmed)),
		secret(text("storage.s3_secret_key", "", "the access key's secret",
			"Secret of storage.s3_access_key.",
			func(c *Config) *string { return &c.Storage.S3.SecretKey }, trimmed)),
		toggle("storage.s3_path_style", "true",
			"The bucket is in the path, as most services want it; false puts it into the host's name, as Amazon does.",
			func(c *Config) *bool { return &c.Storage.S3.PathStyle }),
	}
}

// checkStorage holds what the keys of storage need of each other.
func (c *Config) checkStorage() error {
	if !c.Storage.Enabled || c.Storage.Provider != "s3" {
		return nil
	}
	for _, need := range [][2]string{{"storage.s3_endpoint", c.Storage.S3.Endpoint}, {"storage.s3_bucket", c.Storage.S3.Bucket},
		{"storage.s3_access_key", c.Storage.S3.AccessKey}, {"storage.s3_secret_key", c.Storage.S3.SecretKey}} {
		if need[1] == "" {
			return &Error{Key: need[0], Source: c.sources[need[0]], Problem: "is missing; storage.provider s3 needs storage.s3_endpoint, storage.s3_bucket, storage.s3_access_key and storage.s3_secret_key"}
		}
	}
	return nil
}

// directory is a key that names a directory; a relative one lies in the data
// directory, and so does the one that is taken when the key is empty.
func directory(name, otherwise, help string, at func(*Config) *string) Key {
	return Key{Name: name, Allowed: "a path; a relative one is below the data directory", Help: help,
		set: func(c *Config, raw any, _ bool) error {
			s, ok := raw.(string)
			if !ok {
				return errType
			}
			if s = strings.TrimSpace(s); s == "" {
				s = otherwise
			}
			if strings.ContainsAny(s, "\x00\r\n") {
				return errNotAllowed
			}
			if !filepath.IsAbs(s) {
				s = filepath.Join(c.DataDir, s)
			}
			if *at(c) = filepath.Clean(s); *at(c) == filepath.Clean(c.DataDir) {
				return errors.New("is the data directory itself; name one of its own")
			}
			return nil
		},
		show: func(c *Config) string { return *at(c) },
	}
}

// mediaTypes is a key that holds a list of media types or groups of them.
func mediaTypes(name, def, help string, at func(*Config) *[]string) Key {
	k := texts(name, "media types such as image/png, groups such as image/*, or */* for any", help, at, mediaType)
	k.Default = def
	set := k.set
	k.set = func(c *Config, raw any, fromText bool) error {
		err := set(c, raw, fromText)
		if err == nil && len(*at(c)) == 0 {
			err = errors.New("is empty; storage.enabled=false switches files off")
		}
		return err
	}
	return k
}

func mediaType(s string) (string, error) {
	parsed, params, err := mime.ParseMediaType(s)
	kind, sub, ok := strings.Cut(parsed, "/")
	if err != nil || !ok || len(params) > 0 || kind == "" || sub == "" || kind == "*" && sub != "*" {
		return s, errNotAllowed
	}
	return parsed, nil
}

func trimmed(s string) (string, error) { return strings.TrimSpace(s), nil }

// plainWord is a name of letters, digits, dots and dashes.
func plainWord(s string) (string, error) {
	s = strings.TrimSpace(s)
	if s == "" || len(s) > 100 || strings.Contains(s, "..") || strings.ContainsFunc(s, func(r rune) bool { return r == '~' || notPlain(r) }) {
		return s, errNotAllowed
	}
	return s, nil
}

func bucketName(s string) (string, error) {
	s, err := plainWord(s)
	if err != nil || len(s) < 3 || len(s) > 63 || strings.ToLower(s) != s || strings.ContainsRune(s, '_') || strings.Trim(s, ".-") != s {
		return s, errNotAllowed
	}
	return s, nil
}

// objectPrefix is names of objects' folders, each followed by a slash.
func objectPrefix(s string) (string, error) {
	s = strings.TrimSpace(s)
	for part := range strings.SplitSeq(strings.TrimSuffix(s, "/"), "/") {
		if part == "" || part == "." || part == ".." || strings.ContainsFunc(part, notPlain) {
			return s, errNotAllowed
		}
	}
	if !strings.HasSuffix(s, "/") {
		s += "/"
	}
	return s, nil
}

// Allows reports whether files of a media type are taken; params do not count.
func (s Storage) Allows(mediaType string) bool {
	parsed, _, err := mime.ParseMediaType(mediaType)
	if err != nil {
		return false
	}
	kind, _, _ := strings.Cut(parsed, "/")
	for _, allowed := range s.AllowedTypes {
		if allowed == "*/*" || allowed == parsed || allowed == kind+"/*" {
			return true
		}
	}
	return false
}

// BrowserSource is where browsers send files to and fetch them from besides the
// server itself, as a Content-Security-Policy writes it: what is in the bucket,
// and not what else its endpoint serves. "" where that is nowhere.
func (s Storage) BrowserSource() string {
	if !s.Enabled || s.Provider != "s3" {
		return ""
	}
	endpoint := s.S3.PublicEndpoint
	if endpoint == "" {
		endpoint = s.S3.Endpoint
	}
	if scheme, host, ok := strings.Cut(endpoint, "://"); ok && !s.S3.PathStyle {
		return scheme + "://" + s.S3.Bucket + "." + host
	}
	return strings.TrimRight(endpoint, "/") + "/" + s.S3.Bucket + "/"
}
