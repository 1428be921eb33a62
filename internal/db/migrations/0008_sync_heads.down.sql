-- A head at 0 says what none says.
DELETE FROM sync_heads WHERE value = 0 AND tombstone_floor = 0;
