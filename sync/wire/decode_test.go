package wire_test

import (
	"errors"
	"strings"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

const (
	goodStamp = `{"device_id":"laptop","op_id":"` + opA + `","hlc":"1764288000000:0000:a","clock":1}`
	goodOp    = `{"table":"threads","op":"put","pk":"t1","payload":` + thread + `,"stamp":` + goodStamp + `}`
)

func push(ops ...string) string {
	return `{"workspace_id":"w1","cursor":0,"history_id":"h","ops":[` + strings.Join(ops, ",") + `]}`
}

func TestAPushIsReadAsItWasWritten(t *testing.T) {
	body := []byte(push(goodOp, strings.Replace(goodOp, `"stamp"`, `"atomic":"a","stamp"`, 1)))
	req, err := wire.DecodePush(body)
	if err != nil {
		t.Fatal(err)
	}
	clear(body) // the server reuses its buffers
	if req.WorkspaceID != "w1" || req.Cursor == nil || *req.Cursor != 0 || req.HistoryID != "h" || len(req.Ops) != 2 {
		t.Fatalf("read %+v", req)
	}
	op := req.Ops[1]
	if op.Table != wire.Threads || op.Op != wire.Put || op.PK != "t1" || op.Atomic != "a" || string(op.Payload) != thread || op.Stamp != stamp(1) {
		t.Errorf("read op %+v", op)
	}
	if _, wrong := op.Check("w1", noon); wrong != nil {
		t.Error(wrong)
	}
}

func TestWhatIsWrongWithAPushAsAWholeRefusesIt(t *testing.T) {
	for _, c := range []struct {
		name, body string
		kind       fault.Kind
		status     int
		field      string
	}{
		{"nothing", ``, fault.Invalid, 400, ""},
		{"half of it", push(goodOp)[:100], fault.Invalid, 400, ""},
		{"two bodies", push() + push(), fault.Invalid, 400, ""},
		{"bad UTF-8", push("\"\xff\""), fault.Invalid, 400, ""},
		{"a bare NUL", push("\"\x00\""), fault.Invalid, 400, ""},
		{"an array", `[]`, fault.Invalid, 0, ""},
		{"an unknown field", `{"workspace_id":"w1","ops":[],"project_id":"x"}`, fault.Invalid, 0, "project_id"},
		{"a field twice", `{"workspace_id":"w1","workspace_id":"w2","ops":[]}`, fault.Invalid, 0, "workspace_id"},
		{"a field twice, once in escapes", `{"workspace_id":"w1","\u0077orkspace_id":"w2","ops":[]}`, fault.Invalid, 0, "workspace_id"},
		{"a field in capitals", `{"workspace_id":"w1","WORKSPACE_ID":"w2","ops":[]}`, fault.Invalid, 0, "WORKSPACE_ID"},
		{"no workspace", `{"ops":[]}`, fault.Invalid, 0, "workspace_id"},
		{"a workspace that is no id", `{"workspace_id":"../w","ops":[]}`, fault.Invalid, 0, "workspace_id"},
		{"a number for a workspace", `{"workspace_id":1,"ops":[]}`, fault.Invalid, 0, "workspace_id"},
		{"no ops", `{"workspace_id":"w1"}`, fault.Invalid, 0, "ops"},
		{"null for ops", `{"workspace_id":"w1","ops":null}`, fault.Invalid, 0, "ops"},
		{"an object for ops", `{"workspace_id":"w1","ops":{}}`, fault.Invalid, 0, "ops"},
		{"a cursor below zero", `{"workspace_id":"w1","cursor":-1,"ops":[]}`, fault.Invalid, 0, "cursor"},
		{"a cursor in words", `{"workspace_id":"w1","cursor":"1","ops":[]}`, fault.Invalid, 0, "cursor"},
		{"a history of NUL", `{"workspace_id":"w1","history_id":"\u0000","ops":[]}`, fault.Invalid, 0, "history_id"},
		{"101 ops", push(strings.Split(strings.Repeat(goodOp+"\n", 101)[:101*(len(goodOp)+1)-1], "\n")...), fault.Oversized, 0, ""},
		{"more than 8 MiB", push(strings.Repeat(" ", wire.MaxBody)), fault.Oversized, 0, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := wire.DecodePush([]byte(c.body))
			var f *fault.Error
			if !errors.As(err, &f) || f.Kind != c.kind || f.Status != c.status {
				t.Fatalf("got %v, want a %s of status %d", err, c.kind, c.status)
			}
			if c.field != "" && f.Fields[c.field] == "" {
				t.Errorf("fields are %v, want one about %s", f.Fields, c.field)
			}
		})
	}
}

