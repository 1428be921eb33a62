// /w/:workspace/files: all files of the workspace, as tiles or rows.
import { mark, Selection } from "./selection";
import { nameFiles } from "../../../../sync/client/src/files/keep";
import { isShown } from "./words";
import { icon, make } from "../dom";
import { clone, cloneAll, slot } from "../app/blueprint";
import { confirmFirst } from "../app/confirm";
import { empty } from "../app/empty";
import { pathOf, showBar, textIn, tryForm } from "../app/form_act";
import { Keyed } from "../app/morph";
import type { Context, Page, View } from "../app/page";
import { showPanes } from "../app/panes";
import { hrefOf, idIn, type Place } from "../app/router";
import { whenLetGo } from "../app/still";
import { plural } from "../app/text";
import { pick, take } from "./choose";
import { takeDrops } from "./drop";
import { clicked, comesItself, drawBar, savesData } from "./draw";
import { atOnce, listFiles, deleteFile, renameFile, standOf, trashFile, type Listed } from "./gallery_store";
import { wantFile } from "../../../../sync/client/src/files/steer";
import { previewOf } from "./previews";
import { wordsFor } from "./standing";
import { Thumbnails } from "./thumbnails";
import { showTransfers } from "./transfers";
import { bytes, iconOf, opensOnline, stemOf } from "./words";

export const filesPage: Page = {
  paths: ["/w/:workspace/files"],
  nav: "files",
  open: async (context, place, _params, main) => openGallery(context, place, main),
};

const tabs = [["", "All"], ["image", "Images"], ["pdf", "PDF"], ["other", "Other"], ["trash", "Trash"]] as const;

