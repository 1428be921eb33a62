package sim

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/tests/device"
)

// letter is a request on its way to the server, or its answer on the way back.
type letter struct {
	to      *phone // the device it belongs to
	request *device.Request
	body    []byte // of the request; of the answer when it was a success
	err     error  // the server's refusal
}

// kind names a request.
func kind(r *device.Request) string {
	switch {
	case r.Push != nil:
		return "push"
	case r.Pull != nil:
		return "pull"
	case r.Snapshot != nil:
		return "snapshot"
	}
	return "cursor"
}

var errNoAnswer = errors.New("no answer came")

// post hands a device's next request to the network.
func (w *World) post(p *phone) error {
	r := p.Next()
	if r == nil {
		return nil
	}
	var body []byte
	var err error
	switch {
	case r.Push != nil:
		body, err = json.Marshal(r.Push)
	case r.Pull != nil:
		body, err = json.Marshal(r.Pull)
	case r.Snapshot != nil:
		body, err = json.Marshal(r.Snapshot)
	case r.Cursor != nil:
		body, err = json.Marshal(r.Cursor)
	}
	if err != nil {
		return err
	}
	w.say("%s asks %s %d", p.Name(), kind(r), r.Number)
	w.counts[kind(r)]++
	w.requests = append(w.requests, &letter{to: p, request: r, body: body})
	return nil
}

// read decodes an answer as it arrived, whole or cut.
func read(l *letter) device.Reply {
	var reply device.Reply
	if l.err != nil {
		reply.Err = l.err
		return reply
	}
	var err error
	switch r := l.request; {
	case r.Push != nil:
		err = json.Unmarshal(l.body, &reply.Push)
	case r.Pull != nil:
		err = json.Unmarshal(l.body, &reply.Pull)
	case r.Snapshot != nil:
		err = json.Unmarshal(l.body, &reply.Snapshot)
	case r.Cursor != nil:
		err = json.Unmarshal(l.body, &reply.Cursor)
	}
	if err != nil {
		reply.Err = fmt.Errorf("the answer is cut: %w", err)
	}
	return reply
}

// arrive gives an answer to its device.
func (w *World) arrive(l *letter) {
	reply := read(l)
	w.say("%s hears of %s %d: %s", l.to.Name(), kind(l.request), l.request.Number, said(reply.Err))
	l.to.Receive(l.request, reply)
	l.to.heardAt = w.now()
}

func said(err error) string {
	var f *fault.Error
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &f):
		return string(f.Kind)
	}
	return "nothing"
}

// lacks reports a device that waits for an answer that is on no way to it.
func (w *World) lacks(p *phone) bool {
	for _, l := range append(w.requests[:len(w.requests):len(w.requests)], w.answers...) {
		if l.to == p {
			return false
		}
	}
	return p.Waiting() != nil
}

// timeOut lets a device give up waiting.
func (w *World) timeOut(p *phone) {
	if r := p.Waiting(); r != nil {
		w.say("%s gives up on %s %d", p.Name(), kind(r), r.Number)
		p.Receive(r, device.Reply{Err: errNoAnswer})
	}
}
