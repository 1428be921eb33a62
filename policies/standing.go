package policies

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
)

// standings remembers what the directory said about members. Strangers are not
// remembered: someone who probes for workspaces must not push members out. Nor
// is a missing home workspace, so that set-up takes effect by itself.
//
// An entry counts only in the generation in which its reading began. Invalidate
// raises the generation, so whatever was read before, or is being read at that
// moment, is never believed afterwards.
type standings struct {
	directory  Directory
	generation atomic.Uint64
	home       atomic.Pointer[homeEntry]
	shards     [shardCount]shard
}

const (
	shardCount    = 64   // a power of two
	shardCapacity = 1024 // together 65,536 memberships, some 10 MB
)

type shard struct {
	mu      sync.RWMutex
	entries map[membership]standing
	_       [64]byte // keeps neighbouring locks off each other's cache line
}

type membership struct{ userID, workspaceID string }

// standing is a Standing made small: the row of the table and what the
// workspace took from it.
type standing struct {
	generation uint64
	row        int8 // -1 = not a member
	taken      permissionSet
}

type homeEntry struct {
	generation uint64
	id         string
}

func (c *standings) of(ctx context.Context, m membership) (standing, error) {
	generation := c.generation.Load()
	s := &c.shards[m.shard()]
	s.mu.RLock()
	entry, ok := s.entries[m]
	s.mu.RUnlock()
	if ok && entry.generation == generation {
		return entry, nil
	}
	return c.load(ctx, m, s, generation)
}

func (c *standings) load(ctx context.Context, m membership, s *shard, generation uint64) (standing, error) {
	entry := standing{generation: generation, row: -1}
	if !validID(m.userID) || !validID(m.workspaceID) {
		return entry, nil
	}
	found, err := c.directory.Standing(ctx, m.userID, m.workspaceID)
	if err != nil {
		return entry, err
	}
	entry.row = int8(found.Role.index())
	if entry.row < 0 {
		return entry, nil
	}
	entry.taken = taken(found)
	// The id may be a slice of a request's memory; what is kept must be our own.
	s.put(membership{strings.Clone(m.userID), strings.Clone(m.workspaceID)}, entry)
	return entry, nil
}

// taken is what a workspace has taken from the person's role. Nothing can be
// taken from an owner, or an owner could lock everybody out.
func taken(s Standing) permissionSet {
	var set permissionSet
	for _, r := range s.Restrictions {
		if column := r.Permission.index(); r.Role == s.Role && r.Role != Owner && column >= 0 {
			set |= 1 << column
		}
	}
	return set
}

// homeWorkspace is the id of the home workspace; "" before set-up.
func (c *standings) homeWorkspace(ctx context.Context) (string, error) {
	generation := c.generation.Load()
	if home := c.home.Load(); home != nil && home.generation == generation {
		return home.id, nil
	}
	id, err := c.directory.HomeWorkspace(ctx)
	if err != nil || id == "" {
		return "", err
	}
	c.home.Store(&homeEntry{generation: generation, id: id})
	return id, nil
}

func (s *shard) put(m membership, entry standing) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.entries == nil {
		s.entries = make(map[membership]standing)
	}
	if len(s.entries) >= shardCapacity {
		s.makeRoom(entry.generation)
	}
	s.entries[m] = entry
}

// makeRoom drops what no longer counts, and if that is too little, a quarter of
// the rest: which, does not matter, for a dropped entry costs one reading.
func (s *shard) makeRoom(generation uint64) {
	for m, entry := range s.entries {
		if entry.generation != generation {
			delete(s.entries, m)
		}
	}
	for m := range s.entries {
		if len(s.entries) <= shardCapacity*3/4 {
			return
		}
		delete(s.entries, m)
	}
}

// shard picks by the tails of both ids, where a UUIDv7 is random.
func (m membership) shard() uint32 {
	h := uint32(2166136261)
	for _, id := range [2]string{m.userID, m.workspaceID} {
		for _, c := range []byte(id[max(0, len(id)-4):]) {
			h = (h ^ uint32(c)) * 16777619
		}
	}
	return (h ^ h>>16) & (shardCount - 1)
}
