package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http/httputil"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// upload is a row whose body is bytes that are taken as they come, never whole
// in memory. The handler judges the head alone; what it hands to r.takeBody
// reads the body from the connection afterwards. The connection ends with the
// answer, whatever it is, so that no byte of a body is ever taken for a request.
func upload(method, path string, a access, does string, h func(*request) error, o ...option) row {
	w := newRow(method, path, a, does, o)
	w.streamed = true
	w.query, w.body, w.reply = reflect.TypeFor[tokenQuery](), reflect.TypeFor[rawBody](), reflect.TypeFor[uploadReply]()
	w.serve = func(r *request) error {
		if err := r.authorise(nil); err != nil {
			return err
		}
		return h(r)
	}
	return w
}

// rawBody stands in the table for a body of bytes.
type rawBody struct{}

// leaveBody makes fasthttp leave a streamed row's body on the connection, and
// close that after the answer.
func leaveBody(h *fasthttp.RequestHeader) {
	h.SetContentLength(0)
	h.SetConnectionClose()
}

// bodyLength reads how long the body is from the head as it was sent: -1 for
// one that comes in chunks.
func (r *request) bodyLength() (int64, error) {
	length, chunked, found := int64(0), false, 0
	for line := range bytes.SplitSeq(r.c.Request().Header.RawHeaders(), []byte("\n")) {
		name, value, _ := strings.Cut(string(bytes.TrimRight(line, "\r")), ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil || n < 0 || strings.Trim(value, "0123456789") != "" {
				return 0, unparsable("The request's length is not a number.")
			}
			length = n
			found++
		case "transfer-encoding":
			if !strings.EqualFold(value, "chunked") {
				return 0, unparsable("The body comes in an encoding that this server does not take.")
			}
			chunked = true
			found++
		}
	}
	switch {
	case found > 1:
		return 0, unparsable("The request tells its length in two ways.")
	case chunked:
		return -1, nil
	}
	return length, nil
}

// An upload that sends nothing for bodyIdle is over; one that is slower than
// slowest for slowFor, too. What came of it stays, and it can go on.
const (
	bodyIdle = 30 * time.Second
	slowFor  = time.Minute
	slowest  = 4 << 10 // bytes a second
)

// bodyReader reads a body from a connection: no byte behind it, not longer than
// until, not from one who sends next to nothing, and not after stop.
type bodyReader struct {
	length int64 // -1 for chunks
	until  time.Time
	now    func() time.Time

	mu      sync.Mutex // guards what follows, and the order of deadlines
	conn    net.Conn
	from    io.Reader
	stopped bool
	since   time.Time // when the minute began that is looked at
	came    int64     // bytes in this minute
}

func (b *bodyReader) attach(conn net.Conn) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.since = b.now()
	if b.conn = conn; b.length < 0 {
		b.from = httputil.NewChunkedReader(conn)
	} else {
		b.from = &exactly{conn, b.length}
	}
}

// exactly reads so many bytes; fewer are an io.ErrUnexpectedEOF.
type exactly struct {
	from io.Reader
	left int64
}

func (e *exactly) Read(p []byte) (int, error) {
	if e.left == 0 {
		return 0, io.EOF
	}
	n, err := e.from.Read(p[:min(int64(len(p)), e.left)])
	e.left -= int64(n)
	if errors.Is(err, io.EOF) && e.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// stop ends the reading, also one that waits.
func (b *bodyReader) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped = true; b.conn != nil {
		_ = b.conn.SetReadDeadline(time.Unix(1, 0))
	}
}

func (b *bodyReader) Read(p []byte) (int, error) {
	if err := b.wait(); err != nil {
		return 0, err
	}
	n, err := b.from.Read(p)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.came += int64(n)
	return n, err
}

// wait sets how long the next reading may take.
func (b *bodyReader) wait() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.stopped {
		return errBodyStopped
	}
	now := b.now()
	if now.Sub(b.since) >= slowFor {
		if b.came < slowest*int64(slowFor/time.Second) {
			return errTooSlow
		}
		b.since, b.came = now, 0
	}
	deadline := now.Add(bodyIdle)
	if b.until.Before(deadline) {
		deadline = b.until
	}
	return b.conn.SetReadDeadline(deadline)
}

var (
	errBodyStopped = errors.New("somebody else goes on with this upload, or the server stops")
	errTooSlow     = errors.New("next to nothing came for a minute")
)

// takeBody reads the body with a function, which answers it, when the handler
// has returned. The request's context has ended by then; its values stay.
func (r *request) takeBody(body *bodyReader, take func(body io.Reader) (reply any, err error)) {
	late := r.lateAnswer()
	raw := r.c.Context()
	raw.HijackSetNoResponse(true)
	raw.Hijack(func(conn net.Conn) {
		body.attach(conn)
		reply, err := late.guarded(func() (any, error) { return take(body) })
		late.send(conn, reply, err)
	})
}

// lateAnswer is the answer to a request whose handler has returned.
type lateAnswer struct {
	r    *request
	head fasthttp.Response
	line outcome
}

// lateAnswer keeps what the answer and the log need of a request that is about
// to end.
func (r *request) lateAnswer() *lateAnswer {
	a := &lateAnswer{r: r, line: r.outcome()}
	r.c.Response().Header.CopyTo(&a.head.Header)
	r.late = true
	return a
}

// guarded turns a panic into an error, as for any other request.
func (a *lateAnswer) guarded(take func() (any, error)) (reply any, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = a.r.panicked(p)
		}
	}()
	return take()
}

// send writes the answer and closes the connection.
func (a *lateAnswer) send(conn net.Conn, reply any, err error) {
	a.line.status = fiber.StatusOK
	if err != nil {
		e := publicError(err)
		a.line.status, a.r.cause = statusOf(e), err
		if e.Retry > 0 {
			a.head.Header.Set(fiber.HeaderRetryAfter, retryAfter(e.Retry))
		}
		if at, ok := e.Fields["offset"]; ok {
			a.head.Header.Set(headerOffset, at)
		}
		reply = errorReply{Error: errorBody{Code: e.Kind, Message: e.Message, RequestID: a.r.id, Fields: e.Fields}}
	}
	text, encodeErr := encodeJSON(reply)
	if encodeErr != nil {
		a.r.log.Error("write error", "error", encodeErr)
	}
	a.head.SetStatusCode(a.line.status)
	a.head.Header.SetContentType(jsonMedia)
	a.head.Header.SetConnectionClose()
	a.head.SetBodyRaw(text)
	_ = conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	if _, err := a.head.WriteTo(conn); err == nil {
		if kept, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
			lingerOn(kept.UnsafeConn())
		}
	}
	_ = conn.Close()
	a.r.note(a.line)
}

// lingerOn has a connection read on for a moment before it closes, so that the
// answer arrives where the other side is still sending.
func lingerOn(conn net.Conn) {
	if linger, ok := conn.(interface{ Linger() }); ok {
		linger.Linger()
	}
}
