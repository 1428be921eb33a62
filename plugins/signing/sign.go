package signing

import (
	"crypto/ed25519"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Name is the signature's file in a package. It does not list itself.
const Name = "SIGNATURE"

const algorithm = "ed25519"

// Files are the files of a package: a path and its SHA-256 in hex. Whether
// SIGNATURE is among them does not matter.
type Files map[string]string

// statement is what SIGNATURE holds.
type statement struct {
	Algorithm string            `json:"alg"`
	Key       string            `json:"key"` // the public key in base64
	Files     map[string]string `json:"files"`
	Signature string            `json:"signature"` // in base64, over message(Files)
}

// Sign makes the content of SIGNATURE. The same key and files make the same bytes.
func Sign(key Key, files Files) ([]byte, error) {
	listed := maps.Clone(files)
	delete(listed, Name)
	message, err := message(listed)
	if err != nil {
		return nil, err
	}
	signed := statement{
		Algorithm: algorithm, Key: PublicText(key.Public()), Files: listed,
		Signature: encode(ed25519.Sign(key.private, message)),
	}
	text, err := json.Marshal(signed, json.Deterministic(true), jsontext.WithIndent("  "))
	return append(text, '\n'), err
}

// message is what is signed: one line for each file, sorted by path as bytes.
// The first line keeps the signature from meaning anything elsewhere.
func message(files Files) ([]byte, error) {
	var b strings.Builder
	b.WriteString("or3 plugin files v1\n")
	for _, path := range slices.Sorted(maps.Keys(files)) {
		if strings.ContainsAny(path, "\n\r") || !isHash(files[path]) {
			return nil, fmt.Errorf("%q with the hash %q cannot be signed", path, files[path])
		}
		fmt.Fprintf(&b, "%s  %s\n", files[path], path)
	}
	return []byte(b.String()), nil
}

func isHash(text string) bool {
	return len(text) == 64 && strings.Trim(text, "0123456789abcdef") == ""
}
