package ui

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/andybalholm/brotli"
)

// AssetPrefix is where the server mounts the assets.
const AssetPrefix = "/assets/"

// AssetCacheControl is what every hashed asset is served with: the address
// changes when the bytes do, so nobody needs to ask again.
const AssetCacheControl = "public, max-age=31536000, immutable"

// Assets are the static files under content-hashed addresses. They are read
// and hashed once; a value is immutable afterwards and safe for many callers.
type Assets struct {
	byName map[string]*Asset
	byPath map[string]*Asset
}

// Asset is one static file. Its bytes must not be changed.
type Asset struct {
	Name string // "app.css"
	Path string // "/assets/app.5f1d…c2.css"
	Type string // "text/css; charset=utf-8"
	ETag string // strong, quoted
	Data []byte

	brotli func() []byte
	gzip   func() []byte
}

// OpenAssets reads and hashes every file of files except notices (*.md, *.txt).
// Stylesheets and the sprite may name other assets as /assets/NAME; those
// references are replaced by hashed addresses before the stylesheet is hashed.
func OpenAssets(files fs.FS) (*Assets, error) {
	a := &Assets{byName: map[string]*Asset{}, byPath: map[string]*Asset{}}
	var names []string
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && contentTypes[path.Ext(name)] != "" {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list assets: %w", err)
	}
	// Stylesheets last: they refer to the others.
	slices.SortStableFunc(names, func(x, y string) int {
		return rank(x) - rank(y)
	})
	for _, name := range names {
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, fmt.Errorf("read asset %s: %w", name, err)
		}
		if path.Ext(name) == ".css" {
			if data, err = a.resolve(data); err != nil {
				return nil, fmt.Errorf("asset %s: %w", name, err)
			}
		}
		a.add(name, data)
	}
	return a, nil
}

// EmbeddedAssets are the assets built into the program, hashed once for all who ask.
func EmbeddedAssets() (*Assets, error) { return embeddedAssets() }

var embeddedAssets = sync.OnceValues(func() (*Assets, error) {
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		return nil, err
	}
	return OpenAssets(sub)
})

// URL is the hashed address of an asset by its name in ui/static ("app.css").
// An unknown name is an error so that a template with a typo fails its test.
func (a *Assets) URL(name string) (string, error) {
	if f, ok := a.byName[name]; ok {
		return f.Path, nil
	}
	return "", fmt.Errorf("no asset %q", name)
}

// Lookup finds an asset by its hashed address.
func (a *Assets) Lookup(hashedPath string) (*Asset, bool) {
	f, ok := a.byPath[hashedPath]
	return f, ok
}

// Named finds an asset by its plain name, for the few addresses browsers guess
// by themselves (/favicon.ico); such answers must not be cached as immutable.
func (a *Assets) Named(name string) (*Asset, bool) {
	f, ok := a.byName[name]
	return f, ok
}

// Paths lists every hashed address, sorted.
func (a *Assets) Paths() []string {
	out := make([]string, 0, len(a.byPath))
	for p := range a.byPath {
		out = append(out, p)
	}
	slices.Sort(out)
	return out
}

// Encoded picks the best representation for an Accept-Encoding header: br, gzip
// or "" (identity). What is compressed already (fonts, pictures) stays as it is,
// and so does what compression would not make smaller.
func (f *Asset) Encoded(acceptEncoding string) (data []byte, encoding string) {
	if f.brotli == nil {
		return f.Data, ""
	}
	if accepts(acceptEncoding, "br") {
		if b := f.brotli(); len(b) < len(f.Data) {
			return b, "br"
		}
	}
	if accepts(acceptEncoding, "gzip") {
		if b := f.gzip(); len(b) < len(f.Data) {
			return b, "gzip"
		}
	}
	return f.Data, ""
}

func (a *Assets) add(name string, data []byte) {
	sum := sha256.Sum256(data)
	hash := hex.EncodeToString(sum[:])
	ext := path.Ext(name)
	f := &Asset{
		Name: name,
		Path: AssetPrefix + strings.TrimSuffix(name, ext) + "." + hash[:12] + ext,
		Type: contentTypes[ext],
		ETag: `"` + hash[:32] + `"`,
		Data: data,
	}
	if ext != ".woff2" && ext != ".png" {
		f.brotli = sync.OnceValue(func() []byte { return compress(data, newBrotli) })
		f.gzip = sync.OnceValue(func() []byte { return compress(data, newGzip) })
	}
	a.byName[name], a.byPath[f.Path] = f, f
}

var reference = regexp.MustCompile(AssetPrefix + `[A-Za-z0-9_./-]+`)

// resolve replaces /assets/NAME by its hashed address.
func (a *Assets) resolve(css []byte) ([]byte, error) {
	var missing error
	out := reference.ReplaceAllFunc(css, func(ref []byte) []byte {
		hashed, err := a.URL(strings.TrimPrefix(string(ref), AssetPrefix))
		if err != nil {
			missing = err
		}
		return []byte(hashed)
	})
	return out, missing
}

var contentTypes = map[string]string{
	".css":   "text/css; charset=utf-8",
	".js":    "text/javascript; charset=utf-8",
	".svg":   "image/svg+xml; charset=utf-8",
	".png":   "image/png",
	".woff2": "font/woff2",
}

func rank(name string) int {
	if path.Ext(name) == ".css" {
		return 1
	}
	return 0
}

// accepts reads Accept-Encoding; "br;q=0" refuses.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, params, _ := strings.Cut(strings.TrimSpace(part), ";")
		if strings.EqualFold(strings.TrimSpace(name), encoding) {
			q := strings.ReplaceAll(params, " ", "")
			return !strings.HasPrefix(q, "q=0") || strings.Trim(q[3:], ".0") != ""
		}
	}
	return false
}

type flushWriter interface {
	Write([]byte) (int, error)
	Close() error
}

func newBrotli(b *bytes.Buffer) flushWriter { return brotli.NewWriterLevel(b, brotli.BestCompression) }

func newGzip(b *bytes.Buffer) flushWriter {
	w, _ := gzip.NewWriterLevel(b, gzip.BestCompression) // the level is a constant the package knows
	return w
}

func compress(data []byte, open func(*bytes.Buffer) flushWriter) []byte {
	var out bytes.Buffer
	w := open(&out)
	// A bytes.Buffer never fails.
	_, _ = w.Write(data)
	_ = w.Close()
	return out.Bytes()
}
