package archive_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/archive/archivetest"
)

func open(b []byte) (*archive.Archive, error) {
	return archive.Open(bytes.NewReader(b), int64(len(b)), archive.DefaultLimits())
}

// holds fails unless the archive has exactly these files.
func holds(t *testing.T, a *archive.Archive, want map[string]string) {
	t.Helper()
	files := a.Files()
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
		if f.SHA256 != sha256.Sum256([]byte(want[f.Path])) || f.Size != int64(len(want[f.Path])) {
			t.Errorf("%s has another size or hash than its content", f.Path)
		}
		if got, err := a.Read(f.Path); err != nil || string(got) != want[f.Path] {
			t.Errorf("%s reads %q, %v; want %q", f.Path, got, err, want[f.Path])
		}
	}
	if sorted := slices.Sorted(maps.Keys(want)); !slices.Equal(paths, sorted) {
		t.Errorf("the archive has %q, want %q", paths, sorted)
	}
}

func TestAGoodPackageIsOpened(t *testing.T) {
	for name, b := range map[string][]byte{
		"plain": archivetest.Good(), "wrapped": archivetest.Wrapped(), "streamed": archivetest.Streamed(), "stored": archivetest.With(nil),
	} {
		t.Run(name, func(t *testing.T) {
			a, err := open(b)
			if err != nil {
				t.Fatal(err)
			}
			holds(t, a, archivetest.Files())
			if a.SHA256() != sha256.Sum256(b) || a.Size() != int64(len(b)) {
				t.Error("hash or size of the zip are not its own")
			}
			if _, err := a.Read("assets/none.txt"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("a file that is not there: %v", err)
			}
		})
	}
}