async function openGallery(context: Context, place: Place, main: HTMLElement): Promise<View> {
  const base = `/w/${encodeURIComponent(context.workspace)}/files`;
  const query = place.query.get("q") ?? "";
  const kind = place.query.get("kind") ?? "";
  const rows = place.query.get("view") === "list";
  const sort = place.query.get("sort") ?? "";
  const why = context.readOnly();
  let renaming = why === "" ? (place.query.get("rename") ?? "") : "";
  const at = (of: { q?: string; kind?: string; view?: string; sort?: string }): string => {
    const to = new URLSearchParams();
    for (const [name, value] of Object.entries({ q: query, kind, sort, view: rows ? "list" : "", ...of })) if (value !== "") to.set(name, value);
    return to.size === 0 ? base : `${base}?${to.toString()}`;
  };
  let most = atOnce;
  const read = () => listFiles(context, query, kind, sort, most);
  let found = await read();
  let files = await standOf(context, found);
  const panes = cloneAll("files", { workspace: context.workspace, site: context.site, query, file: "", name: "", note: "", by: "" }, { actions: why === "", rows: [] });
  const ul = slot(panes, "rows");
  ul?.setAttribute("data-owned", "");
  if (ul !== null) ul.className = rows ? "file-rows" : "file-tiles";
  slot(panes, "views")?.replaceChildren(viewLink(at({ view: "" }), "Tiles", "layout-grid", !rows), viewLink(at({ view: "list" }), "List", "list", rows));
  showPanes(main, panes);
  showBar();
  context.title("Files");
  const list = slot(main, "list");
  const target = slot(main, "rows");
  const order = list?.querySelector<HTMLSelectElement>("select[name=sort]");
  if (order) {
    order.value = sort;
    order.addEventListener("change", () => context.go(at({ sort: order.value })));
  }
  const selection = target === null || why !== "" ? undefined : new Selection(context, target, kind === "trash");
  const thumbnails = new Thumbnails(context, () => {
    keyed?.show(files);
    bring();
  });
  const keyed = target === null ? undefined : new Keyed<Listed>(target, {
    key: (f) => f.hash,
    signature: (f) => [f.name, JSON.stringify(wordsFor(f)), f.here, f.trashed, thumbnails.urlOf(f.hash), f.hash === renaming, context.people.name(f.by)].join("\u0001"),
    make: (f) => item(context, f, { renaming: f.hash === renaming, why, place: at({}), selected: selection?.has(f.hash) === true, rows, url: thumbnails.urlOf(f.hash) }),
  });
  let asked = -1;
  let later: ReturnType<typeof setTimeout> | undefined;
  const room = (): void => {
    clearTimeout(later);
    const to = slot(main, "room");
    if (to === null) return;
    const told = to.querySelector<HTMLElement>(".file-room:not([data-bound])");
    if (told !== null) told.hidden = told.dataset["used"] === String(found.shownSize); // the head says as much already
    if (context.store.local || asked === found.size || !navigator.onLine) return;
    asked = found.size;
    void fetch(`${base}?room=1`, { headers: { "HX-Request": "true" } }).then(async (answer) => {
      if (!answer.ok || answer.redirected) return;
      const words = new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes;
      whenLetGo(to, () => {
        to.replaceChildren(...words);
        room();
      });
    }, () => {
      asked = -1; // without a network nobody knows how much room there is; one that just came back may take a moment
      later = setTimeout(room, 5000);
    });
  };
  // Images that are looked at come by themselves; where there is a preview, that is enough for a tile.
  const bring = (): void => {
    if (context.store.local || savesData()) return;
    for (const f of files) if (thumbnails.sees(f.hash) && !f.here && f.stored && f.down === undefined && isShown(f.mediaType) && previewOf(f) === "" && f.size <= comesItself) void wantFile(context.store, f.hash, f.size).catch(() => undefined);
  };
  const draw = (): void => {
    keyed?.show(files);
    if (target !== null) thumbnails.follow(files, target);
    if (selection !== undefined) queueMicrotask(() => selection.follow(files));
    const facts = slot(main, "facts");
    if (facts !== null) facts.textContent = `${plural(found.shown, "file", "files")}, ${bytes(found.shownSize)}${kind === "trash" && found.shown > 0 ? ". They stay here until somebody deletes them for ever" : ""}${why === "" ? "" : `. ${why}`}${found.more ? `. The ${sort === "" ? "newest" : "first"} ${found.rows.length} are shown` : ""}`;
    slot(main, "tabs")?.replaceChildren(tabBar(found.counts, kind, (k) => at({ kind: k })));
    room();
    list?.querySelector(":scope > .empty")?.remove();
    if (target !== null) target.hidden = files.length === 0;
    if (files.length === 0) list?.append(nothing(query, kind, why, at({ q: "" })));
    list?.querySelector(":scope > .list-step")?.remove();
    if (found.more) list?.append(further(sort));
  };
  draw();
  if (renaming !== "") selectStem(target?.querySelector<HTMLInputElement>("input[name=name]"));
  let stopStanding = (): void => undefined;
  const follow = (): (() => void) => context.live(read, (rows) => {
    stopStanding();
    stopStanding = context.live(() => standOf(context, rows), (now) => {
      const first = found.rows.length < rows.rows.length && document.activeElement?.closest(".list-step") !== null ? rows.rows[found.rows.length]?.hash : undefined;
      found = rows;
      files = now;
      draw();
      if (first !== undefined) focusOn(target, first);
      bring();
    });
  });
  let stop = follow();
  const transfers = slot(main, "transfers");
  const stopTransfers = globalThis.OR3_LOCAL === true || transfers === null || context.store.local ? () => undefined : showTransfers(context, transfers);
  const run = (work: Promise<unknown>): void => void work.catch((error: unknown) => context.fail(error));
  const add = (chosen: readonly File[]): void => {
    if (why !== "") return;
    for (const file of chosen) run(take(context, file, () => undefined).then((chosen) => context.store.transact(["file_meta", "file_transfers", "file_cache"], () => nameFiles(context.store, [chosen]))));
  };
  const click = (e: MouseEvent): void => {
    if (e.target instanceof Element && target?.contains(e.target)) clicked(context, e, (hash) => files.find((f) => f.hash === hash));
  };
  main.addEventListener("click", click, true);
  // Where files are, and how much room there is, is said anew.
  const network = (): void => {
    stop();
    stop = follow();
  };
  addEventListener("online", network);
  addEventListener("offline", network);
  const stopDrops = takeDrops({ take: add });
  return {
    move: (to) => {
      if (["q", "kind", "view", "sort"].some((name) => (to.query.get(name) ?? "") !== (place.query.get(name) ?? ""))) return false;
      renaming = why === "" ? (to.query.get("rename") ?? "") : "";
      draw();
      selectStem(target?.querySelector<HTMLInputElement>("input[name=name]"));
      return true;
    },
    act: (name) => {
      if (name === "further") {
        most += atOnce;
        stop();
        stop = follow();
        return true;
      }
      if (name !== "upload") return false;
      pick(add);
      return true;
    },
    submit: (form) => {
      const path = pathOf(form);
      if (path === base) {
        context.go(at({ q: textIn(form, "q").trim(), sort: textIn(form, "sort") }));
        return true;
      }
      const of = path.startsWith(base + "/") ? path.slice(base.length + 1).split("/") : [];
      const hash = idIn(of[0] ?? "");
      if (of[1] === "rename") void tryForm(context, form, async () => {
        await renameFile(context, hash, textIn(form, "name"));
        context.go(at({}), { replace: true });
      });
      else if (of[1] === "trash") run(trashFile(context, hash, true).then(() => selection?.moved([hash])));
      else if (of[1] === "restore") run(trashFile(context, hash, false));
      else return false;
      return true;
    },
    link: (to) => {
      const of = to.path.startsWith(base + "/") ? to.path.slice(base.length + 1).split("/") : [];
      if (of[1] !== "delete") return false;
      const hash = idIn(of[0] ?? "");
      const name = files.find((f) => f.hash === hash)?.name ?? "this file";
      const whom = globalThis.OR3_LOCAL === true || context.me === null ? "Messages that have it say that it was deleted." : `It goes for everyone in ${context.site}, and messages that have it say that it was deleted. For 30 days, whoever administers the workspace can bring it back under Admin, Sync.`;
      confirmFirst({ title: `Delete ${name} for ever?`, text: whom, keep: "Keep it", do: "Delete for ever" }, () => run(deleteFile(context, hash)));
      return true;
    },
    close: () => {
      clearTimeout(later);
      stop();
      stopStanding();
      stopTransfers();
      thumbnails.close();
      selection?.close();
      main.removeEventListener("click", click, true);
      removeEventListener("online", network);
      removeEventListener("offline", network);
      stopDrops();
    },
  };
}

