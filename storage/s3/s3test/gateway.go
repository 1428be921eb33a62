// Package s3test runs a real S3 server for tests: the one of
// storage/s3/gateway, built where it is needed.
package s3test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// What the server knows its one user by.
const (
	AccessKey = "test-access"
	SecretKey = "test-secret"
	Region    = "us-east-1"
)

// Gateway is one S3 server for all tests of a package. The zero value is ready;
// Close it in TestMain.
type Gateway struct {
	once   sync.Once
	url    string
	err    error
	stop   func()
	mu     sync.Mutex
	number int
}

// URL is where the server answers. It is started when somebody asks first; where
// it cannot be built the test is skipped, or fails if OR3_TEST_REQUIRE has s3.
func (g *Gateway) URL(t testing.TB) string {
	t.Helper()
	g.once.Do(func() { g.err = g.run() })
	if g.err != nil {
		if strings.Contains(os.Getenv("OR3_TEST_REQUIRE"), "s3") {
			t.Fatal(g.err)
		}
		t.Skipf("SKIP: no S3 server to test with: %v", g.err)
	}
	return g.url
}

// Close stops the server and removes what it kept.
func (g *Gateway) Close() {
	if g.stop != nil {
		g.stop()
	}
}

// Bucket makes an empty bucket of the test's own.
func (g *Gateway) Bucket(t testing.TB) (*minio.Client, string) {
	t.Helper()
	client, err := minio.New(strings.TrimPrefix(g.URL(t), "http://"), &minio.Options{Creds: credentials.NewStaticV4(AccessKey, SecretKey, ""), Region: Region, BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.number++
	name := fmt.Sprintf("test-%d", g.number)
	g.mu.Unlock()
	if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{Region: Region}); err != nil {
		t.Fatal(err)
	}
	return client, name
}

// BucketFor makes an empty bucket with the CORS rules of docs/operations.md for
// browsers of one origin; its name.
func (g *Gateway) BucketFor(t testing.TB, origin string) string {
	t.Helper()
	client, name := g.Bucket(t)
	rule := cors.Rule{AllowedOrigin: []string{origin}, AllowedMethod: []string{"GET", "HEAD", "PUT"}, AllowedHeader: []string{"content-type", "x-amz-checksum-sha256"}, MaxAgeSeconds: 600}
	if err := client.SetBucketCors(t.Context(), name, cors.NewConfig([]cors.Rule{rule})); err != nil {
		t.Fatal(err)
	}
	return name
}

func (g *Gateway) run() error {
	source, err := source()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "or3-s3-")
	if err != nil {
		return err
	}
	g.stop = func() { _ = os.RemoveAll(dir) }
	program := filepath.Join(dir, "gateway")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = source
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-mod=readonly") // a test downloads nothing
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building storage/s3/gateway (go -C storage/s3/gateway mod download gets what it needs): %w\n%s", err, out)
	}
	addr, err := FreeAddress()
	if err != nil {
		return err
	}
	server := exec.Command(program, addr, filepath.Join(dir, "data"))
	input, err := server.StdinPipe()
	if err != nil {
		return err
	}
	if err := server.Start(); err != nil {
		return err
	}
	g.url = "http://" + addr
	g.stop = func() {
		_ = input.Close()
		_ = server.Process.Kill()
		_ = server.Wait()
		_ = os.RemoveAll(dir)
	}
	return answers(g.url)
}

// FreeAddress is one where nobody listens, for a server that is started later. It is
// not 127.0.0.1 if the system has others: whoever asks for any port there meanwhile
// may be given this one.
func FreeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil {
		listener, err = net.Listen("tcp", "127.0.0.1:0")
	}
	if err != nil {
		return "", err
	}
	return listener.Addr().String(), listener.Close()
}

// answers waits until a server answers anything at all.
func answers(url string) error {
	client := &http.Client{Timeout: time.Second}
	var last error
	for range 200 {
		response, err := client.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			return response.Body.Close()
		}
		last = err
		<-time.After(50 * time.Millisecond)
	}
	return errors.Join(errors.New("the S3 server does not answer"), last)
}

// source is the folder of the server's program, seen from any package's tests.
func source() (string, error) {
	dir, err := os.Getwd()
	for err == nil {
		found := filepath.Join(dir, "storage", "s3", "gateway")
		if _, statErr := os.Stat(found); statErr == nil {
			return found, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			err = errors.New("storage/s3/gateway is not above this test's folder")
		}
		dir = parent
	}
	return "", err
}
