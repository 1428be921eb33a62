// /w/:workspace/activity: what a person was told about, the latest first; with
// ?before= what comes behind a place in that list.
import { icon } from "../dom";
import { clone, cloneAll, slot } from "./blueprint";
import { confirmFirst } from "./confirm";
import { empty } from "./empty";
import { pathOf, showBar } from "./form_act";
import { Keyed } from "./morph";
import { cursorIn, cursorOf } from "./notice_cursor";
import { capped, clearNotices, notices, readNotices, type Notice, type NoticePart } from "./notice_read";
import type { Context, Page } from "./page";
import { showPanes } from "./panes";
import { idIn, segment } from "./router";
import { preview } from "./text";

/** So many are shown, and so many more each time somebody asks for earlier ones. */
const step = 50;

export const activityPage: Page = {
  paths: ["/w/:workspace/activity"],
  nav: "activity",
  open: async (context, place, _params, main) => {
    const { store } = context;
    const base = `/w/${encodeURIComponent(context.workspace)}/activity`;
    const before = cursorIn(place.query.get("before") ?? "");
    let most = step;
    const read = (): Promise<NoticePart> => notices(store, most, before);
    let now = await read();
    let keyed: Keyed<Notice> | undefined;
    const draw = (): void => {
      const last = now.rows.at(-1);
      const panes = cloneAll("activity", { workspace: context.workspace, site: context.site, before: last === undefined ? "" : cursorOf(last) }, {
        actions: now.total > 0, "read-all": now.unread > 0, rows: [], facts: factsOf(now), latest: !now.latest, earlier: now.more,
      });
      slot(panes, "rows")?.setAttribute("data-owned", "");
      if (now.total === 0) slot(panes, "list")?.append(empty({ kind: "all-done", icon: "bell", title: "Nothing new", text: "When somebody answers in a thread you wrote in, it stands here." }));
      showPanes(main, panes);
      const ul = slot(main, "rows");
      if (ul === null) return;
      if (keyed?.container !== ul) keyed = new Keyed<Notice>(ul, { key: (n) => n.id, signature: (n) => [n.title, n.body, n.read_at, n.created_at, context.clock().dayOf(n.created_at)].join("\u0001"), make: (n) => rowOf(context, n) });
      keyed.show(now.rows);
      ul.hidden = now.total === 0;
    };
    draw();
    showBar();
    context.title("Activity");
    let closed = false;
    const follow = (): (() => void) => context.live(read, (found) => {
      if (closed) return;
      now = found;
      draw();
    });
    let stop = follow();
    let asking = false; // for earlier ones, once at a time
    // Earlier ones come below those that are there; the focus goes to the first of them.
    const earlier = async (): Promise<void> => {
      const found = await notices(store, most + step, before);
      if (closed) return;
      stop();
      most += step;
      const first = now.rows.length;
      now = found;
      draw();
      stop = follow();
      const row = slot(main, "rows")?.children[first];
      if (!(row instanceof HTMLElement)) return;
      row.tabIndex = -1;
      (row.querySelector<HTMLElement>("a, button") ?? row).focus();
    };
    const done = (work: Promise<void>): void => void work.catch((e: unknown) => context.fail(e));
    return {
      submit: (form) => {
        const what = pathOf(form).slice(base.length).split("/");
        if (what[1] === "read") done(readNotices(store));
        else if (what[1] === "clear") confirmFirst({ title: "Clear your notices?", text: "They go from all your devices. What they were about stays.", keep: "Keep them", do: "Clear notices" }, () => done(clearNotices(store)));
        else if (what[2] === "read") {
          const next = form.closest("li")?.nextElementSibling?.querySelector<HTMLElement>("a, button") ?? main;
          done(readNotices(store, idIn(what[1] ?? "")).then(() => next.focus()));
        } else return false;
        return true;
      },
      // Whoever opens what a notice is about has read it.
      link: (_place, a) => {
        if (a?.closest("[data-slot=earlier]")) {
          if (!asking) {
            asking = true;
            done(earlier().finally(() => (asking = false)));
          }
          return true;
        }
        const id = a?.closest<HTMLElement>("[data-id]")?.dataset["id"];
        if (id !== undefined) done(readNotices(store, id));
        return false;
      },
      close: () => {
        closed = true;
        stop();
      },
    };
  },
};

function factsOf(of: NoticePart): string {
  if (of.total === 0) return "What others write to you comes here.";
  return of.unread === 0 ? "You have read everything." : `${capped(of.unread)} unread`;
}

/** Where whoever administers the workspace brings back what did not stand; "" for others, and for notices about something else. */
function bringBack(n: Notice): string {
  const admin = document.querySelector("#sidebar a[data-admin]")?.getAttribute("href") ?? "";
  const row = n.actions?.map((a) => a as Partial<Record<string, unknown>>).find((a) => a["kind"] === "history");
  const [table, pk] = [row?.["target"], row?.["data"]];
  return admin === "" || typeof table !== "string" || typeof pk !== "string" ? "" : `${admin}/sync?table=${encodeURIComponent(table)}&pk=${encodeURIComponent(pk)}#row`;
}

/** The page of this server that a notice leads to, "" for none. What a device wrote may be anything: nothing leads to another server. */
function linkOf(n: Notice): string {
  const link = n.actions?.map((a) => a as Partial<Record<string, unknown>>).find((a) => a["kind"] === "navigate")?.["target"];
  return typeof link === "string" && /^\/(?!\/)[^\s\\\x00-\x1f\x7f]*$/.test(link) ? link : "";
}

function rowOf(context: Context, n: Notice): HTMLElement {
  const base = `/w/${encodeURIComponent(context.workspace)}`;
  const [thread, post] = [n.thread_id ?? "", n.document_id ?? ""];
  const href = thread !== "" ? `${base}/t/${segment(thread)}` : post !== "" ? `${base}/documents/${segment(post)}` : linkOf(n);
  const body = preview(n.body ?? "", 200);
  const unread = !n.read_at;
  const bring = bringBack(n);
  const e = clone("activity-row", { workspace: context.workspace, note: n.id, href: href === "" ? "/" : href, title: n.title, body }, {
    body: body !== "", bring: bring === "" ? false : (e) => e.querySelector("a")?.setAttribute("href", bring), when: context.clock().short(n.created_at), new: unread, read: unread,
  });
  e.classList.toggle("notice-unread", unread);
  e.querySelector(":scope > .icon")?.replaceWith(icon(thread !== "" ? "messages-square" : post !== "" ? "file-text" : "bell"));
  if (href === "") {
    const a = slot(e, "link");
    a?.replaceWith(a.textContent ?? "");
  }
  return e;
}
