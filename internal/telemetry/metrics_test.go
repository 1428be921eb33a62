package telemetry

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestMetricsSayWhatHappened(t *testing.T) {
	m := NewMetrics("v1.2.3")
	m.RequestStarted()("GET", "/w/:id", 200, 3*time.Millisecond)
	m.RequestStarted()("BREW", "/w/:id", 405, time.Millisecond)
	m.RequestStarted()
	m.Pushed(time.Millisecond, []string{"applied", "applied", "rejected"})
	m.Pulled(time.Millisecond, 7)
	m.SignedIn("refused")
	m.Refused("forbidden")
	m.Stored("receive", "ok", time.Millisecond, 100)
	m.Stored("receive", "disk_full", time.Millisecond, 0)
	m.WatchPool("writer", func() sql.DBStats { return sql.DBStats{InUse: 1, WaitDuration: time.Second} })
	m.Gauge("or3_test_bytes", "For the test.", func() float64 { return 42 })
	text, err := m.Exposition()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`or3_http_requests_total{method="GET",route="/w/:id",status="200"} 1`,
		`or3_http_requests_total{method="other",route="/w/:id",status="405"} 1`,
		`or3_http_requests_in_flight 1`,
		`or3_http_request_seconds_count{route="/w/:id"} 2`,
		`or3_sync_ops_total{status="applied"} 2`,
		`or3_sync_pulled_changes_total 7`,
		`or3_auth_sign_ins_total{result="refused"} 1`,
		`or3_auth_refusals_total{reason="forbidden"} 1`,
		`or3_storage_calls_total{call="receive",result="disk_full"} 1`,
		`or3_storage_seconds_count{call="receive"} 2`,
		`or3_storage_bytes_total{call="receive"} 100`,
		`or3_db_connections_in_use{pool="writer"} 1`,
		`or3_db_wait_seconds_total{pool="writer"} 1`,
		`or3_test_bytes 42`,
		`version="v1.2.3"} 1`,
		"go_goroutines ",
	} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("lacks %s", want)
		}
	}
	if other, _ := NewMetrics("x").Exposition(); bytes.Contains(other, []byte("or3_test_bytes")) {
		t.Error("two servers share a registry")
	}
}

func TestTheMetricsListenerAnswersMetricsAndNothingElse(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewMetrics("x").Serve(ln, slog.New(slog.DiscardHandler))
	for path, status := range map[string]int{"/metrics": 200, "/": 404, "/metrics/x": 404} {
		answer, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(answer.Body)
		_ = answer.Body.Close()
		if answer.StatusCode != status || (status == 200) != strings.Contains(string(body), "or3_build_info") {
			t.Errorf("%s answers %d %.60s", path, answer.StatusCode, body)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for range 2 {
		if err := l.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	if _, err := http.Get("http://" + l.Addr().String() + "/metrics"); err == nil {
		t.Error("still answers after Close")
	}
}
