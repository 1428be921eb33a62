package server

import (
	"slices"
	"testing"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

func TestOnlyWhomAChangeConcernsIsJudgedAnew(t *testing.T) {
	t.Parallel()
	many := make([]db.AccessChange, mostDoubts+1)
	for i := range many {
		many[i] = db.AccessChange{UserID: "nobody"}
	}
	for _, c := range []struct {
		what string
		of   []db.AccessChange
		want []string
	}{
		{"one person in one workspace", []db.AccessChange{{UserID: "ann", WorkspaceID: "w1"}}, []string{"ann-w1"}},
		{"one person everywhere", []db.AccessChange{{UserID: "ann"}}, []string{"ann-w1", "ann-w2"}},
		{"a workspace", []db.AccessChange{{WorkspaceID: "w2"}}, []string{"ann-w2", "bob-w2"}},
		{"two changes", []db.AccessChange{{UserID: "ann", WorkspaceID: "w1"}, {UserID: "bob"}, {UserID: "bob"}}, []string{"ann-w1", "bob-w1", "bob-w2"}},
		{"somebody who has no stream", []db.AccessChange{{UserID: "cid"}}, nil},
		{"nobody knows whose", []db.AccessChange{{}}, []string{"ann-w1", "ann-w2", "bob-w1", "bob-w2"}},
		{"more than is looked at one by one", many, []string{"ann-w1", "ann-w2", "bob-w1", "bob-w2"}},
	} {
		open := &streams{open: map[*stream]struct{}{}, doubt: make(chan struct{}, 1)}
		for _, user := range []string{"ann", "bob"} {
			for _, workspace := range []string{"w1", "w2"} {
				open.open[&stream{session: &policies.Session{ID: user + "-" + workspace, UserID: user}, workspaceID: workspace}] = struct{}{}
			}
		}
		open.doubtSome(c.of)
		if got := idsOf(open.doubted()); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q are judged, want %q", c.what, got, c.want)
		}
		if again := open.doubted(); len(again) != 0 {
			t.Errorf("%s: %q are judged twice", c.what, idsOf(again))
		}
	}
}

// Between the question whether somebody may listen and the beginning of their
// stream they may have been removed.
func TestAStreamThatBeginsIsJudgedOnce(t *testing.T) {
	t.Parallel()
	s := &streams{open: map[*stream]struct{}{}, doubt: make(chan struct{}, 1)}
	one, other := &stream{session: &policies.Session{ID: "one", UserID: "ann"}}, &stream{session: &policies.Session{ID: "other", UserID: "bob"}}
	s.open[one], s.open[other] = struct{}{}, struct{}{}
	s.doubtNew(one)
	if got := idsOf(s.doubted()); len(s.doubt) != 1 || !slices.Equal(got, []string{"one"}) {
		t.Errorf("%q are judged", got)
	}
	s.doubtNew(one)
	s.doubtSome([]db.AccessChange{{}})
	if got := idsOf(s.doubted()); !slices.Equal(got, []string{"one", "other"}) {
		t.Errorf("%q are judged", got)
	}
	if again := s.doubted(); len(again) != 0 {
		t.Errorf("%q are judged again", idsOf(again))
	}
}

func idsOf(list []*stream) []string {
	var ids []string
	for _, st := range list {
		ids = append(ids, st.session.ID)
	}
	slices.Sort(ids)
	return ids
}
