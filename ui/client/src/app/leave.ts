// Signing out on a computer that others use too: what is unsent is shown first,
// drafts before all, and the person says what becomes of what is stored here. The
// server is asked before anything is done to it: it alone can end a session.
import { newId } from "../../../../sync/client/src/store/ids.js";
import { exportDatabase, leaveDevice, listLocalDatabases, rowsOf, type LocalDatabase } from "../../../../sync/client/src/sync/leave";
import { make } from "../dom";
import { clone, slot } from "./blueprint";
import { remember } from "./boot";
import { download } from "./download";
import { empty } from "./empty";
import { endSession, stays } from "./end_session";
import { draftLines, draftsHere, draftTitle, dropDrafts, unstored, type KeptDraft } from "./draft_list";
import { leaveWords, unreadWords } from "./leave_words";
import { forgetLooks } from "./look";
import type { MoreContext } from "./more_pages";
import { showPanes } from "./panes";
import { forgetPeople } from "./people";
import { titleOf } from "./thread_list";

const channelName = "or3-leave";
/** So many drafts the question names. */
const named = 5;
/** How long the device may take to answer, in milliseconds: a database that another page does not let go of never does. */
const patience = 8000;

/** What only this device has of a person. */
interface Here {
  /** Whether all of it could be read: else it is the drafts alone, and perhaps not theirs only. */
  readonly whole: boolean;
  readonly person: string;
  readonly databases: readonly LocalDatabase[];
  readonly unsent: number;
  readonly files: number;
  readonly drafts: readonly KeptDraft[];
  /** Each draft in words. */
  readonly titles: ReadonlyMap<KeptDraft, string>;
}

export function startLeaving(of: MoreContext): void {
  const others = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName);
  others?.addEventListener("message", () => {
    // Another tab of this browser signs out: let go of the database, and come
    // back only when that is done: the database would be made anew before.
    const closing = of.close(); // first: the page that is open takes what stands in its boxes
    showPanes(document.getElementById("main") ?? document.body, waiting());
    void closing.catch((error: unknown) => console.warn(error)).then(done).then(() => location.assign("/"));
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!(form instanceof HTMLFormElement) || form.id !== "sign-out" || e.defaultPrevented) return;
    e.preventDefault();
    const menu = form.closest<HTMLDetailsElement>("details[open]");
    if (menu !== null) menu.open = false;
    let closing: Promise<void> | undefined;
    const letGo = (): Promise<void> => {
      if (closing === undefined) void locks()?.request(channelName, () => new Promise(() => undefined)); // until this page has gone
      others?.postMessage("leave");
      return (closing ??= of.close());
    };
    if (of.sync() === undefined) void goPlainly(of);
    else ask(letGo).catch((error: unknown) => {
      console.warn(error);
      void goPlainly(of); // nobody can be asked: the session ends all the same, and what is here stays
    });
  }, true);
}

/** Signs out without a question; what is here stays. */
async function goPlainly(of: MoreContext): Promise<void> {
  of.notice("leave", undefined);
  const answer = await endSession();
  if (answer === "ended") goneFrom();
  else of.notice("leave", { tone: "danger", icon: "circle-alert", text: stays(answer) });
}

/** The session has ended: the next page is nobody's. */
function goneFrom(): void {
  forgetAll();
  location.assign("/sign-in");
}

/** What this browser knows of its person beside their databases: who else is where, and how it looks there. */
function forgetAll(): void {
  remember(null);
  forgetPeople();
  forgetLooks();
}

const locks = (): LockManager | undefined => (globalThis.isSecureContext ? navigator.locks : undefined);

/** Resolves once the tab that signs out has gone, or after a while where nobody says so. */
async function done(): Promise<void> {
  await (locks()?.request(channelName, () => undefined) ?? new Promise((resolve) => setTimeout(resolve, patience)));
}

function waiting(): DocumentFragment {
  const title = (document.title = "Signing out");
  const panes = document.createDocumentFragment();
  panes.append(make("div", "pane pane-wide", make("div", "ledger", make("h1", "sr", title), empty({ kind: "not-allowed", icon: "log-out", title, text: "You are signing out in another tab of this browser." }))));
  return panes;
}

/** What it gives, unless the device does not answer in time. */
function within<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, new Promise<never>((_, refused) => setTimeout(() => refused(new Error("This device does not answer.")), patience))]);
}

async function look(person: string): Promise<Here> {
  const databases = (await listLocalDatabases()).filter((k) => k.userId === person);
  const all = draftsHere();
  const drafts: KeptDraft[] = [];
  const titles = new Map<KeptDraft, string>();
  for (const workspace of new Set(all.map((d) => d.workspace))) {
    const name = databases.find((k) => k.workspaceId === workspace)?.name;
    const rows = async (table: "posts" | "threads", ids: string[]): Promise<readonly (object | undefined)[]> => (name === undefined ? [] : rowsOf(name, table, ids));
    const here = await unstored(all.filter((d) => d.workspace === workspace), (ids) => rows("posts", ids));
    const threads = await rows("threads", here.map((d) => d.thread));
    here.forEach((d, i) => titles.set(d, draftTitle(d, threads[i] === undefined ? "" : titleOf(threads[i] as { title?: string }))));
    drafts.push(...here);
  }
  return { whole: true, person, databases, drafts, titles, unsent: databases.reduce((n, k) => n + k.unsent, 0), files: databases.reduce((n, k) => n + k.files, 0) };
}

