package s3_test

import (
	"context"
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
	"github.com/minio/minio-go/v7/pkg/credentials"

	"or3.cloud/or3/storage/s3"
)

// gateway is one real S3 server for all tests of the package.
type gateway struct {
	once sync.Once
	url  string
	err  error
	stop func()
}

var shared gateway

func TestMain(m *testing.M) {
	code := m.Run()
	if shared.stop != nil {
		shared.stop()
	}
	os.Exit(code)
}

const (
	accessKey = "test-access"
	secretKey = "test-secret"
	region    = "us-east-1"
)

// start builds and starts the server; needs names what is missing if it cannot.
func start(t *testing.T) string {
	t.Helper()
	shared.once.Do(func() { shared.err = shared.run() })
	if shared.err != nil {
		if strings.Contains(os.Getenv("OR3_TEST_REQUIRE"), "s3") {
			t.Fatal(shared.err)
		}
		t.Skipf("SKIP: no S3 server to test with: %v", shared.err)
	}
	return shared.url
}

func (g *gateway) run() error {
	dir, err := os.MkdirTemp("", "or3-s3-")
	if err != nil {
		return err
	}
	g.stop = func() { _ = os.RemoveAll(dir) }
	program := filepath.Join(dir, "gateway")
	build := exec.Command("go", "build", "-o", program, ".")
	build.Dir = "gateway"
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-mod=readonly") // a test downloads nothing
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("building storage/s3/gateway (go -C storage/s3/gateway mod download gets what it needs): %w\n%s", err, out)
	}
	addr, err := freeAddress()
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

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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

// bucket makes an empty bucket of the test's own.
func bucket(t *testing.T, url string) (*minio.Client, string) {
	t.Helper()
	client, err := minio.New(strings.TrimPrefix(url, "http://"), &minio.Options{Creds: credentials.NewStaticV4(accessKey, secretKey, ""), Region: region, BucketLookup: minio.BucketLookupPath})
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("test-%d", buckets())
	if err := client.MakeBucket(t.Context(), name, minio.MakeBucketOptions{Region: region}); err != nil {
		t.Fatal(err)
	}
	return client, name
}

// buckets numbers them.
var buckets = func() func() int {
	var mu sync.Mutex
	n := 0
	return func() int {
		mu.Lock()
		defer mu.Unlock()
		n++
		return n
	}
}()

func open(t *testing.T) (*s3.Store, *minio.Client, string) {
	t.Helper()
	url := start(t)
	client, name := bucket(t, url)
	s, err := s3.Open(context.Background(), s3.Options{Endpoint: url, Region: region, Bucket: name, Prefix: "or3/", AccessKey: accessKey, SecretKey: secretKey, PathStyle: true})
	if err != nil {
		t.Fatal(err)
	}
	return s, client, name
}
