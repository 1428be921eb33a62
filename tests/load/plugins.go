package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"or3.cloud/or3/plugins/archive"
	"or3.cloud/or3/plugins/examples"
	"or3.cloud/or3/plugins/wasm/wat"
)

// onOverview of the plugins have their widget on the overview, the others are
// only installed.
const (
	manyPlugins = 10
	onOverview  = 8
)

// measurePlugins measures what people wait for: installing a plugin in Go up to
// what it asks for, an overview with eight widgets, a start with ten plugins, and
// the other pages while plugins use up all they may. Each is beside the same
// without plugins.
func measurePlugins(ctx context.Context, o options) error {
	s, err := newSite(ctx, o)
	if err != nil {
		return err
	}
	defer s.close()
	token, err := s.token(ctx, o)
	if err != nil {
		return err
	}
	n, err := s.start(ctx, o, s.dir)
	if err != nil {
		return err
	}
	running := n
	defer func() { running.stop() }()
	workspace, err := n.workspace(ctx, token)
	if err != nil {
		return err
	}
	cookie, err := n.signIn(ctx)
	if err != nil {
		return err
	}
	reader := person{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 6, MaxConnsPerHost: 6}}, cookie: cookie}
	if _, err := reader.get(ctx, n.base+"/w/"+workspace); err != nil { // makes the workspace the active one
		return err
	}
	if err := measureInstalls(ctx, n, token, workspace); err != nil {
		return err
	}
	if err := measureOverview(ctx, n.base, reader, o.rounds); err != nil {
		return err
	}
	if err := measureLooping(ctx, n, token, workspace, reader, o.duration); err != nil {
		return err
	}
	running.stop()
	if running, err = measureStarts(ctx, o, s); err != nil {
		return err
	}
	return nil
}

// measureInstalls installs ten plugins in Go, no two of the same bytes.
func measureInstalls(ctx context.Context, n *node, token, workspace string) error {
	var waits, ready spread
	size := 0
	for i := range manyPlugins {
		pack, module, err := greeter(i)
		if err != nil {
			return err
		}
		size = module
		began := time.Now()
		if err := n.install(ctx, token, pack, ""); err != nil {
			return err
		}
		waits = append(waits, time.Since(began))
		if err := n.install(ctx, token, pack, "all"); err != nil {
			return err
		}
		ready = append(ready, time.Since(began))
		if i < onOverview {
			if _, err := n.call(ctx, http.MethodPost, fmt.Sprintf("/api/admin/plugins/greeter-%d/enable", i), token, map[string]string{"workspace_id": workspace}, &struct{}{}); err != nil {
				return err
			}
		}
	}
	fmt.Printf("plugins: a module of %.1f MiB in Go, from sending it to what it asks for: %s\n", float64(size)/(1<<20), waits)
	fmt.Printf("plugins: and until it runs, agreed to at once: %s\n", ready)
	return nil
}

var widgetAddress = regexp.MustCompile(`hx-get="([^"]*/-/widgets/[^"]*)"`)

// measureOverview loads the overview as a browser does: the page, then what its
// widgets ask for, six at a time.
func measureOverview(ctx context.Context, base string, who person, rounds int) error {
	var bare, whole spread
	for range 4 * max(rounds, 1) {
		began := time.Now()
		page, err := who.get(ctx, base+"/admin")
		if err != nil {
			return err
		}
		bare = append(bare, time.Since(began))
		widgets := widgetAddress.FindAllSubmatch(page, -1)
		if len(widgets) != onOverview {
			return fmt.Errorf("the overview has %d widgets, not %d", len(widgets), onOverview)
		}
		var wait sync.WaitGroup
		failed := make([]error, len(widgets))
		for i, w := range widgets {
			wait.Go(func() {
				body, err := who.get(ctx, base+strings.ReplaceAll(string(w[1]), "&amp;", "&"))
				if err == nil && !bytes.Contains(body, []byte("Kestrel")) {
					err = fmt.Errorf("a widget says %.200s", body)
				}
				failed[i] = err
			})
		}
		wait.Wait()
		if err := errors.Join(failed...); err != nil {
			return err
		}
		whole = append(whole, time.Since(began))
	}
	fmt.Printf("plugins: the overview with %d widgets in Go, all there: %s\n", onOverview, whole)
	fmt.Printf("plugins: its page alone: %s; ratio of p50 %.1f\n", bare, float64(whole.at(.5))/float64(bare.at(.5)))
	return nil
}

