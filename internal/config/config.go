// Package config turns defaults, or3.toml, the environment and command-line
// flags into one Config value. One table (keys.go) drives loading, validation,
// `or3 config show`, the words of errors and the reference in docs/operations.md.
//
// Nothing below the server reads the environment: everybody gets a Config.
package config

import (
	"log/slog"
	"net/netip"
	"time"
)

// Config is everything the program can be told, checked and normalised. It is
// a value: copy it freely, nobody changes it after Load. The text before each
// field's key is its meaning; keys.go holds defaults and what is allowed.
type Config struct {
	// DataDir is the absolute path of the data directory. Load never creates it.
	DataDir string
	// File is the absolute path of the or3.toml that was read, "" when there was none.
	File string

	Server    Server
	Database  Database
	Auth      Auth
	Sync      Sync
	Storage   Storage
	Admin     Admin
	Plugins   Plugins
	Limits    Limits
	Mail      Mail
	Telemetry Telemetry
	Site      Site

	sources  map[string]string
	warnings []string
}

// Server is how the program is reached.
type Server struct {
	// Addr is HOST:PORT to listen on; port 0 takes a free one.
	Addr string
	// PublicURL is the origin people use, such as https://or3.example.org, without a
	// trailing slash; "" means it is derived from each request.
	PublicURL string
	// TrustedProxies may say who the client is by X-Forwarded-*; empty trusts nobody.
	TrustedProxies []netip.Prefix
	// AllowedOrigins may call the API from a browser with a bearer token (CORS without credentials).
	AllowedOrigins []string
	// SecretKey signs links and encrypts secrets at rest: at least 32 characters. It
	// is "" until EnsureSecretKey ran on a fresh data directory.
	SecretKey string
	// TLSCert and TLSKey are PEM files; both or none. SIGHUP reads them again.
	TLSCert, TLSKey string
}

// Database is where the data lives.
type Database struct {
	// URL is sqlite://PATH or postgres://…, never empty after Load.
	URL string
}

// Auth is who may come in.
type Auth struct {
	// Enabled false is local-only: no accounts, no admin pages, no API.
	Enabled bool
	// Provider is the name of the identity provider: "local".
	Provider string
	// Registration is "open", "invite_only" or "disabled".
	Registration string
	// GuestAccess lets signed-out visitors of / use the local-only app.
	GuestAccess bool
	// SessionIdle ends a browser session that was not used for so long.
	SessionIdle time.Duration
	// SessionMax ends every browser session after so long, used or not.
	SessionMax time.Duration
}

// Sync is the exchange of rows between devices.
type Sync struct {
	// Enabled false makes every sync route answer 404.
	Enabled bool
	// Provider is "builtin": the server's own database.
	Provider string
}

// Admin is the administration area.
type Admin struct {
	// BasePath is where it lives: "/admin", one or more segments, no trailing slash.
	BasePath string
	// AllowedHosts are lower-case host names without port that may show it; empty allows any.
	AllowedHosts []string
	// AllowRestart lets an owner restart the server from the browser.
	AllowRestart bool
}

// Limits is the protection against too many requests.
type Limits struct {
	// Enabled false switches rate limits off, for load tests.
	Enabled bool
}

// Mail is how the program sends mail.
type Mail struct {
	// Provider is "none": invitations are handed over as links.
	Provider string
}

// Telemetry is what the operator sees of the running program.
type Telemetry struct {
	// MetricsAddr is HOST:PORT of a listener for /metrics without a credential;
	// "" serves /metrics on the main listener to bearer tokens only.
	MetricsAddr string
	// LogLevel is the lowest level that is written.
	LogLevel slog.Level
	// LogFormat is "auto" (text on a terminal, else JSON), "json" or "text".
	LogFormat string
}

// Site is how the deployment calls itself.
type Site struct {
	// Name is shown in titles and headings, 1–100 characters.
	Name string
}

// Source says where a key's value came from, such as "default" or
// "environment OR3_SERVER_ADDR". It is "" for a key that does not exist.
func (c Config) Source(key string) string { return c.sources[key] }

// Warnings are sentences about things that work but should be mended.
func (c Config) Warnings() []string { return c.warnings }
