// Package signing tells who made a plugin package, and that nothing in it was
// changed since: SIGNATURE lists every file with its hash, and an Ed25519 key
// signs the list.
package signing

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"or3.cloud/or3/internal/fault"
)

// Key is a publisher's secret.
type Key struct{ private ed25519.PrivateKey }

// keyMark begins the text of a key, so that nobody takes it for a public one.
const keyMark = "or3-plugin-secret-key:"

// Generate makes a new key.
func Generate() (Key, error) {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	return Key{private}, err
}

// Text is the key on one line, for a file that only its owner may read.
func (k Key) Text() string {
	return keyMark + base64.StdEncoding.EncodeToString(k.private.Seed()) + "\n"
}

// ReadKey reads what Text wrote.
func ReadKey(text string) (Key, error) {
	encoded, marked := strings.CutPrefix(strings.TrimSpace(text), keyMark)
	seed, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !marked || err != nil || len(seed) != ed25519.SeedSize {
		return Key{}, fault.New(fault.Invalid, "This is not a publisher's key. or3 plugin keygen makes one.")
	}
	return Key{ed25519.NewKeyFromSeed(seed)}, nil
}

// Public is the half that others know.
func (k Key) Public() ed25519.PublicKey { return ed25519.PublicKey(k.private[ed25519.SeedSize:]) }

// PublicText is a public key as plugins.trusted_keys and SIGNATURE have it.
func PublicText(key ed25519.PublicKey) string { return base64.StdEncoding.EncodeToString(key) }

// ReadPublic reads what PublicText wrote.
func ReadPublic(text string) (ed25519.PublicKey, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != ed25519.PublicKeySize {
		return nil, fault.New(fault.Invalid, "This is not a public key of a publisher: 32 bytes in base64.")
	}
	return key, nil
}

// Fingerprint is a public key for people to compare: four groups of its hash.
func Fingerprint(key ed25519.PublicKey) string {
	sum := sha256.Sum256(key)
	text := hex.EncodeToString(sum[:8])
	return strings.Join([]string{text[:4], text[4:8], text[8:12], text[12:]}, "-")
}
