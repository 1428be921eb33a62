-- What the sender calls the file, for who looks at unfinished uploads; its row may come later than its bytes.
ALTER TABLE upload_intents ADD COLUMN name {{text}} NOT NULL DEFAULT '';
