// /w/:workspace/documents: the documents, with ?kind=prompt the prompts, and
// with ?new=1 an empty one to write.
import type { Row } from "../../../../sync/client/src/local";
import { clone, cloneAll, slot } from "./blueprint";
import { openNew } from "./document_page";
import { sweepDrafts } from "./document_draft";
import { nounOf, postTitle, type PostKind } from "./document_write";
import { empty } from "./empty";
import { showBar } from "./form_act";
import { Keyed } from "./morph";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import type { Place } from "./router";
import { excerpt } from "./plain";
import { plural } from "./text";

type Post = Row<"posts">;
const most = 500;

export const documentsPage: Page = {
  paths: ["/w/:workspace/documents"],
  nav: "documents",
  open: async (context, place, _params, main) => {
    const kind: PostKind = place.query.get("kind") === "prompt" ? "prompt" : "markdown";
    if (place.query.get("new") !== null && context.readOnly() === "") return openNew(context, kind, place, main);
    return openList(context, kind, place, main);
  },
};

interface Found {
  readonly rows: readonly Post[];
  readonly total: number;
}

async function find(context: Context, kind: PostKind, query: string): Promise<Found> {
  const all = context.store.db.posts.where("[post_type+updated_at]").between([kind, -Infinity], [kind, Infinity]);
  const wanted = query.toLowerCase();
  if (wanted === "") return { rows: await all.reverse().limit(most).toArray(), total: await context.store.db.posts.where("[post_type+updated_at]").between([kind, -Infinity], [kind, Infinity]).count() };
  const rows = await all.reverse().filter((p) => p.title.toLowerCase().includes(wanted)).limit(most).toArray();
  return { rows, total: rows.length };
}

async function openList(context: Context, kind: PostKind, place: Place, main: HTMLElement): Promise<View> {
  const query = place.query.get("q") ?? "";
  const noun = nounOf(kind);
  const base = `/w/${encodeURIComponent(context.workspace)}/documents`;
  const why = context.readOnly();
  const first = await find(context, kind, query);
  void sweepDrafts(context).catch(() => undefined);
  const panes = cloneAll(noun + "s", { workspace: context.workspace, query, title: "", document: "", site: context.site }, { actions: why === "", rows: [] });
  slot(panes, "rows")?.setAttribute("data-owned", "");
  showPanes(main, panes);
  showBar();
  context.title(noun === "prompt" ? "Prompts" : "Documents");
  const list = slot(main, "list");
  const form = list?.querySelector("form");
  const ul = slot(main, "rows");
  const keyed = ul === null ? undefined : new Keyed<Post>(ul, {
    key: (p) => p.id,
    signature: (p) => [p.title, p.updated_at, p.content.length, p.op_id, context.clock().dayOf(p.updated_at)].join("\u0001"),
    make: (p) => clone("document-row", { workspace: context.workspace, document: p.id, title: postTitle(p), preview: excerpt(p.content) || "No text yet", by: "you" }, {
      when: context.clock().short(p.updated_at), by: p.device_id === context.store.deviceId || context.me === null,
    }),
  });
  const draw = ({ rows: posts, total }: Found): void => {
    keyed?.show(posts);
    const facts = slot(main, "facts");
    if (facts !== null) facts.textContent = (query === "" ? plural(total, noun, noun + "s") : plural(total, "match", "matches")) + (why === "" ? "" : `. ${why}`) + (total > posts.length ? `. The latest ${most} are shown.` : "");
    if (form) form.hidden = posts.length === 0 && query === "";
    list?.querySelector(":scope > .empty")?.remove();
    if (ul !== null) ul.hidden = posts.length === 0;
    if (posts.length === 0) list?.append(nothing(kind, query, base, why));
  };
  draw(first);
  const stop = context.live(() => find(context, kind, query), draw);
  return {
    submit: (sent) => {
      const q = new FormData(sent).get("q");
      const to = new URLSearchParams(kind === "prompt" ? { kind } : {});
      if (typeof q === "string" && q.trim() !== "") to.set("q", q.trim());
      context.go(to.size === 0 ? base : `${base}?${to.toString()}`);
      return true;
    },
    close: stop,
  };
}

function nothing(kind: PostKind, query: string, base: string, why: string): HTMLElement {
  const noun = nounOf(kind);
  const list = kind === "prompt" ? `${base}?kind=prompt` : base;
  if (query !== "") return empty({ kind: "no-match", icon: "search-x", title: `Nothing matches “${query}”`, text: "This list looks at titles.", action: { label: "Clear the filter", href: list } });
  const of = noun === "prompt"
    ? { kind: "nothing-yet" as const, icon: "quote", title: "No prompts yet", text: `A prompt tells an assistant how to behave.${globalThis.OR3_LOCAL === true ? "" : " A thread can have one."}` }
    : { kind: "nothing-yet" as const, icon: "file-text", title: "No documents yet", text: "A document is a text that several people keep up to date: a plan, a list, a record." };
  if (why !== "") return empty({ ...of, text: why });
  return empty({ ...of, action: { label: `New ${noun}`, href: `${list}${list.includes("?") ? "&" : "?"}new=1`, icon: "plus", primary: true } });
}

