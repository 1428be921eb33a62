// The command palette: commands of the registry and, when the server offers a
// search, people, threads and whatever else it finds.
import { hrefOf } from "./app/router";
import { around, icon, make, onMac } from "./dom";
import type { Command, Facts } from "./facts";
import { caps } from "./keys";
import { rank, split, type Part } from "./match";
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
  let chosen = false; // the person moved the selection themselves
  let waiting = { device: false, server: false };

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

  /** After more was found: what the person chose stays selected, otherwise the first one is. */
  const selectAgain = (href: string | null | undefined): void => {
    if (chosen && selected() !== undefined) return;
    const all = options();
    select(all.find((o) => chosen && o.getAttribute("href") === href) ?? all.find((o) => o.dataset["aside"] === undefined) ?? all[0]);
  };

  /** Says how much was found; that there is nothing only once everybody was asked. */
  const tell = (): void => {
    const n = options().filter((o) => o.dataset["aside"] === undefined).length;
    list.querySelector(".palette-none")?.remove();
    if ((waiting.device || waiting.server) && n === 0) {
      count.textContent = "";
      return;
    }
    if (n === 0) list.prepend(make("p", "palette-none", `Nothing matches “${input.value.trim()}”.`));
    count.textContent = `${n} ${n === 1 ? "result" : "results"}`;
  };

  const showCommands = (query: string): void => {
    byOption.clear();
    chosen = false;
    waiting = { device: false, server: facts.paletteUrl !== "" && query.trim() !== "" };
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
    tell();
  };

  /** What the app has on this device comes at once, without the server. */
  const askDevice = (query: string): void => {
    if (query.trim() === "") return;
    const add = (found: readonly Found[], more: boolean): void => {
      if (input.value !== query) return;
      const at = selected()?.getAttribute("href");
      addLocal(list, found, query);
      selectAgain(at);
      waiting.device = more;
      tell();
    };
    document.dispatchEvent(new CustomEvent("or3:find", { detail: { query, add } }));
  };

  const search = async (query: string): Promise<void> => {
    asked?.abort();
    if (facts.paletteUrl === "" || query.trim() === "") return;
    const control = new AbortController();
    asked = control;
    try {
      const address = facts.paletteUrl + (facts.paletteUrl.includes("?") ? "&" : "?") + "q=" + encodeURIComponent(query.trim());
      const answer = await fetch(address, { headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, signal: control.signal, credentials: "same-origin" });
      const html = answer.ok ? await answer.text() : "";
      if (control.signal.aborted) return;
      const at = selected()?.getAttribute("href");
      addFound(list, html, query);
      selectAgain(at);
    } catch {
      // Offline or replaced by a newer question: the commands are there already.
    }
    if (control.signal.aborted) return;
    waiting.server = false;
    tell();
  };

  const run = (c: Command, newTab: boolean): void => {
    dialog.close();
    if (c.act !== "") act(c.act);
    else follow(c.url, newTab);
  };

  /** Opens an address; the app may take it over. The neutral shell names no workspace: the page does. */
  const follow = (address: string, newTab: boolean): void => {
    const url = address.replace("__workspace__", document.body.dataset["workspace"] ?? "");
    if (newTab) window.open(hrefOf(url), "_blank", "noopener");
    else if (document.dispatchEvent(new CustomEvent("or3:open", { detail: url, cancelable: true }))) location.assign(url);
  };

  const act = (name: string): void => {
    const theme = name.replace(/^theme:/, "");
    if (name.startsWith("theme:") && isTheme(theme)) preferences.setTheme(theme);
    else if (globalThis.OR3_LOCAL !== true && name === "sign-out") document.querySelector<HTMLFormElement>("form#sign-out")?.requestSubmit();
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
      dialog.close();
      follow(option.getAttribute("href") ?? option.href, newTab);
    }
  };

  input.addEventListener("input", () => {
    showCommands(input.value);
    askDevice(input.value);
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void search(input.value), 120);
  });

  input.addEventListener("keydown", (e) => {
    const all = options();
    const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
    if (e.key.startsWith("Arrow") || e.key.startsWith("Page")) chosen = true;
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
    if (option !== null && option.getAttribute("aria-selected") !== "true") {
      chosen = true;
      select(option);
    }
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

const label = (text: string | readonly Part[], query: string): HTMLElement =>
  make("span", "palette-label", ...(typeof text === "string" ? split(text, query) : text).map((p) => (p.hit ? make("mark", "", p.text) : p.text)));

/** The keycaps of a shortcut. */
export function drawKeys(keys: string): HTMLElement {
  return make("span", "keys", ...caps(keys, onMac()).flat().map((k) => make("kbd", "", k)));
}

interface Found {
  readonly group: string;
  readonly icon: string;
  readonly label: string | readonly Part[];
  readonly note: string;
  readonly url: string;
  readonly aside?: boolean; // an offer, not a result
}

/** Appends what the device found. */
function addLocal(list: HTMLElement, found: readonly Found[], query: string): void {
  for (const old of list.querySelectorAll("[data-local]")) old.remove();
  const groups = new Map<string, HTMLElement[]>();
  found.forEach((f, n) => {
    const option = make("a", "palette-item", icon(f.icon), label(f.label, query));
    if (f.note !== "") option.append(make("span", "palette-note", f.note));
    option.href = f.url;
    if (f.aside === true) option.dataset["aside"] = "";
    option.tabIndex = -1;
    option.id = `local-${n}`;
    option.setAttribute("role", "option");
    groups.set(f.group, [...(groups.get(f.group) ?? []), option]);
  });
  for (const [name, items] of groups) {
    const group = drawGroup(name, items);
    group.dataset["local"] = "";
    list.append(group);
  }
}

/** Appends what the server found, with the match underlined. */
function addFound(list: HTMLElement, html: string, query: string): void {
  for (const old of list.querySelectorAll("[data-found]")) old.remove();
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const known = new Set(Array.from(list.querySelectorAll("[data-local] [href]"), (o) => o.getAttribute("href") ?? ""));
  let n = 0;
  for (const group of parsed.querySelectorAll<HTMLElement>("[role=group]")) {
    group.dataset["found"] = "";
    for (const option of group.querySelectorAll<HTMLElement>("[role=option]")) {
      if (known.has(option.getAttribute("href") ?? "")) { // the device found it before
        option.remove();
        continue;
      }
      option.id = `found-${n++}`;
      const name = option.querySelector(".palette-label");
      if (name !== null && name.childElementCount === 0) name.replaceWith(label(name.textContent ?? "", query));
    }
    if (group.querySelector("[role=option]") !== null) list.append(group);
  }
}
