// The command palette: commands of the registry and, when the server offers a
// search, people, threads and whatever else it finds.
import { around, icon, make, onMac } from "./dom";
import type { Command, Facts } from "./facts";
import { caps } from "./keys";
import { rank, split } from "./match";
import { isTheme, type Preferences } from "./preferences";

export interface Palette {
  open(): void;
  run(command: Command, newTab: boolean): void;
}

export function startPalette(facts: Facts, preferences: Preferences): Palette {
  const dialog = document.getElementById("palette");
  const input = document.getElementById("palette-input");
  const list = document.getElementById("palette-list");
  const count = document.getElementById("palette-count");
  if (!(dialog instanceof HTMLDialogElement) || !(input instanceof HTMLInputElement) || list === null || count === null) {
    return { open: () => undefined, run: () => undefined };
  }
  const commands = facts.commands.filter((c) => !c.sheetOnly);
  const byOption = new Map<Element, Command>();
  let asked: AbortController | undefined;
  let timer = 0;

  const options = (): HTMLElement[] => Array.from(list.querySelectorAll<HTMLElement>("[role=option]"));

  const select = (option: HTMLElement | undefined): void => {
    for (const o of options()) o.setAttribute("aria-selected", String(o === option));
    if (option === undefined) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    }
  };
  const selected = (): HTMLElement | undefined => options().find((o) => o.getAttribute("aria-selected") === "true");

  /** Says how much was found; that there is nothing only once everybody was asked. */
  const tell = (milliseconds: number, asking: boolean): void => {
    const n = options().length;
    list.querySelector(".palette-none")?.remove();
    if (asking && n === 0) {
      count.textContent = "";
      return;
    }
    if (n === 0) list.append(make("p", "palette-none", `Nothing matches “${input.value.trim()}”.`));
    count.textContent = `${n} ${n === 1 ? "result" : "results"} in ${Math.max(1, Math.round(milliseconds))} ms`;
  };

  const showCommands = (query: string): void => {
    const started = performance.now();
    byOption.clear();
    const groups = new Map<string, HTMLElement[]>();
    const found = commands
      .map((c, order) => ({ c, order, at: bestRank(c, query) }))
      .filter((f) => f.at >= 0)
      .sort((a, b) => a.at - b.at || a.order - b.order);
    for (const { c } of found) {
      const option = drawCommand(c, query);
      byOption.set(option, c);
      groups.set(c.group, [...(groups.get(c.group) ?? []), option]);
    }
    list.replaceChildren(...Array.from(groups, ([name, items]) => drawGroup(name, items)));
    select(options()[0]);
    tell(performance.now() - started, facts.paletteUrl !== "" && query.trim() !== "");
  };

  const search = async (query: string): Promise<void> => {
    asked?.abort();
    if (facts.paletteUrl === "" || query.trim() === "") return;
    const started = performance.now();
    const control = new AbortController();
    asked = control;
    try {
      const address = facts.paletteUrl + (facts.paletteUrl.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(query.trim());
      const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, signal: control.signal, credentials: "same-origin" });
      const html = answer.ok ? await answer.text() : "";
      if (control.signal.aborted) return;
      addFound(list, html, query);
      if (selected() === undefined) select(options()[0]);
    } catch {
      // Offline or replaced by a newer question: the commands are there already.
    }
    if (!control.signal.aborted) tell(performance.now() - started, false);
  };

  const run = (c: Command, newTab: boolean): void => {
    dialog.close();
    if (c.act !== "") act(c.act);
    else if (newTab) window.open(c.url, "_blank", "noopener");
    else location.assign(c.url);
  };

  const act = (name: string): void => {
    const theme = name.replace(/^theme:/, "");
    if (name.startsWith("theme:") && isTheme(theme)) preferences.setTheme(theme);
    else if (name === "sign-out") document.querySelector<HTMLFormElement>("form#sign-out")?.requestSubmit();
    else document.dispatchEvent(new CustomEvent("or3:act", { detail: name }));
  };

  const open = (): void => {
    if (dialog.open || document.querySelector("dialog:modal") !== null) return;
    const sidebar = document.getElementById("sidebar");
    if (sidebar?.matches(":popover-open")) sidebar.hidePopover();
    input.value = "";
    showCommands("");
    dialog.showModal();
    input.focus();
  };

  const choose = (option: HTMLElement | undefined, newTab: boolean): void => {
    const c = option === undefined ? undefined : byOption.get(option);
    if (c !== undefined) run(c, newTab);
    else if (option instanceof HTMLAnchorElement) {
      if (newTab) window.open(option.href, "_blank", "noopener");
      else location.assign(option.href);
    }
  };

  input.addEventListener("input", () => {
    showCommands(input.value);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void search(input.value), 120);
  });

  input.addEventListener("keydown", (e) => {
    const all = options();
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (e.key === "ArrowDown") select(all[(at + 1) % all.length]);
    else if (e.key === "ArrowUp") select(all[(at - 1 + all.length) % all.length]);
    else if (e.key === "PageDown") select(all[Math.min(at + 8, all.length - 1)]);
    else if (e.key === "PageUp") select(all[Math.max(at - 8, 0)]);
    else if (e.key === "Enter" && !e.isComposing) choose(selected(), e.ctrlKey || e.metaKey);
    else return;
    e.preventDefault();
  });

  // Esc first clears, then closes.
  dialog.addEventListener("cancel", (e) => {
    if (input.value === "") return;
    e.preventDefault();
    input.value = "";
    showCommands("");
  });
  dialog.addEventListener("close", () => asked?.abort());

  list.addEventListener("click", (e) => {
    const option = around(e.target, "[role=option]", HTMLElement);
    if (option === null || e.button !== 0) return;
    e.preventDefault();
    choose(option, e.ctrlKey || e.metaKey);
  });
  list.addEventListener("pointermove", (e) => {
    const option = around(e.target, "[role=option]", HTMLElement);
    if (option !== null && option.getAttribute("aria-selected") !== "true") select(option);
  });
  document.addEventListener("click", (e) => {
    if (around(e.target, "[data-palette]", HTMLElement) === null || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    open();
  });

  return { open, run };
}

