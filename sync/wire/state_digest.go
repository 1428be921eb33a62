package wire

import (
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
)

// StateDigest sums up rows so that two replicas can compare themselves: SHA-256
// over one line per row, table\0pk\0clock\0hlc\0op_id\0deleted\n, and with deep
// \0 and the SHA-256 (hex) of the canonical payload before the line's end, which
// is nothing for a deleted row. Rows are added in the order of (table, pk),
// compared by bytes.
type StateDigest struct {
	sum  hash.Hash
	line []byte
	deep bool
	rows int64
}

// NewStateDigest starts a digest.
func NewStateDigest(deep bool) *StateDigest { return &StateDigest{sum: sha256.New(), deep: deep} }

// Add adds the next row; payload is nil for a deleted one and not looked at
// unless the digest is deep. A payload that is not JSON is an error.
func (d *StateDigest) Add(table, pk string, rank Rank, payload []byte) error {
	b := append(append(d.line[:0], table...), 0)
	b = append(append(b, pk...), 0)
	b = append(strconv.AppendInt(b, rank.Clock, 10), 0)
	b = append(append(b, rank.HLC...), 0)
	b = append(append(b, rank.OpID...), 0)
	if rank.Delete {
		b = append(b, '1')
	} else {
		b = append(b, '0')
	}
	if d.deep {
		b = append(b, 0)
		if !rank.Delete {
			canonical, err := Canonical(payload)
			if err != nil {
				return err
			}
			sum := sha256.Sum256(canonical)
			b = hex.AppendEncode(b, sum[:])
		}
	}
	b = append(b, '\n')
	d.line = b
	d.rows++
	_, err := d.sum.Write(b)
	return err
}

// Rows is how many rows were added.
func (d *StateDigest) Rows() int64 { return d.rows }

// String gives the digest in hexadecimal.
func (d *StateDigest) String() string { return hex.EncodeToString(d.sum.Sum(nil)) }
