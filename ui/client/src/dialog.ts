// Dialogs open by command/commandfor, which browsers do themselves; older ones
// get the two commands here. A name to be typed unlocks its button.
import { around } from "./dom";

const native = "commandForElement" in HTMLButtonElement.prototype;

export function startDialogs(): void {
  document.addEventListener("click", (e) => {
    const button = around(e.target, "button[commandfor]", HTMLButtonElement);
    if (button !== null && !native) {
      const dialog = document.getElementById(button.getAttribute("commandfor") ?? "");
      if (dialog instanceof HTMLDialogElement) {
        if (button.getAttribute("command") === "show-modal" && !dialog.open) dialog.showModal();
        if (button.getAttribute("command") === "close") dialog.close();
      }
    }
    // A press beside a dialog closes it, unless something was typed into it.
    if (e.target instanceof HTMLDialogElement && outside(e.target, e) && !typedInto(e.target)) e.target.close();
  });

  document.addEventListener("input", (e) => {
    const input = around(e.target, "input[data-expects]", HTMLInputElement);
    if (input !== null) guard(input);
  });

  prepare(document);
  document.addEventListener("htmx:after:swap", () => prepare(document));
}

/** Shows dialogs the server rendered open as modal ones, and locks guarded buttons. */
function prepare(root: ParentNode): void {
  for (const dialog of root.querySelectorAll<HTMLDialogElement>("dialog[open][data-modal]")) {
    dialog.removeAttribute("data-modal");
    dialog.close();
    dialog.showModal();
  }
  for (const input of root.querySelectorAll<HTMLInputElement>("input[data-expects]")) guard(input);
}

function guard(input: HTMLInputElement): void {
  const button = input.form?.querySelector<HTMLButtonElement>("button:not([type=button])");
  if (!button) return;
  if (input.value.trim() === input.dataset["expects"]) {
    for (const name of ["aria-disabled", "aria-description", "data-tip"]) button.removeAttribute(name);
    return;
  }
  const why = "Type the name first";
  button.setAttribute("aria-disabled", "true"); // it keeps its place in the tab order
  button.setAttribute("aria-description", why);
  button.dataset["tip"] = why;
}

function outside(dialog: HTMLDialogElement, e: MouseEvent): boolean {
  const box = dialog.getBoundingClientRect();
  return e.clientX < box.left || e.clientX > box.right || e.clientY < box.top || e.clientY > box.bottom;
}

const typedInto = (dialog: HTMLDialogElement): boolean =>
  dialog.id !== "palette" && Array.from(dialog.querySelectorAll<HTMLInputElement>("input:not([type=hidden]):not([type=checkbox]), textarea")).some((i) => i.value !== i.defaultValue);
