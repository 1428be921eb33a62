//go:build linux

package fault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// chaos is a bad network between devices and servers. Each device has an
// address of its own on it, and the dice of each are its own.
type chaos struct {
	server  http.Server
	base    string
	targets atomic.Pointer[[]string] // servers, as http://host:port
	healed  atomic.Bool
	via     *http.Client
	life    context.Context

	mu      sync.Mutex
	seed    uint64
	devices map[string]*line
	done    map[string]int // what was done how often
	running sync.WaitGroup // requests that are held back
}

// line is one device's way to the server.
type line struct {
	mu     sync.Mutex
	random *rand.Rand
	dead   time.Time // no request passes until then
}

func newChaos(t *testing.T, seed uint64) *chaos {
	t.Helper()
	life, end := context.WithCancel(context.Background())
	c := &chaos{via: newHTTP(), life: life, seed: seed, devices: map[string]*line{}, done: map[string]int{}}
	ln, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c.base = "http://" + ln.Addr().String()
	c.server.Handler = c
	go func() { _ = c.server.Serve(ln) }()
	t.Cleanup(func() {
		end()
		_ = c.server.Close()
		c.running.Wait()
		c.via.CloseIdleConnections()
	})
	return c
}

// at is the address of a device on this network.
func (c *chaos) at(device string) string { return c.base + "/" + device }

// aim says which servers there are now.
func (c *chaos) aim(targets ...string) { c.targets.Store(&targets) }

// heal makes it a good network, once what it held back has arrived.
func (c *chaos) heal() {
	c.healed.Store(true)
	c.running.Wait()
}

func (c *chaos) line(device string) *line {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.devices[device] == nil {
		c.devices[device] = &line{random: rand.New(rand.NewPCG(c.seed, uint64(len(device))<<32|hashed(device)))}
	}
	return c.devices[device]
}

func hashed(s string) uint64 {
	h := uint64(1469598103934665603)
	for _, b := range []byte(s) {
		h = (h ^ uint64(b)) * 1099511628211
	}
	return h & 0xffffffff
}

func (c *chaos) count(what string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done[what]++
}

var errCut = errors.New("cut")

// roll decides what becomes of a request.
func (l *line) roll(now time.Time) (what string, wait time.Duration, half float64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now.Before(l.dead) {
		return "unreachable", 0, 0
	}
	wait, half = time.Duration(l.random.IntN(60))*time.Millisecond, l.random.Float64()
	switch n := l.random.IntN(100); {
	case n < 50:
		return "passed", 0, half
	case n < 60:
		return "delayed", wait, half
	case n < 66:
		return "lost on the way", 0, half
	case n < 70:
		return "truncated", 0, half
	case n < 80:
		return "answer lost", 0, half
	case n < 84:
		return "answer cut", 0, half
	case n < 90:
		return "doubled", 0, half
	case n < 96:
		return "held and reordered", 2 * wait, half
	default:
		l.dead = now.Add(5 * wait)
		return "unreachable", 0, half
	}
}

// ServeHTTP takes one request of a device.
func (c *chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	device, path, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if r.URL.RawQuery != "" {
		path += "?" + r.URL.RawQuery
	}
	l := c.line(device)
	if strings.HasPrefix(path, "api/sync/stream") {
		c.stream(w, r, l, path)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	what, wait, half := "passed", time.Duration(0), 0.0
	if !c.healed.Load() {
		what, wait, half = l.roll(time.Now())
	}
	c.count(what)
	ask := func(ctx context.Context, body io.Reader) (*answer, error) { return c.ask(ctx, r, device, path, body) }
	switch what {
	case "unreachable", "lost on the way":
		reset(w)
		return
	case "truncated":
		_, _ = ask(r.Context(), io.MultiReader(bytes.NewReader(body[:int(half*float64(len(body)))]), broken{}))
		reset(w)
		return
	case "held and reordered": // it arrives when the device has asked again already
		c.running.Go(func() {
			pause(c.life, wait)
			_, _ = ask(c.life, bytes.NewReader(body))
		})
		reset(w)
		return
	case "delayed":
		pause(r.Context(), wait)
	}
	a, err := ask(r.Context(), bytes.NewReader(body))
	if what == "doubled" && err == nil {
		a, err = ask(r.Context(), bytes.NewReader(body))
	}
	switch {
	case err != nil || what == "answer lost":
		reset(w)
	case what == "answer cut":
		a.head(w)
		_, _ = w.Write(a.body[:int(half*float64(len(a.body)))])
		_ = http.NewResponseController(w).Flush()
		reset(w)
	default:
		a.head(w)
		_, _ = w.Write(a.body)
	}
}

type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) head(w http.ResponseWriter) {
	for _, name := range []string{"Content-Type", "Content-Length", "Retry-After"} {
		if v := a.header.Get(name); v != "" {
			w.Header().Set(name, v)
		}
	}
	w.WriteHeader(a.status)
}

// target is the server of a device; while one is down the others take over.
func (c *chaos) target(device string) string {
	targets := c.targets.Load()
	if targets == nil || len(*targets) == 0 {
		return "http://127.0.0.1:1" // nobody is there
	}
	return (*targets)[hashed(device)%uint64(len(*targets))]
}

func (c *chaos) request(ctx context.Context, r *http.Request, device, path string, body io.Reader) (*http.Request, error) {
	out, err := http.NewRequestWithContext(ctx, r.Method, c.target(device)+"/"+path, body)
	if err != nil {
		return nil, err
	}
	out.Header = r.Header.Clone()
	out.ContentLength = r.ContentLength
	return out, nil
}

func (c *chaos) ask(ctx context.Context, r *http.Request, device, path string, body io.Reader) (*answer, error) {
	out, err := c.request(ctx, r, device, path, body)
	if err != nil {
		return nil, err
	}
	res, err := c.via.Do(out)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return &answer{status: res.StatusCode, header: res.Header, body: text}, nil
}

// stream passes events on as they come, and cuts the connection now and then.
func (c *chaos) stream(w http.ResponseWriter, r *http.Request, l *line, path string) {
	device, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	out, err := c.request(r.Context(), r, device, path, nil)
	if err != nil {
		return
	}
	out.ContentLength = 0
	endless := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := endless.Do(out)
	if err != nil {
		reset(w)
		return
	}
	defer res.Body.Close()
	w.Header().Set("Content-Type", res.Header.Get("Content-Type"))
	w.WriteHeader(res.StatusCode)
	flush := http.NewResponseController(w)
	_ = flush.Flush()
	part := make([]byte, 16<<10)
	for {
		n, err := res.Body.Read(part)
		if n > 0 {
			l.mu.Lock()
			cut := !c.healed.Load() && l.random.IntN(12) == 0
			l.mu.Unlock()
			if cut {
				c.count("stream cut")
				_, _ = w.Write(part[:n/2])
				_ = flush.Flush()
				reset(w)
				return
			}
			if _, err := w.Write(part[:n]); err != nil {
				return
			}
			_ = flush.Flush()
		}
		if err != nil {
			return
		}
	}
}

// reset ends the connection as a network that breaks does.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, errCut }

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
