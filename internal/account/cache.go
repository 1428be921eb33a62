package account

import (
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"sync/atomic"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/policies"
)

// tokenKey is the SHA-256 of a session's or API token's text.
type tokenKey [sha256.Size]byte

func keyOf(token string) tokenKey { return sha256.Sum256([]byte(token)) }

// hash is the key as the database keeps it; equal to db.SecretHash of the text.
func (k tokenKey) hash() string { return hex.EncodeToString(k[:]) }

// remembered is a session as the cache keeps it. Only the times move.
type remembered struct {
	session   policies.Session
	idle      int64 // ms after which an unseen session is over; 0 = never
	expires   int64 // epoch ms
	stale     bool  // the person's rights grew since the token was set
	elevated  int64 // when they did, epoch ms
	lastSeen  atomic.Int64
	checkedAt atomic.Int64 // when a foreign provider was last asked, epoch ms
}

// over tells whether the session has ended by time.
func (r *remembered) over(now int64) bool {
	return now >= r.expires || r.idle > 0 && now >= r.lastSeen.Load()+r.idle
}

// cacheSize bounds each of the cache's two generations.
const cacheSize = 10_000

// cache remembers sessions by their tokens' keys until access changes. What is
// not there is never remembered, so a new session needs no announcement.
type cache struct {
	mu         sync.RWMutex
	era        uint64
	young, old map[tokenKey]*remembered
}

func newCache() *cache { return &cache{young: map[tokenKey]*remembered{}} }

// get finds a session and says which era it is, for put.
func (c *cache) get(key tokenKey) (r *remembered, era uint64) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	if r := c.young[key]; r != nil {
		return r, c.era
	}
	return c.old[key], c.era
}

// put remembers what was loaded, unless access has changed since get: then it
// may be older than the change.
func (c *cache) put(key tokenKey, r *remembered, era uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if era != c.era {
		return
	}
	if len(c.young) >= cacheSize {
		c.young, c.old = map[tokenKey]*remembered{}, c.young
	}
	c.young[key] = r
}

// drop forgets everything.
func (c *cache) drop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.era++
	clear(c.young)
	c.old = nil
}

func (s *Service) rememberSession(l db.LiveSession) *remembered {
	r := &remembered{
		session: policies.Session{
			ID: l.ID, Kind: policies.BrowserSession, UserID: l.UserID, Email: l.Email, DisplayName: l.DisplayName,
			Locale: l.Locale, TimeZone: l.TimeZone, Provider: l.Provider, ProviderUserID: l.ProviderUserID,
			WorkspaceID: l.WorkspaceID, DeploymentAdmin: l.DeploymentAdmin, CreatedAt: moment(l.CreatedAt),
		},
		idle: s.idle.Milliseconds(), expires: l.ExpiresAt,
		stale: l.TokenAt <= l.ElevatedAt, elevated: l.ElevatedAt,
	}
	r.lastSeen.Store(l.LastSeenAt)
	return r
}

func (s *Service) rememberToken(l db.LiveToken) *remembered {
	r := &remembered{
		session: policies.Session{
			ID: l.ID, Kind: policies.TokenSession, UserID: l.UserID, Email: l.Email, DisplayName: l.DisplayName,
			Locale: l.Locale, TimeZone: l.TimeZone, Provider: l.Provider, ProviderUserID: l.ProviderUserID,
			WorkspaceID: l.WorkspaceID, DeploymentAdmin: l.DeploymentAdmin, CreatedAt: moment(l.CreatedAt),
		},
		expires: l.ExpiresAt,
	}
	if l.LastUsedAt != nil {
		r.lastSeen.Store(*l.LastUsedAt)
	}
	return r
}
