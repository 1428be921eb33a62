// The store and its sync. What has no account imports ./local.ts instead.

export * from "./local.js";

export { startSync } from "./sync/start.js";
export type { Phase, Sync, SyncOptions, SyncStatus } from "./sync/types.js";
export { lockDatabase, removeDatabase } from "./sync/database.js";
export { exportDatabase, leaveDevice, listLocalDatabases, rowsOf, type LocalDatabase } from "./sync/leave.js";
export { adoptLocal, localRows, type Adoption } from "./sync/adopt.js";
export { debugOf, type Debug } from "./sync/debug.js";
export { startFiles, type Files, type FilesOptions } from "./files/start.js";
export { cancelTransfer, pauseTransfers, resumeTransfers, retryTransfer, wantFile } from "./files/steer.js";
