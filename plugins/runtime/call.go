package runtime

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tetratelabs/wazero/sys"
)

// Call is one call of a guest.
type Call struct {
	// Workspace owns the instance that is called.
	Workspace string
	Export    string
	About     string // what of the export's is called: an event's type, a job's name; for the trace
	Input     []byte
	// Budget is what the manifest asks for, 0 for all that the export may have. It
	// never is more than that.
	Budget time.Duration
	// Read makes out what the guest answered, before it is judged how the call went:
	// an answer that is of no use is a failure of the plugin's like any other
	// ([BadAnswer]), one that says no is none ([Declined]). nil takes any.
	Read func(output []byte) *Failure
}

// Failure is the error of a call that gave no output.
type Failure struct {
	Outcome Outcome
	// Message may be shown to whoever looks at the page.
	Message string
	// Said is what the guest said, without control characters and still not
	// to be trusted; "" when it said nothing.
	Said string
	// Retry is when a paused plugin is called again.
	Retry time.Duration
	// Err is for the log.
	Err error
}

// Error implements error.
func (f *Failure) Error() string {
	if f.Err != nil {
		return fmt.Sprintf("plugin %s: %v", f.Outcome, f.Err)
	}
	return fmt.Sprintf("plugin %s: %s", f.Outcome, f.Message)
}

// Unwrap gives the cause.
func (f *Failure) Unwrap() error { return f.Err }

// messages are what people read. They say what they can do.
var messages = map[Outcome]string{
	GuestError:  "The plugin reported an error. Try again, or ask an owner to look at its log.",
	Trap:        "The plugin failed. Try again, or ask an owner to look at its log.",
	Exit:        "The plugin stopped in the middle. Ask an owner to look at its log.",
	Timeout:     "The plugin took too long and was stopped. Try again, or ask an owner to look at its log.",
	TooMuch:     "The plugin used more than it may and was stopped. Ask an owner to look at its log.",
	NotCreated:  "The plugin could not be started. Ask an owner to look at its log.",
	HostError:   "Something the plugin asked for failed here. Try again in a moment.",
	Canceled:    "The request was given up before the plugin answered.",
	Busy:        "Too many plugins are at work. Try again in a moment.",
	Paused:      "The plugin has failed several times and is paused for a while.",
	Quarantined: "The plugin has failed too often and is stopped until an owner lets it run again.",
	Unloaded:    "The plugin is not running. Load the page again.",
	Misuse:      "The plugin cannot be called like this.",
	BadAnswer:   "The plugin answered something that cannot be shown. Ask an owner to look at its log.",
	Declined:    "The plugin did not do it.",
}

func failure(o Outcome, err error) *Failure {
	return &Failure{Outcome: o, Message: messages[o], Err: err}
}

// Unusable is the failure of a plugin whose answer nobody can use, and why.
func Unusable(err error) *Failure {
	said := clean(err.Error(), 500) // it may quote the answer
	f := failure(BadAnswer, errors.New(said))
	f.Said = said
	return f
}

// Refusal is the failure of a call whose answer says that it was not done.
func Refusal(err error) *Failure { return failure(Declined, err) }

type callKey struct{}

// errBudget is why a call's context ends when its budget is over.
var errBudget = errors.New("the plugin's time was up")

// call is one call while it runs.
type call struct {
	Call
	m     *Module
	ctx   context.Context
	trace Trace
	lines int
	// vars are Extism's variables, see endingFunctions.
	vars     map[string][]byte
	varBytes int
	// ended is what our side ended the call for, when it did.
	ended *Failure
}

// end notes why our side ends the call and returns the error that does it.
func (c *call) end(o Outcome, err error) error {
	if c.ended == nil {
		c.ended = failure(o, err)
	}
	return err
}

// cutOff is the failure of a call whose context is done.
func cutOff(ctx context.Context) *Failure {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errBudget):
		return failure(Timeout, errBudget)
	case errors.Is(cause, errClosed):
		return failure(Unloaded, errClosed)
	default:
		return failure(Canceled, cause)
	}
}

// log writes a line of the guest, as long as it may.
func (c *call) log(level Level, text string) {
	c.lines++
	switch limit := c.m.r.o.LogLines; {
	case c.lines <= limit:
		c.note(level, text)
	case c.lines == limit+1:
		c.note(Warn, fmt.Sprintf("more than %d lines in one call: the rest is left out", limit))
	}
}

// note writes a line into the plugin's log.
func (c *call) note(level Level, text string) {
	c.m.record.logs.add(Line{At: c.m.r.o.Now(), Level: level, Version: c.m.version, Workspace: c.Workspace, Export: c.Export, Text: clean(text, lineBytes)})
}

// read makes out the answer of a call that went well. A panic of ours is not the
// guest's fault.
func (c *call) read(output []byte) (f *Failure) {
	if c.Read == nil {
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			f = failure(HostError, fmt.Errorf("reading what %s answered: panic: %v", c.Export, p))
		}
	}()
	return c.Read(output)
}

// judge says how a call ended that the guest did not end well; nil when it did.
func (c *call) judge(code uint32, output []byte, err error) *Failure {
	switch {
	case c.ended != nil:
		return c.ended
	case c.ctx.Err() != nil:
		return cutOff(c.ctx)
	case err == nil && code == 0:
		if limit := c.m.r.o.Payload; len(output) > limit {
			return failure(TooMuch, fmt.Errorf("%d bytes of output, more than %d", len(output), limit))
		}
		return nil
	case err == nil:
		return failure(GuestError, fmt.Errorf("it returned %d", int32(code)))
	}
	var exit *sys.ExitError
	switch text := err.Error(); {
	case errors.As(err, &exit):
		return failure(Exit, err)
	case errors.Unwrap(err) == nil && text != "stack overflow" && !strings.HasPrefix(text, "failed to initialize runtime"):
		said := clean(text, 500) // Extism makes a new error of the guest's words, megabytes if it likes
		f := failure(GuestError, errors.New(said))
		f.Said = said
		return f
	}
	return failure(Trap, err)
}
