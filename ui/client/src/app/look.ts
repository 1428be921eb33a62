// What plugins make of a workspace's frame (the theme, the logo, entries of the
// sidebar), kept in this browser: the shell that starts the app without a server
// is the same for everybody and has none of it.
import { icon, make } from "../dom";
import { clone } from "./blueprint";
import { isFields, readLook, type Look, type LookItem } from "./boot";

/** By workspace. early_look.ts reads it too, before the first paint. */
const memory = "or3-look";
/** Where the worker finds the files of themes. */
const files = "or3-look";

function all(): Record<string, Look> {
  const looks: Record<string, Look> = {};
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(memory) ?? "{}");
    for (const [workspace, v] of Object.entries(isFields(kept) ? kept : {})) {
      const look = readLook(v);
      if (look !== undefined) looks[workspace] = look;
    }
  } catch {
    // Closed, or not ours: nothing is known.
  }
  return looks;
}

/** Keeps how a workspace looks, and the files that takes, of those workspaces alone. */
export async function keepLook(workspace: string, look: Look, workspaces: readonly { readonly id: string }[]): Promise<void> {
  const looks = { ...all(), [workspace]: look };
  for (const id of Object.keys(looks)) if (!workspaces.some((w) => w.id === id)) delete looks[id];
  try {
    localStorage.setItem(memory, JSON.stringify(looks));
    if (!("caches" in globalThis)) return; // no worker either
    const cache = await caches.open(files);
    const wanted = new Set(Object.values(looks).flatMap((l) => [l.theme, l.logo]).filter((a) => a !== ""));
    for (const kept of await cache.keys()) if (!wanted.delete(new URL(kept.url).pathname)) await cache.delete(kept);
    await Promise.all([look.theme, look.logo].filter((a) => wanted.has(a)).map((a) => cache.add(a)));
  } catch {
    // Full or closed: then an offline start has the default look.
  }
}

/** Forgets every look: the person is gone from this browser. */
export function forgetLooks(): void {
  try {
    localStorage.removeItem(memory);
    if ("caches" in globalThis) void caches.delete(files).catch(() => undefined);
  } catch {
    // Closed: then there is nothing to forget.
  }
}

/** Dresses the neutral shell as the server dressed the workspace last; its colours are there already. */
export function wear(workspace: string): void {
  const look = all()[workspace];
  const nav = document.querySelector("#sidebar .nav");
  if (look === undefined || nav === null) return;
  if (look.logo !== "") for (const mark of document.querySelectorAll(".switcher-now > .mark, .phone-bar > .mark")) mark.replaceWith(logo(look.logo));
  for (const item of look.nav) listOf(nav, item.group).append(entry(item));
}

function logo(address: string): HTMLImageElement {
  const img = make("img", "mark mark-own");
  img.src = address;
  img.alt = "";
  return img;
}

function entry(item: LookItem): HTMLElement {
  const e = clone("nav", { id: item.id, label: item.label, href: item.url });
  e.querySelector(".icon")?.replaceWith(icon(item.icon));
  e.querySelector(".nav-count")?.remove();
  return e;
}

/** The list of a group, at the end of the sidebar where there is none of that title yet. */
function listOf(nav: Element, group: string): Element {
  for (const list of nav.querySelectorAll(":scope > ul:not([data-slot])")) {
    const title = list.previousElementSibling;
    if ((title?.matches(".nav-title") === true ? title.textContent : "") === group) return list;
  }
  const list = make("ul", "");
  if (group !== "") nav.append(make("p", "nav-title", group));
  nav.append(list);
  return list;
}
