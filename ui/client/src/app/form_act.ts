// What pages do with forms.
import type { Context } from "./page";
import { showRefusal } from "./refusal";
import { Refused } from "./thread_write";

/** Runs what a form asks for. A refusal stands beside its field, also when the form was drawn anew meanwhile; false = it was not done. */
export async function tryForm(context: Context, form: HTMLFormElement, work: () => Promise<void>): Promise<boolean> {
  showRefusal(form, undefined);
  try {
    await work();
    return true;
  } catch (error) {
    const shown = form.isConnected ? form : document.querySelector<HTMLFormElement>(`#main form[action="${CSS.escape(form.getAttribute("action") ?? "")}"]`);
    if (error instanceof Refused && shown !== null) showRefusal(shown, error);
    else context.fail(error, true);
    return false;
  }
}

const sent = new WeakSet<HTMLFormElement>();

/** The same for a form that makes something and is gone then: pressed twice, it makes one. */
export async function tryOnce(context: Context, form: HTMLFormElement, work: () => Promise<void>): Promise<void> {
  if (sent.has(form)) return;
  sent.add(form);
  if (!(await tryForm(context, form, work))) sent.delete(form);
}

/** What stands in a field of a form. */
export function textIn(form: HTMLFormElement, name: string): string {
  const v = new FormData(form).get(name);
  return typeof v === "string" ? v : "";
}

/** The path a form is sent to, whatever the app's files are called. */
export const pathOf = (form: HTMLFormElement): string => new URL(form.getAttribute("action") ?? "", location.origin).pathname;

/** A page of one pane keeps the bar with the menu above it on a phone. */
export function showBar(): void {
  document.body.classList.remove("pane-read-shown");
  document.body.classList.add("pane-list-shown");
}