function item(context: Context, f: Listed, o: { renaming: boolean; why: string; place: string; selected: boolean; rows: boolean; url: string }): HTMLElement {
  const words = wordsFor(f);
  const name = o.why !== "" ? "file-item-reading" : f.trashed ? "file-item-trashed" : o.renaming ? "file-item-rename" : "file-item";
  const by = context.me !== null && f.by === context.me.id ? "you" : f.by === "" ? "" : context.people.name(f.by);
  const e = clone(name, { workspace: context.workspace, file: f.hash, name: f.name, note: o.rows ? words.note : words.note.replace(opensOnline, ""), by }, {
    by: (b) => {
      b.textContent = ` · ${[context.clock().short(f.at).textContent ?? "", ...(context.me === null || by === "" ? [] : [by])].join(", ")}`;
    },
  });
  mark(e, o.selected);
  const shown = slot(e, "shown");
  if (o.url !== "" && isShown(f.mediaType)) {
    const img = make("img", "");
    img.src = o.url;
    img.alt = "";
    img.decoding = "async";
    img.loading = "lazy";
    shown?.replaceChildren(img);
  } else slot(e, "icon")?.replaceChildren(icon(iconOf(f.mediaType), "l"));
  const note = slot(e, "note");
  note?.classList.toggle("tone-danger", words.tone === "danger");
  note?.closest<HTMLElement>(".file-note")?.setAttribute("title", words.note);
  drawBar(e, words.bar, words.paused);
  const menu = e.querySelector("details.menu");
  menu?.removeAttribute("id");
  menu?.querySelector("summary")?.setAttribute("aria-label", `More for ${f.name}`);
  // A tile has two lines for it.
  if (globalThis.OR3_LOCAL !== true && words.tone === "danger") menu?.querySelector(".menu-pop")?.prepend(make("p", "file-why tone-danger", words.note), make("hr", ""));
  // The way to the form and back keeps what is looked for.
  for (const a of e.querySelectorAll<HTMLAnchorElement>("a[href*='?rename='], .form-row > a")) {
    const form = a.getAttribute("href")?.includes("?rename=") === true;
    a.setAttribute("href", hrefOf(form ? `${o.place}${o.place.includes("?") ? "&" : "?"}rename=${encodeURIComponent(f.hash)}` : o.place));
  }
  const box = e.querySelector<HTMLInputElement>("input[name=name]");
  if (box !== null) box.value = box.defaultValue = f.name;
  if (!f.here && !f.stored) e.querySelector("a[href$='download=1']")?.remove();
  return e;
}

/** Chooses the name without its extension, which says what the file is: who types another name keeps it. */
function selectStem(box: HTMLInputElement | null | undefined): void {
  box?.select();
  box?.setSelectionRange(0, stemOf(box.value).length);
}

/** The way to those that are not listed yet. */
function further(sort: string): HTMLElement {
  const button = make("button", "btn btn-small", icon("arrow-down", "s"), sort === "" ? "Show older" : "Show more");
  button.type = "button";
  button.dataset["act"] = "further";
  return make("p", "list-step", button);
}

/** Who asked for more goes on with the first of them. */
function focusOn(list: HTMLElement | null, hash: string): void {
  list?.querySelector<HTMLElement>(`[data-file="${CSS.escape(hash)}"] [data-slot=open]`)?.focus();
}

function viewLink(href: string, label: string, name: string, current: boolean): HTMLElement {
  const a = make("a", "btn btn-icon", icon(name));
  a.href = hrefOf(href);
  a.setAttribute("aria-label", label);
  a.dataset["tip"] = label;
  if (current) a.setAttribute("aria-current", "true");
  return a;
}

function tabBar(counts: Readonly<Record<string, number>>, kind: string, at: (kind: string) => string): HTMLElement {
  const nav = make("nav", "tabs", ...tabs.flatMap(([k, label]) => {
    const a = make("a", "tab", label);
    a.href = hrefOf(at(k));
    const n = counts[k] ?? 0;
    a.append(" ", make("span", "tab-count", String(n)));
    if (k === kind) a.setAttribute("aria-current", "page");
    return [a];
  }));
  nav.setAttribute("aria-label", "Kinds of files");
  return nav;
}

function nothing(query: string, kind: string, why: string, all: string): HTMLElement {
  if (query !== "") return empty({ kind: "no-match", icon: "search-x", title: `Nothing matches “${query}”`, text: "This list looks at names.", action: { label: "Clear the filter", href: all } });
  if (kind === "trash") return empty({ kind: "nothing-yet", icon: "trash-2", title: "The trash is empty", text: "Files you move here can be restored, or deleted for ever." });
  return empty({ kind: "nothing-yet", icon: "paperclip", title: "No files yet", text: why === "" ? "Attach files to a message, or put them here." : why });
}

