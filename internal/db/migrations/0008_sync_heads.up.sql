-- Each workspace has its head from the beginning: a push that looks for one that is not there locks
-- the head of another workspace instead.
INSERT INTO sync_heads (workspace_id, value, tombstone_floor)
	SELECT w.id, 0, 0 FROM workspaces AS w
	WHERE NOT EXISTS (SELECT 1 FROM sync_heads AS h WHERE h.workspace_id = w.id);
