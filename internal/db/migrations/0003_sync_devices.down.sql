DROP INDEX sync_rows_deleted;
DROP INDEX superseded_by_time;
DROP TABLE collections;
DROP TABLE sync_histories;
DROP TABLE device_cursors;
