package engine_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/engine"
	"or3.cloud/or3/sync/wire"
)

func (w *world) tick(d time.Duration) { w.millis.Add(d.Milliseconds()) }

func (w *world) start(a engine.Actor, title, text string) engine.Ref {
	w.t.Helper()
	id, err := w.e.CreateThread(w.t.Context(), a, engine.NewThread{WorkspaceID: "w1", Title: title, Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return engine.Ref{WorkspaceID: "w1", ID: id}
}

func (w *world) say(a engine.Actor, thread engine.Ref, text string) engine.Ref {
	w.t.Helper()
	id, err := w.e.AppendMessage(w.t.Context(), a, engine.NewMessage{Thread: thread, Text: text})
	if err != nil {
		w.t.Fatal(err)
	}
	return engine.Ref{WorkspaceID: "w1", ID: id}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// list writes the threads as "Title (Ann: words)".
func (w *world) list(search string) string {
	w.t.Helper()
	page, err := w.e.Threads(w.t.Context(), engine.ThreadQuery{WorkspaceID: "w1", Search: search})
	w.must(err)
	var out []string
	for _, th := range page.Threads {
		line := th.Title
		if th.Pinned {
			line = "*" + line
		}
		if th.Preview != "" {
			line += " (" + th.PreviewBy.Name + ": " + th.Preview + ")"
		}
		out = append(out, line)
	}
	return fmt.Sprintf("%s; %d", strings.Join(out, ", "), page.Total)
}

// read writes the messages of a page as "Ann: words".
func read(p engine.MessagePage) string {
	var out []string
	for _, m := range p.Messages {
		out = append(out, m.Author.Name+": "+m.Text)
	}
	return strings.Join(out, ", ")
}

func (w *world) messages(q engine.MessageQuery) engine.MessagePage {
	w.t.Helper()
	p, err := w.e.Messages(w.t.Context(), q)
	w.must(err)
	return p
}

func want(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTwoPeopleTalkOnTheServersPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		hull := w.start(ann, "Hull  14\n", "Plywood is here.\r\nWho signs?")
		w.tick(time.Minute)
		w.start(bob, "", "No title here")
		want(t, w.list(""), " (Bob: No title here), Hull 14 (Ann: Plywood is here. Who signs?); 2")
		w.tick(time.Minute)
		said := w.say(bob, hull, "I do.")
		want(t, w.list(""), "Hull 14 (Bob: I do.),  (Bob: No title here); 2")

		page := w.messages(engine.MessageQuery{Thread: hull})
		want(t, read(page), "Ann: Plywood is here.\nWho signs?, Bob: I do.")
		if page.Earlier != "" || page.Later != "" {
			t.Errorf("a short thread has other pages: %+v", page)
		}
		th, err := w.e.Thread(t.Context(), hull)
		w.must(err)
		if th.StartedBy != (engine.Person{ID: ann.UserID, Name: "Ann"}) || !th.CreatedAt.Equal(time.UnixMilli(now)) || !th.ActiveAt.Equal(time.UnixMilli(now).Add(2*time.Minute)) {
			t.Errorf("the thread is %+v", th)
		}
		people, err := w.e.ThreadPeople(t.Context(), hull)
		w.must(err)
		want(t, fmt.Sprint(people[0].Name, people[1].Name, len(people)), "BobAnn2")

		w.tick(time.Minute)
		w.must(w.e.EditMessage(t.Context(), ann, said, "I do, on Friday."))
		m, err := w.e.Message(t.Context(), said)
		w.must(err)
		want(t, m.Author.Name+" "+m.Text, "Bob I do, on Friday.") // corrected by Ann, still Bob's
		if !m.UpdatedAt.After(m.CreatedAt) || m.ThreadID != hull.ID || m.Role != "user" {
			t.Errorf("the message is %+v", m)
		}
		w.must(w.e.DeleteMessage(t.Context(), bob, said))
		want(t, read(w.messages(engine.MessageQuery{Thread: hull})), "Ann: Plywood is here.\nWho signs?")
		want(t, w.list("HULL"), "Hull 14 (Ann: Plywood is here. Who signs?); 1")
		want(t, w.list("%"), "; 0")
	})
}

func TestPinnedThreadsComeFirstAndRenamedOnesKeepTheirFields(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.push(ann, newOp(`{"id":"t1","title":"Old","status":"ready","pinned":false,"project_id":"p1","colour":"red","created_at":1,"updated_at":1}`, wire.Threads, "t1", 7))
		old := engine.Ref{WorkspaceID: "w1", ID: "t1"}
		w.start(ann, "New", "")
		want(t, w.list(""), "New, Old; 2")
		w.must(w.e.PinThread(t.Context(), ann, old, true))
		w.must(w.e.RenameThread(t.Context(), ann, old, "Older"))
		want(t, w.list(""), "*Older, New; 2")
		r := w.pull(ann, 0, 10)
		last := r.Changes[len(r.Changes)-1]
		if last.Stamp.Clock != 9 || last.Stamp.DeviceID != engine.WebDevice || !strings.Contains(string(last.Payload), `"colour":"red"`) || !strings.Contains(string(last.Payload), `"project_id":"p1"`) {
			t.Errorf("the renamed thread is %s with %+v", last.Payload, last.Stamp)
		}
		w.must(w.e.PinThread(t.Context(), ann, old, false))
		want(t, w.list(""), "Older, New; 2") // the change made it the latest
	})
}

