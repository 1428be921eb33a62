package server_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func streamOf(workspaceID string, cursor int64) string {
	return fmt.Sprintf("/api/sync/stream?workspace_id=%s&cursor=%d", workspaceID, cursor)
}

func pushAs(c *testkit.Client, workspaceID string, ops ...any) {
	c.JSON("POST", "/api/sync/push", push(workspaceID, ops...)).Is(200)
}

func pkOf(op map[string]any) string { pk, _ := op["pk"].(string); return pk }

func TestAStreamCarriesWhatHappenedAndWhatHappens(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		before, after := thread(1, "before"), thread(1, "a line\nof two")
		pushAs(app.As(app.Editor), app.Harbour, before)
		s := app.As(app.Viewer).Stream(streamOf(app.Harbour, 0))
		if s.Status != 200 || !strings.HasPrefix(s.Header.Get("Content-Type"), "text/event-stream") || s.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("%d %v", s.Status, s.Header)
		}
		e := s.Next()
		if e.Event != "changes" || e.ID != "1" || e.Data.NextCursor != 1 || e.Data.HistoryID == "" || len(e.Data.Changes) != 1 {
			t.Fatalf("%+v", e)
		}
		pushAs(app.Bearer(app.Editor), app.Harbour, after)
		if got := s.Until(2); !slices.Equal(got, []string{pkOf(after)}) {
			t.Error(got)
		}
		again := app.Bearer(app.Viewer).With("Last-Event-ID", "1").Stream(streamOf(app.Harbour, 0))
		if got := again.Until(2); !slices.Equal(got, []string{pkOf(after)}) {
			t.Error("resumed from the smaller of Last-Event-ID and cursor:", got)
		}
	})
}

func TestAStreamPassesOtherPeoplesPrivateRows(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	own, others := app.As(app.Editor).Stream(streamOf(app.Harbour, 0)), app.As(app.Owner).Stream(streamOf(app.Harbour, 0))
	name := "user." + app.Editor.ID + ".theme"
	row := map[string]any{"table": "kv", "op": "put", "pk": name, "stamp": stamp(1),
		"payload": map[string]any{"id": name, "name": name, "value": "dark", "created_at": 1, "updated_at": 1}}
	pushAs(app.As(app.Editor), app.Harbour, row)
	if got := own.Until(1); !slices.Equal(got, []string{name}) {
		t.Error(got)
	}
	if e := others.Next(); e.Event != "changes" || e.ID != "1" || len(e.Data.Changes) != 0 || strings.Contains(e.Raw, "theme") {
		t.Errorf("%+v", e)
	}
}

func TestAnEventHoldsAtomicGroupsWhole(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	s := app.As(app.Viewer).Stream(streamOf(app.Harbour, 0))
	for range 8 {
		var ops []any
		group := uuid.NewString()
		for range 90 {
			op := thread(1, "x")
			op["atomic"] = group
			ops = append(ops, op)
		}
		pushAs(app.As(app.Editor), app.Harbour, ops...)
	}
	for next := int64(0); next < 720; {
		e := s.Next()
		if next = e.Data.NextCursor; e.Event != "changes" || next%90 != 0 {
			t.Fatalf("%s ends at %d, inside a group", e.Event, next)
		}
	}
}

func TestAStreamOfAnotherHistoryIsToldToPull(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	pushAs(app.As(app.Editor), app.Harbour, thread(1, "x"))
	for path, reason := range map[string]string{
		streamOf(app.Harbour, 0) + "&history_id=another": "history_changed",
		streamOf(app.Harbour, 99):                        "reset_required",
	} {
		if event, got := app.As(app.Viewer).Stream(path).Ends(); event != "resync" || got != reason {
			t.Errorf("%s: %s %s", path, event, got)
		}
	}
}

