package audit_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
	"or3.cloud/or3/internal/fault"
)

func TestFiltersSelectByActionActorWorkspaceResultAndTime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := noon
		log := audit.New(audit.Options{DB: d, Now: func() time.Time { return now }})
		add := func(action, workspace, actor string, result audit.Result) {
			record(t, t.Context(), log, audit.Entry{
				Action: action, WorkspaceID: workspace, Result: result,
				Actor: audit.Actor{Kind: audit.User, ID: actor, Name: "Name of " + actor},
			})
			now = now.Add(time.Hour)
		}
		add("member.added", "w1", "ines", audit.Allowed)   // 1, 12:00
		add("member.removed", "w1", "yuki", audit.Refused) // 2, 13:00
		add("memberX", "w2", "ines", audit.Allowed)        // 3, 14:00
		add("workspace.created", "w2", "yuki", audit.Failed)
		add("Member.added", "", "sam", audit.Allowed) // 5, 16:00

		cases := []struct {
			name   string
			filter audit.Filter
			want   string
		}{
			{"nothing selects everything", audit.Filter{}, "5 4 3 2 1"},
			{"a family of actions", audit.Filter{Action: "member."}, "2 1"},
			{"a prefix is exact about case and wildcards", audit.Filter{Action: "m_mber"}, ""},
			{"an actor by id", audit.Filter{Actor: "ines"}, "3 1"},
			{"an actor by name", audit.Filter{Actor: "Name of yuki"}, "4 2"},
			{"an actor of one workspace", audit.Filter{Actor: "Name of yuki", WorkspaceID: "w1"}, "2"},
			{"a workspace", audit.Filter{WorkspaceID: "w2"}, "4 3"},
			{"another tenant's id finds nothing", audit.Filter{WorkspaceID: "w3"}, ""},
			{"a result", audit.Filter{Result: audit.Refused}, "2"},
			{"a time, the end excluded", audit.Filter{Since: noon.Add(time.Hour), Until: noon.Add(3 * time.Hour)}, "3 2"},
			{"quotes are only text", audit.Filter{Actor: `' OR '1'='1`}, ""},
			{"a NUL is only text", audit.Filter{Action: "member\x00"}, ""},
		}
		for _, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				if got := numbers(list(t, log, c.filter).Entries); got != c.want {
					t.Errorf("got %q, want %q", got, c.want)
				}
			})
		}
		for name, f := range map[string]audit.Filter{
			"result": {Result: "maybe"}, "cursor": {Cursor: "1 OR 1=1"}, "cursor of zero": {Cursor: "0"}, "cursor with a sign": {Cursor: "+5"},
		} {
			if _, err := log.List(t.Context(), f); !fault.Is(err, fault.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestOneEntryAndWhatOneCanFilterByStayInsideTheWorkspace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		for _, e := range []audit.Entry{
			{Action: "b.two", WorkspaceID: "w1", Actor: audit.Actor{Kind: audit.User, ID: "u1", Name: "Ines"}},
			{Action: "a.one", WorkspaceID: "w1", Actor: audit.Actor{Kind: audit.Command, Name: "root"}},
			{Action: "b.two", WorkspaceID: "w1", Actor: audit.Actor{Kind: audit.Token, ID: "u1", Name: "Ines Okafor"}},
			{Action: "c.three", WorkspaceID: "w2", Actor: audit.Actor{Kind: audit.User, ID: "u2", Name: "Mallory"}},
			{Action: "d.four"},
		} {
			record(t, t.Context(), log, e)
		}
		facets, err := log.Facets(t.Context(), "w1")
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(facets); got != "{[a.one b.two] [{token u1 Ines Okafor} {command  root}]}" {
			t.Errorf("facets of w1: %s", got)
		}
		all, err := log.Facets(t.Context(), "")
		if err != nil || len(all.Actions) != 4 || len(all.Actors) != 3 {
			t.Errorf("facets of all: %+v, %v", all, err)
		}
		if e, err := log.Entry(t.Context(), "w1", 2); err != nil || e.Action != "a.one" {
			t.Errorf("entry %+v, %v", e, err)
		}
		if e, err := log.Entry(t.Context(), "", 4); err != nil || e.Action != "c.three" {
			t.Errorf("entry %+v, %v", e, err)
		}
		for _, seq := range []int64{4, 5, 6, 0, -1} {
			if _, err := log.Entry(t.Context(), "w1", seq); !fault.Is(err, fault.NotFound) {
				t.Errorf("entry %d of w1: %v", seq, err)
			}
		}
	})
}