func TestADeletedThreadTakesItsMessagesAlong(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Gone", "0")
		var ops []wire.Op
		for n := range 240 {
			id := fmt.Sprintf("m%03d", n)
			ops = append(ops, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","created_at":1,"updated_at":1}`, id, th.ID, n+1), wire.Messages, id, 1))
		}
		for i := 0; i < len(ops); i += 100 {
			w.push(bob, ops[i:min(i+100, len(ops))]...)
		}
		w.must(w.e.DeleteThread(t.Context(), ann, th))
		want(t, w.list(""), "; 0")
		live, err := w.d.Read().NewSelect().Model((*db.SyncRow)(nil)).Where("deleted = 0").Count(t.Context())
		if err != nil || live != 0 {
			t.Errorf("%d rows are left (%v)", live, err)
		}
		_, err = w.e.Thread(t.Context(), th)
		w.wantFault(err, fault.NotFound)
		w.must(w.e.DeleteThread(t.Context(), ann, th)) // again is no error
		_, err = w.e.AppendMessage(t.Context(), ann, engine.NewMessage{Thread: th, Text: "too late"})
		w.wantFault(err, fault.NotFound)
	})
}

func TestAFormSentTwiceWritesOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		form := engine.NewThread{WorkspaceID: "w1", ThreadID: opID(1), MessageID: opID(2), Title: "Once", Text: "Hello"}
		for range 2 {
			_, err := w.e.CreateThread(t.Context(), ann, form)
			w.must(err)
		}
		reply := engine.NewMessage{Thread: engine.Ref{WorkspaceID: "w1", ID: opID(1)}, ID: opID(3), Text: "Hi"}
		for range 2 {
			_, err := w.e.AppendMessage(t.Context(), bob, reply)
			w.must(err)
		}
		want(t, read(w.messages(engine.MessageQuery{Thread: reply.Thread})), "Ann: Hello, Bob: Hi")
		if r := w.pull(ann, 0, 100); r.NextCursor != 4 {
			t.Errorf("the forms made %s, want 4 changes", seen(r))
		}
		_, err := w.e.CreateThread(t.Context(), bob, form)
		w.wantFault(err, fault.Conflict)
		_, err = w.e.AppendMessage(t.Context(), ann, reply)
		w.wantFault(err, fault.Conflict)
	})
}

