// Says on pages that are not the app's own what this browser keeps of a person
// that no server has: at signing in again, and where they may be no member of the
// workspace any more, so that no page of it leads there.
import type { PendingOp } from "../../../../sync/client/src/store/types";
import { actsOf } from "../../../../sync/client/src/sync/acts";
import { draftKeysOf, draftsOf } from "../app/draft_key";
import { icon, make } from "../dom";
import { addNotice } from "../notice";
import { hintOf, type Kept } from "./words";

const begin = "or3-db-";

function readJSON(json: string | null | undefined): Record<string, unknown> {
  try {
    return Object(JSON.parse(json ?? "null")) as Record<string, unknown>;
  } catch {
    return {};
  }
}

const asked = <T>(request: IDBRequest<T>): Promise<T> => new Promise((done, refused) => {
  request.onsuccess = () => done(request.result);
  request.onerror = () => refused(request.error ?? new Error("This device does not answer."));
});

/** Looks into a database as it is; undefined for one that has gone meanwhile, or is another thing. */
async function lookInto(name: string): Promise<Kept | undefined> {
  const opening = indexedDB.open(name);
  let there = true;
  opening.onupgradeneeded = () => {
    there = false;
    opening.transaction?.abort(); // nor does it come to be
  };
  const db = await asked(opening).catch((error: unknown) => {
    if (there) throw error;
    return undefined;
  });
  if (db === undefined) return undefined;
  db.onversionchange = () => db.close();
  try {
    const stores = ["sync_state", "pending_ops", "file_transfers"];
    if (stores.some((s) => !db.objectStoreNames.contains(s))) return undefined;
    const read = db.transaction(stores, "readonly");
    const [device, ops, files] = await Promise.all([
      asked(read.objectStore("sync_state").get("device")) as Promise<unknown>, asked(read.objectStore("pending_ops").getAll()) as Promise<PendingOp[]>, asked(read.objectStore("file_transfers").getAll()) as Promise<Record<string, unknown>[]>,
    ]);
    const of = Object(device) as Record<string, unknown>;
    return {
      workspace: String(of["workspace_id"] ?? ""), user: String(of["user_id"] ?? ""), locked: of["locked"] === true,
      drafts: 0, changes: actsOf(ops).length, files: files.filter((t) => t["direction"] === "upload" && t["state"] !== "done").length,
    };
  } finally {
    db.close();
  }
}

/** How many drafts of a person there are, by workspace. */
function draftsByWorkspace(person: string): Map<string, number> {
  const found = new Map<string, number>();
  const begin = draftsOf(person);
  for (const key of Object.keys(localStorage)) {
    const [, a, b] = key.startsWith(begin) ? (/^(?:document:([^:]+):|\/w\/([^/]+)\/)/.exec(key.slice(begin.length)) ?? []) : [];
    const workspace = a ?? b;
    if (workspace !== undefined && workspace !== "local" && !found.has(workspace)) found.set(workspace, draftKeysOf(workspace, begin).length);
  }
  return found;
}

async function hint(): Promise<void> {
  const boot = readJSON(document.getElementById("or3-app")?.textContent);
  const last = readJSON(localStorage.getItem("or3-device"));
  const from = (v: unknown): { id: string; name: string }[] => (Array.isArray(v) ? v.map((w) => Object(w) as { id: string; name: string }) : []);
  const user = Object(boot["user"] ?? last["user"]) as { id?: string };
  const known = from(boot["user"] ? boot["workspaces"] : last["workspaces"]);
  const kept: Kept[] = [];
  for (const { name } of await indexedDB.databases()) {
    const found = name?.startsWith(begin) && name !== begin + "local" ? await lookInto(name) : undefined;
    if (found !== undefined && found.user === user.id) kept.push(found);
  }
  if (user.id) for (const [workspace, drafts] of draftsByWorkspace(user.id)) {
    const at = kept.findIndex((k) => k.workspace === workspace);
    const of = kept[at] ?? { workspace, user: user.id, locked: false, changes: 0, files: 0 };
    kept.splice(at < 0 ? kept.length : at, 1, { ...of, drafts });
  }
  const names = new Map([...from(last["workspaces"]), ...known].map((w) => [w.id, w.name]));
  for (const h of hintOf(kept, { path: location.pathname, app: document.getElementById("or3-app") !== null, members: known.map((w) => w.id), nameOf: (id) => names.get(id) ?? "" })) {
    const box = make("div", "notice notice-warn", icon("cloud-upload"), make("p", "notice-text", h.text));
    if (h.href !== "") {
      const a = make("a", "", "See what waits");
      a.href = h.href;
      box.append(a);
    }
    box.dataset["unsent"] = "";
    addNotice(box);
  }
}

/** When it is tried again, in ms: a database that another page is closing may not open at once. */
const again = [300, 1000, 3000];

function tryToHint(): void {
  hint().catch((error: unknown) => {
    const pause = again.shift();
    if (pause === undefined) console.warn(error); // a browser that stores nothing keeps nothing
    else setTimeout(tryToHint, pause);
  });
}

tryToHint();
