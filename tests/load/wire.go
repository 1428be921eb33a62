package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sort"
	"strconv"
	"strings"
	"time"
)

// wire is one keep-alive HTTP/1.1 connection with as little client work as
// possible, because client and server share the machine's cores.
type wire struct {
	conn net.Conn
	in   *bufio.Reader
}

func dial(base string) (*wire, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// roundTrip writes a whole request and reads the answer; the body is only
// valid until the next call.
func (w *wire) roundTrip(request []byte, keepBody bool) (status int, body []byte, err error) {
	if _, err := w.conn.Write(request); err != nil {
		return 0, nil, err
	}
	line, err := w.in.ReadString('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(line[9:12]); err != nil {
		return 0, nil, err
	}
	length := 0
	for {
		line, err = w.in.ReadString('\n')
		if err != nil {
			return 0, nil, err
		}
		if line == "\r\n" {
			break
		}
		if name, value, ok := strings.Cut(line, ":"); ok && strings.EqualFold(name, "content-length") {
			if length, err = strconv.Atoi(strings.TrimSpace(value)); err != nil {
				return 0, nil, err
			}
		}
	}
	if keepBody {
		body = make([]byte, length)
		_, err = io.ReadFull(w.in, body)
		return status, body, err
	}
	_, err = w.in.Discard(length)
	return status, nil, err
}

// spread is a set of latencies.
type spread []time.Duration

func (s spread) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	i := int(q * float64(len(s)))
	if i >= len(s) {
		i = len(s) - 1
	}
	return s[i]
}

func (s spread) String() string {
	sort.Slice(s, func(i, j int) bool { return s[i] < s[j] })
	return fmt.Sprintf("p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, max %.2f ms", ms(s.at(.5)), ms(s.at(.95)), ms(s.at(.99)), ms(s.at(1)))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
