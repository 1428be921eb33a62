package server

import (
	"time"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/inspect"
	"or3.cloud/or3/plugins/manifest"
	"or3.cloud/or3/plugins/signing"
)

// pluginReply is a plugin as the API shows it.
type pluginReply struct {
	ID          string                `json:"id"`
	Name        string                `json:"name"`
	Kind        string                `json:"kind"`
	Description string                `json:"description"`
	Publisher   string                `json:"publisher"`
	State       string                `json:"state"`
	Version     string                `json:"version"` // the active one; "" before anybody agreed to one
	SHA256      string                `json:"sha256"`
	Active      *pluginVersionReply   `json:"active"`
	Waiting     *pluginVersionReply   `json:"waiting"`
	Earlier     []earlierVersionReply `json:"earlier"`
	// Enabled and Quarantined are about the workspace that was asked for.
	Enabled     bool       `json:"enabled"`
	Quarantined bool       `json:"quarantined"`
	InstalledAt time.Time  `json:"installed_at"`
	UpdatedAt   time.Time  `json:"updated_at"`
	LastError   string     `json:"last_error"`
	PurgeAt     *time.Time `json:"purge_at"`
}

type pluginVersionReply struct {
	Version      string            `json:"version"`
	SHA256       string            `json:"sha256"`
	Size         int64             `json:"size"`
	Signature    signatureReply    `json:"signature"`
	Capabilities []capabilityReply `json:"capabilities"`
	Diff         []pluginDiffReply `json:"diff"`
	AddedAt      time.Time         `json:"added_at"`
}

type earlierVersionReply struct {
	Version string `json:"version"`
	SHA256  string `json:"sha256"`
}

type signatureReply struct {
	State       string `json:"state"`
	Key         string `json:"key"`
	Fingerprint string `json:"fingerprint"`
}

// capabilityReply is what a plugin asks for, in the words an owner reads.
type capabilityReply struct {
	Name    string `json:"name"`
	Risk    string `json:"risk"`
	Words   string `json:"words"`
	Reason  string `json:"reason"`
	Granted bool   `json:"granted"`
}

// pluginDiffReply is what differs from the active version.
type pluginDiffReply struct {
	Name string `json:"name"`
	Move string `json:"move"` // new, wider, narrower, gone
	Asks bool   `json:"asks"` // whether somebody has to agree
	Old  string `json:"old"`
	Now  string `json:"now"`
}

func (s *Server) pluginReply(r *request, p plugins.Plugin, workspaceID string) (pluginReply, error) {
	out := pluginReply{ID: p.ID, Name: p.Name, Kind: string(p.Kind), Description: p.Description, Publisher: p.Publisher, State: string(p.State),
		Active: versionReply(p.Active), Waiting: versionReply(p.Waiting), Earlier: []earlierVersionReply{},
		InstalledAt: p.InstalledAt, UpdatedAt: p.UpdatedAt, LastError: p.LastError}
	if p.Active != nil {
		out.Version, out.SHA256 = p.Active.Version, p.Active.SHA256
	}
	for _, v := range p.Earlier {
		out.Earlier = append(out.Earlier, earlierVersionReply{v.Version, v.SHA256})
	}
	if !p.PurgeAt.IsZero() {
		out.PurgeAt = &p.PurgeAt
	}
	enabled, err := s.plugins.Workspaces(r.Ctx(), p.ID)
	if err != nil {
		return out, err
	}
	for _, id := range enabled {
		out.Enabled = out.Enabled || id == workspaceID
	}
	for _, id := range p.Quarantined {
		out.Quarantined = out.Quarantined || id == workspaceID
	}
	return out, nil
}

func versionReply(v *plugins.Version) *pluginVersionReply {
	if v == nil {
		return nil
	}
	return &pluginVersionReply{Version: v.Version, SHA256: v.SHA256, Size: v.Size, Signature: signatureOf(v.Signature),
		Capabilities: capabilitiesOf(v), Diff: pluginDiffOf(v.Diff), AddedAt: v.AddedAt}
}

func signatureOf(s inspect.Signature) signatureReply {
	if s.State == "" {
		s.State = signing.Unsigned
	}
	return signatureReply{State: string(s.State), Key: s.Key, Fingerprint: s.Fingerprint}
}

func capabilitiesOf(v *plugins.Version) []capabilityReply {
	list := []capabilityReply{}
	for _, a := range v.Asks {
		list = append(list, capabilityReply{Name: a.Name, Risk: string(a.Risk), Words: a.Words, Reason: a.Reason, Granted: v.Has(a.Name)})
	}
	return list
}

func pluginDiffOf(changes []manifest.Change) []pluginDiffReply {
	list := []pluginDiffReply{}
	for _, c := range changes {
		d := pluginDiffReply{Name: c.Name, Move: string(c.Move), Asks: c.Asks()}
		if c.Old != nil {
			d.Old = c.Old.Words()
		}
		if c.Now != nil {
			d.Now = c.Now.Words()
		}
		list = append(list, d)
	}
	return list
}
