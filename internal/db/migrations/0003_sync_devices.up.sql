-- What devices have seen, which lives the database has had, and what was collected.

-- version is how far a device of a person says it has come in a workspace; it only rises.
CREATE TABLE device_cursors (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	version {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, device_id)
){{strict}};

-- One row per workspace whenever the database got a new history: after a restore or a failover.
-- base_version is the head that workspace had then; seq counts the changes of history.
CREATE TABLE sync_histories (
	history_id {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL,
	seq {{int}} NOT NULL,
	previous_id {{text}} NOT NULL,
	base_version {{int}} NOT NULL,
	discard_newer {{int}} NOT NULL CHECK (discard_newer IN (0, 1)),
	at {{int}} NOT NULL,
	PRIMARY KEY (history_id, workspace_id)
){{strict}};
CREATE INDEX sync_histories_by_seq ON sync_histories (seq);

-- Runs of the collector, newest kept. kind is what was collected: change_log, tombstones or superseded.
CREATE TABLE collections (
	id {{text}} NOT NULL PRIMARY KEY,
	workspace_id {{text}} NOT NULL,
	kind {{text}} NOT NULL,
	started_at {{int}} NOT NULL,
	finished_at {{int}} NOT NULL,
	deleted {{int}} NOT NULL,
	floor {{int}} NOT NULL,
	actor_id {{text}} NOT NULL DEFAULT '',
	error {{text}} NOT NULL DEFAULT ''
){{strict}};
CREATE INDEX collections_by_workspace ON collections (workspace_id, started_at);

CREATE INDEX superseded_by_time ON superseded_ops (workspace_id, written_at);
CREATE INDEX sync_rows_deleted ON sync_rows (workspace_id, server_version) WHERE deleted = 1;
