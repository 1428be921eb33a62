-- Whose access each of the last revisions changed, for the other processes; '' is everybody's, or everywhere.
CREATE TABLE access_changes (
	revision {{int}} NOT NULL PRIMARY KEY,
	user_id {{text}} NOT NULL,
	workspace_id {{text}} NOT NULL
){{strict}};
