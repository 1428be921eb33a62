DROP TABLE superseded_ops;
DROP TABLE change_log;
DROP TABLE sync_rows;
DROP TABLE sync_heads;
