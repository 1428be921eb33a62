DELETE FROM settings WHERE key = 'plugin_revision';
DROP TABLE plugin_data;
DROP TABLE plugin_workspaces;
DROP TABLE plugin_parts;
DROP TABLE plugin_versions;
DROP TABLE plugins;