func TestFormsRefuseWhatMakesNoSense(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "T", "")
		for _, c := range []struct{ title, text, field string }{
			{"", " \n ", "text"}, {strings.Repeat("ä", 201), "x", "title"}, {"bad \xff", "x", "title"}, {"x", "a\x00b", "text"}, {"x", strings.Repeat("a", 100_001), "text"},
		} {
			_, err := w.e.CreateThread(t.Context(), ann, engine.NewThread{WorkspaceID: "w1", Title: c.title, Text: c.text})
			if f := w.wantFault(err, fault.Invalid); f.Fields[c.field] == "" {
				t.Errorf("fields are %v, want one about %s", f.Fields, c.field)
			}
		}
		_, err := w.e.AppendMessage(t.Context(), ann, engine.NewMessage{Thread: th, Text: ""})
		w.wantFault(err, fault.Invalid)
		w.wantFault(w.e.RenameThread(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "nothing"}, "x"), fault.NotFound)
		w.wantFault(w.e.RenameThread(t.Context(), ann, engine.Ref{WorkspaceID: "w2", ID: th.ID}, "x"), fault.NotFound)
		w.wantFault(w.e.EditMessage(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "nothing"}, "x"), fault.NotFound)
		w.wantFault(w.e.DeleteMessage(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "nothing"}), fault.NotFound)
		w.wantFault(w.e.DeleteThread(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "nothing"}), fault.NotFound)
		_, err = w.e.CreateThread(t.Context(), ann, engine.NewThread{WorkspaceID: "w1", ThreadID: "a b", Title: "x"})
		w.wantFault(err, fault.Invalid)
	})
}

func TestAViewersFormsAreForbidden(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "T", "m")
		m := w.messages(engine.MessageQuery{Thread: th}).Messages[0]
		_, err := w.e.CreateThread(t.Context(), vic, engine.NewThread{WorkspaceID: "w1", Title: "x"})
		w.wantFault(err, fault.Forbidden)
		_, err = w.e.AppendMessage(t.Context(), vic, engine.NewMessage{Thread: th, Text: "x"})
		w.wantFault(err, fault.Forbidden)
		w.wantFault(w.e.RenameThread(t.Context(), vic, th, "x"), fault.Forbidden)
		w.wantFault(w.e.DeleteThread(t.Context(), vic, th), fault.Forbidden)
		w.wantFault(w.e.EditMessage(t.Context(), vic, engine.Ref{WorkspaceID: "w1", ID: m.ID}, "x"), fault.Forbidden)
		w.wantFault(w.e.DeleteMessage(t.Context(), vic, engine.Ref{WorkspaceID: "w1", ID: m.ID}), fault.Forbidden)
	})
}

func TestALongThreadIsReadInPagesBothWays(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Long", "")
		// The order is index, then order key, then id, whatever the order of arrival.
		for i, at := range []string{"2 b b", "0 a a", "1 b a", "2 b a", "1 a z", "3 a a", "4 a a"} {
			var index int
			var order, id string
			_, _ = fmt.Sscan(at, &index, &order, &id)
			id = strings.ReplaceAll(at, " ", "")
			w.push(ann, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":%q,"data":{"content":%q},"created_at":%d,"updated_at":1}`, id, th.ID, index, order, at, i), wire.Messages, id, 1))
		}
		last := w.messages(engine.MessageQuery{Thread: th, Limit: 3})
		want(t, read(last), "Ann: 2 b b, Ann: 3 a a, Ann: 4 a a")
		middle := w.messages(engine.MessageQuery{Thread: th, Limit: 3, Before: last.Earlier})
		want(t, read(middle), "Ann: 1 a z, Ann: 1 b a, Ann: 2 b a")
		first := w.messages(engine.MessageQuery{Thread: th, Limit: 3, Before: middle.Earlier})
		want(t, read(first), "Ann: 0 a a")
		if first.Earlier != "" || last.Later != "" {
			t.Errorf("there is something before %q or after %q", first.Earlier, last.Later)
		}
		want(t, read(w.messages(engine.MessageQuery{Thread: th, Limit: 3, After: first.Later})), read(middle))
		again := w.messages(engine.MessageQuery{Thread: th, Limit: 3, After: middle.Later})
		want(t, read(again), read(last))
		if again.Later != "" {
			t.Errorf("after the end comes %q", again.Later)
		}
		for _, q := range []engine.MessageQuery{{Before: "!"}, {After: "eA"}, {Before: "AAAA"}} {
			q.Thread = th
			_, err := w.e.Messages(t.Context(), q)
			w.wantFault(err, fault.Invalid)
		}
	})
}

