package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/cookiejar"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/plugins/manifest"
)

// dev is an or3 plugin dev that runs, and the server it works with.
type dev struct {
	*served
	box    box
	server *served
	token  string
	folder string
}

// startDev begins a plugin in a fresh folder and works on it with a server. Where
// its manifest is to be spoiled, it is that before.
func startDev(t *testing.T, spoilt ...string) *dev {
	t.Helper()
	b := newBox(t)
	b.addOwner()
	d := &dev{served: &served{t: t}, box: b, token: b.must("", "token", "create", "--email", "ines@kestrel.example"), server: b.serve(), folder: filepath.Join(t.TempDir(), "kestrel.tides")}
	b.must("", "plugin", "new", d.folder)
	if len(spoilt) > 0 {
		d.change("or3.manifest.json", spoilt...)
	}
	ctx, cancel := context.WithCancel(t.Context())
	d.served = &served{t: t, stdout: &lockedBuffer{}, stderr: &lockedBuffer{}, cancel: cancel, code: make(chan int, 1)}
	go func() {
		d.code <- Run(ctx, Invocation{Args: []string{"plugin", "dev", d.folder, "--server", d.server.base, "--token", d.token}, Stdin: strings.NewReader(""),
			Stdout: d.stdout, Stderr: d.stderr, Environ: os.Environ(), Model: model(t), Version: "v0.0.0-test"})
	}()
	t.Cleanup(func() { d.stop() })
	return d
}

// version is what runs on the server.
func (d *dev) version() string {
	d.t.Helper()
	var list []listedPlugin
	text := d.box.must("", "plugin", "list", "--json", "--server", d.server.base, "--token", d.token)
	if err := json.Unmarshal([]byte(text), &list); err != nil || len(list) != 1 {
		d.t.Fatalf("the server has the plugins %s: %v", text, err)
	}
	return list[0].Version
}

// change replaces parts of a file: what is there, and what is to be there.
func (d *dev) change(name string, pairs ...string) {
	d.t.Helper()
	path := filepath.Join(d.folder, name)
	text, err := os.ReadFile(path)
	for i := 0; i < len(pairs); i += 2 {
		if err != nil || !strings.Contains(string(text), pairs[i]) {
			d.t.Fatalf("%s has no %q: %v", name, pairs[i], err)
		}
	}
	if err := os.WriteFile(path, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600); err != nil {
		d.t.Fatal(err)
	}
}

// open signs the owner in and opens a page.
func (d *dev) open(page string) {
	d.t.Helper()
	browser := d.signIn()
	// A plugin has two seconds for its page; a busy machine takes them now and then.
	d.eventually("the page "+page+" opens", func() bool {
		answer, err := browser.Get(d.server.base + page)
		if err != nil || answer.Request.URL.Path != page {
			d.t.Fatalf("the page %s: %v, %v", page, answer, err)
		}
		_ = answer.Body.Close()
		return answer.StatusCode == http.StatusOK
	})
}

// signIn gives a browser in which the owner is signed in.
func (d *dev) signIn() *http.Client {
	d.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		d.t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	credentials, err := json.Marshal(map[string]string{"email": "ines@kestrel.example", "password": password})
	if err != nil {
		d.t.Fatal(err)
	}
	answer, err := browser.Post(d.server.base+"/api/auth/sign-in", "application/json", bytes.NewReader(credentials))
	if err != nil || answer.StatusCode != http.StatusOK {
		d.t.Fatalf("signing in: %v, %v", answer, err)
	}
	_ = answer.Body.Close()
	return browser
}

// says waits until it has said something so many times.
func (d *dev) says(words string, times int) {
	d.t.Helper()
	d.eventually("it says "+words, func() bool {
		if len(d.code) > 0 {
			d.t.Fatalf("it ended: %s%s", d.stdout, d.stderr)
		}
		return strings.Count(d.stdout.String(), words) >= times
	})
}

func TestDevPutsWhatChangesInPlaceOfWhatRuns(t *testing.T) {
	d := startDev(t)
	d.says("in place after", 1)
	first := d.version()
	if !strings.HasPrefix(first, "0.1.0+dev.") || !strings.Contains(d.stdout.String(), "kestrel.tides "+first+" runs in Kestrel") {
		t.Fatalf("%s runs, and it says\n%s", first, d.stdout)
	}
	_, page, _ := strings.Cut(d.stdout.String(), d.server.base)
	page, _, _ = strings.Cut(page, "\n")
	d.open(page)
	d.says("or3_page", 1)
	d.says(" of 16 MiB, 2 of 500 host calls", 1)

	d.change("main.go", "visits+1)", "visits+)")
	d.says("what ran before goes on", 1)
	if !strings.Contains(d.stdout.String(), "main.go:") || d.version() != first {
		t.Errorf("what cannot be built is in place as %s, and it says\n%s", d.version(), d.stdout)
	}

	d.change("main.go", "visits+)", "visits+2)")
	d.says("in place after", 2)
	if second := d.version(); second == first || !strings.HasPrefix(second, "0.1.0+dev.") {
		t.Errorf("after a change %s runs", second)
	}
	if code := d.stop(); code != ExitOK {
		t.Errorf("it ends with %d: %s", code, d.stderr)
	}
}

