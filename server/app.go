package server

import (
	"time"

	"github.com/gofiber/fiber/v2"
)

// Limits of one request. ReadTimeout is for the whole of it, body included.
const (
	readTimeout    = 15 * time.Second
	writeTimeout   = 2 * time.Minute // an export over a slow line
	idleTimeout    = 60 * time.Second
	defaultTimeout = 10 * time.Second
	maxTimeout     = 60 * time.Second
	defaultMaxBody = 64 << 10
	pushMaxBody    = 8 << 20
	headerBuffer   = 16 << 10
	maxConnections = 16_384
)

// newApp makes the Fiber app with the settings that are safe, which Fiber's
// defaults are not, and mounts the table.
func (s *Server) newApp() {
	s.app = fiber.New(fiber.Config{
		AppName:                      "OR3 Cloud",
		Immutable:                    true, // strings from the context outlive the request
		StrictRouting:                true,
		CaseSensitive:                true,
		DisableStartupMessage:        true,
		UnescapePath:                 false,
		EnableTrustedProxyCheck:      true, // with no proxies: clientOf alone reads X-Forwarded
		EnableIPValidation:           true,
		DisablePreParseMultipartForm: true,
		BodyLimit:                    defaultMaxBody,
		ReadTimeout:                  readTimeout,
		WriteTimeout:                 writeTimeout,
		IdleTimeout:                  idleTimeout,
		ReadBufferSize:               headerBuffer,
		Concurrency:                  maxConnections,
		ErrorHandler:                 s.refuseRaw,
	})
	s.app.Use(s.frame)
	for i := range s.rows {
		w := &s.rows[i]
		s.app.Add(w.method, w.path, s.handler(w))
		if w.method == fiber.MethodGet {
			s.app.Add(fiber.MethodHead, w.path, s.handler(w))
		}
	}
	raw := s.app.Server()
	raw.Handler = s.outer(s.app.Handler())
	raw.HeaderReceived = s.sizeUp
	raw.CloseOnShutdown = true
	raw.KeepHijackedConns = true // streams outlive the handler that takes their connection
	raw.NoDefaultServerHeader = true
	raw.Logger = quietLogger{}
}

// quietLogger drops fasthttp's own lines: what they tell (broken requests,
// gone clients) is in the request log.
type quietLogger struct{}

func (quietLogger) Printf(string, ...any) {}
