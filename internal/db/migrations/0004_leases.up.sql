-- Which node does a job that only one may do. epoch rises with every change of hands; until is epoch ms by
-- the database's own clock.
CREATE TABLE leases (
	name {{text}} NOT NULL PRIMARY KEY,
	holder {{text}} NOT NULL,
	epoch {{int}} NOT NULL,
	until {{int}} NOT NULL
){{strict}};
