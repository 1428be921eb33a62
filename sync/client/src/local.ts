// The store alone: for the app that has no account and no server.

export { openStore, databaseName, ForeignStore, type OpenOptions, type Store } from "./store/store.js";
export { localDigest } from "./store/digest.js";
export { newId } from "./store/ids.js";
export { liveQuery } from "dexie";
export type { Or3Database } from "./store/schema.js";
export * from "./store/types.js";
export { hashBlob, hashesIn, refOf, type Hasher } from "./files/hash.js";
export { FileGone, forgetKept, isTrashed, keepChosen, makeRoom, nameFiles, openKept, transferId, withoutTrash, type Chosen } from "./files/keep.js";
export { releaseKept } from "./files/release.js";
