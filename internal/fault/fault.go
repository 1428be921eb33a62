// Package fault is the vocabulary of failure: what kind of thing went wrong,
// and the words a person outside may read. The place that knows gives both;
// server/errors.go alone turns them into status codes and pages.
package fault

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the machine-readable code of an error, as it appears in
// {"error":{"code":…}}.
type Kind string

// The kinds an outside caller can meet.
const (
	Invalid         Kind = "validation_error"
	Unauthenticated Kind = "unauthenticated"
	Forbidden       Kind = "forbidden"
	NotFound        Kind = "not_found"
	Conflict        Kind = "conflict"
	Oversized       Kind = "oversized"
	QuotaExceeded   Kind = "quota_exceeded"
	Unsupported     Kind = "unsupported"
	ClientTooOld    Kind = "client_too_old"
	RateLimited     Kind = "rate_limited"
	Internal        Kind = "server_error"
	Unavailable     Kind = "unavailable"
	DiskFull        Kind = "disk_full"
)

// Error carries a kind, public words and the private cause.
type Error struct {
	Kind    Kind
	Message string            // safe to show; says what to do next
	Fields  map[string]string // field name → what is wrong with it
	Status  int               // overrides the kind's usual HTTP status when not 0
	Retry   time.Duration     // for RateLimited and Unavailable: when to try again
	Err     error             // private; logged, never shown
}

// Error implements error. It includes the private cause: log it, do not show it.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Kind, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Kind, e.Message)
}

// Unwrap gives the private cause.
func (e *Error) Unwrap() error { return e.Err }

// New makes an error of a kind with public words.
func New(kind Kind, message string) *Error { return &Error{Kind: kind, Message: message} }

// Newf is New with formatting.
func Newf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// Wrap gives a private cause a kind and public words.
func Wrap(err error, kind Kind, message string) *Error {
	return &Error{Kind: kind, Message: message, Err: err}
}

// Field is an Invalid error about one field.
func Field(name, message string) *Error {
	return &Error{Kind: Invalid, Message: message, Fields: map[string]string{name: message}}
}

// KindOf tells an error's kind; an error nobody classified is Internal, nil is "".
func KindOf(err error) Kind {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of the kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }
