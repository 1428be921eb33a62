package server_test

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/file"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/internal/workspace"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
	"or3.cloud/or3/sync/engine"
)

// actors are the nine columns of the matrix.
var actors = []string{"anonymous", "guest", "viewer", "editor", "owner", "deployment admin", "former member", "of elsewhere", "disabled"}

// objects are the rows of the matrix below each route. Harbour is the home
// workspace of viewer, editor and owner; Elsewhere is another tenant.
// Missing is the thing itself: a member or a thread of Harbour, or a workspace
// where the route is about one.
var objects = []string{"Harbour", "Elsewhere", "missing", "Elsewhere's in Harbour", "missing workspace"}

// stage is a world of people and things, kept as a file, so that every act of
// the matrix that succeeds can be followed by the world as it was before.
type stage struct {
	testkit.World
	dir     string
	live    map[bool]*testkit.App        // by whether guests are let in
	threads map[string][2]string         // workspace → thread and message
	invites map[string]string            // workspace → invite
	things  map[string]map[string]string // workspace → placeholder → id, of what belongs to a workspace
	ticket  string                       // an invite for the viewer
}

func newStage(t *testing.T) *stage {
	t.Helper()
	s := &stage{dir: t.TempDir(), live: map[bool]*testkit.App{}, threads: map[string][2]string{}, invites: map[string]string{}, things: map[string]map[string]string{}}
	app := testkit.Open(t, testkit.Options{Dir: s.dir})
	s.World = app.World
	for id, owner := range map[string]*testkit.Person{app.Harbour: app.Owner, app.Elsewhere: app.Stranger} {
		thread, message := "thread-"+owner.Name[:1], "message-"+owner.Name[:1]
		_, err := app.Engine.CreateThread(t.Context(), engine.Actor{UserID: owner.ID, CanWrite: true},
			engine.NewThread{WorkspaceID: id, ThreadID: thread, MessageID: message, Title: "Thread", Text: "Hello"})
		must(t, err)
		s.threads[id] = [2]string{thread, message}
		post := "post-" + owner.Name[:1]
		_, err = app.Engine.CreatePost(t.Context(), engine.Actor{UserID: owner.ID, CanWrite: true}, engine.NewPost{WorkspaceID: id, ID: post, Type: engine.Document, Title: "Post", Content: "Hello"})
		must(t, err)
		project, note := "project-"+owner.Name[:1], "note-"+owner.Name[:1]
		_, err = app.Engine.CreateProject(t.Context(), engine.Actor{UserID: owner.ID, CanWrite: true}, engine.Ref{WorkspaceID: id, ID: project}, engine.ProjectTexts{Name: "Project"})
		must(t, err)
		own := "sha256:" + strings.Repeat(map[string]string{app.Harbour: "a", app.Elsewhere: "b"}[id], 64)
		_, err = app.Engine.DescribeFile(t.Context(), engine.Actor{UserID: owner.ID, CanWrite: true}, engine.Ref{WorkspaceID: id, ID: own}, engine.FileFacts{Name: "own.txt", MediaType: "text/plain", Kind: "file", SizeBytes: 1, StorageID: "s"})
		must(t, err)
		s.things[id] = map[string]string{"{post}": post, "{project}": project, "{note}": note, "{file}": own}
		for _, hash := range []string{storedFile, own} {
			ref, err := storage.ParseRef(hash)
			must(t, err)
			kept := file.Upload{UserID: owner.ID, Key: storage.Key{Workspace: id, Ref: ref}, Size: 1, MediaType: "text/plain"}
			reserved, err := app.Files.Reserve(t.Context(), kept)
			must(t, err)
			must(t, app.Files.Commit(t.Context(), reserved.Intent, kept, func(context.Context) (storage.Blob, error) { return storage.Blob{Key: kept.Key, Size: 1}, nil }))
		}
		invite, err := app.Workspaces.CreateInvite(t.Context(), owner.Session, id, workspace.Newcomer{Email: "invited@nowhere.example", Role: policies.Viewer})
		must(t, err)
		s.invites[id] = invite.ID
	}
	ticket, err := app.Workspaces.CreateInvite(t.Context(), app.Owner.Session, app.Annex, workspace.Newcomer{Email: app.Viewer.Email, Role: policies.Viewer})
	must(t, err)
	s.ticket = ticket.Token
	app.Stop()
	return s
}

