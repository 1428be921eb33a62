// /w/:workspace/waits: what this device has not sent, with what can be done
// about each. Only the device knows, so only it draws the page.
import type { FileTransfer, PendingOp, Sync } from "../../../../sync/client/src/index";
import { actsOf } from "../../../../sync/client/src/sync/acts";
import { openKept } from "../../../../sync/client/src/files/keep";
import { retryTransfer } from "../../../../sync/client/src/files/steer";
import { unsentFiles } from "../../../../sync/client/src/store/unsent_files.js";
import { clone, cloneAll, slot } from "./blueprint";
import { confirmFirst } from "./confirm";
import { draftsChanged, draftsOfWorkspace, onDrafts } from "./draft_foot";
import { draftAddress, draftLines, draftsHere, draftTitle, dropDrafts, type KeptDraft } from "./draft_list";
import { empty } from "./empty";
import { removeWords, waitFacts, waitingNote } from "./leave_words";
import { make } from "../dom";
import type { MoreContext } from "./more_pages";
import { Keyed } from "./morph";
import type { Context, Page } from "./page";
import { forgetPeople } from "./people";
import { showPanes } from "./panes";
import { segment } from "./router";
import { plain } from "./plain";
import { preview, wordsOf } from "./text";
import { titleOf } from "./thread_list";
import { download } from "./download";

const nouns: Record<string, string> = { threads: "Thread", messages: "Message", projects: "Project", posts: "Document", kv: "Setting", file_meta: "File", notifications: "Notice" };

export function waitsPage(of: MoreContext): Page {
  return {
    paths: ["/w/:workspace/waits"],
    nav: "",
    open: async (context, _place, _params, main) => {
      const now = of.sync();
      if (now === undefined) return undefined;
      let all: readonly PendingOp[] = await now.waiting();
      let drafts: readonly ShownDraft[] = await shownDrafts(context);
      let files: readonly FileTransfer[] = await uploads(context);
      let closed = false;
      showPanes(main, cloneAll("waits"));
      context.title("What waits here");
      document.body.classList.add("pane-read-shown");
      document.body.classList.remove("pane-list-shown");
      const unfinished = draftRows(slot(main, "drafts"));
      const moving = fileRows(context, slot(main, "files"));
      const removed = (): boolean => now.status().phase === "removed";
      const waiting = keyed(context, slot(main, "waiting"), removed);
      const failed = keyed(context, slot(main, "failed"), removed);
      const draw = (): void => {
        const [bad, good] = [all.filter((o) => o.status === "failed"), actsOf(all.filter((o) => o.status !== "failed"))];
        const some = drafts.length + bad.length + good.length + files.length > 0;
        unfinished?.show(drafts);
        failed?.show(bad);
        moving?.show(files.slice(0, 200));
        part(main, "files-part", files.length > 0);
        waiting?.show(good.slice(0, 200));
        part(main, "drafts-part", drafts.length > 0);
        part(main, "failed-part", bad.length > 0);
        part(main, "waiting-part", good.length > 0);
        part(main, "export", drafts.length + all.length > 0);
        part(main, "gone", removed());
        const note = slot(main, "waiting-note");
        if (note !== null) note.textContent = waitingNote(now.status().phase);
        const facts = slot(main, "facts");
        if (facts !== null) facts.textContent = waitFacts(drafts.length, good.length, bad.length, files.length);
        const states = slot(main, "states");
        states?.replaceChildren(...(some ? [] : [empty({ kind: "all-done", icon: "check", title: "Nothing waits", text: removed() ? "You are no longer a member here, and nothing of yours is left to send. What this device has of the workspace goes with its next load." : "What you write goes out at once while the server answers." })]));
      };
      const take = (found: readonly PendingOp[]): void => {
        all = found;
        draw();
      };
      const look = async (): Promise<void> => {
        drafts = await shownDrafts(context);
        if (!closed) draw();
      };
      draw();
      const stopDrafts = onDrafts(() => void look().catch((e: unknown) => context.fail(e)));
      const stop = context.live(() => now.waiting(), take);
      const stopFiles = context.live(() => uploads(context), (found) => {
        files = found;
        draw();
      });
      const stopStatus = now.onStatus(() => void now.waiting().then(take, () => undefined));
      return {
        act: (name, button) => {
          const id = button.closest<HTMLElement>("[data-op]")?.dataset["op"] ?? "";
          if (name === "export") void exportAll(context, now, drafts).catch((e: unknown) => context.fail(e));
          else if (name === "retry-file") void retryTransfer(context.store, id).catch((e: unknown) => context.fail(e));
          else if (name === "save-file") void saveFile(of, context, files.find((t) => t.id === id)).catch((e: unknown) => context.fail(e));
          else if (name === "remove") {
            confirmFirst({ title: "Remove this workspace from this device?", text: removeWords(files.length), keep: "Keep it", do: "Remove from this device" }, () => {
              void of.close().then(() => context.store.db.delete()).then(() => {
                dropDrafts(draftsHere().filter((d) => d.workspace === context.workspace)); // also what closing the page has kept
                forgetPeople(context.workspace);
              }).then(() => location.assign("/workspaces"), (e: unknown) => context.fail(e));
            });
          } else if (name === "retry") void now.retry(id).catch((e: unknown) => context.fail(e));
          else if (name === "discard") {
            confirmFirst({ title: "Discard this change?", text: "It is on this device alone: once it is discarded, nobody can bring it back. Export first if you may want it.", keep: "Keep it", do: "Discard change" }, () => {
              void now.discard(id).catch((e: unknown) => context.fail(e));
            });
          } else if (name === "drop") {
            const draft = drafts.find((d) => d.draft.key === id);
            if (draft === undefined) return true;
            confirmFirst({ title: "Discard this draft?", text: `${draft.title}. It is in this browser alone: once it is discarded, nobody can bring it back.`, keep: "Keep it", do: "Discard draft" }, () => {
              dropDrafts([draft.draft]);
              draftsChanged();
            });
          } else return false;
          return true;
        },
        close: () => {
          closed = true;
          stopDrafts();
          stopFiles();
          stop();
          stopStatus();
        },
      };
    },
  };
}

