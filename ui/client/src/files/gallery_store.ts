// The workspace's files as the gallery lists them, and what is done to them.
import type { Row } from "../../../../sync/client/src/local";
import { forgetKept, isTrashed, withoutTrash } from "../../../../sync/client/src/files/keep";
import { plainName } from "../../../../sync/client/src/files/plain_name.js";
import type { Context } from "../app/page";
import { Refused } from "../app/thread_write";
import { forgetUrl } from "./kept_urls";
import { standingOf, type FileState } from "./standing";

type Meta = Row<"file_meta">;

export interface Listed extends FileState {
  /** Who added it; "" is not known. */
  readonly by: string;
  /** Epoch seconds. */
  readonly at: number;
}

export interface Found {
  readonly rows: readonly Meta[];
  readonly counts: Readonly<Record<string, number>>;
  /** Of the files below the tab. */
  readonly shown: number;
  readonly shownSize: number;
  /** Of all files, whatever is shown. */
  readonly size: number;
  readonly more: boolean;
}

/** How many files the list shows, and how many come on when one asks for more. */
export const atOnce = 500;
const inOrder = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const isOf = (row: Meta, kind: string): boolean => {
  if (isTrashed(row) || kind === "trash") return isTrashed(row) && kind === "trash";
  return kind === "" || row.kind === kind || (kind === "other" && row.kind !== "image" && row.kind !== "pdf");
};

/** What the list shows of the workspace's files. How they stand is read apart: a transfer that comes on changes no row. */
export async function listFiles(context: Context, query: string, kind: string, sort = "", most = atOnce): Promise<Found> {
  const all = await context.store.db.file_meta.orderBy("created_at").reverse().toArray();
  const wanted = query.toLowerCase();
  const named = wanted === "" ? all : all.filter((row) => (row.name ?? "").toLowerCase().includes(wanted));
  const counts = Object.fromEntries(["", "image", "pdf", "other", "trash"].map((k) => [k, named.filter((row) => isOf(row, k)).length]));
  const fit = named.filter((row) => isOf(row, kind));
  if (sort === "old") fit.reverse();
  else if (sort === "name") fit.sort((a, b) => inOrder.compare(a.name ?? "", b.name ?? ""));
  else if (sort === "size") fit.sort((a, b) => (b.size_bytes ?? 0) - (a.size_bytes ?? 0));
  const sum = (list: readonly Meta[]): number => list.reduce((n, row) => n + (row.size_bytes ?? 0), 0);
  return { rows: fit.slice(0, most), counts, shown: fit.length, shownSize: sum(fit), size: sum(all), more: fit.length > most };
}

/** How listed files stand on this device. */
export async function standOf(context: Context, { rows }: Found): Promise<Listed[]> {
  const states = await standingOf(context, rows.map((row) => row.hash));
  return states.map((state, i): Listed => ({ ...state, at: rows[i]?.created_at ?? 0, by: addedBy(rows[i]) }));
}

function addedBy(row: Meta | undefined): string {
  const by: unknown = row === undefined ? undefined : (row as unknown as { added_by?: unknown }).added_by;
  return typeof by === "string" ? by : "";
}

async function change(context: Context, hash: string, to: (row: Meta) => object): Promise<void> {
  const { store } = context;
  await store.transact(["file_meta"], async () => {
    const row = await store.db.file_meta.get(hash);
    if (row === undefined) throw new Refused("name", "This file was deleted meanwhile.");
    await store.db.file_meta.put({ ...to(row), updated_at: store.seconds() } as Meta);
  });
}

export async function renameFile(context: Context, hash: string, text: string): Promise<void> {
  const name = plainName(text).replace(/\s+/g, " ");
  if (name === "") throw new Refused("name", "Give the file a name.");
  if (Array.from(name).length > 255) throw new Refused("name", "A name has at most 255 characters.");
  await change(context, hash, (row) => ({ ...row, name }));
}

/** Moves files into the trash, or out of it: all of them or none. Those that are gone meanwhile are left out. */
export async function trashFiles(context: Context, hashes: readonly string[], trash: boolean): Promise<void> {
  const { store } = context;
  await store.transact(["file_meta"], async () => {
    for (const row of await store.db.file_meta.bulkGet([...hashes])) {
      if (row === undefined || isTrashed(row) === trash) continue;
      await store.db.file_meta.put({ ...(trash ? { ...row, trashed_at: store.seconds() } : withoutTrash(row)), updated_at: store.seconds() } as Meta);
    }
  });
}

/** Deletes files for everyone. */
export async function deleteFiles(context: Context, hashes: readonly string[]): Promise<void> {
  const { store } = context;
  await store.transact(["file_meta"], () => store.db.file_meta.bulkDelete([...hashes]));
  for (const hash of hashes) {
    await forgetKept(store, hash);
    forgetUrl(hash);
  }
}

export const trashFile = (context: Context, hash: string, trash: boolean): Promise<void> =>
  change(context, hash, (row) => (trash ? { ...row, trashed_at: context.store.seconds() } : withoutTrash(row)));

/** Deletes a file for everyone; on this device its bytes go at once. */
export async function deleteFile(context: Context, hash: string): Promise<void> {
  const { store } = context;
  await store.transact(["file_meta"], () => store.db.file_meta.delete(hash));
  await forgetKept(store, hash);
  forgetUrl(hash);
}
