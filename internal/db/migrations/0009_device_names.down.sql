ALTER TABLE device_cursors DROP COLUMN session_id;
ALTER TABLE device_cursors DROP COLUMN agent;
