-- wanted_at is when a device last put the file there, or was told that it is there; checked_at is when its
-- bytes were last read and held against its name; damage says what was found: missing, size or content.
ALTER TABLE blobs ADD COLUMN wanted_at {{int}} NOT NULL DEFAULT 0;
ALTER TABLE blobs ADD COLUMN checked_at {{int}} NOT NULL DEFAULT 0;
ALTER TABLE blobs ADD COLUMN damage {{text}} NOT NULL DEFAULT '';
UPDATE blobs SET wanted_at = created_at;
CREATE INDEX blobs_by_check ON blobs (checked_at);
CREATE INDEX blobs_by_size ON blobs (workspace_id, size_bytes);

-- What was done about files: a collection (collect) or a check of their bytes (scrub), of one workspace or,
-- with '', of all. A running one tells how far it is; one that tells nothing for a minute has died.
CREATE TABLE file_runs (
	id {{text}} NOT NULL PRIMARY KEY,
	kind {{text}} NOT NULL CHECK (kind IN ('collect', 'scrub')),
	workspace_id {{text}} NOT NULL,
	actor_id {{text}} NOT NULL,
	state {{text}} NOT NULL CHECK (state IN ('running', 'done', 'failed', 'stopped')),
	started_at {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	finished_at {{int}} NOT NULL,
	retention_seconds {{int}} NOT NULL,
	total {{int}} NOT NULL,
	looked {{int}} NOT NULL,
	marked {{int}} NOT NULL,
	found {{int}} NOT NULL,
	bytes {{int}} NOT NULL,
	error {{text}} NOT NULL
){{strict}};
-- All files are checked by one at a time.
CREATE UNIQUE INDEX file_runs_one_check ON file_runs (kind) WHERE kind = 'scrub' AND state = 'running';
CREATE INDEX file_runs_by_time ON file_runs (started_at);
