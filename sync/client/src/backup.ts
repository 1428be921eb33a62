// The workspace as a file, and back. Pages that are loaded later import this.

export { exportBackup } from "./backup/export.js";
export { BackupError, backupVersion, type Broken, type Head } from "./backup/format.js";
export { Import, forgetImport, isImporting, unfinishedImport, type Done, type Mode, type Plan, type Tally } from "./backup/import.js";
export type { ImportState } from "./store/state.js";
