package db_test

import (
	"context"
	"testing"

	"github.com/uptrace/bun"

	"or3.cloud/or3/internal/db"
	"or3.cloud/or3/internal/db/dbtest"
)

// What a page asks of a workspace with 100,000 files, beside adding them up.
func BenchmarkListedBytes(b *testing.B) {
	const files = 100_000
	d := dbtest.Open(b, dbtest.SQLiteURL(b))
	must := func(fn func(ctx context.Context, tx bun.Tx) error) {
		if err := d.Write(b.Context(), fn); err != nil {
			b.Fatal(err)
		}
	}
	must(func(ctx context.Context, tx bun.Tx) error {
		if err := db.InsertUser(ctx, tx, &db.User{ID: "u1", Email: "u1@or3.example", EmailKey: "u1@or3.example"}); err != nil {
			return err
		}
		return db.InsertWorkspace(ctx, tx, &db.Workspace{ID: "w1", Name: "W1", CreatedBy: "u1"})
	})
	// Hashes lie anywhere.
	const numbers = `WITH RECURSIVE m (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM m WHERE i < ?), n (i, hash) AS (SELECT i, printf('sha256:%064x', i * 2654435761 % 4294967296) FROM m) `
	for from := 0; from < files; from += 5000 {
		for _, fill := range [][2]string{
			{`INSERT INTO blobs (workspace_id, hash, size_bytes, mime_type, provider, created_by, created_at) `,
				`SELECT 'w1', hash, 1000, 'image/png', 'disk', 'u1', 1 FROM n`},
			{`INSERT INTO sync_rows (workspace_id, table_name, pk, payload, deleted, clock, hlc, op_id, device_id, user_id, created_by, server_version, written_at) `,
				`SELECT 'w1', 'file_meta', hash, printf('{"name":"%300s"}', ''), 0, 1, '', hash, 'd', 'u1', 'u1', i, 1 FROM n`},
		} {
			must(func(ctx context.Context, tx bun.Tx) error {
				_, err := tx.NewRaw(fill[0]+numbers+fill[1], from, from+4999).Exec(ctx)
				return err
			})
		}
	}
	must(func(ctx context.Context, tx bun.Tx) error { return db.RecountListed(ctx, tx, "w1") })
	for name, ask := range map[string]func(context.Context, bun.IDB, string) (int64, error){"counted": db.ListedBytes, "added up": db.SumListedBytes} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if n, err := ask(b.Context(), d.Read(), "w1"); err != nil || n != files*1000 {
					b.Fatal(n, err)
				}
			}
		})
	}
}
