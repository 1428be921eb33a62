package account

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/fault"
)

// Cost is what one password hash costs: KiB of memory and passes over it.
type Cost struct {
	Memory uint32
	Passes uint32
}

// DefaultCost takes about 60 ms and 32 MiB.
var DefaultCost = Cost{Memory: 32 << 10, Passes: 3}

const (
	minPassword = 8
	maxPassword = 512
	saltLength  = 16
	hashLength  = 32
	atOnce      = 2  // hashes computed at the same time
	inLine      = 64 // hashes that may wait for that
)

// The 3000 commonest passwords of at least eight characters, lower case, one a
// line, sorted; from the frequency lists of zxcvbn (MIT, Dan Wheeler and
// Dropbox, Inc.), with a few of today's.
//
//go:embed common_passwords.txt
var commonPasswords string

// Passwords hashes and verifies passwords with argon2id, two at a time, so that
// a flood of sign-ins takes neither all memory nor all processors.
type Passwords struct {
	cost    Cost
	common  map[string]struct{}
	nobodys string // the hash of a password nobody knows
	slots   chan struct{}
	waiting atomic.Int64
}

// NewPasswords makes a Passwords that hashes at a cost.
func NewPasswords(cost Cost) *Passwords {
	p := &Passwords{cost: cost, common: map[string]struct{}{}, slots: make(chan struct{}, atOnce)}
	for line := range strings.Lines(commonPasswords) {
		p.common[strings.TrimSuffix(line, "\n")] = struct{}{}
	}
	salt, key := make([]byte, saltLength), make([]byte, hashLength)
	_, _ = rand.Read(salt)
	_, _ = rand.Read(key)
	p.nobodys = encodeHash(cost, salt, key)
	return p
}

// Check refuses passwords that are too short, too long, among the commonest,
// or the person's own address. Any characters count, spaces and all; nothing
// is cut off. field is the form field the words are for.
func (p *Passwords) Check(field, password, email string) error {
	lower := strings.ToLower(password)
	_, common := p.common[lower]
	key := db.EmailKey(email)
	local, _, _ := strings.Cut(key, "@")
	switch n := utf8.RuneCountInString(password); {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return fault.Field(field, "The password contains characters that cannot be used.")
	case n < minPassword:
		return fault.Field(field, "The password is too short. Use at least 8 characters.")
	case n > maxPassword:
		return fault.Field(field, "The password is too long. It can have 512 characters.")
	case common:
		return fault.Field(field, "This password is among the first anyone would try. Choose another.")
	case email != "" && (lower == key || lower == local):
		return fault.Field(field, "The password must not be your e-mail address.")
	}
	return nil
}

// Hash gives the password's PHC string, e.g. $argon2id$v=19$m=32768,t=3,p=1$….
// Too many waiting at once is an Unavailable fault.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	salt := make([]byte, saltLength)
	_, _ = rand.Read(salt)
	leave, err := p.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	return encodeHash(p.cost, salt, derive(password, salt, p.cost, hashLength)), nil
}

// Verify tells whether the password is the one of the PHC string, in constant
// time. A damaged string is an error.
func (p *Passwords) Verify(ctx context.Context, phc, password string) (bool, error) {
	cost, salt, want, err := decodeHash(phc)
	if err != nil {
		return false, err
	}
	leave, err := p.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	if len(password) > 4*maxPassword {
		password = "" // nobody's; costs the same
	}
	got := derive(password, salt, cost, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

// Outdated tells whether a PHC string was made at another cost.
func (p *Passwords) Outdated(phc string) bool {
	cost, _, _, err := decodeHash(phc)
	return err == nil && cost != p.cost
}

func (p *Passwords) enter(ctx context.Context) (leave func(), err error) {
	if p.waiting.Add(1) > inLine {
		p.waiting.Add(-1)
		return nil, tooManyAtOnce(nil)
	}
	defer p.waiting.Add(-1)
	select {
	case p.slots <- struct{}{}:
		return func() { <-p.slots }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("waiting to hash a password: %w", ctx.Err())
	}
}

func derive(password string, salt []byte, cost Cost, length uint32) []byte {
	return argon2.IDKey([]byte(password), salt, cost.Passes, cost.Memory, 1, length)
}

func encodeHash(cost Cost, salt, key []byte) string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=1$%s$%s", argon2.Version, cost.Memory, cost.Passes, b64.EncodeToString(salt), b64.EncodeToString(key))
}

// decodeHash reads what encodeHash wrote. The bounds keep a forged string from
// taking all memory.
func decodeHash(phc string) (cost Cost, salt, key []byte, err error) {
	damaged := fmt.Errorf("account: a password hash is damaged")
	parts := strings.Split(phc, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return cost, nil, nil, damaged
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=1", &cost.Memory, &cost.Passes); err != nil ||
		parts[3] != fmt.Sprintf("m=%d,t=%d,p=1", cost.Memory, cost.Passes) ||
		cost.Memory < 8 || cost.Memory > 1<<20 || cost.Passes < 1 || cost.Passes > 16 {
		return cost, nil, nil, damaged
	}
	salt, err1 := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	key, err2 := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err1 != nil || err2 != nil || len(salt) < 8 || len(salt) > 64 || len(key) < 16 || len(key) > 64 {
		return cost, nil, nil, damaged
	}
	return cost, salt, key, nil
}
