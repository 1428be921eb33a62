package sim

import (
	"errors"
	"net"

	"or3.cloud/or3/internal/db"
)

// knife stops the server at a statement: for good, as kill -9 does, or once, as
// a failing statement or a cut connection does.
type knife struct {
	in      int   // statements until it falls; 0 is never
	once    error // nil kills
	dead    bool
	hit     string // where it fell
	commits int
}

var (
	errDead   = errors.New("the server is dead")
	errBroken = errors.New("the statement failed")
	errCut    = &net.OpError{Op: "read", Err: errors.New("connection reset by peer")}
)

func (k *knife) at(point string) error {
	if point == db.Committed && !k.dead {
		k.commits++
	}
	if k.dead {
		return errDead
	}
	if k.in == 0 {
		return nil
	}
	if k.in--; k.in > 0 {
		return nil
	}
	k.hit = point
	if k.once != nil {
		return k.once
	}
	k.dead = true
	return errDead
}