/** Files that the server does not have yet, those that failed first. */
async function uploads(context: Context): Promise<FileTransfer[]> {
  const rows = await unsentFiles(context.store.db).toArray();
  return rows.sort((a, b) => Number(b.state === "failed") - Number(a.state === "failed") || a.created_at - b.created_at);
}

const states: Record<string, string> = { failed: "Not uploaded.", running: "Uploading.", queued: "Waiting to upload.", paused: "Paused." };

function fileRows(context: Context, list: HTMLElement | null): Keyed<FileTransfer> | undefined {
  if (list === null) return undefined;
  return new Keyed<FileTransfer>(list, {
    key: (t) => t.id,
    signature: (t) => [t.state, t.last_error, t.facts?.name].join("\u0001"),
    make: (t) => {
      const e = row(t.id, t.facts?.name ?? "A file", `${states[t.state] ?? ""} ${t.last_error ?? ""}`.trim(), `/w/${encodeURIComponent(context.workspace)}/files`);
      const retry = e.querySelector<HTMLElement>("[data-act=retry]");
      if (t.state === "failed") retry?.setAttribute("data-act", "retry-file");
      else retry?.remove();
      const save = e.querySelector<HTMLElement>("[data-act=discard]");
      save?.classList.remove("btn-warns");
      save?.setAttribute("data-act", "save-file");
      save?.replaceChildren("Save a copy", make("span", "sr", ` of ${t.facts?.name ?? "the file"}`));
      return e;
    },
  });
}

/** An export holds no files: whoever may lose one saves it as it is. */
async function saveFile(of: MoreContext, context: Context, t: FileTransfer | undefined): Promise<void> {
  const blob = t && (await openKept(context.store, t.hash));
  if (blob) download(t.facts?.name ?? "file", blob, "application/octet-stream");
  of.notice("no-file", t === undefined || blob ? undefined : { tone: "danger", icon: "octagon-x", text: `${t.facts?.name ?? "A file"}: this device does not have the file any more. Attach it again from where it came.` });
}