/** What there is to say where the databases of this device cannot be read. */
function glance(person: string): Here {
  const drafts = draftsHere();
  return { whole: false, person, databases: [], drafts, titles: new Map(drafts.map((d) => [d, draftTitle(d, "")])), unsent: 0, files: 0 };
}

async function ask(letGo: () => Promise<void>): Promise<void> {
  const person = document.body.dataset["user"] ?? "";
  const progress = document.getElementById("progress-top");
  progress?.removeAttribute("hidden");
  const here = await within(look(person)).catch((error: unknown) => {
    console.warn(error);
    return glance(person);
  });
  progress?.setAttribute("hidden", "");
  const { whole, drafts, titles, unsent, files } = here;
  const all = !whole || drafts.length + unsent + files > 0;
  document.getElementById("leave-device")?.remove();
  const words = whole ? leaveWords(drafts.length, unsent, files) : unreadWords(drafts.length);
  const dialog = clone("sign-out", words, { export: drafts.length + unsent > 0, drafts: drafts.length > 0 });
  if (!(dialog instanceof HTMLDialogElement)) throw new Error("The question is missing.");
  const lines = drafts.slice(0, named).map((d) => make("li", "cut-line", titles.get(d) ?? ""));
  const more = drafts.length - lines.length;
  slot(dialog, "drafts")?.replaceChildren(...lines, ...(more > 0 ? [make("li", "quiet", `and ${more} more`)] : []));
  const [removing, locking] = [slot(dialog, "remove"), slot(dialog, "lock")];
  if (all && removing instanceof HTMLInputElement && locking instanceof HTMLInputElement) locking.checked = true;
  document.body.append(dialog);
  let ended = false; // the server has ended the session
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (ended) goneFrom();
  });
  dialog.addEventListener("cancel", (e) => {
    if (dialog.querySelector("button:disabled") !== null) e.preventDefault(); // the server was asked: its answer decides
  });
  dialog.addEventListener("click", (e) => {
    const what = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-leave]")?.dataset["leave"] : undefined;
    if (what === "stay") dialog.close();
    if (what === "export") {
      say(dialog, "");
      void exportAll(here).catch((error: unknown) => {
        console.warn(error);
        say(dialog, "The file could not be made just now. Try again, or keep what is here, locked.");
      });
    }
  });
  const buttons = dialog.querySelectorAll("button");
  /** Nothing goes on by itself: the words say why. */
  const again = (text: string, stay: string): void => {
    for (const b of buttons) {
      b.disabled = false;
      if (b.dataset["leave"] === "go") b.textContent = "Try again";
      if (b.dataset["leave"] === "stay") b.textContent = stay;
    }
    say(dialog, text);
  };
  const go = async (): Promise<void> => {
    if (!ended) {
      const answer = await endSession();
      if (answer !== "ended") return again(stays(answer), "Cancel");
      ended = true;
      forgetAll(); // whoever opens the app before the rest is done, or instead of it, is nobody, too
    }
    if (await leave(person, removing instanceof HTMLInputElement && removing.checked ? "remove" : "keep", letGo)) goneFrom();
    else again("You are signed out, but it could not be removed yet. Close the other tabs and windows of this app, then try again. What was to be removed may go as soon as they are closed.", "Leave it here");
  };
  dialog.querySelector("form")?.addEventListener("submit", (e) => {
    e.preventDefault();
    say(dialog, "");
    for (const b of buttons) b.disabled = true;
    void go();
  });
  dialog.showModal();
}

/** Says in the question what went wrong; "" = nothing. */
function say(dialog: HTMLElement, text: string): void {
  const error = slot(dialog, "error");
  const words = error?.querySelector("span");
  if (error === null || words === null || words === undefined) return;
  words.textContent = text;
  error.hidden = text === "";
}

async function exportAll({ databases, drafts, titles, person }: Here): Promise<void> {
  let all = "";
  for (const k of databases) if (k.unsent > 0) all += await within(exportDatabase(k.name));
  for (const workspace of new Set(drafts.map((d) => d.workspace))) {
    all += draftLines({ workspace, person, at: Date.now(), newId, titleOf: (d) => titles.get(d) ?? "" }, drafts.filter((d) => d.workspace === workspace));
  }
  download("unsent.or3.jsonl", all);
}

/** False = it was to be removed and is still here. What is kept is its person's alone also where it could not be locked. */
async function leave(me: string, how: "keep" | "remove", letGo: () => Promise<void>): Promise<boolean> {
  await within(letGo()).catch((error: unknown) => console.warn(error));
  try {
    await within(leaveDevice({ userId: me, how }));
    if (how === "remove") dropDrafts(draftsHere()); // kept, they are this person's alone, as the rest
  } catch (error) {
    console.warn(error);
    if (how === "remove") return false;
  }
  return true;
}
