package services

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// Notice is a notification for one member. Type is "plugin.<id>".
type Notice struct{ ID, Type, Title, Body, Link string }

// notices implements host.Notices.
type notices struct{ *service }

const (
	maxNotices = 20 // of one call
	perHour    = 30 // of a plugin to one member of a workspace
)

// Send implements host.Notices.
func (s notices) Send(ctx context.Context, by host.Caller, in host.Notice) (host.NoticeSent, error) {
	a, err := s.admit(ctx, by, "notify.send", policies.WorkspaceWrite)
	if err != nil {
		return host.NoticeSent{}, err
	}
	if in.Link != "" && (host.CheckLink(in.Link) != nil || !strings.HasPrefix(in.Link, "/")) {
		return host.NoticeSent{}, refuse(BadRequest, `A link is a page of this server and begins with one slash, as in "/w/…".`)
	}
	for _, text := range []string{in.Title, in.Body} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\t' || r == 0x7f }) {
			return host.NoticeSent{}, refuse(BadRequest, "A notice has no control characters.")
		}
	}
	if strings.TrimSpace(in.Title) == "" || strings.Contains(in.Title, "\n") {
		return host.NoticeSent{}, refuse(BadRequest, "The title of a notice is one line of text.")
	}
	if again(ctx, "or3_notify") >= maxNotices {
		return host.NoticeSent{}, refuse(TooMany, "A call sends at most %d notices.", maxNotices)
	}
	// Whoever is no member is told of nothing, and the plugin not whether they exist elsewhere.
	role, _, err := db.Standing(ctx, s.DB.Read(), in.UserID, by.Workspace)
	if err != nil {
		return host.NoticeSent{}, inWords(err)
	}
	if role == "" {
		return host.NoticeSent{}, refuse(NotFound, "There is no such member of this workspace.")
	}
	ok, err := s.mayNotice(ctx, by.Plugin.ID, by.Workspace, in.UserID)
	switch {
	case err != nil:
		return host.NoticeSent{}, inWords(err)
	case !ok:
		return host.NoticeSent{}, refuse(QuotaExceeded, "A plugin sends one person at most %d notices an hour.", perHour)
	}
	n := Notice{ID: uuid.Must(uuid.NewV7()).String(), Type: "plugin." + by.Plugin.ID, Title: strings.TrimSpace(in.Title), Body: in.Body, Link: in.Link}
	if err := s.Tell(ctx, by.Workspace, in.UserID, n); err != nil {
		return host.NoticeSent{}, inWords(err)
	}
	s.note(ctx, ActNotice, a.entry(ctx, ActNotice, "user", in.UserID, map[string]any{"notice": n.ID, "title": n.Title}))
	return host.NoticeSent{ID: n.ID}, nil
}

// mayNotice counts a notice, in the database: all nodes share what a plugin may send
// a person in an hour of the clock.
func (s notices) mayNotice(ctx context.Context, pluginID, workspaceID, userID string) (ok bool, err error) {
	h := sha256.Sum256([]byte(pluginID + "\x00" + workspaceID + "\x00" + userID))
	err = s.DB.WriteSoon(ctx, func(ctx context.Context, tx bun.Tx) (err error) {
		ok, err = db.TakeThrottle(ctx, tx, "notice:"+hex.EncodeToString(h[:16]), perHour, s.Now().Truncate(time.Hour).UnixMilli())
		return err
	})
	return ok, err
}