interface ShownDraft {
  readonly draft: KeptDraft;
  readonly title: string;
  readonly note: string;
  /** Where it can be finished; "" where that has gone. */
  readonly href: string;
}

/** The drafts of this workspace, in words. */
async function shownDrafts(context: Context): Promise<ShownDraft[]> {
  const { posts, threads, messages } = context.store.db;
  const drafts = await draftsOfWorkspace(context);
  const homes = await threads.bulkGet(drafts.map((d) => d.thread));
  return Promise.all(drafts.map(async (draft, i): Promise<ShownDraft> => {
    const home = homes[i];
    const stored = draft.kind === "document" ? (await posts.get(draft.id)) !== undefined : draft.kind !== "edit" || (await messages.get(draft.id)) !== undefined;
    const gone = draft.thread !== "" && (home === undefined || !stored);
    const why = gone ? " What it belongs to is not here any more; export it to keep it." : draft.asked ? " Another version is beside it: choose on its page." : "";
    return {
      draft, title: draftTitle(draft, home === undefined ? "" : titleOf(home)), href: gone ? "" : draftAddress(draft, stored),
      note: (draft.at === 0 ? "Not finished." : `Typed ${context.clock().words(Math.floor(draft.at / 1000))}.`) + why,
    };
  }));
}

async function exportAll(context: Context, sync: Sync, drafts: readonly ShownDraft[]): Promise<void> {
  const { store, workspace } = context;
  const titles = new Map(drafts.map((d) => [d.draft, d.title]));
  const lines = draftLines({ workspace, person: store.userId, at: store.now(), newId: () => store.newId(), titleOf: (d) => titles.get(d) ?? "" }, drafts.map((d) => d.draft));
  download(`unsent-${workspace}.or3.jsonl`, (await sync.exportUnsent()) + lines);
}

function draftRows(list: HTMLElement | null): Keyed<ShownDraft> | undefined {
  if (list === null) return undefined;
  return new Keyed<ShownDraft>(list, {
    key: (d) => d.draft.key,
    signature: (d) => [d.title, d.note, d.href].join("\u0001"),
    make: (d) => {
      const e = row(d.draft.key, d.title, d.note, d.href);
      e.querySelector("[data-act=retry]")?.remove();
      e.querySelector<HTMLElement>("[data-act=discard]")?.setAttribute("data-act", "drop");
      return e;
    },
  });
}

function part(main: HTMLElement, name: string, shown: boolean): void {
  const e = slot(main, name);
  if (e !== null) e.hidden = !shown;
}

/** `removed` tells whether nothing goes out any more: then each can be given up, and none tried again. */
function keyed(context: Context, list: HTMLElement | null, removed: () => boolean): Keyed<PendingOp> | undefined {
  if (list === null) return undefined;
  return new Keyed<PendingOp>(list, {
    key: (o) => o.id,
    signature: (o) => `${o.status} ${o.attempts} ${o.error?.message ?? ""} ${o.stamp.op_id} ${removed()}`,
    make: (o) => {
      const e = row(o.id, changeTitle(o), noteOf(context, o), address(context.workspace, o));
      if (removed()) e.querySelector("[data-act=retry]")?.remove();
      else if (o.status !== "failed") slot(e, "actions")?.remove();
      return e;
    },
  });
}

function row(op: string, title: string, note: string, href: string): HTMLElement {
  const e = clone("waits-row", { op, title, note, href: href === "" ? "/" : href });
  if (href === "") {
    const a = slot(e, "link");
    a?.replaceWith(a.textContent ?? "");
  }
  return e;
}

function changeTitle(o: PendingOp): string {
  const noun = nouns[o.table] ?? o.table;
  if (o.op === "delete") return `${noun}: deleted`;
  const p = o.payload ?? {};
  const text = o.table === "messages" ? plain(wordsOf(p["data"])) : [p["title"], p["name"], p["hash"]].find((v): v is string => typeof v === "string" && v !== "");
  return `${noun}: ${preview(text || (p["file_hashes"] ? "files" : "untitled"), 80)}`;
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
