-- What is installed for the deployment. active_sha256 and waiting_sha256 name versions, '' is none; data_name
-- is the name under which it has stored something (see plugin_data), data_version how that is written.
-- error is why it could not run at last; purge_at is when an uninstalled one goes with all it stored, else 0.
CREATE TABLE plugins (
	id {{text}} NOT NULL PRIMARY KEY,
	state {{text}} NOT NULL CHECK (state IN ('awaiting_consent', 'active', 'stopped', 'uninstalled')),
	active_sha256 {{text}} NOT NULL,
	waiting_sha256 {{text}} NOT NULL,
	pinned_key {{text}} NOT NULL,
	data_name {{text}} NOT NULL,
	data_version {{int}} NOT NULL,
	error {{text}} NOT NULL,
	error_at {{int}} NOT NULL,
	installed_at {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	purge_at {{int}} NOT NULL
){{strict}};

-- Packages of plugins by the hash of their zip. granted are the names of capabilities that somebody agreed to,
-- a JSON array, '' while nobody did; ran_at is when it became the active one last, 0 if it never was. data_name
-- and data_version are those of the plugin when it stopped being the active one.
CREATE TABLE plugin_versions (
	plugin_id {{text}} NOT NULL REFERENCES plugins (id),
	sha256 {{text}} NOT NULL,
	version {{text}} NOT NULL,
	size_bytes {{int}} NOT NULL CHECK (size_bytes >= 0),
	manifest {{text}} NOT NULL,
	signature {{text}} NOT NULL,
	granted {{text}} NOT NULL,
	data_name {{text}} NOT NULL,
	data_version {{int}} NOT NULL,
	added_at {{int}} NOT NULL,
	added_by {{text}} NOT NULL,
	ran_at {{int}} NOT NULL,
	PRIMARY KEY (plugin_id, sha256)
){{strict}};

-- Their bytes, in parts of one size.
CREATE TABLE plugin_parts (
	sha256 {{text}} NOT NULL,
	part {{int}} NOT NULL,
	bytes {{bytes}} NOT NULL,
	PRIMARY KEY (sha256, part)
){{strict}};

-- What a plugin is in a workspace. settings is a JSON object, secrets a JSON object of encrypted texts, both ''
-- where nothing was set. quarantined_at is when it had failed too often there, 0 if it has not. The synced kv rows
-- plugins.enabled and plugins.settings.<id> are copies: tell says which have yet to be written (1, 2, or both).
CREATE TABLE plugin_workspaces (
	plugin_id {{text}} NOT NULL REFERENCES plugins (id),
	workspace_id {{text}} NOT NULL REFERENCES workspaces (id),
	enabled {{int}} NOT NULL,
	settings {{text}} NOT NULL,
	secrets {{text}} NOT NULL,
	quarantined_at {{int}} NOT NULL,
	updated_at {{int}} NOT NULL,
	tell {{int}} NOT NULL,
	PRIMARY KEY (plugin_id, workspace_id)
){{strict}};
CREATE INDEX plugin_workspaces_by_workspace ON plugin_workspaces (workspace_id);
CREATE INDEX plugin_workspaces_to_tell ON plugin_workspaces (workspace_id) WHERE tell > 0;

-- Names under which plugins store things, each used by one plugin at a time and never again. While an upgrade works
-- on a copy nobody writes under the old name: until closed_until, epoch ms.
CREATE TABLE plugin_data (
	name {{text}} NOT NULL PRIMARY KEY,
	closed_until {{int}} NOT NULL
){{strict}};

-- Rises with every change of these tables that other nodes have to follow.
INSERT INTO settings (key, value) VALUES ('plugin_revision', '1');
