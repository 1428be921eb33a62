// Who is in the workspace: names for what is written. The list comes from the
// server now and then and is kept on the device.
import { isFields, textIn } from "./boot";
import type { Person } from "./page";
import { whenLetGo } from "./still";

export interface People {
  /** The name of a user id; "Somebody" for who is unknown. */
  name(id: string): string;
  list(): readonly Person[];
  /** Asks the server, when there is one. */
  refresh(): Promise<void>;
  onChange(f: () => void): () => void;
}

const storageKey = (workspace: string): string => "or3-people:" + workspace;

function read(json: string | null): Person[] {
  try {
    const v: unknown = JSON.parse(json ?? "[]");
    return Array.isArray(v) ? v.filter(isFields).map((m) => ({ id: textIn(m, "id"), name: textIn(m, "name"), email: textIn(m, "email") })) : [];
  } catch {
    return [];
  }
}

export function openPeople(workspace: string, me: Person | null, ask: boolean): People {
  const heard = new Set<() => void>();
  let known = new Map<string, Person>();
  const set = (list: readonly Person[]): void => {
    known = new Map(list.map((p) => [p.id, p]));
    if (me !== null) known.set(me.id, me);
    whenLetGo(heard, () => {
      for (const f of heard) f(); // names are drawn anew
    });
  };
  try {
    set(read(localStorage.getItem(storageKey(workspace))));
  } catch {
    set([]);
  }
  return {
    name: (id) => (id === "" && me === null ? "You" : (known.get(id)?.name ?? "") || "Somebody"),
    list: () => Array.from(known.values()),
    refresh: async () => {
      if (globalThis.OR3_LOCAL === true || !ask) return;
      try {
        const answer = await fetch(`/api/workspaces/${encodeURIComponent(workspace)}/members`, { credentials: "same-origin", headers: { Accept: "application/json" } });
        if (!answer.ok) return;
        const body: unknown = await answer.json();
        if (!isFields(body) || !Array.isArray(body["members"])) return;
        const list = body["members"].filter(isFields).map((m) => ({ id: textIn(m, "user_id"), name: textIn(m, "display_name"), email: textIn(m, "email") }));
        // Who has left keeps their name below what they wrote.
        const now = new Map([...known, ...list.map((p): [string, Person] => [p.id, p])]);
        set(Array.from(now.values()));
        localStorage.setItem(storageKey(workspace), JSON.stringify(Array.from(now.values())));
      } catch {
        // Offline, or no room: the names we have stay.
      }
    },
    onChange: (f) => {
      heard.add(f);
      return () => heard.delete(f);
    },
  };
}

/** Forgets who is in a workspace whose data goes; in every one, when somebody else uses this browser now. */
export function forgetPeople(workspace = ""): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(storageKey(workspace))) localStorage.removeItem(key);
    sessionStorage.removeItem("or3-debug");
  } catch {
    // Closed: then there is nothing to forget.
  }
}
