package engine

import (
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/sync/wire"
)

// oneByOne commits a push that fails as a whole in its smallest parts: single
// ops and whole atomic groups. What cannot be written is rejected alone.
func (e *Engine) oneByOne(p *push) {
	results := make([]wire.Result, len(p.ops))
	var last wire.PushResponse
	for _, part := range partsOf(p) {
		alone := &push{actor: p.actor, req: p.req}
		for _, i := range part {
			alone.ops = append(alone.ops, p.ops[i])
		}
		err := e.together([]*push{alone})
		if err == nil {
			err = alone.err
		}
		switch fault.KindOf(err) {
		case "":
			last = alone.answer
		case fault.Forbidden:
		case fault.Internal:
			e.log.Error("an op cannot be written", "workspace_id", p.req.WorkspaceID, "op_id", alone.ops[0].Stamp.OpID, "error", err)
		default: // nothing can be written just now, or the device must start over
			p.err = err
			return
		}
		for k, i := range part {
			results[i] = resultOf(alone, k, err)
		}
	}
	if allForbidden(results) {
		p.err = errNothingPermitted()
		return
	}
	if last.HistoryID == "" { // no part was written: ask for the head alone
		empty := &push{actor: p.actor, req: p.req}
		if err := e.together([]*push{empty}); err != nil {
			p.err = err
			return
		}
		last = empty.answer
	}
	p.answer = last
	p.answer.Results = results
}

func resultOf(alone *push, k int, err error) wire.Result {
	switch fault.KindOf(err) {
	case "":
		return alone.answer.Results[k]
	case fault.Forbidden:
		return wire.Result{OpID: alone.ops[k].Stamp.OpID, Status: wire.Rejected, Error: forbid("You may not write this.")}
	}
	return wire.Result{OpID: alone.ops[k].Stamp.OpID, Status: wire.Rejected,
		Error: &wire.OpError{Code: fault.Internal, Message: "The server could not write this op. What happened is in its log under the op_id."}}
}

// partsOf gives the indexes of the ops that belong together.
func partsOf(p *push) [][]int {
	var parts [][]int
	at := map[string]int{}
	for i := range p.ops {
		group := p.ops[i].Atomic
		if k, ok := at[group]; ok && group != "" {
			parts[k] = append(parts[k], i)
			continue
		}
		at[group] = len(parts)
		parts = append(parts, []int{i})
	}
	return parts
}
