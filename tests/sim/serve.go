package sim

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// serve lets a request reach the server, and holds its answer against the
// model's. It gives nil when the server died over it.
func (w *World) serve(l *letter) (*letter, error) {
	answer := &letter{to: l.to, request: l.request}
	if !l.to.of.member {
		answer.err = fault.New(fault.NotFound, "There is no such workspace.")
		return answer, nil
	}
	before := w.knife.commits
	var err error
	switch {
	case l.request.Push != nil:
		err = w.servePush(l, answer, before)
	case l.request.Pull != nil:
		err = w.servePull(l, answer)
	case l.request.Snapshot != nil:
		err = w.serveSnapshot(l, answer)
	case l.request.Cursor != nil:
		err = w.serveCursor(l, answer)
	}
	if err != nil {
		return nil, fmt.Errorf("%s of %s: %w", kind(l.request), l.to.Name(), err)
	}
	if w.knife.dead {
		w.say("the server dies at %s", firstWords(w.knife.hit))
		return nil, w.restart()
	}
	if w.knife.hit != "" {
		w.say("a statement fails: %s", firstWords(w.knife.hit))
		w.counts["statement failed"]++
	}
	w.knife.hit = ""
	return answer, nil
}

func firstWords(statement string) string {
	words := strings.Fields(statement)
	return strings.Join(words[:min(len(words), 3)], " ")
}

func (w *World) servePush(l, answer *letter, before int) error {
	req, err := wire.DecodePush(l.body)
	if err != nil {
		return fmt.Errorf("the server cannot read it: %w", err)
	}
	actor := l.to.of.actor()
	got, refused := w.e.Push(w.ctx, actor, req)
	want, after, wrong := w.expect(l.to.of, req, before)
	lost := w.knife.dead || fault.Is(refused, fault.Unavailable) && w.knife.hit != ""
	head := w.model.Head
	w.model = after
	if err := w.adopt(head); err != nil {
		return err
	}
	switch {
	case lost:
	case refused != nil || wrong != nil:
		if fault.KindOf(refused) != fault.KindOf(wrong) {
			return fmt.Errorf("the engine says %w, the model %w", orNothing(refused), orNothing(wrong))
		}
	default:
		if a, b := outcomes(got.Results), outcomes(want); a != b {
			return fmt.Errorf("the engine answers\n%s\nthe model\n%s", a, b)
		}
		if got.ServerVersion != w.model.Head || got.HistoryID != w.model.Life || got.TombstoneFloor != w.model.Floor || got.ServerTime != w.millis {
			return fmt.Errorf("the engine answers version %d, history %s, floor %d; the model %d, %s, %d",
				got.ServerVersion, got.HistoryID, got.TombstoneFloor, w.model.Head, w.model.Life, w.model.Floor)
		}
	}
	if answer.err = refused; refused == nil {
		answer.body = got.AppendJSON(nil)
	}
	return nil
}

// expect lets the model answer a push as the server did: not at all when
// nothing was committed, and in the parts that were tried after a failure.
func (w *World) expect(of *person, req wire.PushRequest, before int) ([]wire.Result, *Model, error) {
	commits := w.knife.commits - before
	m, actor := w.model, of.actor()
	switch {
	case w.knife.hit == "":
		return m.Push(actor, req, w.now())
	case commits == 0:
		return nil, m, nil
	case w.knife.dead || errors.Is(w.knife.once, errCut):
		_, after, err := m.Push(actor, req, w.now())
		return nil, after, err
	case w.knife.hit == db.Committed: // it was written, and is tried again in parts
		_, m, _ = m.Push(actor, req, w.now())
	}
	results := make([]wire.Result, len(req.Ops))
	for _, part := range parts(req.Ops) {
		alone := req
		alone.Ops = nil
		for _, i := range part {
			alone.Ops = append(alone.Ops, req.Ops[i])
		}
		some, after, err := m.Push(actor, alone, w.now())
		if fault.Is(err, fault.Conflict) {
			return nil, m, err
		}
		m = after
		for k, i := range part {
			if err != nil {
				results[i] = wire.Result{OpID: req.Ops[i].Stamp.OpID, Status: wire.Rejected, Error: &wire.OpError{Code: fault.Forbidden}}
				continue
			}
			results[i] = some[k]
		}
	}
	if !slices.ContainsFunc(results, func(r wire.Result) bool { return r.Error == nil || r.Error.Code != fault.Forbidden }) {
		return nil, m, fault.New(fault.Forbidden, "")
	}
	return results, m, nil
}

// parts are single ops and whole atomic groups.
func parts(ops []wire.Op) [][]int {
	var list [][]int
	for i := range ops {
		at := slices.IndexFunc(list, func(p []int) bool { return ops[i].Atomic != "" && ops[p[0]].Atomic == ops[i].Atomic })
		if at < 0 {
			list = append(list, []int{i})
		} else {
			list[at] = append(list[at], i)
		}
	}
	return list
}

func (w *World) servePull(l, answer *letter) error {
	req, err := wire.DecodePull(l.body)
	if err != nil {
		return fmt.Errorf("the server cannot read it: %w", err)
	}
	got, refused := w.e.Pull(w.ctx, l.to.of.actor(), req)
	if refused != nil {
		return refused
	}
	changes, next, more, reset := w.model.Pull(l.to.of.actor(), req)
	if a, b := pageOf(got.Changes, got.NextCursor, got.HasMore, got.ResetRequired), pageOf(changes, next, more, reset); a != b {
		return fmt.Errorf("after %d the engine gives\n%s\nthe model\n%s", req.Cursor, a, b)
	}
	answer.body = got.AppendJSON(nil)
	return nil
}

func pageOf(changes []wire.Change, next int64, more, reset bool) string {
	var b strings.Builder
	for i := range changes {
		fmt.Fprintf(&b, "%s\n", changes[i].AppendJSON(nil))
	}
	fmt.Fprintf(&b, "→ %d, more %v, reset %v", next, more, reset)
	return b.String()
}

// outcomes writes results without the words for people.
func outcomes(results []wire.Result) string {
	var b strings.Builder
	for _, r := range results {
		fmt.Fprintf(&b, "%s %s %d", r.OpID, r.Status, r.ServerVersion)
		if r.Error != nil {
			fmt.Fprintf(&b, " %s %v", r.Error.Code, slices.Sorted(maps.Keys(r.Error.Fields)))
		}
		if r.Winner != nil {
			fmt.Fprintf(&b, " won by %s", r.Winner.AppendJSON(nil))
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func orNothing(err error) error {
	if err == nil {
		return fault.New("", "nothing wrong")
	}
	return err
}
