package storage

import (
	"crypto/md5" // what older devices named files by, not a proof of anything
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Ref names content by its hash. It is comparable, so that it can be a map's
// key; the zero Ref names nothing. Only ParseRef and RefOf make others: what
// cannot be parsed never becomes a Ref.
type Ref struct {
	algorithm algorithm
	sum       [sha256.Size]byte
}

type algorithm uint8

const (
	none algorithm = iota
	sha256Sum
	md5Sum // what older devices named files by
)

const (
	sha256Prefix = "sha256:"
	md5Prefix    = "md5:"
)

// ParseRef reads sha256:<64 hex>, md5:<32 hex> or, as older devices write it,
// the 32 digits alone. Upper case is read as lower case.
func ParseRef(text string) (Ref, error) {
	lower := strings.ToLower(text)
	if digits, ok := strings.CutPrefix(lower, sha256Prefix); ok {
		return decode(sha256Sum, digits)
	}
	digits, _ := strings.CutPrefix(lower, md5Prefix)
	return decode(md5Sum, digits)
}

func decode(a algorithm, digits string) (Ref, error) {
	r := Ref{algorithm: a}
	if len(digits) != hex.EncodedLen(a.size()) {
		return Ref{}, noRef()
	}
	if _, err := hex.Decode(r.sum[:], []byte(digits)); err != nil {
		return Ref{}, noRef()
	}
	return r, nil
}

func noRef() error {
	return fault.Field("hash", "A file is named by sha256: and 64 hexadecimal digits.")
}

// RefOf names some content.
func RefOf(content []byte) Ref {
	return Ref{algorithm: sha256Sum, sum: sha256.Sum256(content)}
}

func (a algorithm) size() int {
	if a == md5Sum {
		return md5.Size
	}
	return sha256.Size
}

// String is the canonical form, all of it lower case, "" for the zero Ref.
func (r Ref) String() string {
	switch r.algorithm {
	case sha256Sum:
		return sha256Prefix + r.Hex()
	case md5Sum:
		return md5Prefix + r.Hex()
	}
	return ""
}

// Hex is the hash alone, in lower case.
func (r Ref) Hex() string { return hex.EncodeToString(r.Sum()) }

// Sum is the hash itself, nil for the zero Ref.
func (r Ref) Sum() []byte {
	if r.algorithm == none {
		return nil
	}
	return append([]byte(nil), r.sum[:r.algorithm.size()]...)
}

// IsZero reports whether r names nothing.
func (r Ref) IsZero() bool { return r.algorithm == none }

// Legacy reports whether the hash is one that could be forged: such content is
// kept and served, and is no proof of what somebody meant.
func (r Ref) Legacy() bool { return r.algorithm == md5Sum }

// Algorithm is "sha256" or "md5".
func (r Ref) Algorithm() string {
	name, _, _ := strings.Cut(r.String(), ":")
	return name
}

// matches reports whether h, made by newHash, has seen the named content.
func (r Ref) matches(h hash.Hash) bool {
	return !r.IsZero() && string(h.Sum(nil)) == string(r.Sum())
}

// newHash is what content of this name is hashed with.
func (r Ref) newHash() hash.Hash {
	if r.Legacy() {
		return md5.New()
	}
	return sha256.New()
}

// MarshalText implements encoding.TextMarshaler.
func (r Ref) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Ref) UnmarshalText(text []byte) error {
	parsed, err := ParseRef(string(text))
	if err == nil {
		*r = parsed
	}
	return err
}
