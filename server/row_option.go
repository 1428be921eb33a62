package server

import (
	"reflect"
	"time"
)

// part names a switch of the configuration that a route depends on.
type part string

const (
	partAccounts part = ""        // needs auth.enabled: the default
	partAlways   part = "local"   // also answers with auth.enabled=false
	partSync     part = "sync"    // needs sync.enabled as well
	partStorage  part = "storage" // needs storage.enabled as well
	partGuests   part = "guests"  // the app without accounts: auth.enabled=false or auth.guest_access
)

// option changes one property of a row.
type option func(*row)

// limited sets how often the route may be called.
func limited(perMinute int, by rateKey) option {
	return func(w *row) { w.rate = routeRate{PerMinute: perMinute, By: by} }
}

// upTo sets the largest body in bytes.
func upTo(bytes int) option { return func(w *row) { w.maxBody = bytes } }

// within sets how long the whole request may take.
func within(d time.Duration) option { return func(w *row) { w.timeout = d } }

// cookieOnly refuses an Authorization header: tokens cannot make or end
// credentials.
func cookieOnly() option { return func(w *row) { w.private = true } }

// privileged names the audit action that a refusal is recorded as; an allowed
// act is recorded by the service that does it.
func privileged(action string) option { return func(w *row) { w.audit = action } }

// answers sets the status of a success.
func answers(status int) option { return func(w *row) { w.status = status } }

// needs ties the row to a switch of the configuration.
func needs(p part) option { return func(w *row) { w.part = p } }

// always keeps the row when accounts are switched off.
func always() option { return needs(partAlways) }

// describedAs words a file route for the OpenAPI document.
func describedAs(does, media string) option {
	return func(w *row) {
		w.media = media
		if does != "" {
			w.does = does
		}
	}
}

// taking says that the body is not JSON but of a media type of its own, which
// begins with a line of JSON, a First; framing says how it is made. See decoded.
func taking[First any](media, framing string) option {
	return func(w *row) { w.takes, w.framing, w.body = media, framing, reflect.TypeFor[First]() }
}

// quietly keeps successes out of the log: probes and assets.
func quietly() option { return func(w *row) { w.quiet = true } }
