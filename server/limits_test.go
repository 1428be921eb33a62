package server_test

import (
	"fmt"
	"testing"
	"time"

	"or3.cloud/or3/internal/testkit"
	"or3.cloud/or3/server"
)

func TestTooManyCallsAreToldWhenToComeBack(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true})
	for i := range 60 {
		r := app.Nobody().Get("/api/auth/session").Is(200)
		if r.Header.Get("X-RateLimit-Limit") != "60" || r.Header.Get("X-RateLimit-Remaining") != fmt.Sprint(59-i) {
			t.Fatalf("call %d: %v", i, r.Header)
		}
	}
	r := app.Nobody().Get("/api/auth/session").Is(429)
	if r.Code() != "rate_limited" || r.Header.Get("Retry-After") != "1" || r.Header.Get("X-RateLimit-Remaining") != "0" || r.Header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v %s", r.Header, r.Body)
	}
	app.Nobody().With("X-Forwarded-For", "203.0.113.9").Get("/api/auth/session").Is(429)
	app.Nobody().Get("/healthz").Is(200)
	app.Clock.Advance(time.Second)
	app.Nobody().Get("/api/auth/session").Is(200)
	app.Nobody().Get("/api/auth/session").Is(429)
}

func TestPeopleAreCountedEachOnTheirOwn(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Limits: true})
	pull := map[string]any{"workspace_id": app.Harbour, "cursor": 0, "limit": 1}
	for range 120 {
		app.Bearer(app.Editor).JSON("POST", "/api/sync/pull", pull).Is(200)
	}
	app.As(app.Editor).JSON("POST", "/api/sync/pull", pull).Is(429) // another credential, the same person
	app.As(app.Viewer).JSON("POST", "/api/sync/pull", pull).Is(200)
}

func TestLimitsCanBeSwitchedOffForLoadTests(t *testing.T) {
	t.Parallel()
	app := testkit.Open(t, testkit.Options{Empty: true})
	for range 100 {
		r := app.Nobody().Get("/api/auth/session").Is(200)
		if r.Header.Get("X-RateLimit-Limit") != "" {
			t.Fatal("limits are on")
		}
	}
}

func TestTheLimitersMemoryIsBounded(t *testing.T) {
	t.Parallel()
	limits := server.NewLimits()
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	limits.Allow("route", "first", 1, now)
	for i := range 50_000 {
		limits.Allow("route", fmt.Sprint(i), 1, now)
	}
	if n := limits.Len(); n > 10_000 {
		t.Errorf("%d buckets", n)
	}
	if !limits.Allow("route", "first", 1, now) {
		t.Error("a bucket that was dropped has to be full again")
	}
	if limits.Allow("route", "49999", 1, now) {
		t.Error("a recent bucket was dropped")
	}
}

func TestAnIPv6CustomerIsOneCaller(t *testing.T) {
	t.Parallel()
	for ip, want := range map[string]string{"2001:db8:1:2:3::4": "2001:db8:1:2::/64", "203.0.113.7": "203.0.113.7", "nonsense": "nonsense"} {
		if got := server.Household(ip); got != want {
			t.Errorf("%s counts as %s", ip, got)
		}
	}
}
