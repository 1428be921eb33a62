// What the app starts from: what the server wrote into the page, checked here,
// and what this browser remembers for the time without a server.
import type { Person } from "./page";

export interface Workspace {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

/** An entry of the sidebar that is there for a plugin. */
export interface LookItem {
  readonly group: string;
  readonly id: string;
  readonly label: string;
  readonly icon: string;
  readonly url: string;
}

/** What plugins make of a workspace's frame. */
export interface Look {
  readonly theme: string;
  readonly logo: string;
  readonly nav: readonly LookItem[];
}

export interface Boot {
  readonly mode: "cloud" | "local";
  readonly version: string;
  readonly shell: string;
  /** Whether this person may open the admin pages, and where they are. Not known without accounts. */
  readonly adminBase?: string;
  readonly admin?: boolean;
  /** null in the neutral shell. */
  readonly user: (Person & { readonly zone: string; readonly locale: string }) | null;
  readonly workspace: string;
  readonly workspaces: readonly Workspace[];
  readonly canWrite: boolean;
  readonly readOnly: string;
  /** Of the page's workspace; nothing is known of it in the neutral shell. */
  readonly look?: Look;
}

export type Fields = Readonly<Record<string, unknown>>;
export const isFields = (v: unknown): v is Fields => typeof v === "object" && v !== null && !Array.isArray(v);
export const textIn = (from: Fields, name: string): string => {
  const v = from[name];
  return typeof v === "string" ? v : "";
};

function parseJSON(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

export function readWorkspaces(v: unknown): Workspace[] {
  if (!Array.isArray(v)) return [];
  return v.filter(isFields).map((w) => ({ id: textIn(w, "id"), name: textIn(w, "name"), role: textIn(w, "role") })).filter((w) => w.id !== "");
}

/** Files of plugins, and nothing else, dress a page. */
const dressing = (address: string): string => (address.startsWith("/assets/plugins/") ? address : "");

export function readLook(v: unknown): Look | undefined {
  if (!isFields(v)) return undefined;
  const nav = Array.isArray(v["nav"]) ? v["nav"].filter(isFields) : [];
  return {
    theme: dressing(textIn(v, "theme")), logo: dressing(textIn(v, "logo")),
    nav: nav.map((i) => ({ group: textIn(i, "group"), id: textIn(i, "id"), label: textIn(i, "label"), icon: textIn(i, "icon"), url: textIn(i, "url") })).filter((i) => i.id !== "" && /^\/(?!\/)/.test(i.url)),
  };
}

/** Reads the page's facts; undefined on a page without the app. */
export function readBoot(json: string): Boot | undefined {
  const v = parseJSON(json);
  if (!isFields(v)) return undefined;
  const user = v["user"];
  const look = globalThis.OR3_LOCAL === true ? undefined : readLook(v["look"]);
  return {
    mode: globalThis.OR3_LOCAL === true || textIn(v, "mode") === "local" ? "local" : "cloud",
    version: textIn(v, "version"),
    shell: textIn(v, "shell"),
    ...(globalThis.OR3_LOCAL === true ? {} : { adminBase: textIn(v, "admin_base"), admin: v["admin"] === true }),
    user: globalThis.OR3_LOCAL !== true && isFields(user) && textIn(user, "id") !== "" ? { id: textIn(user, "id"), name: textIn(user, "name"), email: textIn(user, "email"), zone: textIn(user, "zone"), locale: textIn(user, "locale") } : null,
    workspace: textIn(v, "workspace"),
    workspaces: readWorkspaces(v["workspaces"]),
    canWrite: v["can_write"] === true,
    readOnly: textIn(v, "read_only"),
    ...(look === undefined ? {} : { look }),
  };
}

const memory = "or3-device";

/** What this browser knows of the person who used it last. */
export function recall(): Boot | undefined {
  if (globalThis.OR3_LOCAL === true) return undefined;
  try {
    return readBoot(localStorage.getItem(memory) ?? "");
  } catch {
    return undefined; // storage is closed to us
  }
}

/** Remembers a person for the time without a server; null forgets. */
export function remember(boot: Boot | null): void {
  if (globalThis.OR3_LOCAL === true) return;
  try {
    if (boot === null) {
      localStorage.removeItem(memory);
      return;
    }
    localStorage.setItem(memory, JSON.stringify({
      mode: boot.mode, version: boot.version, admin_base: boot.adminBase, admin: boot.admin, user: boot.user,
      workspace: boot.workspace, workspaces: boot.workspaces, can_write: boot.canWrite, read_only: boot.readOnly,
    }));
  } catch {
    // Full or closed: then an offline start asks for the server.
  }
}
