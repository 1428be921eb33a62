package server

import (
	"bytes"
	"net"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
)

type streamQuery struct {
	WorkspaceID string `query:"workspace_id" validate:"required,id"`
	Cursor      int64  `query:"cursor" validate:"min=0"`
	HistoryID   string `query:"history_id" validate:"max=64"`
}

// stream answers with what happens in a workspace, as it happens. The
// connection is taken out of the HTTP server: a stream that has nothing to say
// is then a socket and a few hundred bytes, and no goroutine waits for it.
func (s *Server) stream(r *request, q streamQuery) (nothing, error) {
	cursor := q.Cursor
	if last := r.Header("Last-Event-ID"); last != "" {
		n, err := strconv.ParseInt(last, 10, 64)
		if err != nil || n < 0 {
			return nothing{}, fault.Field("Last-Event-ID", "It must be the id of an event of this stream.")
		}
		cursor = max(cursor, n)
	}
	r.sent = true
	h := &r.c.Response().Header
	h.SetContentType("text/event-stream; charset=utf-8")
	h.Set("X-Accel-Buffering", "no") // nginx would collect events for a while
	if r.c.Method() == fiber.MethodHead {
		return nothing{}, nil
	}
	st, err := s.streams.admit(r.Session(), q.WorkspaceID)
	if err != nil {
		r.sent = false
		return nothing{}, err
	}
	st.cursor, st.history = cursor, q.HistoryID
	st.rest = r.streamHead()
	s.takeOver(r, st)
	return nothing{}, nil
}

// takeOver hands the connection to a stream when the handler has returned.
func (s *Server) takeOver(r *request, st *stream) {
	raw := r.c.Context()
	raw.HijackSetNoResponse(true)
	raw.Hijack(func(conn net.Conn) {
		if kept, ok := conn.(interface{ UnsafeConn() net.Conn }); ok {
			conn = kept.UnsafeConn() // without the buffers of the HTTP server
		}
		s.streams.begin(st, conn)
	})
}

// streamHead is the head of the answer, as fasthttp would write it, for a body
// that ends with the connection.
func (r *request) streamHead() []byte {
	var b bytes.Buffer
	b.WriteString("HTTP/1.1 200 OK\r\nConnection: close\r\n")
	for name, value := range r.c.Response().Header.All() {
		switch string(name) {
		case fiber.HeaderContentLength, fiber.HeaderTransferEncoding, fiber.HeaderConnection:
			continue
		}
		b.Write(name)
		b.WriteString(": ")
		b.Write(value)
		b.WriteString("\r\n")
	}
	b.WriteString("\r\nretry: 2000\n: open\n\n")
	return b.Bytes()
}
