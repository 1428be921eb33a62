ALTER TABLE device_cursors RENAME TO device_cursors_before;
CREATE TABLE device_cursors (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	version {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, device_id)
){{strict}};
-- Of several people's cursors for a device the one that has come least far stays: nothing is collected too early.
INSERT INTO device_cursors (workspace_id, device_id, user_id, version, updated_at)
	SELECT workspace_id, device_id, user_id, version, updated_at FROM device_cursors_before AS c
	WHERE NOT EXISTS (SELECT 1 FROM device_cursors_before AS o
		WHERE o.workspace_id = c.workspace_id AND o.device_id = c.device_id
			AND (o.version < c.version OR o.version = c.version AND o.user_id < c.user_id));
DROP TABLE device_cursors_before;
