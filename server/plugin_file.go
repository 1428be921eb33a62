package server

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/plugins"
)

// The files of a plugin's assets/ go to signed-in members of a workspace where it
// runs, as what the package says they are and nothing else: no page of ours, no
// script in our name. A frame's document has an origin of its own, from which
// browsers send no cookie: its files are asked for with a pass in their address,
// which the page with the frame carries.

const passLife = 12 * time.Hour

// pluginFile is one file of a plugin. The page that names it may come from a node
// that knows of a change which is a moment old: nothing is refused before the
// database was asked.
func (s *Server) pluginFile(r *request) error {
	err := s.sendPluginFile(r)
	if err == nil || publicError(err).Kind != fault.NotFound {
		return err
	}
	if news, looked := s.plugins.CatchUp(r.Ctx()); looked != nil || !news {
		return err
	}
	return s.sendPluginFile(r)
}

func (s *Server) sendPluginFile(r *request) error {
	id, version := r.Param("plugin"), r.Param("version")
	passed := s.openPass(id, version, r.Now())
	if !passed {
		if err := s.seesPlugin(r, id); err != nil {
			return err
		}
	}
	path, err := pagePath(r.Param("*"))
	if err != nil || len(version) < 12 {
		return notFound()
	}
	if css, ok := s.themeStyles(id, version[:12]); ok && path == themeFile {
		return sendFile(r, []byte(css), "text/css; charset=utf-8")
	}
	data, media, err := s.plugins.Asset(r.Ctx(), id, version[:12], path)
	if err != nil {
		return err
	}
	framed := passed && strings.HasPrefix(media, "text/html")
	h := &r.c.Response().Header
	switch {
	case framed:
		h.Set(fiber.HeaderContentSecurityPolicy, framePolicy(r.BaseURL()+strings.TrimSuffix(r.Path(), r.Param("*"))))
		h.Set(fiber.HeaderXFrameOptions, "SAMEORIGIN")
	case strings.HasPrefix(media, "text/html"):
		media = "text/plain; charset=utf-8" // a document stands in a frame, or nowhere
		fallthrough
	default:
		h.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'")
	}
	if passed {
		h.Set("Cross-Origin-Resource-Policy", "cross-origin")
		h.Set(fiber.HeaderAccessControlAllowOrigin, "*")
	}
	return sendFile(r, data, media)
}

// sendFile answers with a file that never changes.
func sendFile(r *request, data []byte, media string) error {
	h := &r.c.Response().Header
	h.Set(fiber.HeaderCacheControl, "private, max-age=31536000, immutable")
	h.Set(fiber.HeaderVary, fiber.HeaderAcceptEncoding)
	h.Set(fiber.HeaderContentType, media)
	r.c.Response().SetBodyRaw(data)
	return nil
}

// framePolicy is for a document in a frame: an origin of nobody's, the files of
// its own plugin, and nothing to speak with but the page around it.
func framePolicy(files string) string {
	return "sandbox allow-scripts allow-forms; default-src 'none'; script-src 'unsafe-inline' " + files + "; style-src 'unsafe-inline' " + files +
		"; img-src data: blob: " + files + "; font-src " + files + "; media-src " + files + "; connect-src 'none'; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
}

// allowFrames lets a page show the frames of plugins.
func (r *request) allowFrames() {
	r.c.Set(fiber.HeaderContentSecurityPolicy, r.s.pagePolicy+"; frame-src 'self'")
}

// seesPlugin lets in who is a member where the plugin runs.
func (s *Server) seesPlugin(r *request, id string) error {
	session, err := r.Visitor()
	if err != nil {
		return err
	}
	if session == nil {
		return unauthenticated()
	}
	list, err := s.workspaces.List(r.Ctx(), session.UserID)
	if err != nil {
		return err
	}
	for _, w := range list {
		enabled, err := s.plugins.EnabledIn(r.Ctx(), w.ID)
		if err != nil {
			return err
		}
		for _, a := range enabled {
			if a.ID == id {
				return nil
			}
		}
	}
	return notFound()
}

// framePass is the part of an address by which a frame gets its files.
func (s *Server) framePass(a *plugins.Active, now time.Time) string {
	return s.passOf(a.ID, a.SHA256[:12], now.Add(passLife).Unix()/3600)
}

func (s *Server) passOf(id, version string, hour int64) string {
	mac := s.pluginForms.mac(s.config.Server.SecretKey, "frame", standing{plugin: id, version: version}, strconv.AppendInt(nil, hour, 16))
	return version + "-" + strconv.FormatInt(hour, 16) + "-" + base64.RawURLEncoding.EncodeToString(mac[:16])
}

// openPass reports whether the part of an address is a pass that holds.
func (s *Server) openPass(id, version string, now time.Time) bool {
	sha, rest, ok := strings.Cut(version, "-")
	if !ok || len(sha) != 12 {
		return false
	}
	until, _, _ := strings.Cut(rest, "-")
	hour, err := strconv.ParseInt(until, 16, 64)
	return err == nil && now.Unix()/3600 <= hour && equalText(version, s.passOf(id, sha, hour))
}
