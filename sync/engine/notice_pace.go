package engine

import "time"

// How many notices a person is given: more than paceMost within paceWithin are
// followed by one that says there is more, and by silence.
const (
	paceMost   = 5
	paceWithin = 10 * time.Second
	paceSilent = time.Minute
	pacePeople = 10_000 // remembered at a time
)

// pace remembers how many notices people were given of late. ID is the person.
type pace map[Ref]*lately

type lately struct {
	told        []time.Time
	silentUntil time.Time
}

type step int

const (
	stepTell   step = iota
	stepMore        // say that there is more, once
	stepSilent      // say nothing
)

// step counts one more notice for a person and tells what becomes of it.
func (p pace) step(who Ref, now time.Time) step {
	l := p[who]
	if l == nil {
		if len(p) >= pacePeople {
			p.forget(now)
		}
		l = &lately{}
		p[who] = l
	}
	if now.Before(l.silentUntil) {
		return stepSilent
	}
	if l.told = append(l.since(now), now); len(l.told) <= paceMost {
		return stepTell
	}
	l.told, l.silentUntil = nil, now.Add(paceSilent)
	return stepMore
}

func (l *lately) since(now time.Time) []time.Time {
	kept := l.told[:0]
	for _, at := range l.told {
		if now.Sub(at) < paceWithin {
			kept = append(kept, at)
		}
	}
	return kept
}

// forget drops those who may be told anything again, and everybody when that
// does not make room.
func (p pace) forget(now time.Time) {
	for who, l := range p {
		if !now.Before(l.silentUntil) && len(l.since(now)) == 0 {
			delete(p, who)
		}
	}
	if len(p) >= pacePeople {
		clear(p)
	}
}
