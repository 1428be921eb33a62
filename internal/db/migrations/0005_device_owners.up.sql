-- Each person has cursors of their own, also for a device that somebody else has named: what one member
-- says of a device takes nothing from another.
ALTER TABLE device_cursors RENAME TO device_cursors_before;
CREATE TABLE device_cursors (
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	device_id {{text}} NOT NULL,
	user_id {{text}} NOT NULL,
	version {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	PRIMARY KEY (workspace_id, device_id, user_id)
){{strict}};
INSERT INTO device_cursors (workspace_id, device_id, user_id, version, updated_at)
	SELECT workspace_id, device_id, user_id, version, updated_at FROM device_cursors_before;
DROP TABLE device_cursors_before;
