package server_test

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/internal/testkit"
)

// Two servers on one database: what one has remembered of a person's rights
// must not outlive what the other changed.
func TestAChangeOfAccessHoldsOnEveryNode(t *testing.T) {
	t.Parallel()
	url, clock := dbtest.PostgresURL(t), testkit.NewClock()
	keys := map[string]string{"storage.enabled": "false"}
	here := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: keys})
	there := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: keys, World: &here.World})

	members, restrictions := "/api/workspaces/"+here.Harbour+"/members", "/api/workspaces/"+here.Harbour+"/restrictions"
	owner := here.As(here.Owner)
	for _, c := range []struct {
		does          string
		who           *testkit.Client // there
		path          string
		before, after int
		act           func()
	}{
		{"a restriction", there.As(here.Editor), restrictions, 200, 403, func() {
			owner.JSON("PUT", restrictions, `{"restrictions":[{"role":"editor","permission":"admin.access"}]}`).Is(200)
		}},
		{"a restriction lifted", there.As(here.Editor), restrictions, 403, 200, func() {
			owner.JSON("PUT", restrictions, `{"restrictions":[]}`).Is(200)
		}},
		{"a narrower role", there.As(here.Editor), restrictions, 200, 403, func() {
			owner.JSON("PATCH", members+"/"+here.Editor.ID, `{"role":"viewer"}`).Is(200)
		}},
		{"a removal", there.As(here.Editor), restrictions, 403, 404, func() {
			owner.JSON("DELETE", members+"/"+here.Editor.ID, nil).Is(200)
		}},
		{"a deleted workspace", there.As(here.Stranger), "/api/workspaces/" + here.Elsewhere + "/members", 200, 404, func() {
			here.As(here.Stranger).JSON("DELETE", "/api/workspaces/"+here.Elsewhere, nil).Is(200)
		}},
		{"a disabled person", there.Bearer(here.Viewer), "/api/workspaces", 200, 401, func() {
			here.As(here.Owner).JSON("POST", "/api/admin/users/"+here.Viewer.ID+"/disable", nil).Is(200)
		}},
		{"signing out", there.As(here.CoOwner), "/api/workspaces", 200, 401, func() {
			here.As(here.CoOwner).JSON("POST", "/api/auth/sign-out", nil).Is(200)
		}},
	} {
		if r := c.who.Get(c.path); r.Status != c.before {
			t.Fatalf("before %s the other node answers %d, want %d", c.does, r.Status, c.before)
		}
		c.act()
		eventually(t, c.does, c.who, c.path, c.after)
	}
}

// eventually asks until the answer is as it should be. The nodes promise a
// second; a busy machine is given more.
func eventually(t *testing.T, what string, who *testkit.Client, path string, status int) {
	t.Helper()
	pause := time.NewTicker(20 * time.Millisecond)
	defer pause.Stop()
	for end := time.Now().Add(testkit.Patience); ; <-pause.C {
		got := who.Get(path).Status
		if got == status {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %s the other node still answers %d, want %d", what, got, status)
		}
	}
}

// What one server commits streams from the other, and a right that ends on one
// ends the streams of both.
func TestStreamsCarryWhatHappensOnEveryNode(t *testing.T) {
	t.Parallel()
	url, clock := dbtest.PostgresURL(t), testkit.NewClock()
	keys := map[string]string{"storage.enabled": "false"}
	here := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: keys})
	there := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: keys, World: &here.World})
	s, bystander := there.As(here.Editor).Stream(streamOf(here.Harbour, 0)), there.Bearer(here.Viewer).Stream(streamOf(here.Harbour, 0))
	for n := range int64(5) {
		pushAs(here.As(here.Owner), here.Harbour, thread(1, "x"))
		s.Until(n + 1)
		bystander.Until(n + 1)
	}
	here.As(here.Owner).JSON("DELETE", "/api/workspaces/"+here.Harbour+"/members/"+here.Editor.ID, nil).Is(200)
	if event, reason := s.Ends(); event != "bye" || reason != "removed" {
		t.Errorf("%s %s", event, reason)
	}
	pushAs(there.As(here.Owner), here.Harbour, thread(1, "y"))
	bystander.Until(6)
}

// Files on a disk are seen by one server: a second one that keeps files there
// does not start, whichever came first, and says what to do. One without files
// starts, and so does the second when the first has ended.
func TestASecondNodeWithFilesOnItsDiskRefusesToStart(t *testing.T) {
	t.Parallel()
	url, clock := dbtest.PostgresURL(t), testkit.NewClock()
	onDisk := map[string]string{"storage.enabled": "true", "storage.provider": "disk"}
	without := map[string]string{"storage.enabled": "false"}
	here := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: onDisk})
	_, err := testkit.Start(t, testkit.Options{URL: url, Clock: clock, Keys: onDisk, World: &here.World})
	if !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "files on disk are seen by one server only") {
		t.Fatalf("a second server with files on its disk: %v", err)
	}
	there := testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: without, World: &here.World})
	here.Stop()
	if _, err = testkit.Start(t, testkit.Options{URL: url, Clock: clock, Keys: onDisk, World: &here.World}); !fault.Is(err, fault.Conflict) {
		t.Errorf("a server with files on its disk beside one without: %v", err)
	}
	there.Stop()
	testkit.Open(t, testkit.Options{URL: url, Clock: clock, Keys: onDisk, World: &here.World})
}

// A page of one node names the stylesheet of a theme that the other has not heard
// of yet: it is there all the same.
func TestAThemeIsServedByANodeThatHasNotLookedYet(t *testing.T) {
	url := dbtest.PostgresURL(t)
	keys := map[string]string{"storage.enabled": "false"}
	here := testkit.Open(t, testkit.Options{URL: url, Keys: keys})
	there := testkit.Open(t, testkit.Options{URL: url, Keys: keys, World: &here.World})
	viewer := there.As(here.Viewer)
	viewer.Get("/w/" + here.Harbour).Is(200)
	must(t, installTheme(t, here, "plum", `{"light":{"accent":"#7a2a6a"}}`))
	must(t, here.Plugins.Enable(t.Context(), here.Owner.Session, "plum", here.Harbour))
	sheet := linkTo(t, here.As(here.Owner).Get("/w/"+here.Harbour).Is(200).Body, "/theme.css")
	viewer.Get(sheet).Is(200).Says("--accent")
	viewer.Get("/assets/plugins/plum/0123456789ab/theme.css").Is(404)
}
