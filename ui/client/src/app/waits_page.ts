// /w/:workspace/waits: what this device has not sent, with what can be done
// about each. Only the device knows, so only it draws the page.
import type { PendingOp, Sync } from "../../../../sync/client/src/index";
import { clone, cloneAll, slot } from "./blueprint";
import { confirmFirst } from "./confirm";
import { empty } from "./empty";
import { Keyed } from "./morph";
import type { Context, Page } from "./page";
import { showPanes } from "./panes";
import { segment } from "./router";
import { plural, preview, wordsOf } from "./text";
import { download } from "./download";

const nouns: Record<string, string> = { threads: "Thread", messages: "Message", projects: "Project", posts: "Document", kv: "Setting", file_meta: "File", notifications: "Notice" };

export function waitsPage(sync: () => Sync | undefined): Page {
  return {
    paths: ["/w/:workspace/waits"],
    nav: "",
    open: async (context, _place, _params, main) => {
      const now = sync();
      if (now === undefined) return undefined;
      const ops = await now.waiting();
      showPanes(main, cloneAll("waits"));
      context.title("What waits here");
      document.body.classList.add("pane-read-shown");
      document.body.classList.remove("pane-list-shown");
      const waiting = keyed(context, slot(main, "waiting"));
      const failed = keyed(context, slot(main, "failed"));
      const draw = (all: readonly PendingOp[]): void => {
        const [bad, good] = [all.filter((o) => o.status === "failed"), all.filter((o) => o.status !== "failed")];
        failed?.show(bad);
        waiting?.show(good.slice(0, 200));
        part(main, "failed-part", bad.length > 0);
        part(main, "waiting-part", good.length > 0);
        part(main, "export", all.length > 0);
        part(main, "gone", now.status().phase === "removed");
        const facts = slot(main, "facts");
        if (facts !== null) facts.textContent = all.length === 0 ? "Everything of yours is on the server." : sentence(good.length, bad.length);
        const states = slot(main, "states");
        states?.replaceChildren(...(all.length === 0 ? [empty({ kind: "all-done", icon: "check", title: "Nothing waits", text: "What you write goes out at once while the server answers." })] : []));
      };
      draw(ops);
      const stop = context.live(() => now.waiting(), draw);
      const stopStatus = now.onStatus(() => void now.waiting().then(draw, () => undefined));
      return {
        act: (name, button) => {
          const id = button.closest<HTMLElement>("[data-op]")?.dataset["op"] ?? "";
          if (name === "export") void now.exportUnsent().then((text) => download(`unsent-${context.workspace}.or3.jsonl`, text), (e: unknown) => context.fail(e));
          else if (name === "remove") {
            confirmFirst({ title: "Remove this workspace from this device?", text: "What you have not sent goes too. Export it first if you may want it.", keep: "Keep it", do: "Remove from this device" }, () => {
              void now.stop().then(() => context.store.db.delete()).then(() => location.assign("/workspaces"), (e: unknown) => context.fail(e));
            });
          } else if (name === "retry") void now.retry(id).catch((e: unknown) => context.fail(e));
          else if (name === "discard") {
            confirmFirst({ title: "Discard this change?", text: "It is on this device alone: once it is discarded, nobody can bring it back. Export first if you may want it.", keep: "Keep it", do: "Discard change" }, () => {
              void now.discard(id).catch((e: unknown) => context.fail(e));
            });
          } else return false;
          return true;
        },
        close: () => {
          stop();
          stopStatus();
        },
      };
    },
  };
}

function sentence(waiting: number, failed: number): string {
  const parts = [];
  if (failed > 0) parts.push(`${plural(failed, "change was", "changes were")} not sent`);
  if (waiting > 0) parts.push(`${plural(waiting, "change waits", "changes wait")}${waiting > 200 ? ", the first 200 are shown" : ""}`);
  return parts.join("; ") + ".";
}

function part(main: HTMLElement, name: string, shown: boolean): void {
  const e = slot(main, name);
  if (e !== null) e.hidden = !shown;
}

function keyed(context: Context, list: HTMLElement | null): Keyed<PendingOp> | undefined {
  if (list === null) return undefined;
  return new Keyed<PendingOp>(list, {
    key: (o) => o.id,
    signature: (o) => `${o.status} ${o.attempts} ${o.error?.message ?? ""} ${o.stamp.op_id}`,
    make: (o) => {
      const link = address(context.workspace, o);
      const e = clone("waits-row", { op: o.id, title: titleOf(o), note: noteOf(context, o), href: link === "" ? "/" : link }, { actions: o.status === "failed" });
      if (link === "") {
        const a = slot(e, "link");
        a?.replaceWith(a.textContent ?? "");
      }
      return e;
    },
  });
}

function titleOf(o: PendingOp): string {
  const noun = nouns[o.table] ?? o.table;
  if (o.op === "delete") return `${noun}: deleted`;
  const p = o.payload ?? {};
  const text = o.table === "messages" ? wordsOf(p["data"]) : [p["title"], p["name"], p["hash"]].find((v): v is string => typeof v === "string" && v !== "");
  return `${noun}: ${preview(text ?? "untitled", 80)}`;
}

function noteOf(context: Context, o: PendingOp): string {
  const when = `Written ${context.clock().words(Math.floor(o.created_at / 1000))}.`;
  const why = o.error === undefined ? "" : ` ${o.error.message}`;
  const tries = o.status === "failed" || o.attempts < 2 ? "" : ` ${o.attempts} attempts so far.`;
  return when + why + tries;
}

function address(workspace: string, o: PendingOp): string {
  const base = `/w/${encodeURIComponent(workspace)}`;
  if (o.op === "delete") return "";
  if (o.table === "threads") return `${base}/t/${segment(o.pk)}`;
  const thread = o.payload?.["thread_id"];
  if (o.table === "messages" && typeof thread === "string") return `${base}/t/${segment(thread)}#m-${encodeURIComponent(o.pk)}`;
  if (o.table === "posts" && o.payload?.["post_type"] === "markdown") return `${base}/documents/${segment(o.pk)}`;
  return "";
}
