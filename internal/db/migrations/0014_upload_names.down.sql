ALTER TABLE upload_intents DROP COLUMN name;
