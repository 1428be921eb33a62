// Drafts of somebody without an account become drafts of the person who takes
// along what was written with them. Nothing of them is stored anywhere by that.
import { draftsOf } from "../app/draft_key";
import { draftsAmong } from "../app/draft_list";
import { idIn, segment } from "../app/router";

const guests = draftsOf("");

function kept(): Storage | undefined {
  try {
    return localStorage;
  } catch {
    return undefined; // closed to us
  }
}

/** How many drafts wait that were typed without an account. */
export function guestDrafts(): number {
  const shelf = kept();
  return shelf === undefined ? 0 : draftsAmong(Object.keys(shelf).map((key): [string, string] => [key, shelf.getItem(key) ?? ""]), guests).length;
}

/** The key of the same draft in a workspace, where rows may have got new ids. */
function keyIn(what: string, workspace: string, idOf: (id: string) => string): string | undefined {
  const [, document] = /^document:local:(.+)$/s.exec(what) ?? [];
  if (document !== undefined) return `document:${workspace}:${idOf(document)}`;
  const [, rest] = /^\/w\/local(\/.*)$/s.exec(what) ?? [];
  // Ids stand behind /t/ and /m/.
  return rest === undefined ? undefined : `/w/${encodeURIComponent(workspace)}${rest.replace(/\/([tm])\/([^/]+)/g, (_, of: string, id: string) => `/${of}/${segment(idOf(idIn(id)))}`)}`;
}

type Draft = Record<string, unknown>;

function read(json: string | null): Draft | undefined {
  try {
    const v: unknown = JSON.parse(json ?? "null");
    return typeof v === "object" && v !== null ? (v as Draft) : undefined;
  } catch {
    return undefined;
  }
}

/** Two drafts for one box: the person's own, and below it what they typed before. It was sent as nothing yet. */
function both(own: Draft, before: Draft): Draft {
  const joined: Draft = { ...own };
  for (const [name, between] of [["title", " / "], ["text", "\n\n"], ["content", "\n\n"]] as const) {
    const [a, b] = [own[name], before[name]];
    if (typeof b === "string" && b !== "" && a !== b) joined[name] = typeof a === "string" && a !== "" ? a + between + b : b;
  }
  if ("sent" in joined) joined["sent"] = "";
  return joined;
}

/** Puts a draft under another key. Where there is no room for both it stays: nothing is taken away first. */
function move(shelf: Storage, from: string, to: string, draft: string): boolean {
  try {
    shelf.setItem(to, draft);
    shelf.removeItem(from);
    return true;
  } catch {
    return false;
  }
}

export interface Taken {
  readonly moved: number;
  /** Found no room: they stay the guest's. */
  readonly left: number;
}

/** Gives the drafts to a person. `ids` = new ids of rows by the old ones. */
export function takeDrafts(person: string, workspace: string, ids: ReadonlyMap<string, string>): Taken {
  const shelf = kept();
  let [moved, left] = [0, 0];
  for (const key of shelf === undefined ? [] : Object.keys(shelf)) {
    if (shelf === undefined || !key.startsWith(guests)) continue;
    const what = keyIn(key.slice(guests.length), workspace, (id) => ids.get(id) ?? id);
    const draft = read(shelf.getItem(key));
    if (what === undefined || draft === undefined) continue;
    const own = read(shelf.getItem(draftsOf(person) + what));
    const shown = draftsAmong([[key, JSON.stringify(draft)]], guests).length; // an empty one is none to speak of
    if (move(shelf, key, draftsOf(person) + what, JSON.stringify(own === undefined ? draft : both(own, draft)))) moved += shown;
    else left += shown;
  }
  return { moved, left };
}
