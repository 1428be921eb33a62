package server

import (
	"slices"
	"time"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/policies"
)

type tracesQuery struct {
	WorkspaceID string `query:"workspace_id" validate:"omitempty,id"`
	After       int64  `query:"after" validate:"min=0"`
}

// tracesReply are the calls of a plugin that ended, and the lines of its log that
// were written, after a moment.
type tracesReply struct {
	Calls []traceReply   `json:"calls"`
	Log   []logLineReply `json:"log"`
	Next  int64          `json:"next"` // the after of the next question, in microseconds
}

type traceReply struct {
	Version       string  `json:"version"` // of the plugin
	Export        string  `json:"export"`
	About         string  `json:"about"` // an event's type, a job's name, a page's path
	Outcome       string  `json:"outcome"`
	TookMS        float64 `json:"took_ms"`
	BudgetMS      float64 `json:"budget_ms"`
	Memory        int64   `json:"memory"`
	MemoryMB      int64   `json:"memory_mb"`
	HostCalls     int     `json:"host_calls"`
	MostHostCalls int     `json:"most_host_calls"`
}

type logLineReply struct {
	Version string `json:"version"`
	Level   string `json:"level"`
	Text    string `json:"text"`
}

// pluginTraces answers what a plugin did in a workspace; who sees the deployment
// and names no workspace is told of all of them. Each call and line comes once:
// what happens while the answer is made is for the next one.
func (s *Server) pluginTraces(r *request, q tracesQuery) (tracesReply, error) {
	out := tracesReply{Calls: []traceReply{}, Log: []logLineReply{}, Next: q.After}
	p, err := s.plugins.Get(r.Ctx(), r.Param("plugin"))
	if err != nil {
		return out, err
	}
	all := r.Can(policies.AdminAccess, policies.TheDeployment())
	if !all && (p.Active == nil || p.State == plugins.StateUninstalled) {
		return out, fault.New(fault.NotFound, "There is no such plugin.")
	}
	where := q.WorkspaceID
	if where == "" && !all {
		where = r.session.WorkspaceID
	}
	until := s.now().UnixMicro()
	fresh := func(at time.Time) bool {
		moment := at.UnixMicro()
		if moment <= q.After || moment > until {
			return false
		}
		out.Next = max(out.Next, moment)
		return true
	}
	traces := s.plugins.Traces(p.ID)
	slices.Reverse(traces)
	for i := range traces {
		t := &traces[i]
		if (where == "" || t.Workspace == where) && fresh(t.Ended) {
			out.Calls = append(out.Calls, traceReply{Version: t.Version, Export: t.Export, About: t.About, Outcome: string(t.Outcome), TookMS: milliseconds(t.Whole()), BudgetMS: milliseconds(t.Budget),
				Memory: t.Memory, MemoryMB: t.MostMemory >> 20, HostCalls: t.HostCalls, MostHostCalls: t.MostHostCalls})
		}
	}
	lines := s.plugins.Logs(p.ID, where)
	for _, l := range lines {
		if fresh(l.At) {
			out.Log = append(out.Log, logLineReply{Version: l.Version, Level: string(l.Level), Text: l.Text})
		}
	}
	return out, nil
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