func TestABadOpIsKeptForItsOwnRejection(t *testing.T) {
	for _, c := range []struct{ name, op, field, opID string }{
		{"not an object", `7`, "op", ""},
		{"an unknown field", strings.Replace(goodOp, `"pk"`, `"key":"k","pk"`, 1), "key", opA},
		{"a field in capitals", strings.Replace(goodOp, `"pk"`, `"PK"`, 1), "PK", opA},
		{"a field twice", strings.Replace(goodOp, `"pk"`, `"pk":"x","pk"`, 1), "op", opA},
		{"a number for a pk", strings.Replace(goodOp, `"t1"`, `1`, 1), "pk", opA},
		{"half a surrogate pair in the payload", strings.Replace(goodOp, `ready`, `\udc00`, 1), "op", opA},
		{"NUL in the payload", strings.Replace(goodOp, `ready`, `\u0000`, 1), "op", opA},
		{"no stamp", `{"table":"threads","op":"delete","pk":"t1"}`, "op_id", ""},
		{"a stamp without a clock", strings.Replace(goodOp, `,"clock":1`, ``, 1), "clock", opA},
		{"a clock in words", strings.Replace(goodOp, `"clock":1`, `"clock":"1"`, 1), "clock", opA},
		{"a clock in halves", strings.Replace(goodOp, `"clock":1`, `"clock":1.5`, 1), "clock", opA},
		{"a clock beyond counting", strings.Replace(goodOp, `"clock":1`, `"clock":1e300`, 1), "clock", opA},
		{"a stamp with more", strings.Replace(goodOp, `"clock":1`, `"clock":1,"user_id":"root"`, 1), "user_id", opA},
		{"an atomic group of null", strings.Replace(goodOp, `"pk"`, `"atomic":null,"pk"`, 1), "atomic", opA},
	} {
		t.Run(c.name, func(t *testing.T) {
			req, err := wire.DecodePush([]byte(push(c.op, goodOp)))
			if err != nil {
				t.Fatal(err)
			}
			if got := check(t, req.Ops[0]); got != c.field {
				t.Errorf("refused for %q, want %q", got, c.field)
			}
			if got := req.Ops[0].Stamp.OpID; got != c.opID {
				t.Errorf("the op id is %q, want %q", got, c.opID)
			}
			if got := check(t, req.Ops[1]); got != "" {
				t.Errorf("its neighbour is refused for %q", got)
			}
		})
	}
}

func TestAPullIsReadStrictly(t *testing.T) {
	req, err := wire.DecodePull([]byte(`{"workspace_id":"w1","cursor":7,"limit":1000,"tables":["kv","threads","kv"],"history_id":"h"}`))
	if err != nil || req.WorkspaceID != "w1" || req.Cursor != 7 || req.Limit != 1000 || req.HistoryID != "h" || len(req.Tables) != 2 {
		t.Errorf("read %+v, %v", req, err)
	}
	if req, err := wire.DecodePull([]byte(`{"workspace_id":"w1"}`)); err != nil || req.Limit != wire.DefaultPage || req.Cursor != 0 {
		t.Errorf("without cursor and limit: %+v, %v", req, err)
	}
	for body, field := range map[string]string{
		`{"workspace_id":"w1","limit":0}`:              "limit",
		`{"workspace_id":"w1","limit":1001}`:           "limit",
		`{"workspace_id":"w1","limit":1.5}`:            "limit",
		`{"workspace_id":"w1","cursor":-1}`:            "cursor",
		`{"workspace_id":"w1","tables":["users"]}`:     "tables",
		`{"workspace_id":"w1","tables":"kv"}`:          "tables",
		`{"workspace_id":"w1","Limit":5}`:              "Limit",
		`{"workspace_id":"","limit":5}`:                "workspace_id",
		`{"workspace_id":"w1","limit":5,"limit":6}`:    "limit",
		`{"workspace_id":"w1","history_id":"\u0007x"}`: "history_id",
	} {
		_, err := wire.DecodePull([]byte(body))
		var f *fault.Error
		if !errors.As(err, &f) || f.Kind != fault.Invalid || f.Fields[field] == "" {
			t.Errorf("%s gives %v, want a validation error about %s", body, err, field)
		}
	}
}

func FuzzDecodePush(f *testing.F) {
	f.Add([]byte(push(goodOp)))
	f.Add([]byte(push(`{"stamp":{}}`, `[]`)))
	f.Add([]byte(`{"workspace_id":"w1","ops":[{"payload":{"a":{"a":"\ud800\u0000"}}}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := wire.DecodePush(body)
		if err != nil {
			if k := fault.KindOf(err); k != fault.Invalid && k != fault.Oversized {
				t.Fatalf("unexpected kind of error: %v", err)
			}
			return
		}
		for i := range req.Ops {
			checked, wrong := req.Ops[i].Check(req.WorkspaceID, noon)
			if wrong != nil {
				continue
			}
			// What is accepted must be kept faithfully: reading it back gives
			// the same content, and nothing is left to drop.
			again := req.Ops[i]
			again.Payload = checked.Text()
			twice, wrong := again.Check(req.WorkspaceID, noon)
			if wrong != nil || twice.Digest != checked.Digest || string(twice.Text()) != string(checked.Text()) {
				t.Fatalf("%s is kept as %s, which reads as %s (%v)", req.Ops[i].Payload, checked.Text(), twice.Text(), wrong)
			}
		}
	})
}

func FuzzDecodePull(f *testing.F) {
	f.Add([]byte(`{"workspace_id":"w1","cursor":7,"limit":1000,"tables":["kv"],"history_id":"h"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		req, err := wire.DecodePull(body)
		if err == nil && (req.Limit < 1 || req.Limit > wire.MaxPage || req.Cursor < 0) {
			t.Fatalf("accepted %+v", req)
		}
	})
}

func FuzzParseHLC(f *testing.F) {
	f.Add("1764288000000:0001:k3f9x0ab")
	f.Fuzz(func(t *testing.T, text string) {
		if h, err := wire.ParseHLC(text); err == nil && h.String() != text {
			t.Fatalf("%q is written as %q", text, h.String())
		}
	})
}

// One that is nested beyond the reader's own depth is valid JSON, and says so.
func TestWhatIsTooDeepToBeReadIsToldApart(t *testing.T) {
	deep := strings.Replace(goodOp, `"status":"ready"`, `"status":`+strings.Repeat("[", 10_001)+strings.Repeat("]", 10_001), 1)
	if deep == goodOp {
		t.Fatal("the op has no status")
	}
	_, err := wire.DecodePush([]byte(push(goodOp, deep)))
	if f, ok := errors.AsType[*fault.Error](err); !ok || f.Kind != fault.Invalid || !strings.Contains(f.Message, "10000 levels") {
		t.Errorf("got %v", err)
	}
}
