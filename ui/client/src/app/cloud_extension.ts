// What an account adds to the frame: sync and its state, and whose data it is.
import { databaseName, ForeignStore, lockDatabase, startSync, type Store, type Sync } from "../../../../sync/client/src/index";
import { lookInto } from "../../../../sync/client/src/sync/database";
import { recall } from "./boot";
import { openDebug } from "./debug";
import { keepLostTexts } from "./document_lost";
import { claimDrafts, draftKeysOf, hasDraft } from "./draft_key";
import type { Extension, Frame } from "./frame";
import { forgetLooks, keepLook, wear } from "./look";
import { forgetPeople } from "./people";
import { here } from "./router";
import { watchRights } from "./rights";
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
      const { referrer } = document;
      if (navigator.onLine && here().path !== "/sign-in") location.assign("/sign-in");
      else frame.say({
        kind: "not-on-device", icon: "lock", title: "Nobody is signed in here", text: "Signing in needs the server, and it does not answer.",
        action: referrer.startsWith(location.origin) ? { label: "Go back", href: referrer.slice(location.origin.length) } : { label: "Try again", href: "/sign-in" },
      });
      return false;
    }
    const last = recall()?.user?.id;
    claimDrafts(last ?? user.id);
    if (last !== user.id) {
      forgetPeople(); // somebody else used this browser before, or nobody knows who
      forgetLooks();
    }
    frame.remember();
    if (frame.neutral) wear(frame.workspace);
    else if (frame.boot.look !== undefined) void keepLook(frame.workspace, frame.boot.look, frame.boot.workspaces);
    return true;
  }

  async keeps(frame: Frame): Promise<boolean> {
    const [name, me] = [databaseName(frame.workspace), frame.boot.user?.id];
    for (const d of await indexedDB.databases()) {
      if (d.name !== name && d.name !== `${name}~${me}`) continue;
      if (await lookInto(d.name, undefined, async (db) => Object(await db.sync_state.get("device")).user_id === me)) return true;
    }
    return draftKeysOf(frame.workspace).length > 0;
  }

  async opened(frame: Frame, store: Store): Promise<void> {
    keepLostTexts(store);
    const sync = startSync(store, {
      clientVersion: frame.boot.version,
      // The document's page shows both texts until the person has chosen.
      undecided: (table, pk) => table === "posts" && hasDraft(store.workspaceId, pk),
      kept: () => draftKeysOf(store.workspaceId).length,
    });
    this.sync = sync;
    showSyncState(frame, sync);
    watchRights(frame, sync, store.workspaceId);
    openDebug(frame, store, () => sync.status());
    await ready(frame, store, sync);
  }

  /** Another person's database is never opened: it is locked for them, and this person gets their own beside it. */
  async refused(frame: Frame, error: unknown): Promise<"again" | "told" | "unknown"> {
    if (!(error instanceof ForeignStore)) return "unknown";
    if (!error.locked) {
      await lockDatabase(error.database);
      if (error.unsent > 0) frame.notice("foreign", { tone: "", icon: "lock", text: `Somebody else’s work is kept locked here: ${plural(error.unsent, "change", "changes")} they have not sent. Nobody but them can open it.` });
      return "again";
    }
    frame.notice("foreign", { tone: "warn", icon: "lock", text: "Somebody else’s work is kept locked here, so this browser stores nothing of yours: everything works with the server alone." });
    return "told";
  }
}

/** Waits for the first load, and a moment for what is new, so that the server's page is never replaced by an older one. */
async function ready(frame: Frame, store: Store, sync: Sync): Promise<void> {
  const loaded = async (): Promise<boolean> => {
    const p = await store.db.sync_state.get("position");
    return p !== undefined && "loaded" in p && p.loaded;
  };
  const settled = (): boolean => !["starting", "syncing"].includes(sync.status().phase);
  const patience = performance.now() + 1500;
  for (;;) {
    const whole = await loaded();
    if ((whole && (settled() || performance.now() > patience)) || sync.status().phase === "removed") return; // nothing more comes then
    if (!whole && frame.neutral && sync.status().phase === "offline") await sayNeverLoaded(frame);
    await change(sync, 250);
  }
}

/** The workspace was never loaded here, and there is no server: others may have been. It goes on by itself once the server answers. */
async function sayNeverLoaded(frame: Frame): Promise<void> {
  if (document.getElementById("app-wait") === null) return; // it was said
  const known = new Set((await indexedDB.databases()).map((d) => d.name));
  const other = frame.boot.workspaces.find((w) => w.id !== frame.workspace && known.has(databaseName(w.id)));
  frame.say({
    kind: "not-on-device", icon: "cloud-off", title: "Not on this device", text: "This workspace was never loaded here, and the server does not answer.",
    ...(other === undefined ? {} : { action: { label: `To ${other.name}`, href: `/w/${other.id}` } }),
  });
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
