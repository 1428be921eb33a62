package wire_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"or3.cloud/or3/sync/wire"
)

// language describes everything two programs must agree on: the tables, the
// limits and the JSON names and types of what is sent.
func language() string {
	var b strings.Builder
	for _, spec := range wire.Schema() {
		text, _ := json.Marshal(spec)
		b.Write(append(text, '\n'))
	}
	for _, v := range []any{wire.PushRequest{}, wire.PushResponse{}, wire.PullRequest{}, wire.PullResponse{},
		wire.SnapshotRequest{}, wire.SnapshotResponse{}, wire.DigestRequest{}, wire.DigestResponse{}, wire.HistoryRequest{}, wire.HistoryResponse{},
		wire.CursorRequest{}, wire.CursorResponse{}, wire.CollectRequest{}, wire.CollectResponse{}} {
		describe(&b, reflect.TypeOf(v), "")
	}
	for _, limit := range []int{wire.MaxBody, wire.MaxOps, wire.MaxPayload, wire.MaxDepth, wire.MaxPage, wire.MaxClockLead, int(wire.MaxHLCLead)} {
		b.WriteString(strconv.Itoa(limit) + "\n")
	}
	return b.String()
}

func describe(b *strings.Builder, t reflect.Type, path string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice && t.Elem().Kind() != reflect.Uint8 {
		path, t = path+"["+t.Kind().String()+"]", t.Elem()
	}
	if t.Kind() != reflect.Struct {
		b.WriteString(path + " " + t.Kind().String() + "\n")
		return
	}
	for f := range t.Fields() {
		if f.IsExported() {
			describe(b, f.Type, path+"."+f.Tag.Get("json")+f.Tag.Get("enum"))
		}
	}
}

func TestAChangeOfTheLanguageRaisesItsVersion(t *testing.T) {
	var known map[string]string // version → hash
	readTestdata(t, "schema_hashes.json", &known)
	sum := sha256.Sum256([]byte(language()))
	got := hex.EncodeToString(sum[:])
	want := known[strconv.Itoa(wire.Version)]
	if want == "" {
		t.Fatalf("add %q: %q to testdata/schema_hashes.json", strconv.Itoa(wire.Version), got)
	}
	if got != want {
		t.Errorf("the schema or the JSON has changed without wire.Version: raise it above %d and add the hash %s to testdata/schema_hashes.json", wire.Version, got)
	}
}

func TestTheSchemaNamesTheTablesAndWhatTheyRequire(t *testing.T) {
	required := map[wire.Table]string{
		wire.Threads:       "created_at id pinned status updated_at",
		wire.Messages:      "created_at id index order_key role thread_id updated_at",
		wire.Projects:      "created_at id name updated_at",
		wire.Posts:         "content created_at id post_type title updated_at",
		wire.KV:            "created_at id name updated_at",
		wire.FileMeta:      "created_at hash updated_at",
		wire.Notifications: "created_at id title type updated_at user_id",
	}
	if len(wire.Schema()) != len(wire.Tables()) {
		t.Errorf("the schema has %d tables, want %d", len(wire.Schema()), len(wire.Tables()))
	}
	for i, spec := range wire.Schema() {
		if spec.Table != wire.Tables()[i] || spec.Key != spec.Table.Key() || !spec.Table.Known() {
			t.Errorf("table %d is %s with key %s", i, spec.Table, spec.Key)
		}
		var names []string
		for _, f := range spec.Fields {
			if f.Required {
				names = append(names, f.Name)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != required[spec.Table] {
			t.Errorf("%s requires %s, want %s", spec.Table, got, required[spec.Table])
		}
		for _, name := range []string{"clock", "hlc", "deleted", "deleted_at"} {
			if !slices.Contains(spec.Dropped, name) {
				t.Errorf("%s keeps %s, which stamp and op decide", spec.Table, name)
			}
		}
	}
}
