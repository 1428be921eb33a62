package manifest

import (
	"slices"
	"strings"
)

// Move says how a capability differs between two versions.
type Move string

// How a capability may differ.
const (
	New      Move = "new"
	Wider    Move = "wider" // more than before in anything, even if less in something else
	Narrower Move = "narrower"
	Gone     Move = "gone"
)

// Change is a capability that differs. Old is nil where it is new, Now where it
// is gone.
type Change struct {
	Name string
	Move Move
	Old  *Capability
	Now  *Capability
}

// Asks reports whether the change needs somebody's consent.
func (c Change) Asks() bool { return c.Move == New || c.Move == Wider }

// Diff compares what was granted with what is asked for now: first what is new
// or wider, as the new manifest orders it, then what is less. Reasons do not
// count, and what is the same is left out.
func Diff(old, now []Capability) []Change {
	var more, less []Change
	for i := range now {
		c := &now[i]
		at := slices.IndexFunc(old, func(o Capability) bool { return o.Name == c.Name })
		if at < 0 {
			more = append(more, Change{Name: c.Name, Move: New, Now: c})
			continue
		}
		before := &old[at]
		switch {
		case !covers(*before, *c):
			more = append(more, Change{Name: c.Name, Move: Wider, Old: before, Now: c})
		case !covers(*c, *before):
			less = append(less, Change{Name: c.Name, Move: Narrower, Old: before, Now: c})
		}
	}
	for i := range old {
		if !slices.ContainsFunc(now, func(c Capability) bool { return c.Name == old[i].Name }) {
			less = append(less, Change{Name: old[i].Name, Move: Gone, Old: &old[i]})
		}
	}
	return append(more, less...)
}

// covers reports whether whoever has wide may do all that narrow lets do.
func covers(wide, narrow Capability) bool {
	return wide.Name == narrow.Name &&
		wide.QuotaKB >= narrow.QuotaKB && wide.QuotaMB >= narrow.QuotaMB && wide.MinIntervalS <= narrow.MinIntervalS &&
		holds(wide.Tables, narrow.Tables) && holds(wide.Fields, narrow.Fields) && holds(wide.Types, narrow.Types) &&
		holds(wide.Methods, narrow.Methods) && holds(wide.Names, narrow.Names) &&
		!slices.ContainsFunc(narrow.Hosts, func(host string) bool { return !AllowsHost(wide.Hosts, host) })
}

func holds(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// AllowsHost reports whether a list of http.fetch lets a host be asked: one that
// is in it, or lies below one with a star. A host without a port and the same
// with one are two. A star as host stands for all that it lets.
func AllowsHost(hosts []string, host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	return slices.ContainsFunc(hosts, func(h string) bool {
		if below, star := strings.CutPrefix(h, "*."); star {
			return strings.HasSuffix(host, "."+below)
		}
		return h == host
	})
}
