// Keys of the registry, the sheet that lists them, and what the keys inside a
// page do. Single keys never act while somebody types and can be switched off.
import { make, onMac, shown, takesText } from "./dom";
import type { Command, Facts } from "./facts";
import { caps, isSingle, nameOf, Strokes } from "./keys";
import { drawKeys, type Palette } from "./palette";
import type { Preferences } from "./preferences";

export function startShortcuts(facts: Facts, preferences: Preferences, palette: Palette): void {
  const byKeys = new Map(facts.commands.filter((c) => c.keys !== "" && (c.act !== "" || c.url !== "")).map((c) => [c.keys, c]));
  const names = Array.from(byKeys.keys());
  const strokes = new Strokes();

  if (onMac()) for (const cap of document.querySelectorAll("kbd")) cap.textContent = (cap.textContent ?? "").replace("Ctrl", "⌘");

  document.addEventListener("keydown", (e) => {
    if (e.defaultPrevented || e.isComposing || e.repeat) return;
    if (e.key === "Escape") {
      clearThenLeave(e.target);
      return;
    }
    const blocked = takesText(e.target) || !preferences.singleKeys() || document.querySelector("dialog:modal") !== null;
    const done = strokes.take(nameOf(e), e.timeStamp, blocked ? names.filter((k) => !isSingle(k)) : names);
    const command = done === undefined ? undefined : byKeys.get(done);
    if (command === undefined) return;
    e.preventDefault();
    if (command.act === "palette") palette.open();
    else palette.run(command, false);
  });

  document.addEventListener("or3:act", (e) => {
    const name: unknown = e instanceof CustomEvent ? e.detail : undefined;
    if (name === "shortcuts") openSheet(facts.commands);
    else if (name === "palette") palette.open();
    else if (name === "filter") filterField()?.focus();
    else if (name === "row:next") step(1);
    else if (name === "row:previous") step(-1);
  });
}

const filterField = (): HTMLInputElement | undefined =>
  shown(document, "#main input[data-filter], #main input[type=search]").find((i): i is HTMLInputElement => i instanceof HTMLInputElement);

/** Esc in a filter clears it first and leaves it then. */
function clearThenLeave(target: EventTarget | null): void {
  if (!(target instanceof HTMLInputElement) || target.type !== "search" || target.closest("dialog") !== null) return;
  if (target.value === "") {
    target.blur();
    return;
  }
  target.value = "";
  target.dispatchEvent(new Event("input", { bubbles: true }));
}

/** Moves the focus to the next or previous row of the page's list. */
function step(by: number): void {
  const rows = shown(document, "#main [data-row], #main [data-rows] > * > a");
  const at = rows.findIndex((r) => r === document.activeElement);
  const current = at >= 0 ? at : rows.findIndex((r) => r.hasAttribute("aria-current"));
  rows[Math.max(0, Math.min(rows.length - 1, current + by))]?.focus();
}

function openSheet(commands: readonly Command[]): void {
  const dialog = document.getElementById("shortcuts");
  const list = document.getElementById("shortcuts-list");
  if (!(dialog instanceof HTMLDialogElement) || list === null || dialog.open) return;
  const groups = new Map<string, Command[]>();
  for (const c of commands) if (c.keys !== "") groups.set(c.group, [...(groups.get(c.group) ?? []), c]);
  list.replaceChildren(...Array.from(groups, ([name, items]) => make("section", "", make("h3", "", name), ...items.map(drawRow))));
  dialog.showModal();
}

function drawRow(c: Command): HTMLElement {
  const said = caps(c.keys, onMac()).map((together) => together.join(" ")).join(" then ");
  const keys = drawKeys(c.keys);
  keys.setAttribute("aria-hidden", "true");
  return make("p", "shortcut", make("span", "", c.label, make("span", "sr", ": " + said)), keys);
}
