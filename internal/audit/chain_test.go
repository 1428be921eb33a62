package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"or3.cloud/or3/internal/db"
)

// The encoding is a promise to whoever checks an export with other means.
func TestTheCanonicalFormOfAnEntryIsPinned(t *testing.T) {
	e := db.AuditEntry{
		Seq: 1, At: 1795392000123, Action: "member.role_changed", Result: "allowed",
		ActorID: "u1", ActorKind: "user", ActorName: "Ines Okafor", WorkspaceID: "w1",
		TargetKind: "user", TargetID: "u2", IP: "127.0.0.1", UserAgent: "curl/8", RequestID: "r1",
		Details: `{"to":"viewer"}`, PrevHash: db.AuditGenesis,
	}
	want := "11:or3-audit-1,64:" + db.AuditGenesis + ",1:1,13:1795392000123,19:member.role_changed,7:allowed," +
		"2:u1,4:user,11:Ines Okafor,2:w1,4:user,2:u2,9:127.0.0.1,6:curl/8,2:r1,15:{\"to\":\"viewer\"},"
	if got := string(encode(e)); got != want {
		t.Fatalf("canonical form\n got %s\nwant %s", got, want)
	}
	sum := sha256.Sum256([]byte(want))
	if got := hashOf(e); got != hex.EncodeToString(sum[:]) {
		t.Fatalf("hash %s is not the SHA-256 of the form", got)
	}
}

// Being able to read the form back proves that no two entries share one.
func TestEveryEntryCanBeReadBackFromItsCanonicalForm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := anyEntry(t)
		fields := readNetstrings(t, encode(e))
		seq, _ := strconv.ParseInt(fields[2], 10, 64)
		at, _ := strconv.ParseInt(fields[3], 10, 64)
		back := db.AuditEntry{
			PrevHash: fields[1], Seq: seq, At: at, Action: fields[4], Result: fields[5],
			ActorID: fields[6], ActorKind: fields[7], ActorName: fields[8], WorkspaceID: fields[9],
			TargetKind: fields[10], TargetID: fields[11], IP: fields[12], UserAgent: fields[13],
			RequestID: fields[14], Details: fields[15],
		}
		if back != e {
			t.Fatalf("read back %+v, encoded %+v", back, e)
		}
	})
}

func TestAChangedRemovedOrReorderedEntryBreaksTheChain(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 8).Draw(t, "entries")
		chain := make([]db.AuditEntry, n)
		head := db.AuditHead{Hash: db.AuditGenesis}
		for i := range chain {
			e := anyEntry(t)
			e.Seq, e.PrevHash = head.Seq+1, head.Hash
			e.Hash = hashOf(e)
			chain[i], head = e, db.AuditHead{Seq: e.Seq, Hash: e.Hash}
		}
		if b := walk(chain); b != nil {
			t.Fatalf("an honest chain breaks at %d: %s", b.Seq, b.Problem)
		}
		i := rapid.IntRange(0, n-1).Draw(t, "where")
		j := rapid.IntRange(0, n-2).Draw(t, "instead")
		switch rapid.SampledFrom([]string{"change", "rehash", "remove", "swap", "renumber"}).Draw(t, "tampering") {
		case "change":
			chain[i].Details += " "
		case "rehash": // the hash is made to fit; the entry after it no longer does
			i = min(i, n-2)
			chain[i].ActorID += "x"
			chain[i].Hash = hashOf(chain[i])
		case "remove":
			i = min(i, n-2)
			chain = append(chain[:i:i], chain[i+1:]...)
		case "swap":
			chain[j], chain[j+1] = chain[j+1], chain[j]
		case "renumber": // swapped, and the numbers made to fit
			chain[j], chain[j+1] = chain[j+1], chain[j]
			chain[j].Seq, chain[j+1].Seq = chain[j+1].Seq, chain[j].Seq
		}
		if walk(chain) == nil {
			t.Fatal("the tampering was not found")
		}
	})
}

func walk(chain []db.AuditEntry) *Break {
	head := db.AuditHead{Hash: db.AuditGenesis}
	for _, e := range chain {
		next, b := follow(head, e)
		if b != nil {
			return b
		}
		head = next
	}
	return nil
}

func anyEntry(t *rapid.T) db.AuditEntry {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("a1:,=é\n")), 0, 6, -1)
	return db.AuditEntry{
		Seq: rapid.Int64Min(1).Draw(t, "seq"), At: rapid.Int64().Draw(t, "at"),
		Action: text.Draw(t, "action"), Result: text.Draw(t, "result"),
		ActorID: text.Draw(t, "actor id"), ActorKind: text.Draw(t, "actor kind"), ActorName: text.Draw(t, "actor name"),
		WorkspaceID: text.Draw(t, "workspace"), TargetKind: text.Draw(t, "target kind"), TargetID: text.Draw(t, "target"),
		IP: text.Draw(t, "ip"), UserAgent: text.Draw(t, "user agent"), RequestID: text.Draw(t, "request"),
		Details: text.Draw(t, "details"), PrevHash: text.Draw(t, "prev"),
	}
}

func readNetstrings(t *rapid.T, b []byte) []string {
	var fields []string
	for len(b) > 0 {
		length, rest, ok := bytes.Cut(b, []byte(":"))
		n, err := strconv.Atoi(string(length))
		if !ok || err != nil || n >= len(rest) || rest[n] != ',' {
			t.Fatalf("no netstring at %q", b)
		}
		fields = append(fields, string(rest[:n]))
		b = rest[n+1:]
	}
	return fields
}
