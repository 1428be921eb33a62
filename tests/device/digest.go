package device

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"

	"or3.cloud/or3/sync/wire"
)

// Digest is computed from what the person sees: equal to the server's digest
// means converged. With deep it covers the payloads.
func (d *Device) Digest(deep bool) (rows int64, digest string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return DigestOf(d.view(), deep)
}

// DigestOf is the digest of rows: live ones and remembered tombstones.
func DigestOf(rows map[Key]Row, deep bool) (int64, string) {
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b Key) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.PK, b.PK))
	})
	sum := sha256.New()
	var line []byte
	for _, k := range keys {
		r := rows[k]
		line = append(append(line[:0], k.Table...), 0)
		line = append(append(line, k.PK...), 0)
		line = append(strconv.AppendInt(line, r.Stamp.Clock, 10), 0)
		line = append(append(line, r.Stamp.HLC...), 0)
		line = append(append(line, r.Stamp.OpID...), 0)
		if r.Deleted {
			line = append(line, '1')
		} else {
			line = append(line, '0')
		}
		if deep {
			line = append(line, 0)
			if canonical, err := wire.Canonical(r.Payload); err == nil && !r.Deleted {
				payload := sha256.Sum256(canonical)
				line = hex.AppendEncode(line, payload[:])
			}
		}
		sum.Write(append(line, '\n'))
	}
	return int64(len(keys)), hex.EncodeToString(sum.Sum(nil))
}
