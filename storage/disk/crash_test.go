package disk_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/storage/disk"
	"or3.cloud/or3/storage/storagetest"
)

// The child is this test program again: it receives what comes over its
// standard input, until somebody kills it.
const childDir, childOffset = "OR3_TEST_DISK_DIR", "OR3_TEST_DISK_OFFSET"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := receiveUntilKilled(dir, os.Getenv(childOffset)); err != nil {
			fmt.Fprintln(os.Stdout, "failed:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

const crashSize = 3 << 20

var crashed = storagetest.Content(77, crashSize)

func receiveUntilKilled(dir, offset string) error {
	s, err := disk.Open(disk.Options{Dir: dir})
	if err == nil {
		err = s.Begin(false)
	}
	if err != nil {
		return err
	}
	in := storage.Incoming{Key: storagetest.Key("w1", crashed), Size: crashSize, Upload: "u1", Body: telling{os.Stdin}}
	if _, err := fmt.Sscan(offset, &in.Offset); err != nil {
		return err
	}
	if _, err = s.Receive(context.Background(), in); err == nil {
		fmt.Fprintln(os.Stdout, "received")
	}
	return err
}

// telling says how much it has read, so that the parent kills in the middle.
type telling struct{ from io.Reader }

func (r telling) Read(p []byte) (int, error) {
	n, err := r.from.Read(p)
	fmt.Fprintln(os.Stdout, "read", n)
	return n, err
}

// A server is killed again and again while a file arrives. At no moment is
// there a blob that is not whole, and each time the upload goes on from what
// was there.
func TestAKilledReceiveGoesOnAndIsNeverHalfThere(t *testing.T) {
	dir := t.TempDir()
	key := storagetest.Key("w1", crashed)
	random := rand.New(rand.NewPCG(3, 5))
	kept := 0
	for range 12 {
		s := open(t, dir)
		storagetest.Lacks(t, s, key)
		at, err := s.Received(t.Context(), key, "u1")
		if err != nil {
			t.Fatal(err)
		}
		if at > 0 {
			kept++
		}
		if left := crashSize - int(at); left > 0 {
			killDuring(t, dir, int(at), 1+random.IntN(left*2/3+1), false)
		}
	}
	if kept == 0 {
		t.Error("nothing of any killed upload was there")
	}
	s := open(t, dir)
	at, err := s.Received(t.Context(), key, "u1")
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Receive(t.Context(), storage.Incoming{Key: key, Size: crashSize, Upload: "u1", Offset: at, Body: bytes.NewReader(crashed[at:])})
	if err != nil {
		t.Fatal(err)
	}
	storagetest.Holds(t, s, key, crashed)
}

// Here all bytes are sent, and the kill falls somewhere between the last of
// them and the answer, or after it: the blob is whole or not there.
func TestAReceiveKilledAtItsEndIsWholeOrNotThere(t *testing.T) {
	whole := 0
	for range 10 {
		dir := t.TempDir()
		answered := killDuring(t, dir, 0, crashSize, true)
		s := open(t, dir)
		key := storagetest.Key("w1", crashed)
		_, err := s.Stat(t.Context(), key)
		switch {
		case err == nil:
			whole++
			storagetest.Holds(t, s, key, crashed)
		case answered:
			t.Fatalf("what was answered as received is not there: %v", err)
		case !fault.Is(err, fault.NotFound):
			t.Fatal(err)
		}
		if _, err := s.Sweep(t.Context(), time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		left := files(t, dir)
		if want := map[bool]int{true: 1}[err == nil]; len(left) != want {
			t.Errorf("after sweeping %d files are there, want %d: %v", len(left), want, left)
		}
	}
	t.Logf("%d of 10 were whole", whole)
}

// killDuring starts a child, sends it n bytes from an offset and kills it: as
// soon as it has read them, or a moment later if these are the last ones.
func killDuring(t *testing.T, dir string, offset, n int, last bool) (answered bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir, fmt.Sprintf("%s=%d", childOffset, offset))
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
	go func() {
		_, _ = in.Write(crashed[offset : offset+n])
		if last {
			_ = in.Close()
		}
	}()
	lines := bufio.NewScanner(out)
	for read := 0; read < n && lines.Scan(); {
		var more int
		if _, err := fmt.Sscanf(lines.Text(), "read %d", &more); err != nil {
			t.Fatalf("the child says %q", lines.Text())
		}
		read += more
	}
	if last { // the moment differs from run to run: that is the point
		<-time.After(rand.N(6 * time.Millisecond))
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if lines.Text() == "received" {
			answered = true
		}
	}
	_ = in.Close()
	_ = child.Wait()
	return answered
}
