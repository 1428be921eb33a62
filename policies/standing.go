package policies

import (
	"context"
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// standings remembers what the directory said about members, in a table of fixed
// size that is read without a lock: a newcomer to a full bucket displaces someone,
// who is then read again. Strangers are not remembered, for someone who probes
// for workspaces must not push members out. Nor is a missing home workspace, so
// that set-up takes effect by itself.
//
// An entry counts only in the generation in which its reading began. Invalidate
// raises the generation, so whatever was read before, or is being read at that
// moment, is never believed afterwards.
type standings struct {
	directory  Directory
	generation atomic.Uint64
	home       atomic.Pointer[homeEntry]
	seed       maphash.Seed
	buckets    []bucket
}

const (
	bucketCount = 1 << 14 // a power of two
	bucketSize  = 4       // together 65,536 memberships, at most some 12 MB
)

type bucket [bucketSize]atomic.Pointer[standing]

// standing is a Standing made small: the row of the table and what the
// workspace took from it. It is not changed once it is in a bucket.
type standing struct {
	userID, workspaceID string
	generation          uint64
	row                 int8 // -1 = not a member
	taken               permissionSet
}

type homeEntry struct {
	generation uint64
	id         string
}

func newStandings(d Directory) *standings {
	return &standings{directory: d, seed: maphash.MakeSeed(), buckets: make([]bucket, bucketCount)}
}

// of tells a person's row and what was taken from it; row -1 is a stranger's.
func (c *standings) of(ctx context.Context, userID, workspaceID string) (row int, taken permissionSet, err error) {
	generation := c.generation.Load()
	hash := maphash.String(c.seed, userID)*31 + maphash.String(c.seed, workspaceID)
	b := &c.buckets[hash%bucketCount]
	for i := range b {
		s := b[i].Load()
		if s != nil && s.generation == generation && s.workspaceID == workspaceID && s.userID == userID {
			return int(s.row), s.taken, nil
		}
	}
	s, err := c.load(ctx, userID, workspaceID)
	if err != nil || s.row < 0 {
		return -1, 0, err
	}
	s.generation = generation
	b.put(s, hash)
	return int(s.row), s.taken, nil
}

func (c *standings) load(ctx context.Context, userID, workspaceID string) (*standing, error) {
	stranger := &standing{row: -1}
	if !validID(userID) || !validID(workspaceID) {
		return stranger, nil
	}
	found, err := c.directory.Standing(ctx, userID, workspaceID)
	if err != nil || !found.Role.Valid() {
		return stranger, err
	}
	return &standing{
		// The ids may be slices of a request's memory; what is kept must be our own.
		userID:      strings.Clone(userID),
		workspaceID: strings.Clone(workspaceID),
		row:         int8(found.Role.index()),
		taken:       taken(found),
	}, nil
}

// put takes a free place or one whose content no longer counts, else any. Two
// that put at once may displace each other; that costs one reading.
func (b *bucket) put(s *standing, hash uint64) {
	place := int(hash>>32) % bucketSize
	for i := range b {
		if old := b[i].Load(); old == nil || old.generation != s.generation {
			place = i
			break
		}
	}
	b[place].Store(s)
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
