ALTER TABLE plugin_data DROP COLUMN trial_until;
