package cli

import (
	"context"
	"crypto/ed25519"
	"errors"
	"log/slog"
	"strings"

	"or3.cloud/or3/internal/account"
	"or3.cloud/or3/internal/audit"
	"or3.cloud/or3/internal/hook"
	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/runtime"
	pluginservices "or3.cloud/or3/plugins/services"
	"or3.cloud/or3/server"
	"or3.cloud/or3/sync/engine"
)

// localPlugins are those in the database of this machine. A running server follows
// what changes there within a second.
type localPlugins struct {
	services
	manager *plugins.Manager
}

// withPlugins opens them for one command. Nothing of any plugin runs, except what
// is tried while it is installed.
func (p *program) withPlugins(ctx context.Context, fn func(ctx context.Context, at pluginPlace) error) error {
	return p.withServices(ctx, mustExist, func(ctx context.Context, s services) (err error) {
		log := slog.New(slog.DiscardHandler)
		bus := hook.New(log)
		c, err := s.config.EnsureSecretKey()
		if err != nil {
			return err
		}
		rows, err := engine.New(engine.Options{DB: s.db, Bus: bus, Now: p.now, Log: log, PollOnly: true})
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, rows.Close()) }()
		o := plugins.Options{DB: s.db, Bus: bus, Audit: audit.New(audit.Options{DB: s.db, Now: p.now}), Now: p.now, Log: log, SetKV: rows.SetKV, DeleteKV: rows.DeleteKV,
			Data: pluginservices.NewData(s.db), SecretKey: c.Server.SecretKey, RequireSignature: c.Plugins.RequireSignature,
			Version: p.version(), Runtime: runtime.Options{}, SafeMode: true, Poll: -1, Package: server.PackageLimits(c.Plugins)}
		for _, key := range c.Plugins.TrustedKeys {
			o.Trusted = append(o.Trusted, ed25519.PublicKey(key))
		}
		m, err := plugins.Open(ctx, o)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, m.Close()) }()
		return fn(ctx, localPlugins{services: s, manager: m})
	})
}

func (l localPlugins) install(ctx context.Context, zip []byte, o installOptions) (installedPlugin, error) {
	in := plugins.InstallOptions{Force: o.force, GrantAll: o.grant == "all"}
	if o.grant != "" && !in.GrantAll {
		for name := range strings.SplitSeq(o.grant, ",") {
			in.Grant = append(in.Grant, strings.TrimSpace(name))
		}
	}
	got, err := l.manager.Install(ctx, account.Operator(), zip, in)
	if err != nil {
		return installedPlugin{}, err
	}
	out := installedPlugin{State: string(got.Plugin.State), Unchanged: got.Unchanged, ID: got.Plugin.ID, Plugin: listedOf(got.Plugin)}
	for i := range got.Replaces {
		out.Replaces = append(out.Replaces, replaced{ID: got.Replaces[i].ID, Name: got.Replaces[i].Name})
	}
	v := got.Plugin.Active
	if got.AwaitingConsent {
		v, out.State = got.Plugin.Waiting, string(plugins.StateAwaiting)
	}
	if v != nil {
		out.Version, out.SHA256 = v.Version, v.SHA256
		for _, a := range v.Asks {
			out.Capabilities = append(out.Capabilities, askedFor{Name: a.Name, Risk: string(a.Risk), Words: a.Words, Reason: a.Reason, Granted: v.Has(a.Name)})
		}
	}
	return out, nil
}

func listedOf(p plugins.Plugin) listedPlugin {
	out := listedPlugin{ID: p.ID, Name: p.Name, Kind: string(p.Kind), State: string(p.State), LastError: p.LastError}
	if p.Active != nil {
		out.Version = p.Active.Version
	}
	return out
}

func (l localPlugins) workspace(ctx context.Context, nameOrID string) (place, error) {
	w, err := l.workspaces.Find(ctx, nameOrID)
	return place{ID: w.ID, Name: w.Name}, err
}

func (l localPlugins) enable(ctx context.Context, id string, in place) error {
	return l.manager.Enable(ctx, account.Operator(), id, in.ID)
}

func (l localPlugins) list(ctx context.Context) ([]listedPlugin, error) {
	all, err := l.manager.List(ctx)
	out := []listedPlugin{}
	for _, one := range all {
		out = append(out, listedOf(one))
	}
	return out, err
}

func (l localPlugins) remove(ctx context.Context, id string) error {
	return l.manager.Uninstall(ctx, account.Operator(), id)
}
