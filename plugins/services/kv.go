package services

import (
	"context"
	"encoding/json"
	"unicode/utf8"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/plugins/host"
	"or3.cloud/or3/policies"
)

// kv implements host.KV. A key is any text: it is compared byte by byte, and "%"
// is a letter like any other.
type kv struct{ *service }

const (
	maxValue = 64 << 10
	maxPage  = 700_000                 // bytes of a list; an answer of the host has 1 MiB at most
	maxTTL   = 10 * 366 * 24 * 60 * 60 // seconds: about ten years
)

func (a asked) space() db.PluginSpace {
	return db.PluginSpace{Name: a.call.Data, WorkspaceID: a.by.Workspace}
}

// hold keeps what the plugin stores from being copied or removed until the
// transaction ends.
func (a asked) hold(ctx context.Context, tx bun.IDB, now int64) error {
	open, err := db.HoldPluginData(ctx, tx, a.call.Data, now)
	if err == nil && !open {
		return refuse(Unavailable, "The plugin is being upgraded. Try again in a moment.")
	}
	return err
}

// Get implements host.KV.
func (s kv) Get(ctx context.Context, by host.Caller, in host.KVGet) (host.KVValue, error) {
	a, err := s.admit(ctx, by, "kv", policies.WorkspaceRead)
	if err != nil {
		return host.KVValue{}, err
	}
	value, found, err := db.PluginValue(ctx, s.DB.Read(), a.space(), in.Key, s.Now().UnixMilli())
	if err != nil || !found {
		return host.KVValue{}, inWords(err)
	}
	return host.KVValue{Found: true, Value: json.RawMessage(value)}, nil
}

// Set implements host.KV.
func (s kv) Set(ctx context.Context, by host.Caller, in host.KVSet) (host.Done, error) {
	a, err := s.admit(ctx, by, "kv", policies.WorkspaceRead)
	switch {
	case err != nil:
		return host.Done{}, err
	case len(in.Value) > maxValue:
		return host.Done{}, refuse(TooLarge, "A value has at most 64 KiB.")
	case !utf8.Valid(in.Value) || !json.Valid(in.Value):
		return host.Done{}, refuse(BadRequest, "A value is JSON in UTF-8.")
	case in.TTL < 0 || in.TTL > maxTTL:
		return host.Done{}, refuse(BadRequest, "ttl_s is 0 or more, and ten years at most.")
	}
	now := s.Now().UnixMilli()
	entry := db.PluginEntry{Key: append([]byte{}, in.Key...), Value: string(in.Value), UpdatedAt: now}
	if in.TTL > 0 {
		entry.ExpiresAt = now + int64(in.TTL)*1000
	}
	size := int64(len(entry.Key)+len(entry.Value)) + db.PluginEntryCost
	done := s.act(ctx, a.entry(ctx, ActData, "plugin_key", in.Key, map[string]any{"op": "set"}))
	err = s.DB.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := a.hold(ctx, tx, now); err != nil {
			return err
		}
		used, err := db.LockPluginUsage(ctx, tx, a.space())
		if err != nil {
			return err
		}
		old, err := db.PluginValueSize(ctx, tx, a.space(), in.Key)
		if err != nil {
			return err
		}
		quota := int64(a.granted.QuotaKB) << 10
		more := size - old
		if used.KVBytes+more > quota && more > 0 {
			freed, err := db.DeleteOverduePluginValues(ctx, tx, a.space(), now)
			if err != nil {
				return err
			}
			if freed > 0 { // the old value may have been among them
				if old, err = db.PluginValueSize(ctx, tx, a.space(), in.Key); err != nil {
					return err
				}
				more = size - old
				used.KVBytes -= freed
			}
			if used.KVBytes+more > quota {
				return refuse(QuotaExceeded, "The plugin's store is full: it may keep %d KiB here.", a.granted.QuotaKB)
			}
			more -= freed
		}
		if err := db.PutPluginValue(ctx, tx, a.space(), entry); err != nil {
			return err
		}
		if err := db.AddPluginUsage(ctx, tx, a.space(), db.PluginUsage{KVBytes: more}); err != nil {
			return err
		}
		return done.append(ctx, tx)
	})
	return host.Done{}, done.over(ctx, err)
}

// Delete implements host.KV.
func (s kv) Delete(ctx context.Context, by host.Caller, in host.KVGet) (host.Done, error) {
	a, err := s.admit(ctx, by, "kv", policies.WorkspaceRead)
	if err != nil {
		return host.Done{}, err
	}
	done := s.act(ctx, a.entry(ctx, ActData, "plugin_key", in.Key, map[string]any{"op": "delete"}))
	now := s.Now().UnixMilli()
	err = s.DB.WriteTogether(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := a.hold(ctx, tx, now); err != nil {
			return err
		}
		if _, err := db.LockPluginUsage(ctx, tx, a.space()); err != nil {
			return err
		}
		old, err := db.PluginValueSize(ctx, tx, a.space(), in.Key)
		if err != nil || old == 0 {
			return err
		}
		if err := db.DeletePluginValue(ctx, tx, a.space(), in.Key); err != nil {
			return err
		}
		if err := db.AddPluginUsage(ctx, tx, a.space(), db.PluginUsage{KVBytes: -old}); err != nil {
			return err
		}
		return done.append(ctx, tx)
	})
	return host.Done{}, done.over(ctx, err)
}

// List implements host.KV.
func (s kv) List(ctx context.Context, by host.Caller, in host.KVList) (host.KVKeys, error) {
	a, err := s.admit(ctx, by, "kv", policies.WorkspaceRead)
	if err != nil {
		return host.KVKeys{}, err
	}
	limit, err := limitOf(in.Limit)
	if err != nil {
		return host.KVKeys{}, err
	}
	out := host.KVKeys{Items: []host.KVItem{}}
	now := s.Now().UnixMilli()
	more, err := pageOf(limit, in.After, func(after string, n int) ([]db.PluginEntry, error) {
		return db.PluginValues(ctx, s.DB.Read(), a.space(), in.Prefix, after, now, n)
	}, func(e db.PluginEntry) (string, int) {
		return string(e.Key), len(e.Key) + len(e.Value)
	}, func(e db.PluginEntry) {
		out.Items = append(out.Items, host.KVItem{Key: string(e.Key), Value: json.RawMessage(e.Value)})
	})
	out.Next = more
	return out, inWords(err)
}
