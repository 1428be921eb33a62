// What the palette finds on the device: words in threads, messages, documents,
// prompts and projects.
import type { Answer } from "../search/found";
import type { Part } from "../search/line";
import { groupName, plain, shownOf } from "./hits";
import type { Context } from "./page";
import { searcherOf, type Searcher } from "./searcher";

/** How many of each kind the palette shows. */
const most = 5;

interface Found {
  readonly group: string;
  readonly icon: string;
  readonly label: readonly Part[] | string;
  readonly note: string;
  readonly url: string;
  readonly aside?: boolean; // an offer, not a result
}

interface Asked {
  readonly query: string;
  /** Shows what was found; more says that the device has not looked at everything yet. */
  add(found: readonly Found[], more: boolean): void;
}

function foundIn(context: Context, query: string, answer: Answer): Found[] {
  const all = answer.groups.flatMap(({ table, hits }) => hits.map((h): Found => {
    const s = shownOf(context, h);
    return { group: groupName[table], icon: s.icon, label: s.title, note: plain(s.line), url: s.url };
  }));
  const everything = { group: "Search", icon: "search", label: `Search for “${query}” inside everything`, note: answer.percent < 100 ? `Still indexing, ${answer.percent} %` : "", url: `/w/${encodeURIComponent(context.workspace)}/search?q=${encodeURIComponent(query)}`, aside: true };
  return [...all, everything];
}

const list = (): HTMLElement | null => document.getElementById("palette-list");

/** Whether the server was faster: what it found is not shown twice. */
const isShown = (f: Found): boolean => list()?.querySelector(`[data-found] [href="${CSS.escape(f.url)}"]`) != null;

/** What is of one kind stands below one heading, whoever found it: behind what was there first. */
function gather(): void {
  for (const found of list()?.querySelectorAll("[data-found]") ?? []) {
    const local = list()?.querySelector(`[data-local][aria-label="${CSS.escape(found.getAttribute("aria-label") ?? "")}"]`);
    const all = !local ? [found] : found.compareDocumentPosition(local) & Node.DOCUMENT_POSITION_FOLLOWING ? [found, local] : [local, found];
    all.forEach((group, i) => group.firstElementChild?.toggleAttribute("hidden", i > 0));
    const [first, second] = all;
    if (second !== undefined && first?.nextElementSibling !== second) first?.after(second);
  }
}

/** Answers the palette's question before the server is asked. */
export function answerPalette(context: () => Context | undefined): void {
  const input = document.getElementById("palette-input");
  let asked: Asked | undefined;
  let shown = "";
  let heard: Searcher | undefined;
  let stop = (): void => undefined;
  const hear = (searcher: Searcher | undefined): void => {
    if (searcher === heard) return;
    stop();
    heard = searcher;
    stop = searcher?.onChange(() => void ask(true).catch(() => undefined)) ?? (() => undefined);
  };
  const ask = async (again: boolean): Promise<void> => {
    const [now, of] = [context(), asked];
    if (now === undefined || of === undefined) return;
    const query = of.query.trim();
    const searcher = searcherOf(now.store.db.name, !again);
    hear(searcher);
    const answer = await searcher.ask("palette", query, most);
    if (answer === undefined || asked !== of) return;
    const found = foundIn(now, query, answer).filter((f) => !isShown(f));
    const key = JSON.stringify(found);
    if (again && key === shown) return;
    shown = key;
    of.add(found, answer.percent < 100);
  };
  const palette = list();
  if (palette !== null) new MutationObserver(gather).observe(palette, { childList: true });
  document.addEventListener("or3:find", (e) => {
    asked = e instanceof CustomEvent ? (e.detail as Asked) : undefined;
    ask(false).catch(() => asked?.add([], false));
  });
  document.getElementById("palette")?.addEventListener("close", () => {
    asked = undefined;
    hear(undefined);
  });
  // Somebody was faster than this script.
  if (input instanceof HTMLInputElement && input.value !== "") input.dispatchEvent(new Event("input"));
}
