package sim

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"or3.cloud/or3/sync/wire"
	"or3.cloud/or3/tests/device"
)

// step is one thing that happens.
func (w *World) step() error {
	w.millis += w.rand.Int64N(400)
	for _, action := range actions {
		if w.rand.IntN(1000) < action.chance {
			return action.do(w)
		}
	}
	// Most of the time the network and the people just go on.
	switch p := pick(w, w.phones); w.rand.IntN(4) {
	case 0:
		w.write(p)
	case 1:
		if !p.offline {
			return w.post(p)
		}
	case 2:
		return w.deliver()
	default:
		w.answer()
	}
	return nil
}

// actions are what makes it bad weather, with the chance of each in a thousand.
var actions = []struct {
	chance int
	do     func(w *World) error
}{
	{15, (*World).loseRequest},
	{15, (*World).doubleRequest},
	{15, (*World).loseAnswer},
	{15, (*World).cutAnswer},
	{30, (*World).giveUp},
	{10, (*World).crashPhone},
	{15, (*World).switchPhone},
	{15, (*World).sharpen},
	{8, (*World).timePasses},
	{8, (*World).changeRole},
	{4, (*World).changeMembership},
	{8, (*World).settleFailed},
	{5, (*World).longAbsence},
	{16, (*World).collect},
	{20, (*World).compareDigest},
	{8, (*World).save},
	{6, (*World).restore},
	{6, (*World).commitFile},
}

// deliver lets one of the requests reach the server, in any order.
func (w *World) deliver() error {
	if len(w.requests) == 0 {
		return nil
	}
	answer, err := w.serve(take(w, &w.requests))
	if err != nil || answer == nil {
		return err
	}
	w.answers = append(w.answers, answer)
	return nil
}

// answer lets one of the answers reach its device, in any order.
func (w *World) answer() {
	if len(w.answers) > 0 {
		w.arrive(take(w, &w.answers))
	}
}

func (w *World) loseRequest() error {
	if len(w.requests) > 0 {
		l := take(w, &w.requests)
		w.say("%s %d of %s is lost", kind(l.request), l.request.Number, l.to.Name())
	}
	return nil
}

func (w *World) doubleRequest() error {
	if len(w.requests) > 0 {
		l := pick(w, w.requests)
		w.say("%s %d of %s is doubled", kind(l.request), l.request.Number, l.to.Name())
		w.requests = append(w.requests, l)
	}
	return nil
}

func (w *World) loseAnswer() error {
	if len(w.answers) > 0 {
		l := take(w, &w.answers)
		w.say("the answer to %s %d of %s is lost", kind(l.request), l.request.Number, l.to.Name())
	}
	return nil
}

func (w *World) cutAnswer() error {
	if len(w.answers) > 0 {
		l := take(w, &w.answers)
		if l.err == nil && len(l.body) > 0 {
			l.body = l.body[:w.rand.IntN(len(l.body))]
			w.say("the answer to %s %d of %s is cut", kind(l.request), l.request.Number, l.to.Name())
		}
		w.arrive(l)
	}
	return nil
}

// giveUp ends the waiting of a device, mostly of one that waits in vain.
func (w *World) giveUp() error {
	for _, p := range w.phones {
		if w.lacks(p) {
			w.timeOut(p)
			return nil
		}
	}
	if w.rand.IntN(4) == 0 {
		w.timeOut(pick(w, w.phones))
	}
	return nil
}

func (w *World) crashPhone() error {
	p := pick(w, w.phones)
	w.say("%s crashes", p.Name())
	p.Restart()
	return nil
}

func (w *World) switchPhone() error {
	p := pick(w, w.phones)
	p.offline = !p.offline
	w.say("%s is offline: %v", p.Name(), p.offline)
	return nil
}

// sharpen lets something go wrong at one of the next statements.
func (w *World) sharpen() error {
	w.knife.in = 1 + w.rand.IntN(14)
	w.knife.once = pick(w, []error{nil, nil, errBroken, errCut})
	w.say("something will go wrong in %d statements: %v", w.knife.in, w.knife.once)
	return nil
}

