package policies

import (
	"context"
	"strings"
	"time"
	"unicode"

	"or3.cloud/or3/internal/hook"
)

// FilterTimeout is how long a decision filter may think, unless it asks for
// another time when it registers.
const FilterTimeout = 100 * time.Millisecond

// DecisionFilter is the one place where others may have a say in a decision,
// and the say is only ever no: listeners may narrow what roles and restrictions
// allow and can widen nothing. It is asked about members and deployment admins;
// a stranger's question never reaches it. A listener that has no opinion returns
// the Question as it came. One that fails, panics or is late leaves the decision
// as it was, or denies when it registered with hook.Options{OnError: hook.Refuse}.
var DecisionFilter = hook.Filter[Question]{Name: "auth.access:filter:decision", Timeout: FilterTimeout}

// Question is what a decision filter is asked. It answers by setting
// Decision.Allowed to false and, for the person concerned, a Note of at most 200
// characters. Everything else it changes is ignored.
type Question struct {
	Session  Session  `json:"session"`
	Resource Resource `json:"resource"`
	Decision Decision `json:"decision"`
	Note     string   `json:"note,omitempty"`
	// Silent is set by a listener that has nobody to ask about the question: it is
	// not listed among those that had a say.
	Silent bool `json:"-"`
}

const maxNote = 200

// Words for filters that did not answer.
const (
	failedAndPassed  = "It failed and was passed over."
	failedAndRefused = "It failed, and its failure counts as a no."
)

// narrow asks the filters about d and returns what they leave of it. The
// caller's cancellation is not handed on: going away must not silence a filter.
func (g *Gate) narrow(ctx context.Context, s *Session, r Resource, d Decision) Decision {
	q := Question{Session: *s, Resource: r, Decision: d}
	if d.Restriction != nil {
		restriction := *d.Restriction
		q.Decision.Restriction = &restriction
	}
	DecisionFilter.Walk(context.WithoutCancel(ctx), g.bus, q, func(before, after Question, o hook.Outcome) Question {
		if o.Err == nil && !o.Refuse && after.Silent && after.Decision.Allowed == before.Decision.Allowed {
			return before
		}
		verdict := FilterVerdict{Name: o.Listener, Allowed: after.Decision.Allowed, Reason: clean(after.Note)}
		switch {
		case o.Refuse:
			verdict.Allowed, verdict.Reason = false, failedAndRefused
		case o.Err != nil:
			verdict.Reason = failedAndPassed
		case verdict.Allowed && !before.Decision.Allowed:
			verdict.Overruled = true
			g.grantAttempts.Add(1)
			g.log.WarnContext(ctx, "decision filter tried to widen and was overruled", "filter", o.Listener, "permission", d.Permission, "user_id", d.UserID, "workspace_id", d.WorkspaceID)
		}
		d.Filters = append(d.Filters, verdict)
		if d.Allowed && !verdict.Allowed {
			d.Allowed, d.Reason = false, Filtered
		}
		next := before
		next.Decision.Allowed, next.Decision.Reason = d.Allowed, d.Reason
		return next
	})
	return d
}

// filterable reports whether a decision goes to the filters: only what roles,
// restrictions or the deployment flag have settled does.
func filterable(r Reason) bool {
	switch r {
	case Granted, DeploymentGrant, Forbidden, Restricted:
		return true
	default:
		return false
	}
}

// clean makes a filter's words fit for logs and pages.
func clean(note string) string {
	note = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, note)
	if runes := []rune(note); len(runes) > maxNote {
		note = string(runes[:maxNote])
	}
	return strings.TrimSpace(note)
}