// measureLooping asks for the first page while four people keep plugins busy that
// loop until they are stopped, beside the same in peace.
func measureLooping(ctx context.Context, n *node, token, workspace string, who person, length time.Duration) error {
	const loopers = 40 // a plugin is paused after some failures, then the next is taken
	for i := range loopers {
		pack, err := looper(i)
		if err != nil {
			return err
		}
		if err := n.install(ctx, token, pack, "all"); err != nil {
			return err
		}
		if _, err := n.call(ctx, http.MethodPost, fmt.Sprintf("/api/admin/plugins/looper-%d/enable", i), token, map[string]string{"workspace_id": workspace}, &struct{}{}); err != nil {
			return err
		}
	}
	page := n.base + "/w/" + workspace
	peace, err := who.often(ctx, page, length)
	if err != nil {
		return err
	}
	loops, stop := context.WithCancel(ctx)
	defer stop()
	var asked atomic.Int64
	var wait sync.WaitGroup
	for first := range 4 {
		wait.Go(func() {
			for i := first; loops.Err() == nil; i += 4 {
				asked.Add(1)
				_, _ = who.get(loops, fmt.Sprintf("%s/w/%s/x/looper-%d", n.base, workspace, i%loopers)) // it fails: that is the point
			}
		})
	}
	busy, err := who.often(ctx, page, length)
	stop()
	wait.Wait()
	if err != nil {
		return err
	}
	fmt.Printf("plugins: the first page while four people ask for pages that loop (%d asked): %s\n", asked.Load(), busy)
	fmt.Printf("plugins: in peace: %s; ratio of p99 %.1f\n", peace, float64(busy.at(.99))/float64(peace.at(.99)))
	return nil
}

// measureStarts starts by turns with all plugins and in safe mode, and gives the
// last node.
func measureStarts(ctx context.Context, o options, s *site) (*node, error) {
	var with, without spread
	var last *node
	for range max(o.rounds, 1) {
		for _, safe := range []string{"true", "false"} {
			if last != nil {
				last.stop()
			}
			own := *s
			own.env = append(slices.Clone(s.env), "OR3_PLUGINS_SAFE_MODE="+safe)
			n, err := own.start(ctx, o, s.dir)
			if err != nil {
				return nil, err
			}
			last = n
			if safe == "true" {
				without = append(without, n.ready)
			} else {
				with = append(with, n.ready)
			}
		}
	}
	fmt.Printf("plugins: to `listening` with %d plugins in Go, compiled before: %s\n", manyPlugins, with)
	fmt.Printf("plugins: in safe mode: %s; ratio of p50 %.1f\n", without, float64(with.at(.5))/float64(without.at(.5)))
	return last, nil
}

// person asks for pages with a session.
type person struct {
	client *http.Client
	cookie string
}

func (p person) get(ctx context.Context, address string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Cookie", p.cookie)
	res, err := p.client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", address, res.Status)
	}
	return body, err
}

// often asks for a page 50 times a second.
func (p person) often(ctx context.Context, address string, length time.Duration) (spread, error) {
	var all spread
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	own := person{client: &http.Client{Transport: &http.Transport{}}, cookie: p.cookie}
	for end := time.Now().Add(length); time.Now().Before(end); <-tick.C {
		began := time.Now()
		if _, err := own.get(ctx, address); err != nil {
			return nil, err
		}
		all = append(all, time.Since(began))
	}
	return all, nil
}

// install sends a package; grant is "all", or "" to be asked.
func (n *node) install(ctx context.Context, token string, pack []byte, grant string) error {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", "plugin.zip")
	if err == nil {
		_, err = part.Write(pack)
	}
	if err == nil && grant != "" {
		err = form.WriteField("grant", grant)
	}
	if err == nil {
		err = form.Close()
	}
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, n.base+"/api/admin/plugins/install", &body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", form.FormDataContentType())
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if answer, _ := io.ReadAll(res.Body); res.StatusCode >= 300 {
		return fmt.Errorf("install: %s: %s", res.Status, answer)
	}
	return nil
}

// greeter is hello under a name of its own, with other bytes: what was compiled
// for one serves no other.
func greeter(i int) (pack []byte, module int, err error) {
	hello, err := examples.Package("hello")
	if err != nil {
		return nil, 0, err
	}
	from, err := zip.NewReader(bytes.NewReader(hello), int64(len(hello)))
	if err != nil {
		return nil, 0, err
	}
	files := map[string][]byte{}
	for _, f := range from.File {
		r, err := f.Open()
		if err != nil {
			return nil, 0, err
		}
		text, err := io.ReadAll(r)
		if err := errors.Join(err, r.Close()); err != nil {
			return nil, 0, err
		}
		switch f.Name {
		case "or3.manifest.json":
			text = bytes.Replace(text, []byte(`"id": "hello"`), fmt.Appendf(nil, `"id": "greeter-%d"`, i), 1)
		case "plugin.wasm":
			text = bytes.Replace(text, []byte("Hello, **"), fmt.Appendf(nil, "Hell%d, **", i%10), 1)
			module = len(text)
		}
		files[f.Name] = text
	}
	var out bytes.Buffer
	err = archive.PackFiles(&out, files)
	return out.Bytes(), module, err
}

// looper is a plugin whose page never ends.
func looper(i int) ([]byte, error) {
	manifest := fmt.Sprintf(`{"schema":1,"kind":"plugin","id":"looper-%d","name":"Looper","version":"1.0.0","api":"1","publisher":{"name":"Load"},"runtime":{"entry":"plugin.wasm"},
		"capabilities":[{"name":"ui.page","reason":"Loops."}],"contributes":{"pages":[{"path":"","title":"Loops"}]}}`, i)
	var out bytes.Buffer
	err := archive.PackFiles(&out, map[string][]byte{"or3.manifest.json": []byte(manifest),
		"plugin.wasm": wat.Compile(`(module (memory 1) (func (export "or3_page") (result i32) (loop $on (br $on)) (i32.const 0)))`)})
	return out.Bytes(), err
}
