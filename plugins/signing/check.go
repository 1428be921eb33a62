package signing

import (
	"cmp"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"
)

// State is what a signature says of a package.
type State string

// The states.
const (
	Trusted  State = "trusted"           // signed by a key that the owner trusts
	Unknown  State = "signed_by_unknown" // signed, and nothing was changed, by a key nobody here knows
	Unsigned State = "unsigned"
	Tampered State = "tampered" // the signature is wrong, or the files are others than it lists
)

// Verdict is what a signature says, and why.
type Verdict struct {
	State State
	Key   ed25519.PublicKey // who signed; nil where that is not known for sure
	Wrong []Difference      // what is not as it was signed, by path
}

// Difference is a file, or SIGNATURE itself, that is not as it was signed.
type Difference struct {
	Path string `json:"path"`
	How  string `json:"how"` // changed, missing, not listed; of SIGNATURE what is wrong with it
}

// maxSignature bounds SIGNATURE: 2,000 files of the longest names take half of it.
const maxSignature = 1 << 20

// Check judges a package by its SIGNATURE; nil where there is none.
func Check(files Files, signature []byte, trusted []ed25519.PublicKey) Verdict {
	if signature == nil {
		return Verdict{State: Unsigned}
	}
	signed, key, wrong := read(signature)
	if wrong != "" {
		return Verdict{State: Tampered, Wrong: []Difference{{Name, wrong}}}
	}
	if wrong := compare(files, signed.Files); len(wrong) > 0 {
		return Verdict{State: Tampered, Key: key, Wrong: wrong}
	}
	if slices.ContainsFunc(trusted, func(t ed25519.PublicKey) bool { return t.Equal(key) }) {
		return Verdict{State: Trusted, Key: key}
	}
	return Verdict{State: Unknown, Key: key}
}

// read takes SIGNATURE apart and holds the signature against its own list.
func read(signature []byte) (signed statement, key ed25519.PublicKey, wrong string) {
	if len(signature) > maxSignature {
		return signed, nil, fmt.Sprintf("has more than %d bytes", maxSignature)
	}
	if err := json.Unmarshal(signature, &signed, json.RejectUnknownMembers(true)); err != nil {
		return signed, nil, "cannot be read"
	}
	if signed.Algorithm != algorithm {
		return signed, nil, "is of another kind than " + algorithm
	}
	key, err := ReadPublic(signed.Key)
	if err != nil || encode(key) != signed.Key {
		return signed, nil, "names no key"
	}
	sum, err := base64.StdEncoding.Strict().DecodeString(signed.Signature)
	if err != nil || encode(sum) != signed.Signature {
		return signed, nil, "holds no signature"
	}
	message, err := message(signed.Files)
	if err != nil || !ed25519.Verify(key, message, sum) {
		return signed, nil, "was not made by its key"
	}
	return signed, key, ""
}

// compare finds what differs: every file has to be listed, and every listed file
// has to be there.
func compare(files Files, listed map[string]string) []Difference {
	var wrong []Difference
	for path, sum := range files {
		switch signed, there := listed[path]; {
		case path == Name:
		case !there:
			wrong = append(wrong, Difference{path, "not listed"})
		case signed != sum:
			wrong = append(wrong, Difference{path, "changed"})
		}
	}
	for path := range listed {
		if _, there := files[path]; !there || path == Name {
			wrong = append(wrong, Difference{path, "missing"})
		}
	}
	slices.SortFunc(wrong, func(a, b Difference) int { return cmp.Compare(a.Path, b.Path) })
	return wrong
}

func encode(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
