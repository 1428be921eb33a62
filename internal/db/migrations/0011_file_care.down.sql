DROP TABLE file_runs;
DROP INDEX blobs_by_size;
DROP INDEX blobs_by_check;
ALTER TABLE blobs DROP COLUMN damage;
ALTER TABLE blobs DROP COLUMN checked_at;
ALTER TABLE blobs DROP COLUMN wanted_at;
