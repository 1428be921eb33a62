-- A copy that an upgrade works on belongs to nobody before the upgrade is done: one that is not by trial_until
-- (epoch ms, 0 for what a plugin has) was left by a node that died, and is removed.
ALTER TABLE plugin_data ADD COLUMN trial_until {{int}} NOT NULL DEFAULT 0;
