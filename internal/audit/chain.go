package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"

	"or3.cloud/or3/internal/db"
)

// encodingName opens every encoded entry. A change of the encoding needs a new
// name; old entries keep theirs.
const encodingName = "or3-audit-1"

// encode is the canonical form of an entry: its fields in a fixed order, the
// hash of the entry before it among them, each as a netstring (decimal length
// in bytes, colon, bytes, comma). Lengths come first, so two different entries
// never share a form, whatever their texts contain.
func encode(e db.AuditEntry) []byte {
	fields := [...]string{
		encodingName,
		e.PrevHash,
		strconv.FormatInt(e.Seq, 10),
		strconv.FormatInt(e.At, 10),
		e.Action,
		e.Result,
		e.ActorID,
		e.ActorKind,
		e.ActorName,
		e.WorkspaceID,
		e.TargetKind,
		e.TargetID,
		e.IP,
		e.UserAgent,
		e.RequestID,
		e.Details,
	}
	b := make([]byte, 0, 512+len(e.Details))
	for _, f := range fields {
		b = strconv.AppendInt(b, int64(len(f)), 10)
		b = append(b, ':')
		b = append(b, f...)
		b = append(b, ',')
	}
	return b
}

// hashOf is the lower-case hexadecimal SHA-256 of the canonical form.
func hashOf(e db.AuditEntry) string {
	sum := sha256.Sum256(encode(e))
	return hex.EncodeToString(sum[:])
}

// Break is the first place where the chain does not hold.
type Break struct {
	Seq     int64  `json:"seq"` // the entry that is wrong or missing
	Problem string `json:"problem"`
}

// follow checks that e comes right after the head, and gives the new head.
func follow(head db.AuditHead, e db.AuditEntry) (db.AuditHead, *Break) {
	switch {
	case e.Seq != head.Seq+1:
		return head, &Break{
			Seq:     head.Seq + 1,
			Problem: fmt.Sprintf("entry %d is missing; after %d comes %d", head.Seq+1, head.Seq, e.Seq),
		}
	case hashOf(e) != e.Hash:
		return head, &Break{Seq: e.Seq, Problem: fmt.Sprintf("entry %d was changed: its content does not give its hash", e.Seq)}
	case e.PrevHash != head.Hash:
		return head, &Break{Seq: e.Seq, Problem: fmt.Sprintf("entry %d does not continue entry %d: an entry was replaced or reordered", e.Seq, head.Seq)}
	}
	return db.AuditHead{Seq: e.Seq, Hash: e.Hash}, nil
}