func TestPagesCoverTheLogWithoutOverlapWhileItGrows(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		for range 7 {
			record(t, t.Context(), log, audit.Entry{Action: "test.act"})
		}
		var seen []string
		f := audit.Filter{Limit: 3}
		for {
			page := list(t, log, f)
			seen = append(seen, numbers(page.Entries))
			record(t, t.Context(), log, audit.Entry{Action: "test.late"})
			if page.Next == "" {
				break
			}
			f.Cursor = page.Next
		}
		if got := strings.Join(seen, " | "); got != "7 6 5 | 4 3 2 | 1" {
			t.Errorf("pages %s", got)
		}
	})
}

func TestCSVCellsAreNeverFormulas(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		evil := []string{
			`=HYPERLINK("http://evil.example","click")`, "+1+1", "-2", "@SUM(A1)", "  =1+1", "＝1", `plain "quoted", text`, "",
			"\u00a0=1", "a=b", "\t=1",
		}
		for _, name := range evil {
			record(t, t.Context(), log, audit.Entry{Action: "test.act", Actor: audit.Actor{Kind: audit.User, ID: "u", Name: name}, UserAgent: name})
		}
		out := export(t, log, audit.Filter{}, audit.CSV)
		rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) != len(evil)+1 || rows[0][0] != "seq" {
			t.Fatalf("%d rows, first %v", len(rows), rows[0])
		}
		for i, row := range rows[1:] {
			if len(row) != len(rows[0]) {
				t.Fatalf("row %d has %d cells", i, len(row))
			}
			for _, cell := range row {
				if trimmed := strings.TrimLeft(cell, " \u00a0\t"); trimmed != "" && strings.ContainsRune("=+-@＝", []rune(trimmed)[0]) {
					t.Errorf("row %d has a formula: %q", i, cell)
				}
			}
		}
		if rows[7][6] != `plain "quoted", text` || rows[10][6] != "a=b" {
			t.Errorf("harmless cells were changed: %q %q", rows[7][6], rows[10][6])
		}
	})
}

func TestAJSONExportIsOldestFirstAndLinksUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		log := newLog(d)
		for n := range 5 {
			record(t, t.Context(), log, audit.Entry{Action: "test.act", Details: map[string]any{"html": "<b>&", "n": n}})
		}
		var doc struct {
			Format  string         `json:"format"`
			Entries []audit.Stored `json:"entries"`
		}
		out := export(t, log, audit.Filter{}, audit.JSON)
		if err := json.Unmarshal([]byte(out), &doc); err != nil {
			t.Fatal(err)
		}
		if numbers(doc.Entries) != "1 2 3 4 5" || doc.Format != "or3-audit-1" {
			t.Fatalf("export %s", out)
		}
		for i, e := range doc.Entries {
			if string(e.Details) != fmt.Sprintf(`{"html":"<b>&","n":%d}`, i) || !e.At.Equal(noon) {
				t.Errorf("entry %d is not exact: %s at %s", e.Seq, e.Details, e.At)
			}
			if i > 0 && e.PrevHash != doc.Entries[i-1].Hash {
				t.Errorf("entry %d does not link to the one before", e.Seq)
			}
		}
		if got := export(t, log, audit.Filter{WorkspaceID: "elsewhere"}, audit.JSON); json.Unmarshal([]byte(got), &doc) != nil || len(doc.Entries) != 0 {
			t.Errorf("empty export %q", got)
		}
		if err := log.Export(t.Context(), audit.Filter{}, "xml", &bytes.Buffer{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("unknown format: %v", err)
		}
	})
}

func export(t *testing.T, log *audit.Log, f audit.Filter, format audit.Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := log.Export(t.Context(), f, format, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func numbers(entries []audit.Stored) string {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%d ", e.Seq)
	}
	return strings.TrimSpace(b.String())
}
