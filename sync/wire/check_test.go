package wire_test

import (
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

const (
	opA    = "0197a000-0000-7000-8000-00000000000a"
	opB    = "0197a000-0000-7000-8000-00000000000b"
	sha    = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
	times  = `"created_at":1764288000,"updated_at":1764288000`
	thread = `{"id":"t1","status":"ready","pinned":false,` + times + `}`
)

func stamp(clock int64) wire.Stamp {
	return wire.Stamp{DeviceID: "laptop", OpID: opA, HLC: wire.HLC{Millis: noon.UnixMilli(), Node: "a"}.String(), Clock: clock}
}

func put(table wire.Table, pk, payload string) wire.Op {
	return wire.Op{Table: table, Op: wire.Put, PK: pk, Payload: []byte(payload), Stamp: stamp(1)}
}

// check gives the field an op is refused for, "" when it is well-formed.
func check(t *testing.T, op wire.Op) string {
	t.Helper()
	_, wrong := op.Check("w1", noon)
	if wrong == nil {
		return ""
	}
	if wrong.Code != fault.Invalid || wrong.Message == "" || len(wrong.Fields) != 1 {
		t.Errorf("the rejection %+v is not a validation_error about one field", wrong)
	}
	for field := range wrong.Fields {
		return field
	}
	return "?"
}

func TestAWellFormedPutOfEveryTableIsAccepted(t *testing.T) {
	for _, op := range []wire.Op{
		put(wire.Threads, "t1", thread),
		put(wire.Threads, "t1", `{"id":"t1","title":null,"status":"ready","pinned":true,"branch_mode":"copy","forked":true,"anchor_index":-1,"parent_thread_id":"t0","last_message_at":1764288000,`+times+`}`),
		put(wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":0,"order_key":"x","data":{"content":"hi"},"file_hashes":"[\"`+sha+`\"]",`+times+`}`),
		put(wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":1.0,"order_key":"","data":["any"],"file_hashes":"","pending":false,"error":{"code":1},`+times+`}`),
		put(wire.Projects, "p1", `{"id":"p1","name":"P","data":[{"kind":"thread"}],`+times+`}`),
		put(wire.Posts, "d1", `{"id":"d1","title":"","content":"","post_type":"markdown","meta":"x",`+times+`}`),
		put(wire.KV, "a.b", `{"id":"a.b","name":"a.b","value":null,`+times+`}`),
		put(wire.FileMeta, sha, `{"hash":"`+sha+`","kind":"pdf","size_bytes":3,"ref_count":"whatever",`+times+`}`),
		put(wire.FileMeta, "md5:"+strings.Repeat("0a", 16), `{"hash":"md5:`+strings.Repeat("0a", 16)+`",`+times+`}`),
		put(wire.Notifications, "n1", `{"id":"n1","user_id":"u1","type":"system.warning","title":"T","actions":[],"workspace_id":"w1",`+times+`}`),
		{Table: wire.Threads, Op: wire.Delete, PK: "t1", Stamp: stamp(2)},
		{Table: wire.Threads, Op: wire.Delete, PK: "t1", Payload: []byte("null"), Stamp: stamp(2)},
		{Table: wire.Notifications, Op: wire.Delete, PK: "n1", Payload: []byte(`{"id":"n1","user_id":"u1"}`), Stamp: stamp(2)},
	} {
		if field := check(t, op); field != "" {
			_, wrong := op.Check("w1", noon)
			t.Errorf("%s %s of %s is refused: %v %v", op.Op, op.Payload, op.Table, wrong, wrong.Fields)
		}
	}
}

func TestWhatIsWrongWithAPayloadIsNamed(t *testing.T) {
	for _, c := range []struct {
		name    string
		table   wire.Table
		pk      string
		payload string
		field   string
	}{
		{"no payload", wire.Threads, "t1", ``, "payload"},
		{"null", wire.Threads, "t1", `null`, "payload"},
		{"an array", wire.Threads, "t1", `[]`, "payload"},
		{"broken JSON", wire.Threads, "t1", `{"id":"t1"`, "payload"},
		{"two objects", wire.Threads, "t1", thread + thread, "payload"},
		{"a name twice", wire.Threads, "t1", `{"id":"t1","id":"t1","status":"ready","pinned":false,` + times + `}`, "payload"},
		{"a name twice, deep down", wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":0,"order_key":"x","data":{"a":1,"\u0061":2},` + times + `}`, "payload"},
		{"NUL", wire.Threads, "t1", `{"id":"t1","title":"a\u0000b","status":"ready","pinned":false,` + times + `}`, "payload"},
		{"half a surrogate pair", wire.Threads, "t1", `{"id":"t1","title":"\ud83d","status":"ready","pinned":false,` + times + `}`, "payload"},
		{"a number beyond floats", wire.Threads, "t1", `{"id":"t1","x":1e400,"status":"ready","pinned":false,` + times + `}`, "payload"},
		{"nesting without end", wire.Threads, "t1", `{"id":"t1","x":` + strings.Repeat("[", 101) + strings.Repeat("]", 101) + `}`, "payload"},
		{"no id", wire.Threads, "t1", `{"status":"ready","pinned":false,` + times + `}`, "id"},
		{"another id than the pk", wire.Threads, "t2", thread, "id"},
		{"a number for an id", wire.Threads, "t1", `{"id":1,"status":"ready","pinned":false,` + times + `}`, "id"},
		{"no status", wire.Threads, "t1", `{"id":"t1","pinned":false,` + times + `}`, "status"},
		{"pinned as a number", wire.Threads, "t1", `{"id":"t1","status":"ready","pinned":0,` + times + `}`, "pinned"},
		{"a title that is no text", wire.Threads, "t1", `{"id":"t1","title":{},"status":"ready","pinned":false,` + times + `}`, "title"},
		{"a branch mode nobody knows", wire.Threads, "t1", `{"id":"t1","branch_mode":"link","status":"ready","pinned":false,` + times + `}`, "branch_mode"},
		{"no created_at", wire.Threads, "t1", `{"id":"t1","status":"ready","pinned":false,"updated_at":1}`, "created_at"},
		{"milliseconds for seconds", wire.Threads, "t1", `{"id":"t1","status":"ready","pinned":false,"created_at":1764288000000,"updated_at":1}`, "created_at"},
		{"a time in words", wire.Threads, "t1", `{"id":"t1","status":"ready","pinned":false,"created_at":1,"updated_at":"now"}`, "updated_at"},
		{"a negative time", wire.Threads, "t1", `{"id":"t1","status":"ready","pinned":false,"created_at":-1,"updated_at":1}`, "created_at"},
		{"another workspace's id", wire.Threads, "t1", `{"id":"t1","workspace_id":"w2","status":"ready","pinned":false,` + times + `}`, "workspace_id"},
		{"an _id", wire.Threads, "t1", `{"id":"t1","_id":"x","status":"ready","pinned":false,` + times + `}`, "_id"},
		{"no thread_id", wire.Messages, "m1", `{"id":"m1","role":"user","index":0,"order_key":"x",` + times + `}`, "thread_id"},
		{"an index in the middle", wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":0.5,"order_key":"x",` + times + `}`, "index"},
		{"file hashes that are none", wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":0,"order_key":"x","file_hashes":"[\"abc\"]",` + times + `}`, "file_hashes"},
		{"file hashes as an array", wire.Messages, "m1", `{"id":"m1","thread_id":"t1","role":"user","index":0,"order_key":"x","file_hashes":["` + sha + `"],` + times + `}`, "file_hashes"},
		{"the local spelling of post_type", wire.Posts, "d1", `{"id":"d1","title":"","content":"","postType":"markdown",` + times + `}`, "post_type"},
		{"a kv row whose name is not its id", wire.KV, "a", `{"id":"a","name":"b",` + times + `}`, "name"},
		{"a kv value that is no text", wire.KV, "a", `{"id":"a","name":"a","value":1,` + times + `}`, "value"},
		{"a negative size", wire.FileMeta, sha, `{"hash":"` + sha + `","size_bytes":-1,` + times + `}`, "size_bytes"},
		{"a kind nobody knows", wire.FileMeta, sha, `{"hash":"` + sha + `","kind":"movie",` + times + `}`, "kind"},
		{"a notification for nobody", wire.Notifications, "n1", `{"id":"n1","type":"x","title":"T",` + times + `}`, "user_id"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := check(t, put(c.table, c.pk, c.payload)); got != c.field {
				t.Errorf("refused for %q, want %q", got, c.field)
			}
		})
	}
}

func TestWhatIsWrongWithAnOpIsNamed(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(*wire.Op)
		field string
	}{
		{"a table nobody syncs", func(o *wire.Op) { o.Table = "pending_ops" }, "table"},
		{"an op nobody knows", func(o *wire.Op) { o.Op = "upsert" }, "op"},
		{"no pk", func(o *wire.Op) { o.PK = "" }, "pk"},
		{"a pk with a slash", func(o *wire.Op) { o.PK = "a/b" }, "pk"},
		{"a pk of 129", func(o *wire.Op) { o.PK = strings.Repeat("a", 129) }, "pk"},
		{"a kv row of a person without a name", func(o *wire.Op) { o.Table, o.PK = wire.KV, "user..x" }, "pk"},
		{"a hash in capitals", func(o *wire.Op) { o.Table, o.PK = wire.FileMeta, strings.ToUpper(sha) }, "pk"},
		{"no op id", func(o *wire.Op) { o.Stamp.OpID = "" }, "op_id"},
		{"an op id in capitals", func(o *wire.Op) { o.Stamp.OpID = strings.ToUpper(opA) }, "op_id"},
		{"an op id that is no UUID", func(o *wire.Op) { o.Stamp.OpID = "42" }, "op_id"},
		{"no device", func(o *wire.Op) { o.Stamp.DeviceID = "" }, "device_id"},
		{"a device of 65", func(o *wire.Op) { o.Stamp.DeviceID = strings.Repeat("a", 65) }, "device_id"},
		{"a device with a NUL", func(o *wire.Op) { o.Stamp.DeviceID = "a\x00" }, "device_id"},
		{"a clock below zero", func(o *wire.Op) { o.Stamp.Clock = -1 }, "clock"},
		{"a clock JavaScript cannot hold", func(o *wire.Op) { o.Stamp.Clock = wire.MaxClock + 1 }, "clock"},
		{"an HLC that is none", func(o *wire.Op) { o.Stamp.HLC = "now" }, "hlc"},
		{"an HLC of the future", func(o *wire.Op) {
			o.Stamp.HLC = wire.HLC{Millis: noon.Add(5*time.Minute + time.Millisecond).UnixMilli(), Node: "a"}.String()
		}, "hlc"},
		{"an endless atomic group", func(o *wire.Op) { o.Atomic = strings.Repeat("a", 129) }, "atomic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			op := put(wire.Threads, "t1", thread)
			c.spoil(&op)
			if got := check(t, op); got != c.field {
				t.Errorf("refused for %q, want %q", got, c.field)
			}
		})
	}
}

func TestAnHLCMayBeExactlyFiveMinutesAhead(t *testing.T) {
	op := put(wire.Threads, "t1", thread)
	op.Stamp.HLC = wire.HLC{Millis: noon.Add(5 * time.Minute).UnixMilli(), Counter: 9999, Node: "a"}.String()
	if field := check(t, op); field != "" {
		t.Errorf("refused for %s", field)
	}
}

func TestAPayloadMayHave256KiBAndNotOneByteMore(t *testing.T) {
	fill := func(size int) wire.Op {
		head, tail := `{"id":"t1","status":"ready","pinned":false,`+times+`,"x":"`, `"}`
		return put(wire.Threads, "t1", head+strings.Repeat("a", size-len(head)-len(tail))+tail)
	}
	if field := check(t, fill(wire.MaxPayload)); field != "" {
		t.Errorf("exactly 256 KiB is refused for %s", field)
	}
	big := fill(wire.MaxPayload + 1)
	if _, wrong := big.Check("w1", noon); wrong == nil || wrong.Code != fault.Oversized {
		t.Errorf("one byte more gives %v, want oversized", wrong)
	}
}

func TestThePayloadIsKeptAsItCameWithoutWhatStampAndOpDecide(t *testing.T) {
	for _, c := range []struct{ name, table, sent, kept string }{
		{"nothing to drop", "threads", thread, thread},
		{"unknown fields survive", "threads",
			`{"id":"t1","status":"ready","pinned":false,"X":{"deleted":true,"n":1.50,"s":"\u00e9"},` + times + `}`,
			`{"id":"t1","status":"ready","pinned":false,"X":{"deleted":true,"n":1.50,"s":"\u00e9"},` + times + `}`},
		{"stamp and deletion are dropped", "threads",
			`{"id":"t1","clock":9,"hlc":"x","deleted":true,"deleted_at":5,"status":"ready","pinned":false,` + times + `}`,
			`{"id":"t1","status":"ready","pinned":false,` + times + `}`},
		{"what belongs to one device is dropped", "threads",
			`{"op_id":"x","device_id":"y","server_version":3,"workspace_id":"w1","id":"t1","status":"ready","pinned":false,` + times + `}`,
			`{"id":"t1","status":"ready","pinned":false,` + times + `}`},
		{"white space goes", "threads",
			"{ \"id\" : \"t1\",\n \"status\":\"re ady\", \"pinned\":false, \"x\": [1, 2], " + times + "}",
			`{"id":"t1","status":"re ady","pinned":false,"x":[1,2],` + times + `}`},
		{"ref_count is dropped from files", "file_meta", `{"hash":"` + sha + `","ref_count":4,` + times + `}`, `{"hash":"` + sha + `",` + times + `}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pk := "t1"
			if c.table == "file_meta" {
				pk = sha
			}
			op := put(wire.Table(c.table), pk, c.sent)
			checked, wrong := op.Check("w1", noon)
			if wrong != nil {
				t.Fatal(wrong, wrong.Fields)
			}
			if got := string(checked.Text()); got != c.kept {
				t.Errorf("kept\n%s, want\n%s", got, c.kept)
			}
		})
	}
}

func TestTheDigestSeesContentAndNothingElse(t *testing.T) {
	base := put(wire.Threads, "t1", thread)
	digest := func(op wire.Op) string {
		t.Helper()
		checked, wrong := op.Check("w1", noon)
		if wrong != nil {
			t.Fatal(wrong, wrong.Fields)
		}
		return checked.Digest
	}
	same := map[string]func(*wire.Op){
		"another order and spacing": func(o *wire.Op) {
			o.Payload = []byte(`{ "pinned":false,"status":"r\u0065ady",` + times + `,"id":"t1"}`)
		},
		"dropped fields":   func(o *wire.Op) { o.Payload = []byte(strings.Replace(thread, "{", `{"clock":7,`, 1)) },
		"another device":   func(o *wire.Op) { o.Stamp.DeviceID = "phone" },
		"an atomic group":  func(o *wire.Op) { o.Atomic = "a" },
		"another op id":    func(o *wire.Op) { o.Stamp.OpID = opB },
		"1764288000.0 for": func(o *wire.Op) { o.Payload = []byte(strings.ReplaceAll(thread, "1764288000", "1764288000.0")) },
	}
	for name, change := range same {
		op := base
		change(&op)
		if digest(op) != digest(base) {
			t.Errorf("%s changes the digest", name)
		}
	}
	other := map[string]func(*wire.Op){
		"a clock": func(o *wire.Op) { o.Stamp.Clock = 2 },
		"an hlc":  func(o *wire.Op) { o.Stamp.HLC = wire.HLC{Millis: 1, Node: "a"}.String() },
		"a field": func(o *wire.Op) { o.Payload = []byte(strings.Replace(thread, "ready", "Ready", 1)) },
		"a kind":  func(o *wire.Op) { o.Op, o.Payload = wire.Delete, nil },
	}
	for name, change := range other {
		op := base
		change(&op)
		if digest(op) == digest(base) {
			t.Errorf("%s does not change the digest", name)
		}
	}
}

func TestCanonicalJSONFollowsTheTableOfCases(t *testing.T) {
	var cases []struct{ Text, Canonical string }
	readTestdata(t, "canonical.json", &cases)
	for _, c := range cases {
		if got, err := wire.Canonical([]byte(c.Text)); err != nil || string(got) != c.Canonical {
			t.Errorf("%s becomes %s (%v), want %s", c.Text, got, err, c.Canonical)
		}
	}
}

func TestReservedAndPersonalRowsAreTold(t *testing.T) {
	for pk, want := range map[string]bool{
		"plugins.enabled": true, "plugins.settings.x": true, "admin.guest_access.enabled": true,
		"plugins": false, "plugins.enabledx": false, "plugins.settings": false, "administrator": false, "theme": false,
	} {
		if got := wire.Reserved(wire.KV, pk); got != want {
			t.Errorf("kv %s reserved: %v, want %v", pk, got, want)
		}
	}
	if wire.Reserved(wire.Threads, "admin.x") {
		t.Error("only kv has reserved rows")
	}
	for pk, want := range map[string]string{"user.u1.theme": "u1", "user.u1.a.b": "u1", "user.u1.": "u1"} {
		if got, ok := wire.PersonalKV(wire.KV, pk); !ok || got != want {
			t.Errorf("kv %s belongs to %q, %v; want %q", pk, got, ok, want)
		}
	}
	for _, pk := range []string{"user.u1", "users.u1.x", "theme", "xuser.u1.x"} {
		if _, ok := wire.PersonalKV(wire.KV, pk); ok {
			t.Errorf("kv %s is taken for a person's", pk)
		}
	}
}
