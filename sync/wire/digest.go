package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Canonical writes JSON the one way RFC 8785 allows: equal values have equal
// bytes. An error means that the text is not strict JSON.
func Canonical(text []byte) ([]byte, error) {
	v := jsontext.Value(slices.Clone(text))
	if err := v.Canonicalize(); err != nil {
		return nil, err
	}
	return v, nil
}

// digest tells ops of different content apart: SHA-256, in unpadded base64,
// over table, pk, op, clock and hlc, each closed by a NUL, and the canonical
// payload. Device and atomic group are no part of the content.
func digest(o *Op, payload []byte) (string, *OpError) {
	text := make([]byte, 0, 256+len(payload))
	for _, part := range []string{string(o.Table), o.PK, string(o.Op), strconv.FormatInt(o.Stamp.Clock, 10), o.Stamp.HLC} {
		text = append(append(text, part...), 0)
	}
	if payload != nil {
		canonical, err := Canonical(payload)
		if err != nil {
			return "", notStrict("payload", err)
		}
		if overflows(canonical, payload) {
			return "", invalid("payload", "It holds a number that is larger than any JavaScript number.")
		}
		text = append(text, canonical...)
	}
	sum := sha256.Sum256(text)
	return base64.RawStdEncoding.EncodeToString(sum[:]), nil
}

// Numbers beyond the largest float are written as that float, which would make
// two different texts equal, and JavaScript would read them as infinite.
var largestFloat = []byte("1.7976931348623157e+308")

func overflows(canonical, written []byte) bool {
	return bytes.Contains(canonical, largestFloat) && !bytes.Contains(written, largestFloat[:18])
}
