package storage

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"or3.cloud/or3/internal/fault"
)

// ErrDamaged is in every error about a blob whose bytes are not those of its
// name any more.
var ErrDamaged = errors.New("the stored bytes do not match the file's hash")

// Every backend fails in these words, so that what people read does not depend
// on where files are kept.

// NotFound is the error for a blob that is not there.
func NotFound(cause error) error {
	return fault.Wrap(cause, fault.NotFound, "There is no such file.")
}

// Damaged is the error for a blob whose stored bytes are wrong.
func Damaged(key Key, what string) error {
	return fault.Wrap(fmt.Errorf("%s of %s: %s: %w", key.Ref, key.Workspace, what, ErrDamaged), fault.Internal,
		"The file is damaged on the server. Put it there again from a device that has it; until then it cannot be opened.")
}

// Full is the error for a store without room.
func Full(cause error) error {
	return fault.Wrap(cause, fault.DiskFull, "The server's disk is full. Nothing was saved; try again when there is room.")
}

// WrongOffset is the error for an upload that goes on where it did not stop.
func WrongOffset(received int64) error {
	return &fault.Error{Kind: fault.Conflict, Message: fmt.Sprintf("The server has %d bytes of this upload. Go on from there.", received),
		Fields: map[string]string{"offset": strconv.FormatInt(received, 10)}}
}

// Busy is the error for an upload that is being sent twice at once.
func Busy() error {
	return fault.New(fault.Conflict, "This upload is still arriving over another connection. Try again in a moment.")
}

// Stopped is the error for an upload that ended early; cause may be nil.
func Stopped(received, size int64, cause error) error {
	var known *fault.Error
	if errors.As(cause, &known) {
		return cause
	}
	message := fmt.Sprintf("The upload ended after %d of %d bytes. Send the rest.", received, size)
	return &fault.Error{Kind: fault.Invalid, Message: message, Fields: map[string]string{"size_bytes": message}, Err: errors.Join(errStopped, cause)}
}

var errStopped = errors.New("the body ended early")

// IsStopped reports whether an upload ended early and can go on.
func IsStopped(err error) bool { return errors.Is(err, errStopped) }

// WrongHash is the error for an upload whose bytes are not those announced.
func WrongHash(ref Ref) error {
	return fault.Field("hash", "What arrived is not "+ref.String()+". The file changed or was damaged on its way; send it again.")
}

// TooMuch is the error for an upload with more bytes than announced.
func TooMuch(size int64) error {
	return fault.Newf(fault.Oversized, "The upload has more than the %d bytes that were announced. Nothing was saved.", size)
}

// Unsatisfiable is the error for a span that begins behind the blob's end.
func Unsatisfiable(size int64) error {
	return &fault.Error{Kind: fault.Invalid, Status: http.StatusRequestedRangeNotSatisfiable,
		Message: fmt.Sprintf("The file has only %d bytes.", size)}
}
