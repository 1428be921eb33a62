package archive_test

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/fstest"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/archive/archivetest"
)

func root(t *testing.T, dir string) *os.Root {
	t.Helper()
	r, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

// lies fails unless the folder has exactly these files, with our modes.
func lies(t *testing.T, dir string, want map[string]string) {
	t.Helper()
	found := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		found++
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		if string(content) != want[filepath.ToSlash(rel)] || !info.Mode().IsRegular() || info.Mode()&0o133 != 0 {
			t.Errorf("%s has mode %v and %q", rel, info.Mode(), content)
		}
		return err
	})
	if err != nil || found != len(want) {
		t.Errorf("%d files, want %d; %v", found, len(want), err)
	}
}

func TestAPackageIsExtractedIntoOneFolder(t *testing.T) {
	for name, b := range map[string][]byte{"plain": archivetest.Good(), "wrapped": archivetest.Wrapped(), "streamed": archivetest.Streamed()} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := install(t, b, dir); err != nil {
				t.Fatal(err)
			}
			lies(t, dir, under("kestrel.dusk-1.0.0", archivetest.Files()))
		})
	}
}

func under(folder string, files map[string]string) map[string]string {
	out := map[string]string{}
	for name, content := range files {
		out[folder+"/"+name] = content
	}
	return out
}

func TestAnExtractionReplacesNothing(t *testing.T) {
	dir := t.TempDir()
	if err := install(t, archivetest.Good(), dir); err != nil {
		t.Fatal(err)
	}
	err := install(t, archivetest.With(map[string]string{"README.md": "another"}), dir)
	if !fault.Is(err, fault.Conflict) {
		t.Errorf("a second time: %v", err)
	}
	lies(t, dir, under("kestrel.dusk-1.0.0", archivetest.Files()))
}

func TestAnExtractionStaysInItsDirectory(t *testing.T) {
	outside := t.TempDir()
	dir := filepath.Join(outside, "plugins")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	a, err := open(archivetest.Good())
	if err != nil {
		t.Fatal(err)
	}
	before := listing(t, outside)
	for _, name := range []string{"", ".", "..", "../x", "a/b", "/x", ".staging-x", `a\b`, "CON", "x ", "x\x00"} {
		if err := a.Extract(root(t, dir), name); err == nil {
			t.Errorf("it was extracted as %q", name)
		}
	}
	if after := listing(t, outside); len(after) != len(before) {
		t.Errorf("these were made: %q", after)
	}
}

// changing is an upload that somebody changes after it was judged.
type changing struct {
	b      []byte
	failed error
}

func (c *changing) ReadAt(p []byte, at int64) (int, error) {
	if c.failed != nil {
		return 0, c.failed
	}
	return bytes.NewReader(c.b).ReadAt(p, at)
}

func TestAPackageThatChangesAfterItWasJudgedIsNotExtracted(t *testing.T) {
	good, other := archivetest.Good(), archivetest.Wasm
	for name, change := range map[string]func(c *changing){
		"damaged":    func(c *changing) { clear(c.b[100:]) },
		"unreadable": func(c *changing) { c.failed = syscall.EIO },
		"disk full":  func(c *changing) { c.failed = syscall.ENOSPC },
		"other content of the same check sum": func(c *changing) {
			at := bytes.Index(c.b, []byte(other))
			polynomial := 1 | uint64(crc32.IEEE)<<1 // what it divides leaves a check sum as it is
			was := binary.LittleEndian.Uint64(c.b[at:])
			binary.LittleEndian.PutUint64(c.b[at:], was^polynomial)
			if crc32.ChecksumIEEE(c.b[at:at+len(other)]) != crc32.ChecksumIEEE([]byte(other)) {
				t.Fatal("the check sum is another")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			upload := &changing{b: bytes.Clone(good)}
			a, err := archive.Open(upload, int64(len(good)), archive.DefaultLimits())
			if err != nil {
				t.Fatal(err)
			}
			change(upload)
			err = a.Extract(root(t, dir), "x")
			if err == nil || fault.Is(err, fault.DiskFull) != (name == "disk full") {
				t.Errorf("extracted: %v", err)
			}
			if _, err := a.Read("plugin.wasm"); err == nil {
				t.Error("what has changed was read")
			}
			if left := listing(t, dir); len(left) != 1 {
				t.Errorf("it has left %q", left)
			}
		})
	}
}

