DROP TABLE storage_usage;
DROP TABLE upload_intents;
DROP TABLE blobs;
