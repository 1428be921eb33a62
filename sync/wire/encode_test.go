package wire_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

var (
	history = wire.History{HistoryID: "h", TombstoneFloor: 3, ServerTime: 1764288000000}
	changed = wire.Change{ServerVersion: 9, Table: wire.Threads, PK: "t1", Op: wire.Put, Payload: []byte(thread), Stamp: wire.Stamp{DeviceID: "l\"ap\ttöp", OpID: opA, HLC: "x", Clock: 4}}
	deleted = wire.Change{ServerVersion: 10, Table: wire.KV, PK: "a", Op: wire.Delete, Stamp: stamp(5)}
)

// sameJSON compares hand-written JSON with what encoding/json makes of the type.
func sameJSON(t *testing.T, got []byte, of any) {
	t.Helper()
	want, err := json.Marshal(of)
	if err != nil {
		t.Fatal(err)
	}
	var g, w any
	if err := json.Unmarshal(got, &g); err != nil {
		t.Fatalf("%v in %s", err, got)
	}
	if err := json.Unmarshal(want, &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("wrote\n%s, want\n%s", got, want)
	}
}

func TestAnswersAreWrittenAsTheirTypesSay(t *testing.T) {
	for _, r := range []wire.PullResponse{
		{Changes: []wire.Change{}, History: history},
		{Changes: []wire.Change{}, NextCursor: 7, ResetRequired: true, History: history},
		{Changes: []wire.Change{changed, deleted}, NextCursor: 10, HasMore: true, History: history},
	} {
		sameJSON(t, r.AppendJSON(nil), r)
	}
	for _, r := range []wire.PushResponse{
		{Results: []wire.Result{}, History: history},
		{ServerVersion: 10, History: history, Results: []wire.Result{
			{OpID: opA, Status: wire.Applied, ServerVersion: 10},
			{OpID: opA, Status: wire.Superseded, Winner: &changed},
			{OpID: "", Status: wire.Rejected, Error: &wire.OpError{Code: fault.Invalid, Message: "No <b>.", Fields: map[string]string{"b": "2", "a": "1"}}},
			{OpID: opB, Status: wire.Rejected, Error: &wire.OpError{Code: fault.Forbidden, Message: "No."}},
		}},
	} {
		sameJSON(t, r.AppendJSON(nil), r)
	}
	sameJSON(t, changed.AppendJSON(nil), changed)
}

func BenchmarkDecodeAndCheckOneOp(b *testing.B) {
	body := []byte(push(goodOp))
	b.ReportAllocs()
	for b.Loop() {
		req, err := wire.DecodePush(body)
		if err != nil {
			b.Fatal(err)
		}
		if _, wrong := req.Ops[0].Check("w1", noon); wrong != nil {
			b.Fatal(wrong)
		}
	}
}

func BenchmarkEncodeAPageOf1000(b *testing.B) {
	r := wire.PullResponse{History: history}
	for range 1000 {
		r.Changes = append(r.Changes, changed)
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = r.AppendJSON(buf[:0])
	}
}
