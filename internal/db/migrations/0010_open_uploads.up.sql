-- Intents that were used stay for a day. What is asked for each new upload looks at open ones alone:
-- which of a file can go on, and what all of them reserve.
DROP INDEX upload_intents_by_workspace;
CREATE INDEX upload_intents_open ON upload_intents (workspace_id, hash, expires_at, size_bytes) WHERE used_at IS NULL;
