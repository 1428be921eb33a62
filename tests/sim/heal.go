package sim

import (
	"fmt"

	"or3.cloud/or3/tests/device"
)

// heal clears the weather: everybody is in, online and answered, and whatever
// was refused is looked at. Then all devices come to rest.
func (w *World) heal() error {
	w.say("the weather clears")
	commits := w.knife.commits
	w.knife = knife{commits: commits}
	w.requests, w.answers = nil, nil
	for _, p := range w.people {
		p.member = true
	}
	for _, p := range w.phones {
		w.timeOut(p)
		p.offline = false
		p.Resume()
	}
	for range 100 {
		busy := false
		for _, p := range w.phones {
			worked, err := w.settle(p)
			if err != nil {
				return err
			}
			busy = busy || worked
		}
		if !busy {
			return w.rest()
		}
		w.millis += 1000
	}
	for _, p := range w.phones {
		w.say("%s: %d pending, %d failed, cursor %d of %d", p.Name(), len(p.Pending()), len(p.Failed()), p.Cursor(), w.model.Head)
	}
	return errStuck
}

// settle lets a device sync until it has nothing to ask; it tells whether the
// device had anything to say.
func (w *World) settle(p *phone) (pushed bool, err error) {
	for _, f := range p.Failed() {
		p.Discard(f.Op.Stamp.OpID)
	}
	p.Poke()
	for range 1000 {
		if err := w.post(p); err != nil {
			return pushed, err
		}
		if len(w.requests) == 0 {
			if state, why := p.State(); state != device.Working {
				return pushed, fmt.Errorf("%s is %s: %w", p.Name(), state, why)
			}
			return pushed || p.Cursor() != w.model.Head || len(p.Pending())+len(p.Failed()) > 0, nil
		}
		l := take(w, &w.requests)
		pushed = pushed || l.request.Push != nil
		answer, err := w.serve(l)
		if err != nil {
			return pushed, err
		}
		w.arrive(answer)
	}
	return pushed, fmt.Errorf("%s asks without end: %w", p.Name(), errStuck)
}

// rest finds out whether what devices receive makes them write: nobody may have
// anything to push after one more round.
func (w *World) rest() error {
	head, pushes := w.model.Head, w.counts["push"]
	for _, p := range w.phones {
		if _, err := w.settle(p); err != nil {
			return err
		}
	}
	if w.counts["push"] != pushes || w.model.Head != head {
		return fmt.Errorf("at rest devices pushed %d times, the head went from %d to %d", w.counts["push"]-pushes, head, w.model.Head)
	}
	return nil
}
