import { reserved } from "../store/reserved.js";
import type { PositionState } from "../store/state.js";
import type { Store } from "../store/store.js";
import type { Table } from "../store/types.js";
import { Unreachable, words, type Api } from "./api.js";
import type { Board } from "./board.js";
import { correct } from "./clock.js";
import { asServer, readPosition } from "./merge.js";
import type { Change, SnapshotAnswer } from "./parse.js";
import { quarantine, sort } from "./quarantine.js";
import { mergeSnapshot, stockPage } from "./snapshot.js";

// The beginning, and starting over: after a long absence, when the server lives
// another life, or when what stands here cannot be mended from what is known.

export interface Loading {
  store: Store;
  api: Api;
  board: Board;
  clientVersion: string;
  /** Rows of a page. */
  pageSize: number;
}

/** Has the next round take a snapshot. */
export async function forgetLoaded(store: Store): Promise<void> {
  const { db } = store;
  await db.transaction("rw", db.sync_state, async () => {
    const position = await readPosition(store);
    if (position) await db.sync_state.put({ ...position, loaded: false });
  });
}

/**
 * Loads the workspace from a snapshot: into the empty database page by page (`before` null), or, as a whole, into
 * what stands here. The outbox stays.
 */
export async function load(o: Loading, before: PositionState | null, signal: AbortSignal): Promise<void> {
  const { store, board } = o;
  const emit = (name: string, payload: object) => store.events.emit(name, payload);
  const scope = { workspaceId: store.workspaceId };
  const started = store.now();
  const first = before === null;
  const name = first ? "sync.bootstrap:action" : "sync.rescan:action";
  emit(first ? `${name}:start` : `${name}:starting`, { scope });
  board.set({ bootstrap: { done: 0 }, busy: true });
  try {
    const items: Change[] = [];
    let done = 0;
    let meta: SnapshotAnswer | null = null;
    for (let asked = ask(o, null, before); !signal.aborted; ) {
      const page = await asked;
      if (meta && (page.history_id !== meta.history_id || page.high_watermark !== meta.high_watermark)) throw new Unreachable("the snapshot changed under way");
      meta ??= page;
      const token = page.next_page_token;
      if (token !== null) {
        asked = ask(o, token, before); // the next page comes while this one is stored
        asked.catch(() => undefined); // it is heard when its turn comes
      }
      const { good, strange } = sort(page.items);
      if (strange.length > 0) await asServer(store, () => quarantine(store, strange, o.clientVersion));
      if (first) await stockPage(store, good, meta, token === null);
      else for (const item of good) items.push(item);
      done += page.items.length;
      board.set({ bootstrap: { done } });
      emit(`${name}:progress`, { scope, cursor: meta.high_watermark, pulledCount: done, hasMore: token !== null });
      if (token === null) break;
    }
    if (!meta || signal.aborted) throw new Unreachable("sync ended");
    if (!first) {
      const reset = await mergeSnapshot(store, items, meta, await mayWrite(o, before.history_id !== meta.history_id));
      for (const op of reset.gone) emit("sync.error:action", { op, error: "row_gone", permanent: true });
      for (const conflict of reset.conflicts) emit("sync.conflict:action:detected", conflict);
    }
    emit(first ? `${name}:complete` : `${name}:completed`, { scope, cursor: meta.high_watermark, totalPulled: done, elapsedMs: store.now() - started });
  } catch (error) {
    emit(first ? `${name}:error` : "sync.error:action", { scope, error: words(error) });
    throw error;
  } finally {
    board.set({ bootstrap: null });
  }
}

async function ask({ store, api, pageSize }: Loading, token: string | null, before: PositionState | null): Promise<SnapshotAnswer> {
  const timed = await api.snapshot({
    workspace_id: store.workspaceId, page_size: pageSize, ...(token === null ? {} : { page_token: token }), ...(before ? { history_id: before.history_id } : {}),
  });
  await correct(store, timed); // at once: an answer that lies about tells a wrong time
  return timed.answer;
}

/** What this person may write, as far as a device can tell. The server has the last word. */
async function mayWrite({ store, api }: Loading, matters: boolean): Promise<(table: Table, pk: string) => boolean> {
  if (!matters) return () => true;
  const role = (await api.workspaces()).live.find((w) => w.id === store.workspaceId)?.role;
  return (table, pk) => {
    if (reserved(table, pk)) return false;
    if (table === "notifications" || (table === "kv" && pk.startsWith(`user.${store.userId}.`))) return true;
    return role !== "viewer";
  };
}
