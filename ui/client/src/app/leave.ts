// Signing out on a computer that others use too: what is unsent is shown first,
// and the person says what becomes of what is stored here.
import { exportDatabase, leaveDevice, listLocalDatabases, type LocalDatabase } from "../../../../sync/client/src/index";
import { dropAllDrafts } from "../draft";
import { clone, slot } from "./blueprint";
import { remember } from "./boot";
import { download } from "./download";
import type { Frame } from "./frame";
import { plural } from "./text";

const channelName = "or3-leave";

export function startLeaving(frame: Frame, stop: () => Promise<void>): void {
  const others = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel(channelName);
  others?.addEventListener("message", () => {
    // Another tab of this browser signs out: let go of the database.
    void stop().then(() => {
      frame.close();
      location.assign("/");
    });
  });
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!(form instanceof HTMLFormElement) || form.id !== "sign-out" || e.defaultPrevented) return;
    e.preventDefault();
    const menu = form.closest<HTMLDetailsElement>("details[open]");
    if (menu !== null) menu.open = false;
    void ask(frame, form, async () => {
      others?.postMessage("leave");
      await stop();
      frame.close();
    });
  }, true);
}

async function ask(frame: Frame, form: HTMLFormElement, letGo: () => Promise<void>): Promise<void> {
  const me = frame.boot.user?.id ?? "";
  const mine = (await listLocalDatabases()).filter((k) => k.userId === me);
  const unsent = mine.reduce((n, k) => n + k.unsent, 0);
  document.getElementById("leave-device")?.remove();
  const text = unsent === 0
    ? "Everything you wrote is on the server."
    : `${plural(unsent, "change", "changes")} of yours ${unsent === 1 ? "is" : "are"} on this device alone: the server does not have ${unsent === 1 ? "it" : "them"} yet.`;
  const dialog = clone("sign-out", { text, remove: unsent === 0 ? "The server has it all; it comes back when you sign in." : "The unsent changes are lost unless you export them first." }, { export: unsent > 0 });
  if (!(dialog instanceof HTMLDialogElement)) return;
  const [removing, locking] = [slot(dialog, "remove"), slot(dialog, "lock")];
  if (unsent > 0 && removing instanceof HTMLInputElement && locking instanceof HTMLInputElement) locking.checked = true;
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("click", (e) => {
    const what = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-leave]")?.dataset["leave"] : undefined;
    if (what === "stay") dialog.close();
    if (what === "export") void exportAll(mine);
  });
  dialog.querySelector("form")?.addEventListener("submit", (e) => {
    e.preventDefault();
    void leave(dialog, form, me, removing instanceof HTMLInputElement && removing.checked ? "remove" : "keep", letGo);
  });
  dialog.showModal();
}

async function exportAll(mine: readonly LocalDatabase[]): Promise<void> {
  let all = "";
  for (const k of mine) if (k.unsent > 0) all += await exportDatabase(k.name);
  download("unsent.or3.jsonl", all);
}

async function leave(dialog: HTMLDialogElement, form: HTMLFormElement, me: string, how: "keep" | "remove", letGo: () => Promise<void>): Promise<void> {
  if (!navigator.onLine) {
    const error = slot(dialog, "error");
    const words = error?.querySelector("span");
    if (error !== null && words !== null && words !== undefined) {
      words.textContent = "You are offline, and only the server can end your session. Lock the computer, or try again when you are back.";
      error.hidden = false;
    }
    return;
  }
  for (const b of dialog.querySelectorAll("button")) b.disabled = true;
  await letGo();
  await leaveDevice({ userId: me, how });
  dropAllDrafts();
  remember(null);
  forgetPeople();
  form.submit(); // past our own listener, to the server
}

export function forgetPeople(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("or3-people:")) localStorage.removeItem(key);
    sessionStorage.removeItem("or3-debug");
  } catch {
    // Closed: then there is nothing to forget.
  }
}