func TestTheSweepRemovesOnlyWhatIsUnfinished(t *testing.T) {
	dir := t.TempDir()
	if err := install(t, archivetest.Good(), dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{".staging-A/assets/x.txt", ".staging-B/y", "other/.staging-C/z"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	removed, err := archive.Sweep(root(t, dir))
	if err != nil || removed != 2 {
		t.Errorf("%d removed, %v", removed, err)
	}
	want := under("kestrel.dusk-1.0.0", archivetest.Files())
	want["other/.staging-C/z"] = "x"
	if err := os.Chmod(filepath.Join(dir, "other/.staging-C/z"), 0o644); err != nil {
		t.Fatal(err)
	}
	lies(t, dir, want)
}

// The child is this test program again: it extracts a package whose bytes come
// over its standard input, until somebody kills it.
const childDir = "OR3_TEST_ARCHIVE_DIR"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := extractUntilKilled(dir); err != nil {
			fmt.Fprintln(os.Stdout, "failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// pausing says each time it is read, and waits to be told to go on.
type pausing struct {
	io.ReaderAt
	told *bufio.Reader
}

func (p pausing) ReadAt(b []byte, at int64) (int, error) {
	fmt.Fprintln(os.Stdout, "reading")
	if _, err := p.told.ReadByte(); err != nil {
		return 0, err
	}
	return p.ReaderAt.ReadAt(b, at)
}

func extractUntilKilled(dir string) error {
	good := archivetest.Good()
	upload := &switched{ReaderAt: bytes.NewReader(good)}
	a, err := archive.Open(upload, int64(len(good)), archive.DefaultLimits())
	if err != nil {
		return err
	}
	upload.ReaderAt = pausing{upload.ReaderAt, bufio.NewReader(os.Stdin)}
	r, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	if err := a.Extract(r, "kestrel.dusk-1.0.0"); err != nil {
		return err
	}
	fmt.Fprintln(os.Stdout, "extracted")
	return nil
}

type switched struct{ io.ReaderAt }

// A server is killed at each file of an extraction. There is never a plugin that
// is not whole, and the next start removes what there is of it.
func TestAKilledExtractionIsSweptAtTheNextStart(t *testing.T) {
	swept := 0
	for reads := 0; ; reads++ {
		dir := t.TempDir()
		finished := killAfter(t, dir, reads)
		r := root(t, dir)
		if _, err := r.Stat("kestrel.dusk-1.0.0"); err == nil != finished {
			t.Fatalf("after %d reads: the plugin is there: %v; it was finished: %v", reads, err == nil, finished)
		}
		removed, err := archive.Sweep(r)
		if err != nil {
			t.Fatal(err)
		}
		swept += removed
		if finished {
			lies(t, dir, under("kestrel.dusk-1.0.0", archivetest.Files()))
			break
		}
		if left := listing(t, dir); len(left) != 1 {
			t.Errorf("after %d reads it has left %q", reads, left)
		}
		if reads == 2 {
			if err := install(t, archivetest.Good(), dir); err != nil {
				t.Errorf("installing after a kill: %v", err)
			}
		}
	}
	if swept < len(archivetest.Files()) {
		t.Errorf("only %d of the killed extractions had left something", swept)
	}
}

// killAfter lets a child read so many times and kills it at the next; or lets it
// finish, if it does not read so often.
func killAfter(t *testing.T, dir string, reads int) (finished bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	in, err := child.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch line := lines.Text(); {
		case line == "extracted":
			finished = true
		case line != "reading":
			t.Errorf("the child says %q", line)
		case reads == 0:
			if err := child.Process.Kill(); err != nil {
				t.Error(err)
			}
		default:
			reads--
			if _, err := in.Write([]byte{'.'}); err != nil {
				t.Error(err)
			}
		}
	}
	_ = child.Wait()
	return finished
}

func TestPackingTwiceGivesTheSameBytesAndOpensAgain(t *testing.T) {
	want := archivetest.Files()
	want["assets/long.txt"] = strings.Repeat("a long text, again and again\n", 400)
	tree := func(mode fs.FileMode) fstest.MapFS {
		files := fstest.MapFS{}
		for name, content := range want {
			files[name] = &fstest.MapFile{Data: []byte(content), Mode: mode}
		}
		return files
	}
	source := tree(0o600)
	for _, name := range []string{"main.go", "go.mod", ".git/config", "testdata/hello.json", "kestrel.dusk-0.9.0.zip", "README.md.orig"} {
		source[name] = &fstest.MapFile{Data: []byte("not of the package")}
	}
	var one, two bytes.Buffer
	if err := errors.Join(archive.Pack(&one, source), archive.Pack(&two, tree(0o777))); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("the same files were packed into other bytes")
	}
	a, err := open(one.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	holds(t, a, want)
	agree(t, a, one.Bytes())
	if one.Len() > 8<<10 {
		t.Errorf("%d bytes: nothing was packed", one.Len())
	}
}

func TestOnlyPlainFilesArePacked(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "assets"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "assets", "x.txt")); err != nil {
		t.Fatal(err)
	}
	if err := archive.Pack(io.Discard, os.DirFS(dir)); err == nil || !strings.Contains(err.Error(), "assets/x.txt") {
		t.Errorf("a symbolic link was packed: %v", err)
	}
}
