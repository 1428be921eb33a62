package db

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// EmailKey is what e-mail addresses are compared by: two spellings of one
// address share it.
func EmailKey(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// SecretHash is how a secret that a person holds (invite, session, token, setup
// link) is kept: the SHA-256 of its text in hexadecimal. Such secrets have 256
// random bits, so nothing slower is needed.
func SecretHash(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}