// What Go's own writer makes is what most people's tools make.
func TestAPackageOfGosOwnWriterIsOpened(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for name, content := range archivetest.Files() {
		f, err := w.Create(name)
		if err == nil {
			_, err = io.WriteString(f, content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	a, err := open(out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	holds(t, a, archivetest.Files())
}

func TestEveryHostilePackageIsRefusedWithItsCodeAndLeavesNothing(t *testing.T) {
	met := map[archive.Code]bool{}
	cases := archivetest.Cases()
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			outside := t.TempDir()
			inside := filepath.Join(outside, "plugins")
			if err := os.Mkdir(inside, 0o700); err != nil {
				t.Fatal(err)
			}
			before := listing(t, outside)
			err := install(t, c.Zip(), inside)
			var refused *archive.Error
			if !errors.As(err, &refused) || refused.Code != c.Code {
				t.Errorf("refused with %v, want %s", err, c.Code)
			}
			met[c.Code] = true
			if after := listing(t, outside); !slices.Equal(before, after) {
				t.Errorf("it has left %q", after)
			}
		})
	}
	for _, r := range archive.Reasons() {
		if !met[r.Code] {
			t.Errorf("no case is refused with %s", r.Code)
		}
	}
	t.Logf("%d cases", len(cases))
}

// install is what a server does with an upload: judge, then extract.
func install(t *testing.T, zip []byte, dir string) error {
	t.Helper()
	a, err := open(zip)
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	return a.Extract(root, "kestrel.dusk-1.0.0")
}

func listing(t *testing.T, dir string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil {
			found = append(found, d.Type().String()+path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestEveryRefusalSaysWhatToDo(t *testing.T) {
	seen := map[archive.Code]bool{}
	for _, r := range archive.Reasons() {
		if seen[r.Code] || !strings.HasPrefix(string(r.Code), "archive/") || r.What == "" || !strings.HasSuffix(r.Do, ".") {
			t.Errorf("%s is there twice or lacks words: %q %q", r.Code, r.What, r.Do)
		}
		seen[r.Code] = true
		err := error(&archive.Error{Code: r.Code, Entry: "assets/\x1b[31m\u202e" + strings.Repeat("x", 500)})
		var public *fault.Error
		if !errors.As(err, &public) || public.Kind != fault.Invalid || public.Fields["archive"] != string(r.Code) {
			t.Fatalf("%s is not a validation_error with its code: %v", r.Code, err)
		}
		if words := public.Message; len(words) > 600 || strings.ContainsAny(words, "\x1b\u202e") || !strings.HasSuffix(words, r.Do) {
			t.Errorf("%s is worded %q", r.Code, words)
		}
	}
}

func TestAPrefixOfAPackageIsRefused(t *testing.T) {
	b := archivetest.Good()
	for n := range len(b) {
		if _, err := open(b[:n]); !isRefusal(err) {
			t.Fatalf("the first %d of %d bytes: %v", n, len(b), err)
		}
	}
}

// Where one bit is not what it was, the package is refused, or its files are
// exactly those that were packed: times and the like do not matter.
func TestAPackageWithOneBitFlippedIsRefusedOrHoldsTheSame(t *testing.T) {
	want := archivetest.Files()
	for _, good := range [][]byte{archivetest.Good(), archivetest.Streamed(), archivetest.Wrapped()} {
		same := 0
		for bit := range len(good) * 8 {
			b := bytes.Clone(good)
			b[bit/8] ^= 1 << (bit % 8)
			a, err := open(b)
			if err == nil {
				same++
				holds(t, a, want)
			} else if !isRefusal(err) {
				t.Fatalf("bit %d: %v", bit, err)
			}
			if t.Failed() {
				t.Fatalf("bit %d of byte %d", bit%8, bit/8)
			}
		}
		if same == 0 || same > len(good)*8/5 {
			t.Errorf("of %d bits %d change nothing", len(good)*8, same)
		}
	}
}

func isRefusal(err error) bool {
	var refused *archive.Error
	return errors.As(err, &refused)
}

// FuzzOpen compares the gate with Go's own reader: what the gate lets through,
// both read alike.
func FuzzOpen(f *testing.F) {
	f.Add(archivetest.Good())
	f.Add(archivetest.Wrapped())
	f.Add(archivetest.Streamed())
	for _, c := range archivetest.Cases() {
		if b := c.Zip(); len(b) < 64<<10 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := open(b)
		if err != nil {
			if !isRefusal(err) {
				t.Fatal(err)
			}
			return
		}
		agree(t, a, b)
	})
}

func agree(t *testing.T, a *archive.Archive, b []byte) {
	t.Helper()
	other, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatalf("Go's reader refuses what the gate lets through: %v", err)
	}
	theirs := map[string][sha256.Size]byte{}
	for _, f := range other.File {
		if strings.HasSuffix(f.Name, "/") {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		theirs[f.Name] = sha256.Sum256(content)
	}
	files := a.Files()
	for _, f := range files {
		found := false
		for name, sum := range theirs {
			found = found || (name == f.Path || strings.HasSuffix(name, "/"+f.Path)) && sum == f.SHA256
		}
		if !found {
			t.Errorf("Go's reader does not find %s with these bytes", f.Path)
		}
	}
	if len(files) != len(theirs) {
		t.Errorf("the gate finds %d files, Go's reader %d", len(files), len(theirs))
	}
}

func TestLimitsAreWhatTheDeploymentSays(t *testing.T) {
	good := archivetest.Good()
	for code, change := range map[archive.Code]func(l *archive.Limits){
		archive.Oversized:    func(l *archive.Limits) { l.Zip = int64(len(good)) - 1 },
		archive.TooManyFiles: func(l *archive.Limits) { l.Files = 4 },
		archive.Unpacked:     func(l *archive.Limits) { l.Unpacked = 100 },
		archive.WasmSize:     func(l *archive.Limits) { l.Wasm = 7 },
		archive.ManifestSize: func(l *archive.Limits) { l.Manifest = 50 },
		archive.Depth:        func(l *archive.Limits) { l.Depth = 1 },
		archive.NameLength:   func(l *archive.Limits) { l.Path = 14 },
		"":                   func(l *archive.Limits) { l.Zip, l.Files, l.Wasm, l.Depth, l.Path = int64(len(good)), 5, 8, 2, 17 },
	} {
		limits := archive.DefaultLimits()
		change(&limits)
		_, err := archive.Open(bytes.NewReader(good), int64(len(good)), limits)
		var refused *archive.Error
		if errors.As(err, &refused) && refused.Code != code || (err == nil) != (code == "") {
			t.Errorf("%v, want %s", err, code)
		}
	}
}

// A disk that fails says nothing about the package.
func TestAPackageThatCannotBeReadIsNotRefused(t *testing.T) {
	good := archivetest.Good()
	for bytesRead := range len(good) {
		_, err := archive.Open(brokenAt(good, int64(bytesRead)), int64(len(good)), archive.DefaultLimits())
		if isRefusal(err) || !errors.Is(err, syscall.EIO) {
			t.Fatalf("unreadable at %d: %v", bytesRead, err)
		}
	}
}

// brokenAt gives an error for every read of one byte.
func brokenAt(b []byte, broken int64) io.ReaderAt { return brokenReader{bytes.NewReader(b), broken} }

type brokenReader struct {
	io.ReaderAt
	broken int64
}

func (r brokenReader) ReadAt(p []byte, at int64) (int, error) {
	if at <= r.broken && r.broken < at+int64(len(p)) {
		return 0, syscall.EIO
	}
	return r.ReaderAt.ReadAt(p, at)
}

func TestTheGuideNamesEveryCode(t *testing.T) {
	guide, err := os.ReadFile("../../docs/plugins.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range archive.Reasons() {
		if !bytes.Contains(guide, []byte("`"+strings.TrimPrefix(string(r.Code), "archive/")+"`")) {
			t.Errorf("docs/plugins.md does not name %s", r.Code)
		}
	}
}
