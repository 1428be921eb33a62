package server

import (
	"net/url"
	"time"

	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/fault"
)

// logFilter is what the page's form asks for: it lives in the address.
type logFilter struct {
	Action    string `query:"action" validate:"max=120"`
	Actor     string `query:"actor" validate:"max=320"`
	Result    string `query:"result" validate:"omitempty,oneof=allowed refused failed"`
	Since     string `query:"since" validate:"omitempty,datetime=2006-01-02"`
	Until     string `query:"until" validate:"omitempty,datetime=2006-01-02"`
	Workspace string `query:"workspace" validate:"omitempty,id"`
}

func (r *request) logFilter() logFilter {
	return logFilter{Action: r.Query("action"), Actor: r.Query("actor"), Result: r.Query("result"), Since: r.Query("since"), Until: r.Query("until"), Workspace: r.Query("workspace")}
}

// values are the filter as it stands in an address.
func (f logFilter) values() url.Values {
	v := url.Values{}
	for key, value := range map[string]string{"action": f.Action, "actor": f.Actor, "result": f.Result, "since": f.Since, "until": f.Until, "workspace": f.Workspace} {
		setUnless(v, key, value, "")
	}
	return v
}

// selects turns the filter into the log's own; days are the reader's.
func (f logFilter) selects(r *request) (audit.Filter, error) {
	out := audit.Filter{Action: f.Action, Actor: f.Actor, Result: audit.Result(f.Result), WorkspaceID: f.Workspace, Limit: entriesPerPage}
	var err error
	if out.Since, err = dayIn(r, "since", f.Since, 0); err != nil {
		return out, err
	}
	if out.Until, err = dayIn(r, "until", f.Until, 1); err != nil {
		return out, err
	}
	switch {
	case r.readsDeployment():
	case r.active() == "":
		return out, notFound()
	case out.WorkspaceID == "" || out.WorkspaceID == r.active():
		out.WorkspaceID = r.active()
	default:
		return out, fault.Field("workspace", "You read the log of your active workspace only.")
	}
	return out, nil
}

// dayIn is the beginning of a day in the reader's zone, some days on.
func dayIn(r *request, name, day string, on int) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	zone, err := time.LoadLocation(r.clock().Zone())
	if err != nil {
		zone = time.UTC
	}
	t, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return t, fault.Field(name, "This is not a day. It looks like 2026-11-23.")
	}
	return t.AddDate(0, 0, on), nil
}

// export is the address of what the filter selects, as a file.
func (f logFilter) export(r *request, format string) string {
	v := f.values()
	v.Set("format", format)
	return withQuery(r.admin("/audit/export"), v)
}
