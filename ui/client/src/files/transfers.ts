// What goes up and down just now, with what can be done about it.
import type { FileTransfer } from "../../../../sync/client/src/local";
import { hashesIn } from "../../../../sync/client/src/files/hash";
import { forgetKept } from "../../../../sync/client/src/files/keep";
import { cancelTransfer, pauseTransfers, resumeTransfers } from "../../../../sync/client/src/files/steer";
import { make } from "../dom";
import { slot } from "../app/blueprint";
import { confirmFirst } from "../app/confirm";
import { Keyed } from "../app/morph";
import type { Context } from "../app/page";
import { plural } from "../app/text";
import { clicked, drawFile, signatureOf } from "./draw";
import { forgetUrl } from "./kept_urls";
import { standingOf, type FileState } from "./standing";

/** How many are shown by name. */
const named = 20;

interface Moving {
  readonly rows: readonly FileTransfer[];
  readonly shown: readonly FileState[];
}

/** Transfers that are not done: what waits for the sender's device is none. */
export async function unfinished(context: Context): Promise<FileTransfer[]> {
  const rows = await context.store.db.file_transfers.where("state").anyOf("running", "queued", "paused", "failed").toArray();
  const order = ["failed", "running", "queued", "paused"];
  return rows.filter((r) => r.direction === "upload" || r.error_code !== "not_found").sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state) || a.created_at - b.created_at);
}

/**
 * Gives transfers up, for good: who waits for such a file, here or elsewhere, is told
 * that it was never uploaded. One that another device named, too, may come from there: its row stays.
 * A page that is left meanwhile has given all of a file up, or nothing of it.
 */
export async function giveUp(context: Context, transfers: readonly FileTransfer[]): Promise<void> {
  const { store } = context;
  const ups = transfers.filter((t) => t.direction === "upload");
  const others = ups.length === 0 ? new Set<string>() : await namedElsewhere(context, ups.map((t) => t.hash));
  for (const t of transfers) {
    const gone = await store.transact(["file_meta", "file_transfers", "sync_state"], () => giveUpOne(context, t, others.has(t.hash)));
    if (!gone) continue;
    await forgetKept(store, t.hash);
    forgetUrl(t.hash);
  }
}

/** Says whether the file goes from this device, too. */
async function giveUpOne({ store }: Context, t: FileTransfer, elsewhere: boolean): Promise<boolean> {
  await cancelTransfer(store, t.id);
  if (t.direction !== "upload") return false;
  const row = await store.db.file_meta.get(t.hash);
  if (row?.storage_id) return false; // the server has it after all
  if (row?.device_id === store.deviceId && !elsewhere) {
    await store.db.sync_state.put({ id: `never:${t.hash}`, name: row.name ?? t.facts?.name ?? "", mime_type: row.mime_type ?? "", size: row.size_bytes ?? t.bytes_total });
    await store.db.file_meta.delete(t.hash);
  }
  return true;
}

/** Which of the files stand in messages of other devices. */
async function namedElsewhere({ store }: Context, hashes: readonly string[]): Promise<Set<string>> {
  const found = new Set<string>();
  await store.db.messages.filter((m) => Boolean(m.file_hashes) && m.device_id !== store.deviceId).each((m) => {
    for (const hash of hashesIn(m.file_hashes)) if (hashes.includes(hash)) found.add(hash);
  });
  return found;
}

export function showTransfers(context: Context, host: HTMLElement): () => void {
  let now: Moving = { rows: [], shown: [] };
  const head = make("div", "transfers-head");
  const list = make("div", "transfers-list");
  const keyed = new Keyed<FileState>(list, {
    key: (f) => `${f.move?.direction ?? ""} ${f.hash}`, signature: signatureOf,
    make: (f) => {
      const e = drawFile(context, { ...f, width: 0, height: 0 });
      slot(e, "download")?.remove();
      return e;
    },
  });
  const button = (act: string, label: string): HTMLButtonElement => {
    const b = make("button", "btn btn-small" + (act === "cancel" ? " btn-quiet btn-warns" : ""), label);
    b.type = "button";
    b.dataset["all"] = act;
    return b;
  };
  const draw = (): void => {
    const { rows } = now;
    host.hidden = rows.length === 0;
    if (rows.length === 0) {
      host.replaceChildren();
      return;
    }
    const going = rows.filter((r) => r.state !== "failed");
    const up = going.filter((r) => r.direction === "upload").length;
    const failed = rows.length - going.length;
    const parts = [
      ...(up > 0 ? [`${plural(up, "file goes", "files go")} up`] : []), ...(going.length > up ? [`${plural(going.length - up, "file comes", "files come")} down`] : []),
      ...(failed > 0 ? [going.length > 0 ? `${failed} failed` : `${plural(failed, "file", "files")} failed`] : []),
    ];
    const text = parts.join(", ") + (rows.length > named ? `. The first ${named} are shown` : "") + ".";
    const title = make("h2", "transfers-title", text);
    const acts = make("div", "actions");
    if (rows.some((r) => r.state === "running" || r.state === "queued")) acts.append(button("pause", "Pause all"));
    if (rows.some((r) => r.state === "paused")) acts.append(button("resume", "Resume all"));
    acts.append(button("cancel", "Cancel all…"));
    if (head.textContent !== title.textContent + (acts.textContent ?? "")) head.replaceChildren(title, acts);
    if (list.parentElement !== host) host.replaceChildren(head, list);
    keyed.show(now.shown);
  };
  const stop = context.live(async (): Promise<Moving> => {
    const rows = await unfinished(context);
    const first = rows.slice(0, named);
    return { rows, shown: (await standingOf(context, first.map((r) => r.hash))).filter((f, i, all) => all.findIndex((g) => g.hash === f.hash) === i) };
  }, (found) => {
    now = found;
    draw();
  });
  const click = (e: MouseEvent): void => {
    const all = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-all]")?.dataset["all"] : undefined;
    const run = (work: Promise<unknown>): void => void work.catch((error: unknown) => context.fail(error));
    if (all === "pause") run(pauseTransfers(context.store));
    else if (all === "resume") run(resumeTransfers(context.store));
    else if (all === "cancel") {
      const { rows } = now;
      confirmFirst({ title: "Cancel all transfers?", text: "Files that were not uploaded go from this device, and messages that have them say that they were never uploaded, unless another device has the file, too. What is on the server stays there.", keep: "Keep them", do: "Cancel all" }, () => {
        run(giveUp(context, rows));
      });
    } else clicked(context, e, (hash) => now.shown.find((f) => f.hash === hash));
  };
  host.addEventListener("click", click);
  return () => {
    stop();
    host.removeEventListener("click", click);
  };
}
