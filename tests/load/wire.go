package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wire is one keep-alive HTTP/1.1 connection with as little client work as
// possible, because client and server share the machine's cores.
type wire struct {
	conn net.Conn
	in   *bufio.Reader

	latencies spread // of timed round trips
}

func dial(base string) (*wire, error) {
	conn, err := net.Dial("tcp", strings.TrimPrefix(base, "http://"))
	if err != nil {
		return nil, err
	}
	return &wire{conn: conn, in: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// roundTrip writes a whole request and reads the answer; the body is nil unless
// it is to be kept.
func (w *wire) roundTrip(request []byte, keepBody bool) (status int, body []byte, err error) {
	status, length, err := w.begin(request)
	if err != nil {
		return 0, nil, err
	}
	if keepBody {
		body, err = w.body(length, make([]byte, 0, max(length, 4096)))
		return status, body, err
	}
	_, err = w.skip(length)
	return status, nil, err
}

// discard is roundTrip that tells only how long the body was.
func (w *wire) discard(request []byte) (status, length int, err error) {
	if status, length, err = w.begin(request); err == nil {
		length, err = w.skip(length)
	}
	return status, length, err
}

// inChunks is the length of a body that does not tell it beforehand.
const inChunks = -1

// begin writes a request and reads the head of the answer.
func (w *wire) begin(request []byte) (status, length int, err error) {
	if _, err := w.conn.Write(request); err != nil {
		return 0, 0, err
	}
	return w.head()
}

// answer reads an answer to what was written already.
func (w *wire) answer() (status int, body []byte, err error) {
	status, length, err := w.head()
	if err != nil {
		return 0, nil, err
	}
	body, err = w.body(length, nil)
	return status, body, err
}

// head reads the head of an answer.
func (w *wire) head() (status, length int, err error) {
	line, err := w.in.ReadString('\n')
	if err != nil {
		return 0, 0, err
	}
	if len(line) < 12 {
		return 0, 0, fmt.Errorf("status line %q", line)
	}
	if status, err = strconv.Atoi(line[9:12]); err != nil {
		return 0, 0, err
	}
	for {
		if line, err = w.in.ReadString('\n'); err != nil {
			return 0, 0, err
		}
		if line == "\r\n" {
			return status, length, nil
		}
		name, value, _ := strings.Cut(line, ":")
		switch value = strings.TrimSpace(value); {
		case strings.EqualFold(name, "content-length"):
			if length, err = strconv.Atoi(value); err != nil {
				return 0, 0, err
			}
		case strings.EqualFold(name, "transfer-encoding") && value == "chunked":
			length = inChunks
		}
	}
}

// body appends a body to into.
func (w *wire) body(length int, into []byte) ([]byte, error) {
	err := w.pieces(length, func(n int) error {
		from := len(into)
		into = append(into, make([]byte, n)...)
		_, err := io.ReadFull(w.in, into[from:])
		return err
	})
	return into, err
}

// skip passes over a body and tells how long it was.
func (w *wire) skip(length int) (total int, err error) {
	err = w.pieces(length, func(n int) error {
		total += n
		_, err := w.in.Discard(n)
		return err
	})
	return total, err
}

// pieces calls read for each part of a body, of which there is one unless it
// comes in chunks.
func (w *wire) pieces(length int, read func(n int) error) error {
	if length != inChunks {
		return read(length)
	}
	for {
		line, err := w.in.ReadString('\n')
		if err != nil {
			return err
		}
		n, err := strconv.ParseInt(strings.TrimSpace(line), 16, 32)
		if err != nil {
			return err
		}
		if n > 0 {
			if err := read(int(n)); err != nil {
				return err
			}
		}
		if _, err := w.in.Discard(2); err != nil || n == 0 { // the line's end
			return err
		}
	}
}

// spread is a set of latencies.
type spread []time.Duration

func (s spread) at(q float64) time.Duration {
	if len(s) == 0 {
		return 0
	}
	if !slices.IsSorted(s) {
		slices.Sort(s)
	}
	return s[min(int(q*float64(len(s))), len(s)-1)]
}

func (s spread) String() string {
	return fmt.Sprintf("p50 %.2f ms, p95 %.2f ms, p99 %.2f ms, max %.2f ms", ms(s.at(.5)), ms(s.at(.95)), ms(s.at(.99)), ms(s.at(1)))
}

func ms(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
