// How many drafts of this workspace are on this device only, in the foot of the
// sidebar, beside the state of sync.
import { make } from "../dom";
import { draftsHere, unstored, type KeptDraft } from "./draft_list";
import { footDrafts } from "./leave_words";
import type { MoreContext } from "./more_pages";
import type { Context } from "./page";
import { here } from "./router";
import { askingOf } from "./two_texts";

/** How long after the last key they are counted anew. */
const moment = 700;

/** The drafts of a workspace that nobody has stored, the latest first. */
export const draftsOfWorkspace = (context: Context): Promise<KeptDraft[]> =>
  unstored(draftsHere().filter((d) => d.workspace === context.workspace), (ids) => context.store.db.posts.bulkGet(ids));

const heard = new Set<() => void>();

/** Tells that drafts may have changed; the first time at once. */
export function onDrafts(f: () => void): () => void {
  heard.add(f);
  f();
  return () => heard.delete(f);
}

/** Somebody has taken a draft away. */
export function draftsChanged(): void {
  for (const f of heard) f();
}

export function watchDrafts(context: Context, of: MoreContext): void {
  let timer = 0;
  const soon = (): void => {
    clearTimeout(timer);
    timer = window.setTimeout(draftsChanged, moment);
  };
  for (const name of ["input", "submit", "click"]) document.addEventListener(name, soon);
  for (const name of ["storage", "popstate", "or3:drafts"]) addEventListener(name, soon);
  context.live(() => context.store.db.posts.where("[post_type+updated_at]").between(["", -Infinity], ["\uffff", Infinity]).last(), soon);
  const foot = document.getElementById("sync-foot");
  const waits = `/w/${encodeURIComponent(context.workspace)}/waits`;
  onDrafts(() => void draftsOfWorkspace(context).then((drafts) => {
    if (foot !== null) show(foot, footDrafts(drafts.length), waits);
    const asking = askingOf(drafts, here().path, waits);
    of.notice("two-texts", asking && { tone: "warn", icon: "triangle-alert", ...asking });
  }, () => undefined));
}

function show(foot: HTMLElement, words: string, waits: string): void {
  const old = foot.querySelector("[data-foot=drafts]");
  if (words === (old?.textContent ?? "")) return;
  old?.remove();
  if (words === "") return;
  const link = make("a", "", words);
  link.href = waits;
  const note = make("p", "sync-note", link);
  note.dataset["foot"] = "drafts";
  foot.append(note);
}
