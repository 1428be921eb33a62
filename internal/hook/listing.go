package hook

import (
	"reflect"
	"slices"
	"strings"
)

// Declaration is an Action or a Filter of any type.
type Declaration interface{ declared() declared }

type declared struct {
	name    string
	kind    string
	payload reflect.Type
}

// Point is one line of the listing: a hook and who listens to it, in order.
type Point struct {
	Name      string
	Kind      string // "action" or "filter"
	Payload   string // the Go type, e.g. "workspace.MemberEvent"
	Listeners []Options
}

// Declare makes hooks known to the listing before anybody listens to them. It
// panics when a name is already known with another payload type.
func (b *Bus) Declare(ds ...Declaration) {
	for _, d := range ds {
		b.change(d.declared(), func(all []*listener) []*listener { return all })
	}
}

// List returns every hook that was declared or listened to, sorted by name.
func (b *Bus) List() []Point {
	if b == nil {
		return nil
	}
	var list []Point
	for name, p := range *b.points.Load() {
		line := Point{Name: name, Kind: p.kind, Payload: p.payload.String()}
		for _, l := range p.listeners {
			line.Listeners = append(line.Listeners, l.Options)
		}
		list = append(list, line)
	}
	slices.SortFunc(list, func(x, y Point) int { return strings.Compare(x.Name, y.Name) })
	return list
}
