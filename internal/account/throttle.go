package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// Guessing is slowed by counting failures of three things: an account from one
// address, the account from everywhere, and the address for all accounts. Each
// gives some attempts for free, then makes every further one wait twice as
// long, up to a bound, and forgets with time.
//
// An attacker must not be able to lock a person out. So where a person has
// signed in before (the address is known for the account), only the first of
// the three counts, which nobody elsewhere can touch; and all waits are short
// against how long guessing takes. A browser in which the person has signed in
// counts as an address of its own, wherever it is: neither who guesses from
// everywhere nor who shares its address keeps it waiting.
//
// An attempt is counted before it is made, and taken back when it succeeds, so
// parallel attempts, also on several nodes, cannot overshoot.

// allowance is what one counter permits.
type allowance struct {
	free    int64         // failures without a wait
	longest time.Duration // of a wait; the first is one second
	forget  time.Duration // after this long one failure is forgotten
}

// counter is one throttle with its allowance. forgiving ones start anew after
// a success; the others only take the success itself back, or somebody could
// wipe the traces of guessing by signing in to an account of their own.
type counter struct {
	key       string
	allow     allowance
	forgiving bool
}

const (
	// knownFor is how long an address or a browser stays known for an account.
	knownFor    = 90 * 24 * time.Hour
	knownPrefix = "known"
	// forgottenAfter is when the longest row of failures has been forgotten.
	forgottenAfter = 7 * 24 * time.Hour
)

func pairCounter(who, address string) counter {
	return counter{throttleKey("pair", who, address), allowance{free: 5, longest: 5 * time.Minute, forget: 10 * time.Minute}, true}
}

func accountCounter(who string) counter {
	return counter{throttleKey("account", who), allowance{free: 30, longest: time.Minute, forget: time.Minute}, false}
}

func addressCounter(address string) counter {
	return counter{throttleKey("address", address), allowance{free: 100, longest: 5 * time.Minute, forget: 6 * time.Second}, false}
}

func knownKey(who, address string) string { return throttleKey(knownPrefix, who, address) }

// throttleKey hashes what a throttle is about: no list of addresses and
// accounts shall lie in the table.
func throttleKey(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(p))
		h.Write([]byte{0})
	}
	return parts[0] + ":" + hex.EncodeToString(h.Sum(nil)[:16])
}

// network is what an address counts as: itself, or an IPv6 customer's /64.
func network(ip string) string {
	a, err := netip.ParseAddr(ip)
	if err != nil {
		return ip
	}
	if a = a.Unmap(); a.Is6() {
		if p, err := a.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return a.String()
}

// signInCounters are those that count for an attempt on an account. device is
// what its browser is known by for it, "" when it is not.
func (s *Service) signInCounters(ctx context.Context, who, address, device string) ([]counter, error) {
	if device != "" {
		return []counter{pairCounter(who, deviceAddress(device))}, nil
	}
	counters := []counter{pairCounter(who, address)}
	known, err := s.knows(ctx, who, address)
	if err != nil || known {
		return counters, err
	}
	return append(counters, accountCounter(who), addressCounter(address)), nil
}

// knownDevice gives what a browser says it was given back when it was given it
// for this account, and "" otherwise: what was planted in a browser is not taken
// over.
func (s *Service) knownDevice(ctx context.Context, who, device string) (string, error) {
	if !isSecret(device) {
		return "", nil
	}
	known, err := s.knows(ctx, who, deviceAddress(device))
	if err != nil || !known {
		return "", err
	}
	return device, nil
}

// deviceAddress is what a browser counts as, beside the networks.
func deviceAddress(device string) string { return "device " + device }

// knows tells whether somebody signed in to an account from an address lately.
func (s *Service) knows(ctx context.Context, who, address string) (bool, error) {
	return db.HasThrottle(ctx, s.db.Read(), knownKey(who, address), s.now().Add(-knownFor).UnixMilli())
}

// reserve counts an attempt before it is made; one that has to wait is not
// counted and gets a RateLimited fault that says how long.
func (s *Service) reserve(ctx context.Context, counters []counter) error {
	keys := make([]string, 0, len(counters))
	for _, c := range counters {
		keys = append(keys, c.key)
	}
	slices.Sort(keys)
	return s.db.Write(ctx, func(ctx context.Context, tx bun.Tx) error {
		now := s.now().UnixMilli()
		rows, err := db.LockThrottles(ctx, tx, keys, now)
		if err != nil {
			return err
		}
		var wait int64
		for _, c := range counters {
			wait = max(wait, rows[c.key].BlockedUntil-now)
		}
		if wait > 0 {
			return tooMany(time.Duration(wait) * time.Millisecond)
		}
		for _, c := range counters {
			if err := db.PutThrottle(ctx, tx, c.allow.count(rows[c.key], now)); err != nil {
				return err
			}
		}
		return nil
	})
}

// count adds one failure.
func (a allowance) count(t db.Throttle, now int64) db.Throttle {
	forgotten := (now - t.UpdatedAt) / a.forget.Milliseconds()
	t.Failures = max(0, t.Failures-max(0, forgotten)) + 1
	t.BlockedUntil, t.UpdatedAt = 0, now
	if over := t.Failures - a.free; over >= 0 {
		wait := a.longest
		if over < 16 {
			wait = min(wait, time.Second<<over)
		}
		t.BlockedUntil = now + wait.Milliseconds()
	}
	return t
}

// succeeded takes a reserved attempt back, inside the transaction of what it
// was for.
func (s *Service) succeeded(ctx context.Context, tx bun.IDB, counters []counter) error {
	// In the order in which reserve locks them.
	counters = slices.SortedFunc(slices.Values(counters), func(a, b counter) int { return strings.Compare(a.key, b.key) })
	for _, c := range counters {
		if c.forgiving {
			if err := db.PutThrottle(ctx, tx, db.Throttle{Key: c.key, UpdatedAt: s.now().UnixMilli()}); err != nil {
				return err
			}
		} else if err := db.ForgiveThrottle(ctx, tx, c.key); err != nil {
			return err
		}
	}
	return nil
}

// know notes that somebody signed in to an account from some addresses.
func (s *Service) know(ctx context.Context, tx bun.IDB, who string, addresses ...string) error {
	for _, address := range addresses {
		if err := db.PutThrottle(ctx, tx, db.Throttle{Key: knownKey(who, address), UpdatedAt: s.now().UnixMilli()}); err != nil {
			return err
		}
	}
	return nil
}

func tooMany(wait time.Duration) error {
	wait = max(wait.Round(time.Second), time.Second)
	return &fault.Error{Kind: fault.RateLimited, Retry: wait, Message: "Too many attempts. Wait " + inWords(wait) + " and try again."}
}

func inWords(d time.Duration) string {
	if d < 90*time.Second {
		if n := int(d.Seconds()); n != 1 {
			return strconv.Itoa(n) + " seconds"
		}
		return "a second"
	}
	return strconv.Itoa(int((d+time.Minute-1)/time.Minute)) + " minutes"
}
