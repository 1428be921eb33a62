// Backup files made of lines, and stores that are exported and imported.
import { expect } from "vitest";
import { Import, exportBackup, unfinishedImport, type Mode, type Plan } from "../src/backup.js";
import { canonical } from "../src/store/canonical.js";
import { stripStamp } from "../src/store/payload.js";
import { sha256 } from "../src/store/sha256.js";
import { tables, type AnyRow, type Store, type Table } from "../src/index.js";
import { message, thread } from "./lib.js";

export const file = (text: string | Blob, name = "kestrel.or3.jsonl"): File => new File([text], name);
export const line = (of: object): string => `${JSON.stringify(of)}\n`;
export const row = (table: Table, payload: object): string => line({ type: "row", table, row: payload });
export const head = (more: object = {}): string => line({ type: "or3-backup", version: 1, workspace_id: "w1", workspace: "Kestrel", user_id: "u1", exported_at: 1764288000, ...more });
export const end = (rows: number, more: object = {}): string => line({ type: "end", rows, ...more });
export const setting = (id: string, value: string, updated = 10) => ({ id, name: id, value, created_at: 1, updated_at: updated });
export const notice = (id: string, user: string) => ({ id, user_id: user, type: "ai.message.received", title: id, created_at: 1, updated_at: 1 });

/** A file with a head, lines and the end that fits. */
export function whole(lines: string[], more: object = {}): File {
  const text = head(more) + lines.join("");
  return file(text + end(lines.length, { sha256: sha256(text) }));
}

export async function textOf(store: Store): Promise<string> {
  return (await exportBackup(store, { workspace: "Kestrel" })).file.text();
}

/** What a store holds, without who wrote it when. */
export async function contentOf(store: Store): Promise<string> {
  const lines: string[] = [];
  for (const table of tables) {
    for (const r of await store.db.table<AnyRow, string>(table).toArray()) lines.push(`${table} ${canonical(stripStamp(table, r))}`);
  }
  return sha256(lines.sort().join("\n"));
}

export async function bring(store: Store, from: File, mode: Mode): Promise<{ plan: Plan; meanwhile: number }> {
  const checked = await Import.check(store, from, mode);
  const before = checked.plan;
  const done = await checked.run();
  expect(done.total).toMatchObject({ added: before.total.added, changed: before.total.changed, deleted: before.total.deleted });
  expect(done.stopped).toBe(false);
  expect(await unfinishedImport(store)).toBeNull();
  return { plan: before, meanwhile: done.meanwhile };
}

export async function filled(store: Store): Promise<void> {
  await store.db.threads.bulkPut([thread("t1"), thread("t2", { title: "Ölwechsel “quoted” \u2028 🛶" })]);
  await store.db.messages.bulkPut([message("m1", { author_user_id: "u1" }), message("m2", { index: 1, author_user_id: "u1", data: { content: "line\nline" } }), message("m3", { role: "assistant", index: 2 })]);
  await store.db.posts.put({ id: "d1", title: "Plan", content: "# Keel\n", post_type: "markdown", meta: { a: [1, null] }, created_at: 1, updated_at: 2 });
  await store.db.projects.put({ id: "p1", name: "Hull 14", data: [{ kind: "thread", id: "t1" }, { kind: "post", id: "d1" }], created_at: 1, updated_at: 2 });
  await store.db.kv.bulkPut([setting("theme", "dark"), setting("user.u1.notification_muted_threads", "[]")]);
  await store.db.notifications.put(notice("n1", "u1"));
  await store.db.file_meta.put({ hash: "sha256:" + "a".repeat(64), name: "keel.png", kind: "image", size_bytes: 12, created_at: 1, updated_at: 1 });
}