func TestAStreamEndsWithTheRightToIt(t *testing.T) {
	t.Parallel()
	editors := func(a *testkit.App) db.AccessChange { return db.AccessChange{UserID: a.Editor.ID} }
	for _, c := range []struct {
		what, reason string
		who          func(*testkit.App) *testkit.Client
		act          func(*testkit.App)
		concerns     func(*testkit.App) db.AccessChange // nil: nothing has changed
	}{
		{"signing out", "session_ended", editor, func(a *testkit.App) { a.As(a.Editor).JSON("POST", "/api/auth/sign-out", nil).Is(200) }, editors},
		{"a revoked token", "session_ended", editorsToken, func(a *testkit.App) {
			var out struct{ Tokens []struct{ ID string } }
			a.As(a.Editor).Get("/api/auth/tokens").Is(200).Into(&out)
			for _, token := range out.Tokens {
				a.As(a.Editor).JSON("DELETE", "/api/auth/tokens/"+token.ID, nil).Is(200)
			}
		}, editors},
		{"another password", "session_ended", editorsToken, func(a *testkit.App) {
			a.As(a.Editor).JSON("POST", "/api/auth/change-password", map[string]any{"current_password": testkit.Password, "new_password": "another horse battery"}).Is(200)
		}, editors},
		{"a disabled person", "session_ended", editor, func(a *testkit.App) {
			a.As(a.Owner).JSON("POST", "/api/admin/users/"+a.Editor.ID+"/disable", nil).Is(200)
		}, editors},
		{"a removed member", "removed", editor, func(a *testkit.App) {
			a.As(a.Owner).JSON("DELETE", "/api/workspaces/"+a.Harbour+"/members/"+a.Editor.ID, nil).Is(200)
		}, func(a *testkit.App) db.AccessChange {
			return db.AccessChange{UserID: a.Editor.ID, WorkspaceID: a.Harbour}
		}},
		{"a restriction", "forbidden", editor, func(a *testkit.App) {
			a.As(a.Owner).JSON("PUT", "/api/workspaces/"+a.Harbour+"/restrictions", `{"restrictions":[{"role":"editor","permission":"workspace.read"}]}`).Is(200)
		}, func(a *testkit.App) db.AccessChange { return db.AccessChange{WorkspaceID: a.Harbour} }},
		{"a session that is over by time", "session_ended", editor, func(a *testkit.App) { a.Clock.Advance(400 * 24 * time.Hour) }, nil},
	} {
		t.Run(c.what, func(t *testing.T) {
			// The change alone ends it, or the time.
			app := testkit.Open(t, testkit.Options{Adjust: server.CheckStreamsEvery(time.Hour)})
			s := c.who(app).Stream(streamOf(app.Harbour, 0))
			bystander := app.As(app.CoOwner).Stream(streamOf(app.Harbour, 0))
			pushAs(app.As(app.Owner), app.Harbour, thread(1, "x"))
			s.Until(1)
			told := make(chan db.AccessChange, 100)
			app.DB.OnAccessChange(func(changes []db.AccessChange) {
				for _, change := range changes {
					told <- change
				}
			})
			c.act(app)
			if c.concerns != nil {
				for want, late := c.concerns(app), time.After(testkit.Patience); ; {
					select {
					case got := <-told:
						if got != want {
							continue // a session that was renewed, what the poll saw
						}
					case <-late:
						t.Fatalf("nobody is told of a change that concerns %+v", want)
					}
					break
				}
			}
			if event, reason := s.Ends(); event != "bye" || reason != c.reason {
				t.Errorf("%s %s", event, reason)
			}
			if bystander.Until(1); c.what != "a session that is over by time" {
				pushAs(app.As(app.Owner), app.Harbour, thread(1, "y"))
				bystander.Until(2) // goes on
			}
		})
	}
}

func editor(a *testkit.App) *testkit.Client       { return a.As(a.Editor) }
func editorsToken(a *testkit.App) *testkit.Client { return a.Bearer(a.Editor) }

func TestAStreamOfADeletedWorkspaceEnds(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	s := app.As(app.Owner).Stream(streamOf(app.Annex, 0))
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Annex, nil).Is(200)
	if event, reason := s.Ends(); event != "bye" || reason != "removed" {
		t.Errorf("%s %s", event, reason)
	}
}

func TestAServerThatStopsSaysGoodbye(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var all []*testkit.Stream
	for range 20 {
		all = append(all, app.As(app.Viewer).Stream(streamOf(app.Harbour, 0)))
	}
	ctx, cancel := context.WithTimeout(t.Context(), testkit.Patience)
	defer cancel()
	if err := app.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if event, reason := s.Ends(); event != "bye" || reason != "stopping" {
			t.Errorf("%s %s", event, reason)
		}
	}
}

