package server

import (
	"fmt"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
)

// needSession answers 401 unless somebody is signed in; public routes pass.
func (r *request) needSession() error {
	if r.row.access.kind == accessPublic {
		return nil
	}
	if err := r.resolve(); err != nil {
		return err
	}
	if r.session == nil {
		return unauthenticated()
	}
	return nil
}

// authorise asks can() for the route's permission. It is the only place where
// the table's access declarations are enforced.
func (r *request) authorise(body any) error {
	if err := r.needSession(); err != nil {
		return err
	}
	a := r.row.access
	if a.kind != accessGuarded {
		return nil
	}
	if b, ok := body.(interface{ typed() any }); ok {
		body = b.typed()
	}
	var first policies.Decision
	for i, resource := range a.of.names(r, body) {
		d := r.s.gate.Can(r.ctx, r.session, a.permission, resource)
		if d.Allowed {
			r.decision = d
			return nil
		}
		if i == 0 {
			first = d
		}
	}
	r.decision = first
	return r.refuse(first)
}

// refuse words a denial and writes it into the audit log when the route is a
// privileged act.
func (r *request) refuse(d policies.Decision) error {
	err := denial(d, r.row.access.of.exists)
	r.s.metrics.Refused(string(d.Reason))
	if r.row.audit != "" && !fault.Is(err, fault.Unavailable) {
		r.recordRefusal(d)
	}
	return err
}

// denial is the error a denied decision becomes. Where a stranger may know that
// the thing exists, not being a member is forbidden instead of not found.
func denial(d policies.Decision, exists bool) error {
	if exists && d.Reason == policies.NotFound {
		d.Reason = policies.Forbidden
	}
	return d.Fault()
}

// unauthenticated is the one answer to nobody where somebody is needed.
func unauthenticated() error { return policies.Decision{Reason: policies.Unauthenticated}.Fault() }

// notFound is the one answer for what is missing and what is another tenant's.
func notFound() error { return policies.Decision{Reason: policies.NotFound}.Fault() }

// recordToken writes a token's attempt at a privileged act that needs a browser
// into the audit log.
func (r *request) recordToken() error {
	if r.row.audit == "" {
		return nil
	}
	if err := r.resolve(); err != nil || r.session == nil {
		return err
	}
	r.recordRefusal(policies.Decision{Reason: "token", Permission: r.row.access.permission})
	return nil
}

func (r *request) recordRefusal(d policies.Decision) {
	if !r.s.limits.allow("refusals", r.session.UserID, routeRate{PerMinute: 120}, r.s.now()).ok {
		return // one person cannot fill the log with refusals
	}
	entry := audit.Entry{
		Action: r.row.audit, Result: audit.Refused, WorkspaceID: d.WorkspaceID,
		TargetKind: "route", TargetID: r.row.method + " " + r.Path(),
		Details: map[string]string{"permission": string(d.Permission), "reason": string(d.Reason), "role": string(d.Role)},
	}
	if d.Reason == policies.NotFound {
		// Whatever they aimed at is not theirs: it belongs into the deployment's log.
		entry.WorkspaceID = ""
	}
	if err := r.s.audit.Record(r.ctx, entry); err != nil {
		r.log.Error("audit refusal", "error", fmt.Errorf("%s: %w", entry.Action, err))
	}
}