// A page ends where it becomes too heavy to be drawn, and nothing is left out.
func TestLongMessagesMakeShortPages(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Long", "")
		var wrote []string
		for i := range 13 {
			text := fmt.Sprintf("%02d %s", i, strings.Repeat("x", 99_000))
			w.say(ann, th, text)
			wrote = append(wrote, "Ann: "+text)
		}
		var backwards []string
		page := w.messages(engine.MessageQuery{Thread: th, Limit: 60})
		for rounds := 0; ; rounds++ {
			if n := len(page.Messages); n == 0 || n > 6 || rounds > 5 {
				t.Fatalf("page %d has %d messages", rounds, n)
			}
			backwards = append([]string{read(page)}, backwards...)
			if page.Earlier == "" {
				break
			}
			page = w.messages(engine.MessageQuery{Thread: th, Limit: 60, Before: page.Earlier})
		}
		if strings.Join(backwards, ", ") != strings.Join(wrote, ", ") {
			t.Error("going back, not every message came, or not in order")
		}
		forwards := []string{read(page)}
		for page.Later != "" {
			page = w.messages(engine.MessageQuery{Thread: th, Limit: 60, After: page.Later})
			forwards = append(forwards, read(page))
		}
		if strings.Join(forwards, ", ") != strings.Join(wrote, ", ") {
			t.Error("going on, not every message came, or not in order")
		}
	})
}

// Nobody closes a thread by taking the greatest index there is.
func TestAMessageStandsBehindTheGreatestIndex(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Open", "")
		w.push(ann, newOp(fmt.Sprintf(`{"id":"last","thread_id":%q,"role":"user","index":%d,"order_key":"0","data":{"content":"last"},"created_at":1,"updated_at":1}`, th.ID, wire.MaxClock), wire.Messages, "last", 1))
		w.say(bob, th, "one more")
		w.say(ann, th, "and another")
		want(t, read(w.messages(engine.MessageQuery{Thread: th})), "Ann: last, Bob: one more, Ann: and another")
	})
}

func TestThreadsAreReadInParts(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for n := range 7 {
			w.push(ann, newOp(fmt.Sprintf(`{"id":"t%d","title":"T%d","status":"ready","pinned":false,"created_at":1,"updated_at":%d}`, n, n, n+1), wire.Threads, fmt.Sprintf("t%d", n), 1))
		}
		page, err := w.e.Threads(t.Context(), engine.ThreadQuery{WorkspaceID: "w1", Limit: 3, Offset: 3})
		w.must(err)
		if len(page.Threads) != 3 || page.Total != 7 || page.Threads[0].Title != "T3" || page.Threads[2].Title != "T1" {
			t.Errorf("the second part is %+v", page)
		}
	})
}

func TestWordsAreFoundInWhateverShapeClientsKeepThem(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "T", "")
		for i, data := range []string{`{"content":"a"}`, `"b"`, `{"content":[{"type":"text","text":"c"},{"type":"image"},{"type":"text","text":"d"}]}`, `null`, `{"content":5}`, `[1]`} {
			id := fmt.Sprintf("m%d", i)
			w.push(ann, newOp(fmt.Sprintf(`{"id":%q,"thread_id":%q,"role":"user","index":%d,"order_key":"a","data":%s,"created_at":1.0e9,"updated_at":1}`, id, th.ID, i, data), wire.Messages, id, 1))
		}
		page := w.messages(engine.MessageQuery{Thread: th})
		want(t, read(page), "Ann: a, Ann: b, Ann: c\n\nd, Ann: , Ann: , Ann: ")
		if got := page.Messages[0].CreatedAt.Unix(); got != 1_000_000_000 {
			t.Errorf("1.0e9 is read as %d", got)
		}
		w.must(w.e.EditMessage(t.Context(), ann, engine.Ref{WorkspaceID: "w1", ID: "m1"}, "edited"))
		m, err := w.e.Message(t.Context(), engine.Ref{WorkspaceID: "w1", ID: "m1"})
		w.must(err)
		want(t, m.Text, "edited")
	})
}

