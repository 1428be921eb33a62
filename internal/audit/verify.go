package audit

import (
	"context"
	"fmt"

	"or3.cloud/or3/internal/db"
)

// Anchor names one entry by number and hash. An anchor kept elsewhere (a
// printed page, an export) proves later that the log up to it is the same.
type Anchor struct {
	Seq  int64  `json:"seq"`
	Hash string `json:"hash"`
}

// VerifyResult is what Verify found. Head is the newest entry that still
// stands in an unbroken chain from the first.
type VerifyResult struct {
	Entries int64  `json:"entries"`
	Head    Anchor `json:"head"`
	Break   *Break `json:"break,omitempty"`
}

// OK reports whether the whole log holds.
func (r VerifyResult) OK() bool { return r.Break == nil }

// Head is the newest entry's anchor; {0, 64 zeros} while the log is empty.
func (l *Log) Head(ctx context.Context) (Anchor, error) {
	head, err := db.ReadAuditHead(ctx, l.db.Read())
	if err != nil {
		return Anchor{}, fmt.Errorf("read the audit log's head: %w", err)
	}
	return Anchor(head), nil
}

// Verify walks the whole log and recomputes every hash. It finds an entry that
// was changed, removed or reordered, entries cut off at the end (the head is
// kept apart from the entries), and a log that no longer contains one of the
// known anchors. The error is about reading, never about what was found.
func (l *Log) Verify(ctx context.Context, known ...Anchor) (VerifyResult, error) {
	// The head is read first: what is appended meanwhile lies beyond it.
	head, err := db.ReadAuditHead(ctx, l.db.Read())
	if err != nil {
		return VerifyResult{}, fmt.Errorf("read the audit log's head: %w", err)
	}
	expected := map[int64]string{head.Seq: head.Hash}
	last := head.Seq
	for _, a := range known {
		if want, seen := expected[a.Seq]; seen && want != a.Hash {
			return VerifyResult{Break: &Break{Seq: a.Seq, Problem: fmt.Sprintf("entry %d is not the one that was known", a.Seq)}}, nil
		}
		expected[a.Seq] = a.Hash
		last = max(last, a.Seq)
	}
	at := db.AuditHead{Hash: db.AuditGenesis}
	result := func(b *Break) VerifyResult {
		return VerifyResult{Entries: at.Seq, Head: Anchor(at), Break: b}
	}
	if want, ok := expected[0]; ok && want != at.Hash {
		return result(&Break{Seq: 0, Problem: "the log's head names no entry"}), nil
	}
	for {
		page, err := db.AuditAscending(ctx, l.db.Read(), db.AuditQuery{}, at.Seq, 0, pageSize)
		if err != nil {
			return VerifyResult{}, fmt.Errorf("read the audit log after entry %d: %w", at.Seq, err)
		}
		for _, e := range page {
			next, broken := follow(at, e)
			if broken != nil {
				return result(broken), nil
			}
			if want, ok := expected[e.Seq]; ok && want != e.Hash {
				return result(&Break{Seq: e.Seq, Problem: fmt.Sprintf("entry %d is not the one that was known", e.Seq)}), nil
			}
			at = next
		}
		if len(page) < pageSize {
			break
		}
	}
	if at.Seq < last {
		return result(&Break{Seq: at.Seq + 1, Problem: fmt.Sprintf("entries %d to %d were cut off at the end", at.Seq+1, last)}), nil
	}
	return result(nil), nil
}
