// One message on the page, as the server's template draws it, and what stands
// between them: who is named anew and where a day begins.
import type { Row } from "../../../../sync/client/src/local";
import { restoreDrafts } from "../draft";
import { dress } from "./avatar";
import { clone, slot } from "./blueprint";
import { drawWords, isDrawn } from "./message_words";
import type { Context } from "./page";
import { messageState } from "./state";
import { authorOf, wordsOf } from "./text";

export type MessageRow = Row<"messages">;
export type Item = { readonly day: number } | { readonly row: MessageRow; readonly follow: boolean };

const followGap = 300; // seconds
const maxRun = 20;

export const keyOfItem = (i: Item): string => ("day" in i ? `d${i.day}` : `m${i.row.id}`);

export class MessageDrawing {
  /** The message that is being changed; "" for none. */
  editing = "";
  /** A message that was just written. Its menu comes in a quiet moment: a browser takes its time for one in a long page. */
  fresh = "";

  /** `ahead` tells whether a message is on the page and not on the disk yet. */
  constructor(private readonly context: Context, private readonly thread: string, private readonly canWrite: () => boolean, private readonly ahead: (id: string) => boolean) {}

  /** What stands in the list for these rows; `before` is the message before them. */
  items(rows: readonly MessageRow[], before: MessageRow | undefined): Item[] {
    const clock = this.context.clock();
    const items: Item[] = [];
    let last = before;
    let day = before === undefined ? "" : clock.dayOf(before.created_at);
    let run = maxRun; // a chunk begins with a head
    for (const row of rows) {
      const today = clock.dayOf(row.created_at);
      let follow = false;
      if (last === undefined || today !== day) items.push({ day: row.created_at });
      else follow = run < maxRun && authorOf(last) === authorOf(row) && row.created_at - last.created_at < followGap;
      if (!follow) run = 0;
      run++;
      day = today;
      last = row;
      items.push({ row, follow });
    }
    return items;
  }

  signature(i: Item): string {
    if ("day" in i) return this.context.clock().dayOf(i.day);
    const { row } = i;
    return [row.op_id, row.hlc, row.updated_at, i.follow, this.context.people.name(authorOf(row)), this.#state(row), this.#mine(row), row.id === this.editing, isDrawn(wordsOf(row.data))].join("\u0001");
  }

  make(i: Item): HTMLElement {
    const { context, thread } = this;
    if ("day" in i) return clone("day", {}, { day: context.clock().day(i.day) });
    const { row } = i;
    const clock = context.clock();
    const author = authorOf(row);
    const name = context.people.name(author);
    const mine = this.#mine(row);
    const editing = mine && row.id === this.editing;
    const acts = this.canWrite() && !editing && !this.#young(row);
    const time = clock.hour(row.created_at);
    const e = clone(editing ? "message-edit" : mine ? "message" : "message-other", {
      workspace: context.workspace, thread, message: row.id, user: author, name, hashes: row.file_hashes ?? "",
    }, editing ? { head: !i.follow, time } : {
      head: !i.follow, time, text: (t) => {
        const edited = slot(t, "edited");
        t.replaceChildren(...drawWords(wordsOf(row.data)));
        if (edited !== null && row.updated_at > row.created_at) t.append(edited);
      }, menu: acts,
    });
    if (!row.file_hashes) slot(e, "files")?.remove();
    e.classList.toggle("message-follow", i.follow);
    e.classList.toggle("message-acts", acts);
    e.setAttribute("aria-label", `${name}, ${clock.exact(row.created_at)}`);
    const menu = e.querySelector(".message-menu summary");
    for (const name of ["aria-label", "data-tip"]) menu?.setAttribute(name, `More for ${mine ? "your" : "the"} message of ${time.textContent ?? ""}`);
    if (i.follow) e.querySelector(":scope > .avatar")?.remove();
    else dress(e.querySelector(":scope > .avatar"), author, name);
    if (editing) {
      const box = e.querySelector("textarea");
      if (box !== null) box.value = box.defaultValue = wordsOf(row.data);
      restoreDrafts(e);
    }
    const state = this.#state(row);
    e.classList.toggle("message-waiting", state !== "" || this.ahead(row.id));
    if (state !== "") {
      const line = messageState(state, `/w/${encodeURIComponent(context.workspace)}/waits`);
      const head = slot(e, "head");
      if (head !== null) head.append(line);
      else e.querySelector(".message-body")?.prepend(line);
    }
    return e;
  }

  #mine(row: MessageRow): boolean {
    const { me } = this.context;
    return !this.#young(row) && this.canWrite() && (me === null || authorOf(row) === me.id);
  }

  /** What is not on the disk, or was not a moment ago, is on no server. */
  #state(row: MessageRow): "" | "waiting" | "failed" {
    return this.context.unsent.of("messages", row.id) || (this.#young(row) && !this.context.store.local ? "waiting" : "");
  }

  #young(row: MessageRow): boolean {
    return row.id === this.fresh || this.ahead(row.id);
  }
}