func TestFormsAtTheSameTimeAllGetThrough(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		th := w.start(ann, "Busy", "")
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() { w.say(bob, th, fmt.Sprint(n)) })
		}
		all.Wait()
		if page := w.messages(engine.MessageQuery{Thread: th}); len(page.Messages) != 20 {
			t.Errorf("%d messages of 20 are there", len(page.Messages))
		}
	})
}

func TestAWriteOfAFormBeatsADeviceWhoseClockIsAhead(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		op := thread(1, "t1", 900_000)
		op.Stamp.HLC = wire.HLC{Millis: now + 290_000, Counter: 9999, Node: "zzz"}.String()
		w.push(ann, op)
		w.must(w.e.RenameThread(t.Context(), bob, engine.Ref{WorkspaceID: "w1", ID: "t1"}, "Mine"))
		r := w.pull(ann, 1, 10)
		if s := r.Changes[0].Stamp; s.Clock != 900_001 || s.HLC <= op.Stamp.HLC {
			t.Errorf("the form was stamped %+v", s)
		}
	})
}

func TestTheServerSetsReservedRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, value := range []string{"true", "false"} {
			w.must(w.e.SetKV(t.Context(), "w1", "admin.guest_access.enabled", value))
			got, err := db.KVValue(t.Context(), w.d.Read(), "w1", "admin.guest_access.enabled")
			if err != nil || got != value {
				t.Errorf("the row says %q (%v), want %q", got, err, value)
			}
		}
		w.wantSeen(w.pull(vic, 0, 10), "1 put kv/admin.guest_access.enabled, 2 put kv/admin.guest_access.enabled, → 2")
		w.wantFault(w.e.SetKV(t.Context(), "nowhere", "admin.x", "1"), fault.NotFound)
	})
}

// What the server has deleted stays so, also for a device that still has it, until
// the server sets it again.
func TestTheServerDeletesReservedRows(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		const name = "plugins.settings.tides"
		w.must(w.e.DeleteKV(t.Context(), "w1", name)) // it has never been
		w.must(w.e.SetKV(t.Context(), "w1", name, "{}"))
		w.must(w.e.DeleteKV(t.Context(), "w1", name))
		w.must(w.e.DeleteKV(t.Context(), "w1", name))
		w.wantSeen(w.pull(vic, 1, 10), "2 delete kv/"+name+", → 2")
		thread := newOp(`{"id":"t1","title":"T","status":"ready","pinned":false,"created_at":1,"updated_at":1}`, wire.Threads, "t1", 1)
		again := newOp(`{"id":"`+name+`","name":"`+name+`","value":"{}","created_at":1,"updated_at":1}`, wire.KV, name, 1000)
		w.wantStatuses(w.push(ann, thread, again), "applied 3, rejected forbidden")
		if _, ok, err := w.e.KV(t.Context(), "w1", name); ok || err != nil {
			t.Errorf("it is there again: %v", err)
		}
		w.must(w.e.SetKV(t.Context(), "w1", name, `{"n":1}`))
		if value, _, err := w.e.KV(t.Context(), "w1", name); value != `{"n":1}` {
			t.Errorf("set again it is %s, %v", value, err)
		}
	})
}

func TestTextsTooLongForAnIndexAreStillStored(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		long, title := strings.Repeat("ä", 9000), strings.Repeat("🪵", 1000)
		w.wantStatuses(w.push(ann,
			newOp(`{"id":"t1","title":"`+title+`","status":"ready","pinned":false,"created_at":1,"updated_at":1}`, wire.Threads, "t1", 1),
			newOp(`{"id":"m1","thread_id":"t1","role":"user","index":1,"order_key":"`+long+`","created_at":1,"updated_at":1}`, wire.Messages, "m1", 1),
			newOp(`{"id":"d1","title":"`+title+`","content":"","post_type":"`+long+`","created_at":1,"updated_at":1}`, wire.Posts, "d1", 1),
		), "applied 1, applied 2, applied 3")
	})
}
