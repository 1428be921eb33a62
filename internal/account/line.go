package account

import (
	"context"
	"sync/atomic"
	"time"

	"or3.cloud/or3/internal/fault"
)

const (
	atTheDoor = 8   // attempts to sign in that are made at the same time
	inTheLine = 128 // attempts that may wait for that
)

// line lets a few attempts to sign in through at a time. Each writes to the
// database before and after its password is hashed: a flood of them, from
// however many addresses, must not stand between people and their writes. Who
// finds the line too long is sent away before anything is counted against them.
type line struct {
	places  chan struct{}
	waiting atomic.Int64
}

func newLine() *line { return &line{places: make(chan struct{}, atTheDoor)} }

// enter waits for a place; leave gives it back.
func (l *line) enter(ctx context.Context) (leave func(), err error) {
	defer l.waiting.Add(-1)
	if l.waiting.Add(1) > inTheLine {
		return nil, tooManyAtOnce(nil)
	}
	select {
	case l.places <- struct{}{}:
		return func() { <-l.places }, nil
	case <-ctx.Done():
		return nil, tooManyAtOnce(ctx.Err())
	}
}

func tooManyAtOnce(err error) error {
	return &fault.Error{Kind: fault.Unavailable, Message: "Too many people are signing in at once. Try again in a moment.", Retry: 2 * time.Second, Err: err}
}