func TestStreamsOfOnePersonAreCounted(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var last *testkit.Stream
	for range 64 {
		if last = app.As(app.Viewer).Stream(streamOf(app.Harbour, 0)); last.Status != 200 {
			t.Fatal(last.Status)
		}
	}
	if r := app.Bearer(app.Viewer).Get(streamOf(app.Harbour, 0)); r.Status != 429 || r.Header.Get("Retry-After") == "" {
		t.Errorf("%d %v", r.Status, r.Header)
	}
	app.As(app.Editor).Stream(streamOf(app.Harbour, 0))
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Harbour+"/members/"+app.Viewer.ID, nil).Is(200)
	last.Ends() // and its place is free
}

// A reader that takes nothing holds nobody up, and is told to pull instead of
// missing something.
func TestASlowReaderIsToldToPull(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	conn, err := net.Dial("tcp", app.Addr)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetReadBuffer(128 << 10)
	}
	_, _ = fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n\r\n", streamOf(app.Harbour, 0), app.Addr, app.Viewer.Token)
	keen := app.As(app.Viewer).Stream(streamOf(app.Harbour, 0))

	const pushes, each = 25, 4
	for range pushes {
		var ops []any
		for range each {
			op := thread(1, "long")
			op["payload"].(map[string]any)["note"] = strings.Repeat("x", 100_000)
			ops = append(ops, op)
		}
		pushAs(app.As(app.Editor), app.Harbour, ops...)
	}
	keen.Until(pushes * each)

	_ = conn.SetReadDeadline(time.Now().Add(testkit.Patience))
	text := make([]byte, 0, 1<<20)
	part := make([]byte, 64<<10)
	for {
		n, err := conn.Read(part)
		if text = append(text, part[:n]...); err != nil {
			break
		}
	}
	if tail := string(text[max(0, len(text)-80):]); !strings.Contains(tail, "event: resync") || !strings.Contains(tail, `"reason":"behind"`) {
		t.Errorf("%d bytes, the last of them %q", len(text), tail)
	}
}

func TestWithoutSyncThereIsNoStream(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Keys: map[string]string{"sync.enabled": "false"}})
	app.As(app.Owner).Get(streamOf(app.Harbour, 0)).Is(404)
}

func TestAStreamIsForWhoMayRead(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	app.Nobody().Get(streamOf(app.Harbour, 0)).Is(401)
	app.As(app.Stranger).Get(streamOf(app.Harbour, 0)).Is(404)
	app.As(app.Viewer).Get("/api/sync/stream?workspace_id=" + app.Harbour + "&cursor=-1").Is(422)
	app.As(app.Viewer).With("Last-Event-ID", "x").Get(streamOf(app.Harbour, 0)).Is(422)
	if r := app.As(app.Viewer).Do("HEAD", streamOf(app.Harbour, 0), "", nil).Is(200); r.Body != "" {
		t.Error(r.Body)
	}
}

// Nobody would judge such a stream any more, so it must not say anything.
func TestAStreamThatWasGivenUpDoesNotBegin(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	ours, theirs := net.Pipe()
	defer func() { _ = theirs.Close() }()
	_ = theirs.SetReadDeadline(time.Now().Add(testkit.Patience))
	said := make(chan string, 1)
	go func() {
		text, err := io.ReadAll(theirs)
		said <- fmt.Sprint(string(text), err)
	}()
	open, err := app.BeginLate(app.Viewer.Session, app.Harbour, ours)
	if err != nil || open != 0 {
		t.Errorf("%d streams are open, %v", open, err)
	}
	pushAs(app.As(app.Editor), app.Harbour, thread(1, "x"))
	if got := <-said; got != "<nil>" {
		t.Errorf("its client reads %q; the connection should be closed without a word", got)
	}
}

// A tab that was closed is noticed soon, not when the next heartbeat fails.
func TestAClosedTabIsCountedOut(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	tab, other := app.As(app.Viewer).Stream(streamOf(app.Harbour, 0)), app.As(app.Viewer).Stream(streamOf(app.Harbour, 0))
	pushAs(app.As(app.Editor), app.Harbour, thread(1, "x"))
	tab.Until(1)
	other.Until(1)
	app.DropGone()
	if n := app.OpenStreams(); n != 2 {
		t.Fatalf("%d streams are open while two are read", n)
	}
	tab.Close()
	for end := time.Now().Add(testkit.Patience); app.OpenStreams() != 1; app.DropGone() {
		if time.Now().After(end) {
			t.Fatal("the closed one is still counted")
		}
	}
	pushAs(app.As(app.Editor), app.Harbour, thread(1, "y"))
	other.Until(2)
}
