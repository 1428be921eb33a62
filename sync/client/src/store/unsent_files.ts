import type { Collection } from "dexie";

import type { Or3Database } from "./schema.js";
import type { FileTransfer } from "./types.js";

/** The uploads that are not done: files that no server has. */
export const unsentFiles = (db: Pick<Or3Database, "file_transfers">): Collection<FileTransfer, string> =>
  db.file_transfers.where("state").anyOf("queued", "running", "paused", "failed").filter((t) => t.direction === "upload");
