-- What the files that a workspace's list shows add up to: those of its blobs about which it has a live row. It is
-- kept in the transactions that change either, each of which locks this row before it looks at the other table and
-- has nothing slow to do afterwards.
CREATE TABLE listed_files (
	workspace_id {{text}} NOT NULL PRIMARY KEY REFERENCES workspaces (id),
	bytes {{int}} NOT NULL
){{strict}};
INSERT INTO listed_files (workspace_id, bytes)
	SELECT b.workspace_id, SUM(b.size_bytes) FROM blobs AS b
	JOIN sync_rows AS r ON r.workspace_id = b.workspace_id AND r.table_name = 'file_meta' AND r.pk = b.hash AND r.deleted = 0
	GROUP BY b.workspace_id;
