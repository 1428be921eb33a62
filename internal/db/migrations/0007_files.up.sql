-- The files of workspaces, by content. A row says that the bytes are there and were proven.
-- condemned_at is the collector's mark, which a commit takes away; damaged_at is when the bytes
-- were found not to be those of the name any more.
CREATE TABLE blobs (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	hash {{text}} NOT NULL,
	size_bytes {{int}} NOT NULL CHECK (size_bytes >= 0),
	mime_type {{text}} NOT NULL,
	provider {{text}} NOT NULL,
	created_by {{text}} NOT NULL,
	created_at {{int}} NOT NULL,
	condemned_at {{int}},
	damaged_at {{int}},
	PRIMARY KEY (workspace_id, hash)
){{strict_rowless}};

-- What one person may put into a workspace, once, until it expires. Open intents are what is reserved.
CREATE TABLE upload_intents (
	id {{text}} NOT NULL PRIMARY KEY,
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	user_id {{text}} NOT NULL REFERENCES users (id),
	hash {{text}} NOT NULL,
	size_bytes {{int}} NOT NULL CHECK (size_bytes >= 0),
	mime_type {{text}} NOT NULL,
	created_at {{int}} NOT NULL,
	expires_at {{int}} NOT NULL,
	used_at {{int}}
){{strict}};
CREATE INDEX upload_intents_by_workspace ON upload_intents (workspace_id, expires_at);
CREATE INDEX upload_intents_by_end ON upload_intents (expires_at);

-- What a workspace's blobs add up to, kept in the transactions that change them, and its own quota;
-- without one the deployment's counts. Whoever changes either locks this row first.
CREATE TABLE storage_usage (
	workspace_id {{text}} NOT NULL PRIMARY KEY REFERENCES workspaces (id),
	used_bytes {{int}} NOT NULL DEFAULT 0,
	quota_bytes {{int}}
){{strict}};
