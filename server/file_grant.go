package server

import (
	"net/url"

	"or3.cloud/or3/internal/fault"
	"or3.cloud/or3/policies"
	"or3.cloud/or3/storage"
)

// The addresses of this server's own URLs. They are a capability by themselves:
// the token says who may do what with which file until when.
const (
	uploadPath   = "/api/storage/fs/upload"
	downloadPath = "/api/storage/fs/download"
)

// ownURL is a URL of this server that a grant is redeemed at. It is absolute,
// with the scheme that the browser itself names where it does, so that it works
// behind a proxy nobody has told us about.
func (r *request) ownURL(path string, g storage.Grant) string {
	base := r.BaseURL()
	if r.s.config.Server.PublicURL == "" {
		if origin, err := url.Parse(r.Header("Origin")); err == nil && (origin.Scheme == "http" || origin.Scheme == "https") && origin.Host != "" && hostname(origin.Host) == hostname(r.client.host) {
			base = origin.Scheme + "://" + origin.Host
		}
	}
	return base + path + "?token=" + r.s.files.signer.Token(g)
}

// redeem reads the grant of a URL and asks again whether its person still may
// what it allows. Whatever is wrong, the answer is the same: not found. Only an
// outage is told apart, since it says nothing about the URL.
func (r *request) redeem(method string, p policies.Permission) (storage.Grant, *policies.Session, error) {
	g, err := r.s.files.signer.Open(r.Query("token"), r.Now())
	if err != nil || g.Method != method {
		return storage.Grant{}, nil, storage.NotFound(nil)
	}
	person, err := r.s.accounts.Holder(r.ctx, g.User)
	switch {
	case fault.Is(err, fault.NotFound):
		return storage.Grant{}, nil, storage.NotFound(nil)
	case err != nil:
		return storage.Grant{}, nil, fault.Wrap(err, fault.Unavailable, "Your right to this file could not be checked just now. Try again in a moment.")
	case person.DisabledAt != nil:
		return storage.Grant{}, nil, storage.NotFound(nil)
	}
	session := &policies.Session{Kind: policies.LinkSession, UserID: person.ID, Email: person.Email, DisplayName: person.DisplayName, WorkspaceID: g.Workspace}
	d := r.s.gate.Can(r.ctx, session, p, policies.Workspace(g.Workspace))
	if err := d.Fault(); !d.Allowed && fault.Is(err, fault.Unavailable) {
		return storage.Grant{}, nil, err
	}
	if !d.Allowed {
		r.s.metrics.Refused(string(d.Reason))
		return storage.Grant{}, nil, storage.NotFound(nil)
	}
	r.log = r.log.With("user_id", person.ID, "workspace_id", g.Workspace)
	return g, session, nil
}
