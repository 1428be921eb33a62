-- The synced rows and the log of what was applied to them. Workspace comes first in every key.

-- value is the workspace's newest server version; versions are 1,2,3… without gaps.
CREATE TABLE sync_heads (
	workspace_id {{text}} NOT NULL PRIMARY KEY REFERENCES workspaces (id),
	value {{int}} NOT NULL,
	tombstone_floor {{int}} NOT NULL DEFAULT 0
){{strict}};

-- One row per synced thing, live or deleted. payload is the client's JSON, minus dropped fields;
-- group_key, sort_num and sort_text are taken from it for the pages' lists. user_id wrote the row
-- last, created_by first: the author of a message is not whoever corrected it.
CREATE TABLE sync_rows (
	workspace_id {{text}} NOT NULL,
	table_name {{text}} NOT NULL,
	pk {{text}} NOT NULL,
	payload {{text}},
	deleted {{int}} NOT NULL CHECK (deleted IN (0, 1)),
	clock {{int}} NOT NULL,
	hlc {{text}} NOT NULL,
	op_id {{text}} NOT NULL,
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	created_by {{text}} NOT NULL,
	owner_user_id {{text}} NOT NULL DEFAULT '',
	server_version {{int}} NOT NULL,
	group_key {{text}} NOT NULL DEFAULT '',
	sort_num {{int}} NOT NULL DEFAULT 0,
	sort_text {{text}} NOT NULL DEFAULT '',
	written_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, table_name, pk)
){{strict_rowless}};
CREATE INDEX sync_rows_listed ON sync_rows (workspace_id, table_name, group_key, sort_num, sort_text, pk);

CREATE TABLE change_log (
	workspace_id {{text}} NOT NULL,
	server_version {{int}} NOT NULL,
	table_name {{text}} NOT NULL,
	pk {{text}} NOT NULL,
	op {{text}} NOT NULL CHECK (op IN ('put', 'delete')),
	payload {{text}},
	clock {{int}} NOT NULL,
	hlc {{text}} NOT NULL,
	op_id {{text}} NOT NULL,
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	owner_user_id {{text}} NOT NULL DEFAULT '',
	atomic_key {{text}} NOT NULL DEFAULT '',
	digest {{text}} NOT NULL,
	written_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, server_version)
){{strict_rowless}};
CREATE UNIQUE INDEX change_log_by_op ON change_log (workspace_id, op_id);
CREATE INDEX change_log_by_row ON change_log (workspace_id, table_name, pk, server_version);

-- Ops that lost to a newer write: acknowledged, kept for the row's history, never pulled.
CREATE TABLE superseded_ops (
	workspace_id {{text}} NOT NULL,
	op_id {{text}} NOT NULL,
	table_name {{text}} NOT NULL,
	pk {{text}} NOT NULL,
	op {{text}} NOT NULL CHECK (op IN ('put', 'delete')),
	payload {{text}},
	clock {{int}} NOT NULL,
	hlc {{text}} NOT NULL,
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	owner_user_id {{text}} NOT NULL DEFAULT '',
	digest {{text}} NOT NULL,
	written_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, op_id)
){{strict_rowless}};
CREATE INDEX superseded_by_row ON superseded_ops (workspace_id, table_name, pk);
