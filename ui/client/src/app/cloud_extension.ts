// What an account adds to the frame: sync and its state, and whose data it is.
import { ForeignStore, lockDatabase, startSync, type Store, type Sync } from "../../../../sync/client/src/index";
import { dropAllDrafts } from "../draft";
import { recall } from "./boot";
import { openDebug } from "./debug";
import { hasDraft } from "./draft_key";
import type { Extension, Frame } from "./frame";
import { forgetPeople, startLeaving } from "./leave";
import { showSyncState } from "./sync_foot";
import { plural } from "./text";
import { startUpdates } from "./update";

export class CloudExtension implements Extension {
  sync: Sync | undefined;

  async before(frame: Frame): Promise<boolean> {
    startUpdates(frame);
    const { user } = frame.boot;
    if (user === null) {
      // The shell, and nobody is signed in on this device.
      if (navigator.onLine) location.assign("/sign-in");
      else frame.say({ kind: "not-on-device", icon: "lock", title: "Nobody is signed in here", text: "Signing in needs the server, and you are offline." });
      return false;
    }
    const last = recall()?.user;
    if (last !== undefined && last !== null && last.id !== user.id) {
      // Somebody else used this browser before: their words are not this person's.
      dropAllDrafts();
      forgetPeople();
    }
    frame.remember();
    return true;
  }

  async opened(frame: Frame, store: Store): Promise<void> {
    const sync = startSync(store, {
      clientVersion: frame.boot.version,
      // The document's page shows both texts until the person has chosen.
      undecided: (table, pk) => table === "posts" && hasDraft(store.workspaceId, pk),
    });
    this.sync = sync;
    showSyncState(frame, sync);
    openDebug(frame, store, () => sync.status());
    startLeaving(frame, () => sync.stop());
    await ready(store, sync);
  }

  /** Another person's database is never opened: it is locked for them, and this person gets their own beside it. */
  async refused(frame: Frame, error: unknown): Promise<"again" | "told" | "unknown"> {
    if (!(error instanceof ForeignStore)) return "unknown";
    if (!error.locked) {
      await lockDatabase(error.database);
      if (error.unsent > 0) frame.notice("foreign", { tone: "", icon: "lock", text: `Somebody else’s work is kept locked here: ${plural(error.unsent, "change", "changes")} they have not sent. Nobody but them can open it.` });
      return "again";
    }
    frame.notice("foreign", { tone: "warn", icon: "lock", text: "Somebody else’s work is kept locked here, so the app stores nothing of yours in this browser. Everything works with the server alone." });
    return "told";
  }
}

/** Waits for the first load, and a moment for what is new, so that the server's page is never replaced by an older one. */
async function ready(store: Store, sync: Sync): Promise<void> {
  const loaded = async (): Promise<boolean> => {
    const p = await store.db.sync_state.get("position");
    return p !== undefined && "loaded" in p && p.loaded;
  };
  const settled = (): boolean => !["starting", "syncing"].includes(sync.status().phase);
  const patience = performance.now() + 1500;
  for (;;) {
    if (await loaded() && (settled() || performance.now() > patience)) return;
    await change(sync, 250);
  }
}

/** Waits for the next change of the state, or a moment. */
function change(sync: Sync, ms: number): Promise<void> {
  return new Promise((done) => {
    let stop = (): void => undefined;
    let first = true; // a listener is told the present state at once
    const timer = setTimeout(() => {
      stop();
      done();
    }, ms);
    stop = sync.onStatus(() => {
      if (first) return;
      clearTimeout(timer);
      stop();
      done();
    });
    first = false;
  });
}
