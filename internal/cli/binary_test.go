//go:build !windows

package cli

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
)

// binary makes the real binary.
func binary(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "or3")
	if out, err := exec.Command("go", "build", "-o", bin, "or3.cloud/or3").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	return bin
}

// process is a started or3 serve.
type process struct {
	*served
	cmd *exec.Cmd
}

func start(t *testing.T, bin, dir string, env ...string) process {
	t.Helper()
	s := &served{t: t, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, code: make(chan int, 1)}
	cmd := exec.Command(bin, "serve", "--addr", "127.0.0.1:0", "--data", dir)
	cmd.Stdout, cmd.Stderr, cmd.Env = s.stdout, s.stderr, env
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = cmd.Wait()
		s.code <- cmd.ProcessState.ExitCode()
	}()
	s.cancel = func() { _ = cmd.Process.Signal(syscall.SIGTERM) }
	t.Cleanup(func() { s.stop(); _ = cmd.Process.Kill() })
	s.eventually("the process listens", func() bool {
		if len(s.code) > 0 {
			t.Fatalf("serve ended: %s", s.stderr)
		}
		found := listening.FindStringSubmatch(s.stdout.String())
		if found != nil {
			s.base = found[1]
		}
		return found != nil
	})
	return process{served: s, cmd: cmd}
}

func TestTheRealBinaryServesAndStopsOnSignals(t *testing.T) {
	bin := binary(t)
	dbtest.EachURL(t, func(t *testing.T, url string) {
		dir := filepath.Join(t.TempDir(), "data")
		env := []string{"OR3_DATABASE_URL=" + url}
		for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
			p := start(t, bin, dir, env...)
			for _, path := range []string{"/healthz", "/readyz"} {
				if got := p.status(path, ""); got != http.StatusOK {
					t.Errorf("%s answers %d", path, got)
				}
			}
			p.cancel = func() { _ = p.cmd.Process.Signal(signal) }
			if code := p.stop(); code != ExitOK {
				t.Errorf("%v ends with %d: %s", signal, code, p.stderr)
			}
		}
	})

	t.Run("killed", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "data")
		p := start(t, bin, dir)
		p.cancel = func() { _ = p.cmd.Process.Kill() }
		p.stop()
		start(t, bin, dir) // the lock died with the process
	})

	t.Run("a second signal", func(t *testing.T) {
		p := start(t, bin, filepath.Join(t.TempDir(), "data"))
		conn, err := net.Dial("tcp", strings.TrimPrefix(p.base, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// A request whose body never ends keeps the server from stopping.
		_, _ = fmt.Fprint(conn, "POST /api/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{")
		p.eventually("the request runs", func() bool { return p.status("/healthz", "") == http.StatusOK })
		_ = p.cmd.Process.Signal(syscall.SIGTERM)
		p.eventually("it drains", func() bool { return strings.Contains(p.stderr.String(), `"stopping"`) })
		// A signal after a second is a second one. Each is waited for: one more
		// finds a process that may have let go of its signals, and kills it.
		again := func() bool { return strings.Contains(p.stderr.String(), "asked to stop again") }
		rest := time.NewTicker(400 * time.Millisecond)
		defer rest.Stop()
		for sent := 0; !again() && sent < 75; sent++ {
			_ = p.cmd.Process.Signal(syscall.SIGTERM)
			<-rest.C
		}
		p.cancel = func() {}
		if code := p.stop(); code != ExitFailed || !strings.Contains(p.stderr.String(), "were cut off") {
			t.Errorf("ends with %d: %s", code, p.stderr)
		}
	})

	t.Run("exit codes", func(t *testing.T) {
		for args, want := range map[string]int{"version": ExitOK, "frobnicate": ExitUsage, "user list --data /nowhere": ExitFailed} {
			cmd := exec.Command(bin, strings.Fields(args)...)
			_ = cmd.Run()
			if got := cmd.ProcessState.ExitCode(); got != want {
				t.Errorf("or3 %s ends with %d, want %d", args, got, want)
			}
		}
	})

	t.Run("https", func(t *testing.T) { hangUpReadsCertificatesAgain(t, bin) })
}

func hangUpReadsCertificatesAgain(t *testing.T, bin string) {
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	writeCertificate(t, cert, key, 1)
	p := start(t, bin, filepath.Join(dir, "data"), "OR3_SERVER_TLS_CERT="+cert, "OR3_SERVER_TLS_KEY="+key)
	serial := func() int64 {
		conn, err := tls.Dial("tcp", strings.TrimPrefix(p.base, "https://"), &tls.Config{InsecureSkipVerify: true})
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64()
	}
	if !strings.HasPrefix(p.base, "https://") || serial() != 1 {
		t.Fatalf("serves %s with certificate %d", p.base, serial())
	}
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	answer, err := client.Get(p.base + "/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	client.CloseIdleConnections()

	writeCertificate(t, cert, key, 2)
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	p.eventually("the new certificate is served", func() bool { return serial() == 2 })

	if err := os.WriteFile(cert, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = p.cmd.Process.Signal(syscall.SIGHUP)
	p.eventually("the failed reload is in the log", func() bool { return strings.Contains(p.stderr.String(), "reload failed") })
	if serial() != 2 {
		t.Error("a damaged certificate replaced the good one")
	}
	if code := p.stop(); code != ExitOK {
		t.Errorf("ends with %d: %s", code, p.stderr)
	}
}

// writeCertificate makes a self-signed certificate of the serial number.
func writeCertificate(t *testing.T, certPath, keyPath string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := x509.Certificate{SerialNumber: big.NewInt(serial), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for path, block := range map[string]*pem.Block{certPath: {Type: "CERTIFICATE", Bytes: der}, keyPath: {Type: "PRIVATE KEY", Bytes: private}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(fmt.Errorf("%s: %w", path, err))
		}
	}
}
