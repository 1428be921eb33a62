DROP TABLE plugin_runs;
DROP TABLE plugin_usage;
DROP TABLE plugin_blobs;
DROP TABLE plugin_kv;
