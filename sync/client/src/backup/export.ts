import { stripStamp } from "../store/payload.js";
import { SHA256 } from "../store/sha256.js";
import type { Store } from "../store/store.js";
import { tables, type AnyRow } from "../store/types.js";
import { reserved } from "../store/reserved.js";
import { backupVersion } from "./format.js";

export interface ExportOptions {
  /** The workspace's name, for people who find the file later. */
  workspace: string;
  onProgress?: (done: number, total: number) => void;
}

const page = 500;
const gather = 1 << 20;

/**
 * The workspace as it is on this device at one moment, as a file. What belongs
 * to the device alone, and what only the server writes, is left out.
 */
export async function exportBackup(store: Store, options: ExportOptions): Promise<{ file: Blob; rows: number }> {
  const { db } = store;
  const parts: Blob[] = [];
  const encoder = new TextEncoder();
  const hash = new SHA256();
  let text = "";
  let rows = 0;
  const write = (line: object): void => {
    text += `${JSON.stringify(line)}\n`;
    if (text.length >= gather) spill();
  };
  const spill = (): void => {
    const bytes = encoder.encode(text);
    hash.update(bytes);
    parts.push(new Blob([bytes]));
    text = "";
  };
  write({ type: "or3-backup", version: backupVersion, workspace_id: store.workspaceId, workspace: options.workspace, user_id: store.userId, exported_at: store.seconds() });
  // One transaction: no thread without its messages. Each page is a request of
  // its own, so the browser goes on drawing.
  await db.transaction("r", [...tables], async () => {
    let total = 0;
    for (const table of tables) total += await db.table(table).count();
    let done = 0;
    for (const table of tables) {
      for (let last = ""; ; ) {
        const found = await db.table<AnyRow, string>(table).where(":id").above(last).limit(page).toArray();
        for (const row of found) {
          last = String(table === "file_meta" ? row["hash"] : row["id"]);
          if (row.op_id === "" || reserved(table, last)) continue;
          write({ type: "row", table, row: stripStamp(table, row) });
          rows++;
        }
        done += found.length;
        options.onProgress?.(done, total);
        if (found.length < page) break;
      }
    }
  });
  spill();
  text = `${JSON.stringify({ type: "end", rows, sha256: hash.hex() })}\n`;
  parts.push(new Blob([text]));
  return { file: new Blob(parts, { type: "application/jsonl" }), rows };
}
