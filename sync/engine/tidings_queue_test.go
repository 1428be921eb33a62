package engine

import (
	"fmt"
	"slices"
	"testing"
)

func by(workspaceID, thread, userID string) news {
	return news{thread: Ref{workspaceID, thread}, messageID: "m-" + thread, userID: userID}
}

// emptied takes everything out of a queue and gives what it held as "workspace/thread".
func emptied(q *untoldQueue) []string {
	var all []string
	for u := q.next(); u != nil; u = q.next() {
		what := "notice"
		if u.letter == nil {
			what = u.messages[0].thread.ID
		}
		all = append(all, u.workspaceID+"/"+what)
	}
	return all
}

func fill(q *untoldQueue, workspaceID, userID string, n int) (leftOut int) {
	for i := range n {
		leftOut += q.message(by(workspaceID, fmt.Sprint(userID, i), userID))
	}
	return leftOut
}

func TestWorkspacesTakeTurnsInBeingTold(t *testing.T) {
	q := newUntoldQueue(100, 50, 40)
	fill(q, "loud", "a", 3)
	q.message(by("quiet", "one", "b"))
	q.notice(addressed{workspaceID: "other", userID: "c"})
	want := []string{"loud/a0", "quiet/one", "other/notice", "loud/a1", "loud/a2"}
	if got := emptied(q); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if q.total != 0 || len(q.places) != 0 || len(q.people) != 0 || len(q.turns) != 0 {
		t.Errorf("something is kept of what was told: %+v", q)
	}
}

func TestOneWorkspaceCannotKeepAnotherOnesNewsOut(t *testing.T) {
	q := newUntoldQueue(10, 8, 8)
	if n := fill(q, "loud", "a", 8) + fill(q, "second", "b", 2); n != 0 {
		t.Fatalf("%d left out while there is room", n)
	}
	if n := q.message(by("quiet", "one", "c")); n != 1 {
		t.Errorf("%d left out to make room for one", n)
	}
	got := emptied(q)
	if !slices.Contains(got, "quiet/one") || slices.Contains(got, "loud/a7") || len(got) != 10 {
		t.Errorf("%q: the fullest should have given up its latest", got)
	}
}

func TestWhoHasTheMostWaitingMakesNoRoomForThemselves(t *testing.T) {
	q := newUntoldQueue(4, 4, 4)
	fill(q, "loud", "a", 3)
	q.message(by("quiet", "one", "b"))
	if n := q.message(by("loud", "more", "a")); n != 1 {
		t.Errorf("%d left out", n)
	}
	if got, want := emptied(q), []string{"loud/a0", "quiet/one", "loud/a1", "loud/a2"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestOneMemberCannotKeepAnotherOnesNewsOut(t *testing.T) {
	q := newUntoldQueue(100, 6, 5)
	if n := fill(q, "w", "a", 7); n != 2 {
		t.Errorf("%d left out of one person's", n)
	}
	if n := fill(q, "elsewhere", "a", 1); n != 1 {
		t.Error("one person has more waiting by writing in two workspaces")
	}
	if n := fill(q, "w", "b", 2); n != 1 {
		t.Errorf("%d left out to make room for two in a workspace with room for one", n)
	}
	got := emptied(q)
	if !slices.Contains(got, "w/b0") || !slices.Contains(got, "w/b1") || slices.Contains(got, "w/a4") {
		t.Errorf("%q", got)
	}
}

func TestAThreadWaitsOnceWithTheLatestOfTwoWriters(t *testing.T) {
	q := newUntoldQueue(4, 4, 4)
	for i, userID := range []string{"a", "b", "b", "a", "c"} {
		n := by("w", "t", userID)
		n.messageID = fmt.Sprint("m", i)
		q.message(n)
	}
	u := q.next()
	if len(u.messages) != 2 || u.messages[0].messageID != "m4" || u.messages[1].messageID != "m3" || q.next() != nil {
		t.Errorf("%+v", u)
	}
	if len(q.people) != 0 {
		t.Errorf("%v is still on somebody's account", q.people)
	}
}

// Who answers in a thread of somebody who floods the workspace has news of their
// own there: it does not go with the flood.
func TestAnAnswerInALoudPersonsThreadOutlivesTheirFlood(t *testing.T) {
	for _, full := range []string{"workspace", "everything"} {
		q := newUntoldQueue(100, 6, 6)
		if full == "everything" {
			q = newUntoldQueue(6, 100, 6)
		}
		fill(q, "w", "a", 5)
		answer := by("w", "a4", "b")
		answer.messageID = "answer"
		q.message(answer)
		q.message(by("w", "a4", "a")) // and on it goes
		if n := fill(q, "w", "c", 1); n != 0 {
			t.Fatalf("%d left out while there is room", n)
		}
		if full == "everything" {
			q.message(by("elsewhere", "d", "d"))
		} else {
			fill(q, "w", "d", 1)
		}
		told, all := "", []string{}
		for u := q.next(); u != nil; u = q.next() {
			all = append(all, u.messages[0].thread.ID)
			for _, n := range u.messages {
				if n.messageID == "answer" {
					told = u.messages[0].thread.ID
				}
			}
		}
		if told != "a4" || slices.Contains(all, "a3") || len(all) != 6 {
			t.Errorf("%s full: told of %q, the answer in %q; what is a's alone should have given way", full, all, told)
		}
		if len(q.people) != 0 || q.total != 0 {
			t.Errorf("%v is still on somebody's account", q.people)
		}
	}
}