// app is a program on a fresh copy of the world.
func (s *stage) app(t *testing.T, guests bool) *testkit.App {
	t.Helper()
	if s.live[guests] == nil {
		dir := t.TempDir()
		copyFile(t, filepath.Join(s.dir, "or3.db"), filepath.Join(dir, "or3.db"))
		must(t, os.CopyFS(filepath.Join(dir, "files"), os.DirFS(filepath.Join(s.dir, "files"))))
		keys := map[string]string{}
		if guests {
			keys["auth.guest_access"] = "true"
		}
		s.live[guests] = testkit.Open(t, testkit.Options{Dir: dir, World: &s.World, Keys: keys})
	}
	return s.live[guests]
}

// spoil throws a program away whose world has changed.
func (s *stage) spoil(guests bool) {
	s.live[guests].Stop()
	s.live[guests] = nil
}

// person is who an actor is; nil for nobody.
func (s *stage) person(actor string) *testkit.Person {
	return map[string]*testkit.Person{
		"viewer": s.Viewer, "editor": s.Editor, "owner": s.Owner, "deployment admin": s.Admin,
		"former member": s.Former, "of elsewhere": s.Stranger, "disabled": s.Disabled,
	}[actor]
}

// fill replaces the placeholders of a path or a body for an actor and an object.
func (s *stage) fill(t *testing.T, app *testkit.App, text, actor, object string) string {
	t.Helper()
	workspaceID, childOf := app.Harbour, app.Harbour
	switch object {
	case "Elsewhere":
		workspaceID, childOf = app.Elsewhere, app.Elsewhere
	case "Elsewhere's in Harbour":
		childOf = app.Elsewhere
	case "missing workspace":
		workspaceID = "missing"
	}
	thread, message, invite, user := s.threads[childOf][0], s.threads[childOf][1], s.invites[childOf], app.Viewer.ID
	if childOf == app.Elsewhere {
		user = app.Stranger.ID
	}
	for placeholder, id := range s.things[childOf] {
		if object == "missing" && strings.Contains(text, placeholder) {
			id, thread = "missing", s.threads[childOf][0]
		}
		text = strings.ReplaceAll(text, placeholder, id)
	}
	device, token := s.own(t, app, actor, object)
	if object == "missing" {
		message, invite, user, device, token = "missing", "missing", "missing", "missing", "missing"
		switch {
		case strings.Contains(text, "{message}"):
		case strings.Contains(text, "{thread}"):
			thread = "missing"
		case !strings.Contains(text, "{user}") && !strings.Contains(text, "{invite}") && !strings.Contains(text, "/missing"):
			workspaceID = "missing"
		}
	}
	return strings.NewReplacer("{W}", workspaceID, "{user}", user, "{invite}", invite, "{thread}", thread, "{message}", message,
		"{device}", device, "{token}", token, "{ticket}", map[bool]string{true: "missing", false: s.ticket}[object == "missing"]).Replace(text)
}

// own are a session and an API token: the actor's, or another tenant's.
func (s *stage) own(t *testing.T, app *testkit.App, actor, object string) (device, token string) {
	t.Helper()
	who := s.person(actor)
	if who == nil || object != "Harbour" {
		who = app.CoOwner
	}
	tokens, err := app.Accounts.Tokens(t.Context(), who.ID)
	must(t, err)
	if len(tokens) == 0 { // the disabled person's are gone
		tokens = []account.Token{{ID: "gone"}}
	}
	return who.Session.ID, tokens[0].ID
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	in, err := os.Open(from)
	must(t, err)
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY, 0o600)
	must(t, err)
	_, err = io.Copy(out, in)
	must(t, err)
	must(t, out.Close())
}
