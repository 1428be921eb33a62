package file

import (
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"

	"or3.cloud/or3/storage"
)

// names finds which of some files a text names. A file counts as named wherever
// the digits of its hash stand: in file_hashes, in an attachment, in a
// document's picture, in a plugin's setting, with or without "sha256:" before
// them. To see one too many keeps a file; to miss one would lose it.
type names struct {
	long  map[[sha256.Size]byte]*candidate
	short map[[md5.Size]byte]*candidate
}

func (n *names) add(c *candidate) {
	if n.long == nil {
		n.long, n.short = map[[sha256.Size]byte]*candidate{}, map[[md5.Size]byte]*candidate{}
	}
	if sum := c.key.Ref.Sum(); c.key.Ref.Legacy() {
		n.short[[md5.Size]byte(sum)] = c
	} else {
		n.long[[sha256.Size]byte(sum)] = c
	}
}

func (n *names) get(ref storage.Ref) *candidate {
	if sum := ref.Sum(); ref.Legacy() {
		return n.short[[md5.Size]byte(sum)]
	} else if !ref.IsZero() {
		return n.long[[sha256.Size]byte(sum)]
	}
	return nil
}

// in calls found with each file that the text names, maybe more than once.
// Digits that go on to the left or right do not hide a hash: behind an escape
// such as \b there is no telling where it begins.
func (n *names) in(text string, found func(*candidate)) {
	run := 0
	for i := range len(text) {
		if !isHex(text[i]) {
			run = 0
			continue
		}
		run++
		if run >= 2*md5.Size && len(n.short) > 0 {
			var sum [md5.Size]byte
			if _, err := hex.Decode(sum[:], []byte(text[i+1-2*md5.Size:i+1])); err == nil {
				if c := n.short[sum]; c != nil {
					found(c)
				}
			}
		}
		if run >= 2*sha256.Size && len(n.long) > 0 {
			var sum [sha256.Size]byte
			if _, err := hex.Decode(sum[:], []byte(text[i+1-2*sha256.Size:i+1])); err == nil {
				if c := n.long[sum]; c != nil {
					found(c)
				}
			}
		}
	}
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}