const bestRank = (c: Command, query: string): number => {
  const label = rank(c.label, query);
  if (label >= 0) return label;
  const note = c.note === "" ? -1 : rank(c.note, query);
  return note >= 0 ? note + 3 : -1;
};

function drawGroup(name: string, items: readonly HTMLElement[]): HTMLElement {
  const heading = make("p", "palette-group", name);
  heading.setAttribute("aria-hidden", "true");
  const group = make("div", "", heading, ...items);
  group.setAttribute("role", "group");
  group.setAttribute("aria-label", name);
  return group;
}

function drawCommand(c: Command, query: string): HTMLElement {
  const option = make("div", "palette-item", icon(c.icon), label(c.label, query));
  if (c.note !== "") option.append(make("span", "palette-note", c.note));
  if (c.keys !== "") option.append(drawKeys(c.keys));
  option.id = "command-" + c.id;
  option.setAttribute("role", "option");
  return option;
}

const label = (text: string, query: string): HTMLElement =>
  make("span", "palette-label", ...split(text, query).map((p) => (p.hit ? make("mark", "", p.text) : p.text)));

/** The keycaps of a shortcut. */
export function drawKeys(keys: string): HTMLElement {
  return make("span", "keys", ...caps(keys, onMac()).flat().map((k) => make("kbd", "", k)));
}

/** Appends what the server found, with the match underlined. */
function addFound(list: HTMLElement, html: string, query: string): void {
  for (const old of list.querySelectorAll("[data-found]")) old.remove();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  let n = 0;
  for (const group of parsed.querySelectorAll<HTMLElement>("[role=group]")) {
    group.dataset["found"] = "";
    for (const option of group.querySelectorAll<HTMLElement>("[role=option]")) {
      option.id = `found-${n++}`;
      const name = option.querySelector(".palette-label");
      if (name !== null && name.childElementCount === 0) name.replaceWith(label(name.textContent ?? "", query));
    }
    list.append(group);
  }
}
