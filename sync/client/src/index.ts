// The store and its sync. What has no account imports ./local.ts instead.

export * from "./local.js";

export { startSync } from "./sync/start.js";
export type { Phase, Sync, SyncOptions, SyncStatus } from "./sync/types.js";
export { exportDatabase, leaveDevice, listLocalDatabases, lockDatabase, removeDatabase, type LocalDatabase } from "./sync/leave.js";
export { adoptLocal, localRows, type Adoption } from "./sync/adopt.js";
export { debugOf, type Debug } from "./sync/debug.js";
