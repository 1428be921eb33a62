package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"or3.cloud/or3/internal/testkit"
)

// said is a new message as a device sends it.
func said(threadID, words string, at time.Time) map[string]any {
	id := uuid.Must(uuid.NewV7()).String()
	return map[string]any{
		"table": "messages", "op": "put", "pk": id, "stamp": stamp(1),
		"payload": map[string]any{"id": id, "thread_id": threadID, "role": "user", "index": 0, "order_key": id,
			"data": map[string]string{"content": words}, "created_at": at.Unix(), "updated_at": at.Unix()},
	}
}

// told gives what a person's devices pull of their notifications, once all that
// was written is told.
func told(t *testing.T, app *testkit.App, who *testkit.Person) string {
	t.Helper()
	for end := time.Now().Add(time.Minute); app.Engine.Stats().Untold > 0; <-time.After(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("what was written is never told")
		}
	}
	return app.Bearer(who).JSON("POST", "/api/sync/pull", map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 100, "tables": []string{"notifications"}}).Is(200).Body
}

func TestAnAnswerReachesWhoTakesPartOverTheAPI(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		keel := thread(1, "Keel survey")
		app.Bearer(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, keel)).Is(200)
		id := keel["pk"].(string)
		app.Bearer(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, said(id, "The inspector moved.", app.Clock.Now()))).Is(200).Says(`"applied"`)
		got := told(t, app, app.Owner)
		for _, want := range []string{`"type":"message.received"`, app.Editor.Name + " answered in Keel survey", `"body":"The inspector moved."`, `"thread_id":"` + id + `"`, `"user_id":"` + app.Owner.ID + `"`} {
			if !strings.Contains(got, want) {
				t.Errorf("the owner's devices pull %s, want %s", got, want)
			}
		}
		for _, other := range []*testkit.Person{app.Editor, app.Viewer} {
			if got := told(t, app, other); strings.Contains(got, "answered") {
				t.Errorf("%s is told %s", other.Name, got)
			}
		}
		app.Browser(app.Owner).Open("/w/"+app.Harbour+"/activity", 200).Says("1 unread").Says(app.Editor.Name + " answered in Keel survey").Says("The inspector moved.")
	})
}

// Somebody who was removed hears nothing any more, also of threads they started.
func TestWhoWasRemovedIsNotTold(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	keel := thread(1, "Keel survey")
	app.Bearer(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, keel)).Is(200)
	app.As(app.Owner).JSON("DELETE", "/api/workspaces/"+app.Harbour+"/members/"+app.Editor.ID, nil).Is(http.StatusOK)
	app.Bearer(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, said(keel["pk"].(string), "She left.", app.Clock.Now()))).Is(200)
	if got := told(t, app, app.Owner); strings.Contains(got, "answered") {
		t.Error("the owner hears of their own message:", got)
	}
	if n := app.Engine.Stats().Told; n != 0 {
		t.Errorf("%d people were told", n)
	}
}

func TestAnImportDoesNotFloodAnybody(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	var threads, old, young []any
	for i := range 50 {
		one := thread(1, fmt.Sprint("Thread ", i))
		threads = append(threads, one)
		id := one["pk"].(string)
		old = append(old, said(id, "long ago", app.Clock.Now().AddDate(-1, 0, 0)))
		young = append(young, said(id, "just now", app.Clock.Now()))
	}
	app.Bearer(app.Owner).JSON("POST", "/api/sync/push", push(app.Harbour, threads...)).Is(200)
	app.Bearer(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, old...)).Is(200)
	if got := told(t, app, app.Owner); strings.Contains(got, "answered") {
		t.Error("old messages are news:", got)
	}
	app.Bearer(app.Editor).JSON("POST", "/api/sync/push", push(app.Harbour, young...)).Is(200)
	got := told(t, app, app.Owner)
	if lines, more := strings.Count(got, "answered in"), strings.Count(got, "Many messages came at once"); lines != 5 || more != 1 {
		t.Errorf("%d lines and %d that say there is more", lines, more)
	}
}

func TestWhoIsAddedIsTold(t *testing.T) {
	t.Parallel()
	testkit.Each(t, testkit.Options{}, func(t *testing.T, app *testkit.App) {
		app.As(app.Owner).JSON("POST", "/api/workspaces/"+app.Annex+"/members", map[string]string{"email": app.Editor.Email, "role": "editor"})
		told(t, app, app.Owner)
		app.Browser(app.Editor).Open("/w/"+app.Annex+"/activity", 200).Says("1 unread").Says(app.Owner.Name + " added you to Annex").Says("You are an editor here.")
		app.Browser(app.Owner).Open("/w/"+app.Annex+"/activity", 200).Says("Nothing new")
	})
}
