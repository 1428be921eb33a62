DROP INDEX upload_intents_open;
CREATE INDEX upload_intents_by_workspace ON upload_intents (workspace_id, expires_at);
