package server_test

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/sync/wire"
)

// announce sends the head of a push with a large body, and nothing of the body.
func announce(t *testing.T, app *testkit.App, credential string) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", app.Addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	head := "POST /api/sync/push HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n"
	if _, err := fmt.Fprintf(conn, head, app.Addr, credential, wire.MaxBody); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answered waits a moment for the first line of an answer; "" means that the
// server waits for the body.
func answered(t *testing.T, conn net.Conn, wait time.Duration) string {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(wait))
	line := make([]byte, 64)
	n, _ := conn.Read(line)
	first, _, _ := strings.Cut(string(line[:n]), "\r\n")
	return first
}

// The memory for a body is taken when its length is announced: a hundred bytes
// of a stranger's must not cost the server 8 MiB.
func TestAStrangersLargeBodyIsRefusedBeforeItIsSent(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	for _, credential := range []string{"", "Authorization: Bearer or3_pat_x\r\n", "Cookie: or3_session=x\r\n"} {
		if got := answered(t, announce(t, app, credential), testkit.Patience); got != "HTTP/1.1 401 Unauthorized" {
			t.Errorf("%q: answered %q", credential, got)
		}
	}
	chunked := "POST /api/sync/push HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n7ffff0\r\n"
	if got := raw(t, app, chunked); !strings.HasPrefix(got, "HTTP/1.1 401 ") {
		t.Errorf("in chunks: answered %q", got)
	}
}

func TestOnePersonsLargeBodiesLeaveRoomForOthers(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{})
	greedy := "Authorization: Bearer " + app.Viewer.Token + "\r\n"
	var held []net.Conn
	for range 8 {
		conn := announce(t, app, greedy)
		held = append(held, conn)
		// The next one comes when this one's head was read.
		for end := time.Now().Add(testkit.Patience); app.Server.LargeBodies() < len(held); <-time.After(time.Millisecond) {
			if time.Now().After(end) {
				t.Fatalf("connection %d has no room: %q", len(held), answered(t, conn, time.Millisecond))
			}
		}
		if got := answered(t, conn, 50*time.Millisecond); got != "" {
			t.Fatalf("connection %d was answered %q", len(held), got)
		}
	}
	if got := answered(t, announce(t, app, greedy), testkit.Patience); got != "HTTP/1.1 503 Service Unavailable" {
		t.Errorf("one too many was answered %q", got)
	}
	large := map[string]any{"workspace_id": app.Harbour, "ops": []any{}, "history_id": strings.Repeat(" ", 1<<20)}
	app.As(app.Editor).JSON("POST", "/api/sync/push", large).Is(422)
	small := map[string]any{"workspace_id": app.Harbour, "ops": []any{}}
	app.As(app.Viewer).JSON("POST", "/api/sync/push", small).Is(200)

	// What breaks off gives its room back.
	for _, conn := range held {
		_ = conn.Close()
	}
	deadline := time.Now().Add(testkit.Patience)
	for app.As(app.Viewer).JSON("POST", "/api/sync/push", large).Status != 422 {
		if time.Now().After(deadline) {
			t.Fatal("the room was not given back")
		}
	}
}