// What cannot be installed at first is enabled once it can, and a folder that comes
// with its files is a change, too.
func TestDevEnablesWhatIsInstalledAtTheSecondGo(t *testing.T) {
	d := startDev(t, `"kv", "reason"`, `"blob", "reason"`, `"quota_kb"`, `"quota_mb"`)
	d.says("or3_kv_get", 1) // which is not granted
	d.says("what ran before goes on", 1)
	d.change("or3.manifest.json", `"blob", "reason"`, `"kv", "reason"`, `"quota_mb"`, `"quota_kb"`)
	d.says("in place after", 1)
	d.says(d.server.base+"/w/", 1)
	_, page, _ := strings.Cut(d.stdout.String(), d.server.base)
	page, _, _ = strings.Cut(page, "\n")
	d.open(page)

	assets := filepath.Join(t.TempDir(), "assets")
	if err := os.MkdirAll(filepath.Join(assets, "words"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(assets, "words", "tide.txt"), []byte("high"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(assets, filepath.Join(d.folder, "assets")); err != nil {
		t.Fatal(err)
	}
	d.says("in place after", 2)
}

// Nobody asks for calls while a change is built and put in place; those that the version
// of before was asked for meanwhile are told afterwards.
func TestDevTellsCallsThatWereMadeWhileItBuilt(t *testing.T) {
	b := newBox(t)
	b.addOwner()
	token := b.must("", "token", "create", "--email", "ines@kestrel.example")
	server := b.serve()
	d := &dev{served: &served{t: t, stdout: &lockedBuffer{}}, box: b, server: server, folder: filepath.Join(t.TempDir(), "kestrel.tides")}
	b.must("", "plugin", "new", d.folder)
	to, err := newRemote(server.base, token)
	if err != nil {
		t.Fatal(err)
	}
	loop := &devLoop{program: &program{Invocation: Invocation{Environ: os.Environ()}, now: time.Now}, dir: d.folder, id: "kestrel.tides", server: to, out: d.stdout}
	if loop.place, err = to.workspace(t.Context(), ""); err != nil {
		t.Fatal(err)
	}
	put := func() {
		t.Helper()
		if err := loop.swapOnce(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	put()
	d.open("/w/" + loop.place.ID + "/x/kestrel.tides")
	put()
	if loop.showCalls(t.Context()); !strings.Contains(d.stdout.String(), "or3_page") {
		t.Errorf("it says\n%s", d.stdout)
	}
	before := d.stdout.String()
	if loop.showCalls(t.Context()); d.stdout.String() != before {
		t.Errorf("a call is told twice:\n%s", d.stdout)
	}

	// What cannot be shown is told with the reason.
	d.change("main.go", `	if err := sdk.KVSet(`, "	if visits > 0 {\n		return sdk.Go(\"https://elsewhere.example\", \"\"), nil\n	}\n	if err := sdk.KVSet(")
	put()
	answer, err := d.signIn().Get(server.base + "/w/" + loop.place.ID + "/x/kestrel.tides")
	if err != nil || answer.StatusCode != http.StatusInternalServerError {
		t.Fatalf("%v, %v", answer, err)
	}
	_ = answer.Body.Close()
	loop.showCalls(t.Context())
	for _, words := range []string{": bad_answer; the log below has why", "  log, error: bad_answer: the answer of or3_page cannot be drawn: /redirect"} {
		if !strings.Contains(d.stdout.String(), words) {
			t.Errorf("it does not say %q but\n%s", words, d.stdout)
		}
	}
}

func TestDevSaysWhereAPluginIsLookedAt(t *testing.T) {
	for kind, want := range map[manifest.Kind]string{manifest.Plugin: "/w/w1/x/tides", manifest.AdminPlugin: "/admin/x/tides", manifest.Theme: "/admin/themes"} {
		if got := pathOf(&manifest.Manifest{Kind: kind, ID: "tides"}, "w1"); got != want {
			t.Errorf("%s is looked at on %s, want %s", kind, got, want)
		}
	}
}

func TestVersionsOfDevelopmentAreMarked(t *testing.T) {
	for version, want := range map[string]string{"1.0.0": "1.0.0+dev.7.2", "1.0.0-rc.1": "1.0.0-rc.1+dev.7.2", "1.0.0+linux": "1.0.0+dev.7.2.linux"} {
		if got := devVersion(version, time.Unix(7, 0), 2); got != want {
			t.Errorf("%s becomes %s, want %s", version, got, want)
		}
	}
}
