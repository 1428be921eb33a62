package plugins_test

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"strings"
	"sync"

	"github.com/uptrace/bun"

	"or3.cloud/or3/plugins"
	"or3.cloud/or3/plugins/host"
)

// store keeps what plugins store in memory.
type store struct {
	mu   sync.Mutex
	kept map[string]map[string]json.RawMessage // by data name and workspace, by key
	fail error                                 // what writing answers, if anything
	set  func()                                // is told of each write
}

func newStore() *store { return &store{kept: map[string]map[string]json.RawMessage{}} }

func (s *store) Get(ctx context.Context, by host.Caller, in host.KVGet) (host.KVValue, error) {
	r, _ := plugins.RunningCall(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	value, ok := s.kept[r.Data+" "+by.Workspace][in.Key]
	return host.KVValue{Found: ok, Value: value}, nil
}

func (s *store) Set(ctx context.Context, by host.Caller, in host.KVSet) (host.Done, error) {
	r, _ := plugins.RunningCall(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.set != nil {
		s.set()
	}
	if s.fail != nil {
		return host.Done{}, s.fail
	}
	if s.kept[r.Data+" "+by.Workspace] == nil {
		s.kept[r.Data+" "+by.Workspace] = map[string]json.RawMessage{}
	}
	s.kept[r.Data+" "+by.Workspace][in.Key] = in.Value
	return host.Done{}, nil
}

func (s *store) Delete(context.Context, host.Caller, host.KVGet) (host.Done, error) {
	return host.Done{}, nil
}

func (s *store) List(context.Context, host.Caller, host.KVList) (host.KVKeys, error) {
	return host.KVKeys{}, nil
}

func (s *store) names() map[string]bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	names := map[string]bool{}
	for key := range s.kept {
		names[strings.Fields(key)[0]] = true
	}
	return names
}

// all is what is stored in a workspace, under whatever name the plugin uses now.
func (s *store) all(name, workspaceID string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	text, _ := json.Marshal(s.kept[name+" "+workspaceID])
	return string(text)
}

func (s *store) Workspaces(_ context.Context, _ bun.IDB, name string) (ids []string, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.kept {
		if n, id, _ := strings.Cut(key, " "); n == name {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

func (s *store) Copy(_ context.Context, _ bun.IDB, from, to string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, values := range s.kept {
		if n, id, _ := strings.Cut(key, " "); n == from {
			s.kept[to+" "+id] = maps.Clone(values)
		}
	}
	return nil
}

func (s *store) Drop(_ context.Context, _ bun.IDB, name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key := range s.kept {
		if n, _, _ := strings.Cut(key, " "); n == name {
			delete(s.kept, key)
		}
	}
	return nil
}

func (s *store) Export(_ context.Context, name string, w io.Writer) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for key, values := range s.kept {
		if n, id, _ := strings.Cut(key, " "); n == name {
			if err := json.NewEncoder(w).Encode(map[string]any{"kind": "kv", "workspace_id": id, "values": values}); err != nil {
				return err
			}
		}
	}
	return nil
}

// kept is what the plugin yard stores at home under a key.
func (y *yard) kept(key string) json.RawMessage {
	name := y.dataName("yard")
	y.store.mu.Lock()
	defer y.store.mu.Unlock()
	return y.store.kept[name+" "+y.home][key]
}
