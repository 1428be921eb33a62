package testkit

import (
	"bufio"
	"encoding/json"
	"net/http"
	"strings"
	"time"
)

// Patience is how long a test waits for what has to happen: far longer than it
// should take, so that only what never happens fails.
const Patience = 60 * time.Second

// Stream is an open event stream.
type Stream struct {
	Status int
	Header http.Header
	c      *Client
	events chan StreamEvent
	close  func() error
}

// StreamEvent is one event. Event "" is the end of the stream.
type StreamEvent struct {
	Event, ID string
	Data      struct {
		Changes    []map[string]any `json:"changes"`
		NextCursor int64            `json:"next_cursor"`
		HistoryID  string           `json:"history_id"`
		Reason     string           `json:"reason"`
	}
	Raw string
}

// Stream opens an event stream; the test's end closes it.
func (c *Client) Stream(path string) *Stream {
	c.t.Helper()
	req, err := http.NewRequest("GET", c.app.URL+path, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	for name, values := range c.header {
		req.Header[name] = values
	}
	if c.cookie != "" {
		req.AddCookie(&http.Cookie{Name: "or3_session", Value: c.cookie})
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	res, err := transport.RoundTrip(req)
	if err != nil {
		c.t.Fatalf("GET %s: %v", path, err)
	}
	s := &Stream{Status: res.StatusCode, Header: res.Header, c: c, events: make(chan StreamEvent, 1024), close: res.Body.Close}
	c.t.Cleanup(func() { _ = s.close() })
	go func() {
		defer close(s.events)
		in := bufio.NewReader(res.Body)
		var e StreamEvent
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			switch name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); name {
			case "event":
				e.Event = value
			case "id":
				e.ID = value
			case "data":
				e.Raw += value
			case "":
				if e.Event != "" {
					_ = json.Unmarshal([]byte(e.Raw), &e.Data)
					s.events <- e
				}
				e = StreamEvent{}
			}
		}
	}()
	return s
}

// Next waits for the next event.
func (s *Stream) Next() StreamEvent {
	s.c.t.Helper()
	select {
	case e := <-s.events:
		return e
	case <-time.After(Patience):
		s.c.t.Fatal("the stream gave nothing for a minute")
		return StreamEvent{}
	}
}

// Until reads events until one has passed a version, and gives the keys of all
// changes on the way.
func (s *Stream) Until(version int64) []string {
	s.c.t.Helper()
	var keys []string
	for {
		e := s.Next()
		if e.Event != "changes" {
			s.c.t.Fatalf("the stream said %q %s before version %d", e.Event, e.Raw, version)
		}
		for _, c := range e.Data.Changes {
			pk, _ := c["pk"].(string)
			keys = append(keys, pk)
		}
		if e.Data.NextCursor >= version {
			return keys
		}
	}
}

// Ends reads to the end of the stream and gives the reason of its last event.
func (s *Stream) Ends() (event, reason string) {
	s.c.t.Helper()
	for {
		e := s.Next()
		if e.Event == "" {
			return event, reason
		}
		event, reason = e.Event, e.Data.Reason
	}
}

// Close closes the connection.
func (s *Stream) Close() { _ = s.close() }