func (w *World) timePasses() error {
	gap := time.Duration(w.rand.Int64N(int64(3 * time.Hour)))
	w.millis += gap.Milliseconds()
	w.say("%s pass", gap)
	return nil
}

// longAbsence takes devices away until deletions may be forgotten.
func (w *World) longAbsence() error {
	for _, p := range w.phones {
		p.offline = w.rand.IntN(2) == 0
	}
	w.millis += (20 + w.rand.Int64N(40)) * 24 * time.Hour.Milliseconds()
	w.say("weeks pass")
	return nil
}

func (w *World) changeRole() error {
	p := w.people[1+w.rand.IntN(2)]
	if p.role = "viewer"; w.rand.IntN(2) == 0 {
		p.role = "editor"
	}
	w.say("%s is %s", p.id, p.role)
	return nil
}

func (w *World) changeMembership() error {
	p := w.people[1+w.rand.IntN(2)]
	p.member = !p.member
	w.say("%s is a member: %v", p.id, p.member)
	for _, phone := range w.phones {
		if phone.of != p || !p.member {
			continue
		}
		phone.Resume()
	}
	return nil
}

// settleFailed is a person who looks at what was refused.
func (w *World) settleFailed() error {
	p := pick(w, w.phones)
	for _, f := range p.Failed() {
		if w.rand.IntN(2) == 0 {
			p.Discard(f.Op.Stamp.OpID)
		} else {
			p.Retry(f.Op.Stamp.OpID)
		}
	}
	return nil
}

// write is a person doing something.
func (w *World) write(p *phone) {
	n := 1
	if w.rand.IntN(6) == 0 {
		n = 2 + w.rand.IntN(4)
	}
	var writes []device.Write
	for range n {
		one := w.something(p)
		if !containsRow(writes, one) {
			writes = append(writes, one)
		}
	}
	ids := p.Write(writes...)
	for i, one := range writes {
		w.say("%s writes %s/%s %s (%d bytes)", p.Name(), one.Table, one.PK, ids[i], len(one.Payload))
	}
	w.counts["writes"] += len(writes)
}

func containsRow(writes []device.Write, one device.Write) bool {
	for _, x := range writes {
		if x.Table == one.Table && x.PK == one.PK {
			return true
		}
	}
	return false
}

// something is a write to one of a few rows, so that devices meet.
func (w *World) something(p *phone) device.Write {
	table := pick(w, tables)
	pk := fmt.Sprintf("%s%d", table[:2], w.rand.IntN(5))
	switch table {
	case wire.KV:
		if w.rand.IntN(2) == 0 {
			pk = "user." + p.of.id + "." + pk
		}
	case wire.Notifications:
		pk += "-" + p.of.id
	case wire.FileMeta:
		pk = filePK(w)
	}
	one := device.Write{Table: table, PK: pk}
	if w.rand.IntN(4) > 0 {
		one.Payload = w.payload(p, table, pk)
	}
	return one
}

func (w *World) payload(p *phone, table wire.Table, pk string) []byte {
	text := fmt.Sprintf("by %s, no %d, é\\u2028", p.Name(), w.rand.IntN(1_000_000))
	fields := map[wire.Table]string{
		wire.Threads:       `"title":"TEXT","status":"ready","pinned":false,"unknown":[1,2.50]`,
		wire.Messages:      `"thread_id":"th0","role":"user","index":1,"order_key":"a","data":{"content":"TEXT"}`,
		wire.Posts:         `"title":"T","content":"TEXT","post_type":"markdown"`,
		wire.Projects:      `"name":"TEXT"`,
		wire.KV:            `"name":"` + pk + `","value":"TEXT"`,
		wire.FileMeta:      w.aboutFile(),
		wire.Notifications: `"user_id":"` + p.of.id + `","type":"x","title":"TEXT"`,
	}[table]
	return fmt.Appendf(nil, `{"%s":"%s",%s,"created_at":%d,"updated_at":%[4]d}`,
		table.Key(), pk, strings.Replace(fields, "TEXT", text, 1), w.millis/1000)
}

var errStuck = errors.New("the devices do not come to rest")
