package server_test

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

var update = flag.Bool("update", false, "write testdata/matrix.txt anew; then read its difference")

// cell is what one actor gets for one request.
type cell struct {
	status int
	body   string // without what differs from request to request
	signIn bool   // a redirect to the sign-in page
}

func (c cell) String() string {
	if c.signIn {
		return "in"
	}
	return fmt.Sprint(c.status)
}

func (c cell) allowed() bool { return c.status < 400 && !c.signIn }

const matrixHead = `Who gets what, made by: go test ./server -run TestWhoMayDoWhat -update

anon, guest: nobody, without and with auth.guest_access. viewer, editor, owner: of Harbour, the home
workspace. admin: deployment admin, not of Harbour. former: was editor of Harbour. other: owner of
Elsewhere. disabled: editor of Harbour whose account is disabled. "in": is sent to the sign-in page.
The lines below a route say whose thing it is about; "–" where that makes no difference.
`

// columns head the actors.
var columns = []string{"anon", "guest", "viewer", "editor", "owner", "admin", "former", "other", "disabled"}

// label names an object for readers.
func label(row server.TableRow, object string) string {
	text := pattern(row) + samples[row.Method+" "+row.Path]
	personal := strings.Contains(text, "{device}") || strings.Contains(text, "{token}")
	switch {
	case personal && object == "Harbour":
		return "own"
	case personal && object == "Elsewhere":
		return "another person's"
	case object == "Harbour" && !applies(row, "missing"):
		return "–"
	}
	return object
}

// verdicts are all cells: route → object → actor.
type verdicts map[string]map[string]map[string]cell

// TestWhoMayDoWhat asks every route as every actor about every object. The
// answers are compared with testdata/matrix.txt, which people have read, and
// with rules that hold whatever the file says.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("the matrix takes a while")
	}
	if raced {
		t.Skip("the matrix asks thousands of questions one after the other: too slow under the race detector, and it runs whole without it")
	}
	s := newStage(t)
	rows := s.app(t, false).Table()
	all, file := verdicts{}, &strings.Builder{}
	file.WriteString(matrixHead)
	for _, row := range rows {
		route := row.Method + " " + row.Path
		all[route] = map[string]map[string]cell{}
		fmt.Fprintf(file, "\n%s\n  %-26s%s\n", route+"    "+row.Access, "", strings.Join(columns, " "))
		for _, object := range objects {
			if !applies(row, object) {
				continue
			}
			all[route][object] = map[string]cell{}
			fmt.Fprintf(file, "  %-26s", label(row, object))
			for i, actor := range actors {
				c := s.ask(t, row, actor, object, false)
				all[route][object][actor] = c
				fmt.Fprintf(file, "%-*s", len(columns[i])+1, c)
			}
			fmt.Fprintln(file)
		}
	}
	compare(t, "testdata/matrix.txt", spaceAtEnd.ReplaceAllString(file.String(), "\n"))
	for _, row := range rows {
		all.check(t, row)
		s.checkTokens(t, row, all[row.Method+" "+row.Path])
	}
}

var spaceAtEnd = regexp.MustCompile(` +\n`)

// checkTokens: an API token gets exactly as far as its person, but for what
// needs a browser. Where somebody succeeds it is enough that the owner does.
func (s *stage) checkTokens(t *testing.T, row server.TableRow, cells map[string]map[string]cell) {
	t.Helper()
	if !strings.HasPrefix(row.Path, "/api/") || row.Kind == "public" {
		return
	}
	for object, byActor := range cells {
		for _, actor := range actors {
			want := byActor[actor]
			if s.person(actor) == nil || row.Method != "GET" && want.allowed() && actor != "owner" {
				continue
			}
			status := want.status
			if row.CookieOnly {
				status = 403
			}
			if got := s.ask(t, row, actor, object, true); got.status != status {
				t.Errorf("%s %s, %s, %s with a token: %s instead of %d", row.Method, row.Path, object, actor, got, status)
			}
		}
	}
}

// ask sends one request and puts the world back when it changed something.
func (s *stage) ask(t *testing.T, row server.TableRow, actor, object string, bearer bool) cell {
	t.Helper()
	guests := actor == "guest"
	app := s.app(t, guests)
	sample, ok := samples[row.Method+" "+row.Path]
	if row.HasBody && !ok {
		t.Fatalf("%s %s takes a body: add a right one to samples", row.Method, row.Path)
	}
	path, body, kind := pattern(row), sample, row.Takes
	if strings.HasPrefix(sample, "?") {
		path, body = path+sample, ""
	}
	path, body = s.fill(t, app, path, actor, object), s.fill(t, app, body+"\x00"+path, actor, object)
	body, _, _ = strings.Cut(body, "\x00") // fill looks at the path too, to know what is missing
	who := app.As(s.person(actor))
	if bearer {
		who = app.Bearer(s.person(actor))
	}
	if row.IsForm {
		kind = "application/x-www-form-urlencoded"
	} else if body == "" {
		kind = ""
	}
	r := who.For(t).Do(row.Method, path, kind, []byte(body))
	c := cell{status: r.Status, signIn: strings.HasPrefix(r.Header.Get("Location"), "/sign-in"), body: s.plain(app, r, path)}
	if r.Status >= 500 {
		t.Errorf("%s %s as %s: %d %s", row.Method, path, actor, r.Status, r.Body)
	}
	if row.Method != "GET" && c.allowed() {
		s.spoil(guests)
	}
	return c
}

// plain is a body without what differs between two equal answers.
func (s *stage) plain(app *testkit.App, r *testkit.Response, path string) string {
	path, _, _ = strings.Cut(path, "?")
	return strings.NewReplacer(r.Header.Get("X-Request-Id"), "REQUEST", path, "PATH", strings.ReplaceAll(path, "/", "%2f"), "PATH",
		app.Elsewhere, "ID", "missing", "ID").Replace(freshID.ReplaceAllString(r.Body, `name="$1" value="ID"`))
}

// freshID is an id that a form carries for what it will write.
var freshID = regexp.MustCompile(`name="(\w+_id)" value="[0-9a-f-]{36}"`)

// compare holds a text against a file.
func compare(t *testing.T, name, got string) {
	t.Helper()
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(name, []byte(got), 0o644))
		return
	}
	text, err := os.ReadFile(name)
	must(t, err)
	want := strings.Split(string(text), "\n")
	route := ""
	for i, line := range strings.Split(got, "\n") {
		if line != "" && line[0] != ' ' {
			route = line
		}
		if i >= len(want) || want[i] != line {
			t.Fatalf("%s, line %d, %s:\n  got  %s\n  want %s", name, i+1, route, line, strings.Join(want[min(i, len(want)):min(i+1, len(want))], ""))
		}
	}
	if len(want) != len(strings.Split(got, "\n")) {
		t.Errorf("%s is longer than what was found", name)
	}
}
