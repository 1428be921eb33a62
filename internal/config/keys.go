package config

import (
	"slices"
	"strings"
	"time"
)

// Key is one row of the table of configuration keys.
type Key struct {
	Name    string // group.name
	Default string // as one would write it in the environment; "" is empty
	Allowed string // what a value may be, for errors and the reference
	Help    string // what it does, one sentence
	Secret  bool   // masked when shown; OR3_…_FILE may name a file that holds it

	// set parses a value into the config. raw is a string when fromText, else what
	// TOML held. show is the inverse, with secrets masked.
	set  func(c *Config, raw any, fromText bool) error
	show func(c *Config) string
}

// Env is the environment variable of the key, such as OR3_SERVER_ADDR.
func (k Key) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(k.Name, ".", "_"))
}

// Group is the part of the name before the dot.
func (k Key) Group() string { return strings.SplitN(k.Name, ".", 2)[0] }

// Keys is the table, in the order in which people should read it. Each call
// makes a new one.
func Keys() []Key {
	return slices.Concat([]Key{
		text("server.addr", "127.0.0.1:8080", "HOST:PORT; port 0 takes a free one",
			"Address to listen on.",
			func(c *Config) *string { return &c.Server.Addr }, hostPort),
		text("server.public_url", "", "http://HOST or https://HOST with an optional port and nothing after it",
			"Origin that people use, for links; derived from each request when empty.",
			func(c *Config) *string { return &c.Server.PublicURL }, optional(origin)),
		prefixes("server.trusted_proxies", "addresses or networks such as 10.0.0.0/8",
			"Reverse proxies whose X-Forwarded-* headers are believed; none by default."),
		texts("server.allowed_origins", "origins such as https://app.example.org; * is never allowed",
			"Browser origins that may call the API with a bearer token (CORS, without cookies).",
			func(c *Config) *[]string { return &c.Server.AllowedOrigins }, origin),
		secret(text("server.secret_key", "", "at least 32 characters",
			"Signs links and encrypts secrets at rest; generated into the data directory on first start. Several nodes share one.",
			func(c *Config) *string { return &c.Server.SecretKey }, optional(atLeast(32)))),
		text("server.tls_cert", "", "path of a PEM file",
			"Certificate chain for serving https directly; SIGHUP reads it again.",
			func(c *Config) *string { return &c.Server.TLSCert }, anyText),
		text("server.tls_key", "", "path of a PEM file",
			"Private key of server.tls_cert.",
			func(c *Config) *string { return &c.Server.TLSKey }, anyText),
		databaseURL("database.url"),
		toggle("auth.enabled", "true",
			"False is local-only: the app without accounts, administration or API.",
			func(c *Config) *bool { return &c.Auth.Enabled }),
		provider("auth.provider", "local", []string{"oidc", "clerk"},
			"Identity provider.",
			func(c *Config) *string { return &c.Auth.Provider }),
		oneOf("auth.registration", "invite_only", []string{"open", "invite_only", "disabled"},
			"Who may create an account.",
			func(c *Config) *string { return &c.Auth.Registration }),
		toggle("auth.guest_access", "false",
			"Signed-out visitors of / get the local-only app; they never see server data.",
			func(c *Config) *bool { return &c.Auth.GuestAccess }),
		duration("auth.session_idle", "720h", time.Minute, 5*365*24*time.Hour,
			"A browser session that is not used for so long ends.",
			func(c *Config) *time.Duration { return &c.Auth.SessionIdle }),
		duration("auth.session_max", "2160h", time.Minute, 5*365*24*time.Hour,
			"A browser session ends after so long, used or not.",
			func(c *Config) *time.Duration { return &c.Auth.SessionMax }),
		toggle("sync.enabled", "true",
			"False makes the sync routes answer 404.",
			func(c *Config) *bool { return &c.Sync.Enabled }),
		provider("sync.provider", "builtin", []string{"convex"},
			"Where synced rows live; builtin is the server's own database.",
			func(c *Config) *string { return &c.Sync.Provider }),
	}, storageKeys(), []Key{
		text("admin.base_path", "/admin", "a path such as /admin or /internal/or3 that no other page uses",
			"Path of the administration area.",
			func(c *Config) *string { return &c.Admin.BasePath }, basePath),
		texts("admin.allowed_hosts", "host names such as admin.example.org, without port",
			"Hosts that may show the administration area; any when empty.",
			func(c *Config) *[]string { return &c.Admin.AllowedHosts }, hostName),
		toggle("admin.allow_restart", "true",
			"Lets an owner restart the server from the browser.",
			func(c *Config) *bool { return &c.Admin.AllowRestart }),
	}, pluginKeys(), []Key{
		toggle("limits.enabled", "true",
			"Rate limits; false is for load tests.",
			func(c *Config) *bool { return &c.Limits.Enabled }),
		provider("mail.provider", "none", []string{"smtp"},
			"How mail is sent; with none, invitations are handed over as links.",
			func(c *Config) *string { return &c.Mail.Provider }),
		text("telemetry.metrics_addr", "", "empty or HOST:PORT",
			"Own listener for /metrics without a credential; when empty, /metrics wants a bearer token on the main one.",
			func(c *Config) *string { return &c.Telemetry.MetricsAddr }, optional(hostPort)),
		logLevel("telemetry.log_level"),
		oneOf("telemetry.log_format", "auto", []string{"auto", "json", "text"},
			"Form of the log on standard error; auto is text on a terminal, else JSON.",
			func(c *Config) *string { return &c.Telemetry.LogFormat }),
		text("site.name", "OR3 Cloud", "1 to 100 characters on one line",
			"Name of this deployment in titles and headings.",
			func(c *Config) *string { return &c.Site.Name }, label(100)),
	})
}
