// Somebody deletes what is open here. Nobody is taken elsewhere without a word,
// and whoever was writing goes on: what was not sent in a thread becomes the first
// message of a new one.
import { myDrafts } from "./draft_key";
import { pathOf } from "./form_act";
import type { Context } from "./page";
import { segment } from "./router";
import { preview } from "./text";
import { titleOf } from "./thread_list";
import type { Store } from "../../../../sync/client/src/local";

interface Gone {
  readonly id: string;
  /** Undefined where it is not known what it was. */
  readonly title?: string | null | undefined;
}

/** Leaves the page of what is gone for its list, and says so. */
export function leaveGone(context: Context, list: string, words: string): void {
  const typing = document.activeElement?.matches("input, textarea") === true;
  context.go(list, { replace: true });
  context.notice("gone", { tone: "info", icon: "trash-2", text: words });
  if (!typing) return;
  // The next letters would be shortcuts: they look for something in the list instead.
  const main = document.getElementById("main") ?? document.body;
  const rest = (): boolean => {
    const filter = main.querySelector<HTMLElement>("input[type=search]");
    if (document.activeElement === document.body) filter?.focus();
    return filter !== null;
  };
  if (rest()) return;
  const drawn = new MutationObserver(() => {
    if (rest()) drawn.disconnect();
  });
  drawn.observe(main, { childList: true });
  setTimeout(() => drawn.disconnect(), 5000);
}

/** A thread is gone; `still` tells whether it is what the page is for. */
export async function threadGone(context: Context, thread: Gone, still: () => boolean): Promise<void> {
  const { store, workspace } = context;
  const base = `/w/${encodeURIComponent(workspace)}`;
  const forms = `${base}/t/${segment(thread.id)}/`;
  // Of several tabs the one that somebody looks at takes what was not sent.
  while (document.visibilityState === "hidden") await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
  if (!still()) return;
  const writes = context.readOnly() === "";
  const files = writes && (await takeFiles(store, thread.id));
  if (!still()) return;
  const at = document.activeElement;
  const typed = at instanceof HTMLTextAreaElement && at.form !== null && pathOf(at.form).startsWith(forms) && at.value !== at.defaultValue && at.value.trim() !== "" ? at : undefined;
  const drafts = writes ? draftsAt(myDrafts() + forms) : [];
  const texts = drafts.map((d) => d.text).filter((text) => text.trim() !== "" && text !== typed?.value);
  if (writes && typed !== undefined) texts.push(typed.value); // where somebody writes is the end
  const fromEnd = typed === undefined ? 0 : typed.value.length - typed.selectionEnd;
  const named = thread.title === undefined ? "" : `“${preview(titleOf({ title: thread.title ?? "" }), 60)}”`;
  if (texts.length === 0 && !files) {
    leaveGone(context, base, named === "" ? "There is no such thread here, or it was deleted." : `${named} was deleted.`);
    return;
  }
  context.go(`${base}?new=1`, { replace: true });
  const box = document.querySelector<HTMLTextAreaElement>("#start textarea[name=text]");
  const title = document.querySelector<HTMLInputElement>("#start input[name=title]");
  if (box === null) return; // the page is being drawn anew: the drafts wait where they were
  box.value = [box.value, ...texts].filter((text) => text !== "").join("\n\n");
  if (title?.value === "") title.value = thread.title ?? "";
  for (const d of drafts) localStorage.removeItem(d.key);
  box.dispatchEvent(new Event("input", { bubbles: true })); // it is a draft of the new form
  box.focus();
  box.setSelectionRange(box.value.length - fromEnd, box.value.length - fromEnd);
  context.notice("gone", { tone: "warn", icon: "triangle-alert", text: `${named || "The thread"} was deleted. What you had not sent there is below, as the first message of a new thread.` });
}

/** What was typed into forms of a thread, the latest last. */
function draftsAt(begin: string): { readonly key: string; readonly text: string; readonly at: number }[] {
  try {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(begin));
    return keys.map((key) => ({ key, text: "", at: 0, ...(JSON.parse(localStorage.getItem(key) ?? "{}") as object) })).sort((a, b) => a.at - b.at);
  } catch {
    return []; // storage is closed to us
  }
}

/** What is attached and not sent stands in the form of a new thread, whose files are kept under no thread. Tells whether anything was. */
function takeFiles({ db }: Store, thread: string): Promise<boolean> {
  return db.transaction("rw", db.sync_state, async () => {
    const [ours, there] = (await db.sync_state.bulkGet([`attached:${thread}`, "attached:"])).map((s) => (s !== undefined && "files" in s ? s.files : []));
    if (ours === undefined || ours.length === 0) return false;
    await db.sync_state.put({ id: "attached:", files: [...(there ?? []), ...ours] });
    await db.sync_state.delete(`attached:${thread}`);
    return true;
  });
}
