-- What a device is called by, and the session or token it last spoke with: when that has ended, the
-- device is signed out.
ALTER TABLE device_cursors ADD COLUMN agent {{text}} NOT NULL DEFAULT '';
ALTER TABLE device_cursors ADD COLUMN session_id {{text}} NOT NULL DEFAULT '';
