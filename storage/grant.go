package storage

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"time"

	"or3.cloud/or3/internal/fault"
)

// Grant is what a URL of the server's own allows: one method on one blob, to
// one person. Whoever redeems it asks again whether that person still may.
type Grant struct {
	Method      string // PUT or GET
	Workspace   string
	User        string
	Ref         Ref
	Size        int64
	MediaType   string
	Upload      string
	Disposition Disposition
	Name        string
	Expires     time.Time // whole seconds
}

// Signer makes tokens of grants. The first key signs; tokens of the others are
// still read, so that keys can be changed while URLs are under way.
type Signer struct{ keys [][]byte }

// NewSigner takes keys of at least 32 bytes.
func NewSigner(keys ...[]byte) (*Signer, error) {
	for _, key := range keys {
		if len(key) < sha256.Size {
			return nil, fault.New(fault.Internal, "A key that signs URLs has at least 32 bytes.")
		}
	}
	if len(keys) == 0 {
		return nil, fault.New(fault.Internal, "URLs cannot be signed without a key.")
	}
	return &Signer{keys: keys}, nil
}

const (
	grantVersion = 1
	grantDomain  = "or3 storage grant\x00" // what the key signs besides means something else
	longestToken = 4 << 10
)

// Token is the grant as it stands in a URL.
func (s *Signer) Token(g Grant) string {
	body := g.encode()
	return base64.RawURLEncoding.EncodeToString(append(body, sign(s.keys[0], body)...))
}

// Open reads a token that is valid at a time. Any other is NotFound, always in
// the same words: a wrong URL reveals nothing.
func (s *Signer) Open(token string, now time.Time) (Grant, error) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if len(token) > longestToken || err != nil || len(raw) < sha256.Size {
		return Grant{}, NotFound(nil)
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	signed := false
	for _, key := range s.keys {
		signed = hmac.Equal(mac, sign(key, body)) || signed
	}
	g, ok := decodeGrant(body)
	if !signed || !ok || !now.Before(g.Expires) {
		return Grant{}, NotFound(nil)
	}
	return g, nil
}

func sign(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(grantDomain))
	h.Write(body)
	return h.Sum(nil)
}

// encode writes each field behind its length, so that no two grants have the
// same bytes.
func (g Grant) encode() []byte {
	b := []byte{grantVersion}
	for _, field := range []string{g.Method, g.Workspace, g.User, g.Ref.String(), g.MediaType, g.Upload, string(g.Disposition), g.Name} {
		b = binary.AppendUvarint(b, uint64(len(field)))
		b = append(b, field...)
	}
	b = binary.AppendVarint(b, g.Size)
	return binary.AppendVarint(b, g.Expires.Unix())
}

// decodeGrant accepts only what encode wrote.
func decodeGrant(b []byte) (Grant, bool) {
	whole := b
	var g Grant
	if len(b) == 0 || b[0] != grantVersion {
		return g, false
	}
	b = b[1:]
	var ref, disposition string
	for _, field := range []*string{&g.Method, &g.Workspace, &g.User, &ref, &g.MediaType, &g.Upload, &disposition, &g.Name} {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return g, false
		}
		*field, b = string(b[n:n+int(length)]), b[n+int(length):]
	}
	for _, number := range []func(int64){func(v int64) { g.Size = v }, func(v int64) { g.Expires = time.Unix(v, 0) }} {
		v, n := binary.Varint(b)
		if n <= 0 {
			return g, false
		}
		number(v)
		b = b[n:]
	}
	parsed, err := ParseRef(ref)
	g.Ref, g.Disposition = parsed, Disposition(disposition)
	return g, err == nil && string(g.encode()) == string(whole)
}
