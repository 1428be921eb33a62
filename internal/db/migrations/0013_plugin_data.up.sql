-- What plugins keep, apart for each workspace, under a name (space) that belongs to one plugin: an update is
-- tried on a copy, which has another. Keys are any bytes and sort as bytes.
CREATE TABLE plugin_kv (
	space {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	key {{bytes}} NOT NULL,
	value {{text}} NOT NULL,
	expires_at {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	PRIMARY KEY (space, workspace_id, key)
){{strict_rowless}};
CREATE INDEX plugin_kv_by_end ON plugin_kv (expires_at) WHERE expires_at > 0;
CREATE INDEX plugin_kv_by_workspace ON plugin_kv (workspace_id);

CREATE TABLE plugin_blobs (
	space {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	key {{bytes}} NOT NULL,
	media_type {{text}} NOT NULL,
	hash {{text}} NOT NULL,
	content {{bytes}} NOT NULL,
	updated_at {{int}} NOT NULL,
	PRIMARY KEY (space, workspace_id, key)
){{strict}};
CREATE INDEX plugin_blobs_by_workspace ON plugin_blobs (workspace_id);

-- What these add up to, kept in the transactions that change them. Whoever changes them locks this row first.
CREATE TABLE plugin_usage (
	space {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	kv_bytes {{int}} NOT NULL DEFAULT 0,
	blob_bytes {{int}} NOT NULL DEFAULT 0,
	PRIMARY KEY (space, workspace_id)
){{strict_rowless}};
CREATE INDEX plugin_usage_by_workspace ON plugin_usage (workspace_id);

-- When each of a plugin's jobs last began, and how that ended.
CREATE TABLE plugin_runs (
	plugin_id {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	job_id {{text}} NOT NULL,
	started_at {{int}} NOT NULL,
	ended_at {{int}} NOT NULL,
	error {{text}} NOT NULL,
	PRIMARY KEY (plugin_id, workspace_id, job_id)
){{strict_rowless}};
CREATE INDEX plugin_runs_by_workspace ON plugin_runs (workspace_id);
