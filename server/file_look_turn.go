package server

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"or3.cloud/or3/storage"
)

// turns are the places to look into files. One person has one at a time, so that
// nobody's many files keep others from theirs.
type turns struct {
	places chan struct{}
	mu     sync.Mutex
	people map[string]*ownTurn
}

// ownTurn is one person's; it is there while somebody has it or waits for it.
type ownTurn struct {
	taken chan struct{}
	users int
}

func newTurns(places int) *turns {
	return &turns{places: make(chan struct{}, places), people: map[string]*ownTurn{}}
}

// take waits for the person's turn and a place; leave gives both back.
func (t *turns) take(ctx context.Context, person string) (leave func(), err error) {
	t.mu.Lock()
	own := t.people[person]
	if own == nil {
		own = &ownTurn{taken: make(chan struct{}, 1)}
		t.people[person] = own
	}
	own.users++
	t.mu.Unlock()
	gone := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if own.users--; own.users == 0 {
			delete(t.people, person)
		}
	}
	if !wait(ctx, own.taken) {
		gone()
		return nil, fmt.Errorf("this person has another file looked into: %w", ctx.Err())
	}
	if !wait(ctx, t.places) {
		<-own.taken
		gone()
		return nil, fmt.Errorf("too many files are looked into just now: %w", ctx.Err())
	}
	return func() {
		<-t.places
		<-own.taken
		gone()
	}, nil
}

// wait takes a place as soon as there is one; one that is free is taken whatever ctx says.
func wait(ctx context.Context, place chan<- struct{}) bool {
	select {
	case place <- struct{}{}:
		return true
	default:
	}
	select {
	case place <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

// mostLooks is how often the program may end while it looks into a content: once
// may be chance.
const mostLooks = 2

// looking is a directory with a file for each content that is looked into just
// now. What such a content does to a decoder may end the program; the file is
// still there then, with a byte for each time, and after mostLooks nobody looks
// into that content again.
type looking struct {
	dir string
	mu  sync.Mutex
	now map[storage.Ref]int
}

// begin notes that a content is looked into; an error if doing so has ended
// the program too often, or the directory cannot be written.
func (l *looking) begin(ref storage.Ref) (done func(), err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	path := filepath.Join(l.dir, hex.EncodeToString([]byte(ref.String())))
	if l.now[ref] == 0 {
		if err := l.note(path); err != nil {
			return nil, err
		}
	}
	l.now[ref]++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.now[ref]--; l.now[ref] == 0 {
			delete(l.now, ref)
			_ = os.Remove(path) // left behind, the content is not looked into again
		}
	}, nil
}

func (l *looking) note(path string) error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return fmt.Errorf("noting what is looked into: %w", err)
	}
	note, err := os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("noting what is looked into: %w", err)
	}
	begun, err := note.Stat()
	if err == nil && begun.Size() >= mostLooks {
		err = fmt.Errorf("the program ended %d times while it looked into this file; it is not looked into again until %s is removed", begun.Size(), path)
	} else if err == nil {
		_, err = note.Write([]byte{'.'})
	}
	return errors.Join(err, note.Close())
}
