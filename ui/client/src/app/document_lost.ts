// Another device's text of a document did not stand against one of this device,
// whose writer had not seen it. Whether or not a page of the document is open,
// both texts are kept until the person has chosen.
import type { Store } from "../../../../sync/client/src/local";
import type { Word } from "./document_tabs";
import { sameTexts, textsIn, textsOf, type Texts } from "./document_texts";
import { draftKey } from "./draft_key";

/** How the tabs that have documents of a database open hear of each other. */
export const channelOf = (database: string): string => `or3-documents ${database}`;

/** The text of another device that did not stand against the one of this device; undefined when the conflict is about something else. */
export function lostTexts(conflict: unknown, document?: string): Texts | undefined {
  if (!isConflict(conflict) || conflict.tableName !== "posts" || conflict.winner !== "local" || (document !== undefined && conflict.pk !== document)) return undefined;
  const [theirs, over] = [textsIn(conflict.remote.payload), textsIn(conflict.over)];
  return theirs !== undefined && over !== undefined && sameTexts(theirs, over) ? undefined : theirs; // they changed something else of it
}

interface Conflict {
  readonly tableName: string;
  readonly pk: string;
  readonly winner: string;
  readonly remote: { readonly payload?: unknown };
  /** What this device's write was made over, where that is known. */
  readonly over?: unknown;
}

function isConflict(v: unknown): v is Conflict {
  return typeof v === "object" && v !== null && "tableName" in v && "pk" in v && "winner" in v && "remote" in v && typeof v.remote === "object" && v.remote !== null;
}

/** Keeps the question beside the draft of its document, and asks it in the tab that writes it. */
export function keepLostTexts(store: Store): void {
  store.events.on("sync.conflict:action:detected", (conflict) => {
    const theirs = lostTexts(conflict);
    if (theirs === undefined || !isConflict(conflict)) return;
    const id = conflict.pk;
    pass(store.db.name, { document: id, tab: "", since: 0, say: "lost", what: conflict }); // it may be open in a tab that does not sync
    void store.db.posts.get(id).then((row) => {
      if (row === undefined || sameTexts(theirs, row)) return;
      const key = draftKey(store.workspaceId, id);
      const typed = Object(JSON.parse(localStorage.getItem(key) ?? "null")) as object;
      const mine = textsIn(typed) ?? textsOf(row);
      if (sameTexts(theirs, mine)) return;
      localStorage.setItem(key, JSON.stringify({ base: "", kind: row.post_type, at: Date.now(), ...typed, ...mine, theirs }));
      dispatchEvent(new Event("or3:drafts"));
    }).catch((e: unknown) => console.warn(e)); // closed or full: the server's history has both
  });
}

function pass(database: string, word: Word): void {
  if (typeof BroadcastChannel === "undefined") return;
  const channel = new BroadcastChannel(channelOf(database));
  channel.postMessage(word);
  channel.close();
}
