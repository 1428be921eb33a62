// What was typed into a form stays, also when the page is loaded again or sending
// it failed: it is kept in this browser, for its person alone, until the page
// shows what was sent or the person discards it. Then the box takes the focus
// again, for the next message.
import { myDrafts } from "./app/draft_key";
import { around } from "./dom";

/** The fields that are kept. */
const names = ["title", "text"] as const;

interface Draft {
  readonly title: string;
  readonly text: string;
  /** The id of the message or thread it was sent as; "" until then. */
  readonly sent: string;
}

const keyOf = (form: HTMLFormElement): string => myDrafts() + new URL(form.action, location.href).pathname;

const boxOf = (form: HTMLFormElement, name: string) => form.querySelector<HTMLInputElement | HTMLTextAreaElement>(`[name=${name}]`);

function read(key: string): Draft | undefined {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof v !== "object" || v === null) return undefined;
    const text = (name: string): string => String(name in v ? (v as Record<string, unknown>)[name] : "");
    return { title: text("title"), text: text("text"), sent: text("sent") };
  } catch {
    return undefined; // closed to us, or something else: then there is no draft
  }
}

/** Says whether it is kept: full or closed, the text is still in the box. */
function write(key: string, draft: (Draft & { readonly at: number }) | undefined): boolean {
  try {
    if (draft === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
    return true;
  } catch {
    return false;
  }
}

/** The draft of a form as this page has seen it last: a box that says the same has nothing that is only in it. */
const seen = new WeakMap<HTMLFormElement, Draft>();

function see(form: HTMLFormElement, draft: Draft | undefined): void {
  if (draft === undefined) seen.delete(form);
  else seen.set(form, draft);
}

/** Keeps what stands in a form that is not as it was drawn. `sent` = it is on its way. */
export function keepDraft(form: HTMLFormElement, sent = ""): void {
  const typed = names.some((n) => boxOf(form, n)?.value !== boxOf(form, n)?.defaultValue);
  const draft = typed || sent !== "" ? { title: boxOf(form, "title")?.value ?? "", text: boxOf(form, "text")?.value ?? "", sent, at: Date.now() } : undefined;
  see(form, write(keyOf(form), draft) ? draft : undefined);
}

/** Where nothing hovers, focus in a text box would open the keyboard over the page. */
const opensKeyboard = (): boolean => matchMedia("(hover: none)").matches;

/** Focuses the box once the browser, on its way to the message, has let go of the focus. */
function writeOn(box: HTMLTextAreaElement): void {
  const focus = (): void => {
    if (document.activeElement === document.body) box.focus({ preventScroll: true });
  };
  focus();
  addEventListener("load", () => requestAnimationFrame(focus), { once: true });
}

/** Forgets drafts of what the page shows by now. */
function arrive(): void {
  const box = document.querySelector<HTMLTextAreaElement>("#composer textarea");
  for (const key of Object.keys(localStorage)) {
    const sent = key.startsWith(myDrafts()) ? (read(key)?.sent ?? "") : "";
    const there = sent === "" ? null : (document.getElementById("m-" + sent) ?? document.getElementById("t-" + sent));
    const shown = location.hash === "#m-" + sent;
    if (there === null || (key.endsWith("/m/" + sent) && !shown) || there.querySelector("form[data-draft]") !== null) continue;
    write(key, undefined);
    if (box?.form && keyOf(box.form) === key && shown && !opensKeyboard()) writeOn(box);
  }
}

export function startDrafts(): void {
  try {
    arrive();
  } catch {
    // Storage is closed to us.
  }
  restoreDrafts(document);
  addEventListener("or3:drafts", () => restoreDrafts(document)); // some have come along, with what was written without an account
  addEventListener("storage", (e) => { // another tab has the same form, or has brought a draft along
    for (const form of e.key?.startsWith(myDrafts()) === true ? document.querySelectorAll<HTMLFormElement>("form[data-draft]") : []) {
      if (keyOf(form) === e.key) follow(form, true);
    }
  });
  document.addEventListener("input", (e) => {
    const form = around(e.target, "form[data-draft]", HTMLFormElement);
    if (form !== null) keepDraft(form);
    // The app asks for it when it takes the page over: a value alone may be what the browser has put back after a reload.
    around(e.target, "#document", HTMLFormElement)?.setAttribute("data-typed", "");
  });
  document.addEventListener("submit", (e) => {
    // What the app takes care of is forgotten when it is stored.
    if (e.target instanceof HTMLFormElement && !e.defaultPrevented && e.target.dataset["draft"] !== undefined) keepDraft(e.target, e.target.dataset["draft"]);
  });
  document.addEventListener("click", (e) => {
    const form = around(around(e.target, ".actions a", HTMLAnchorElement), "form[data-draft]", HTMLFormElement);
    if (form !== null) dropDraft(form);
  });
}

/** Puts what was typed before, or has come to it since, into the forms where nothing else was typed. */
export function restoreDrafts(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>("form[data-draft]")) follow(form, false);
}

/** Has a form show its draft. One that is gone because another tab has sent or discarded it goes from the form, too. */
function follow(form: HTMLFormElement, elsewhere: boolean): void {
  const [draft, was] = [read(keyOf(form)), seen.get(form)];
  if (draft === undefined && !(elsewhere && was !== undefined)) return;
  for (const name of names) {
    const box = boxOf(form, name);
    if (box === null || box.readOnly || (box.value !== box.defaultValue && box.value !== was?.[name])) continue;
    const text = draft?.[name] ?? box.defaultValue;
    if (box.value !== text) box.value = text; // the caret stays where nothing changes
  }
  see(form, draft);
}

/** Forgets a form's draft: its text is stored. One that says something else by now stays. */
export function dropDraft(form: HTMLFormElement, text?: string): void {
  if (text === undefined || read(keyOf(form))?.text === text) write(keyOf(form), undefined);
}
