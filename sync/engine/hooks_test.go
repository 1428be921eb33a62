package engine_test

import (
	"testing"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

// Plugins and webhooks read these; a change breaks them.
func TestPayloadsOfHooksArePinned(t *testing.T) {
	actor := engine.EventActor{Kind: "user", ID: "u1"}
	change := wire.Change{ServerVersion: 3, Table: wire.KV, PK: "a", Op: wire.Delete, Stamp: wire.Stamp{DeviceID: "d", OpID: opID(1), HLC: "h", Clock: 2}}
	op := wire.Op{Table: wire.KV, Op: wire.Put, PK: "a", Payload: []byte(`{"id":"a"}`), Stamp: wire.Stamp{DeviceID: "e", OpID: opID(2), HLC: "g", Clock: 1}, Atomic: "x"}
	for _, c := range []struct {
		name    string
		payload any
		golden  string
	}{
		{engine.PushBefore.Name, engine.PushEvent{WorkspaceID: "w1", Actor: actor, Count: 2},
			`{"workspace_id":"w1","actor":{"kind":"user","id":"u1"},"count":2,"success_count":0,"fail_count":0,"server_version":0}`},
		{engine.PushAfter.Name, engine.PushEvent{WorkspaceID: "w1", Actor: actor, Count: 2, SuccessCount: 1, FailCount: 1, ServerVersion: 9},
			`{"workspace_id":"w1","actor":{"kind":"user","id":"u1"},"count":2,"success_count":1,"fail_count":1,"server_version":9}`},
		{engine.PullAfter.Name, engine.PullEvent{WorkspaceID: "w1", Actor: actor, Count: 5, Cursor: 9},
			`{"workspace_id":"w1","actor":{"kind":"user","id":"u1"},"count":5,"cursor":9}`},
		{engine.ConflictDetected.Name, engine.ConflictEvent{WorkspaceID: "w1", Actor: actor, Table: wire.KV, PK: "a", Local: change, Remote: op, Winner: "local"},
			`{"workspace_id":"w1","actor":{"kind":"user","id":"u1"},"table":"kv","pk":"a",` +
				`"local":{"server_version":3,"table":"kv","pk":"a","op":"delete","stamp":{"device_id":"d","op_id":"0197a000-0000-7000-8000-000000000001","hlc":"h","clock":2}},` +
				`"remote":{"table":"kv","op":"put","pk":"a","payload":{"id":"a"},"stamp":{"device_id":"e","op_id":"0197a000-0000-7000-8000-000000000002","hlc":"g","clock":1},"atomic":"x"},"winner":"local"}`},
		{engine.QueueFull.Name, engine.QueueEvent{PendingCount: 7, MaxSize: 8}, `{"pending_count":7,"max_size":8}`},
	} {
		got, err := json.Marshal(c.payload)
		if err != nil || string(got) != c.golden {
			t.Errorf("%s carries\n%s (%v), want\n%s", c.name, got, err, c.golden)
		}
	}
}
