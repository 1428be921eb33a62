// What a person does on the page of threads: starts one, writes in it, renames,
// pins and deletes it, rewords and deletes messages.
import { backFor30Days, confirmFirst } from "./confirm";
import { extrasNow, withExtras, type OpenThread } from "./extras";
import { dropDraft, keepDraft } from "../draft";
import { pathOf, textIn, tryForm, tryOnce } from "./form_act";
import type { Messages } from "./messages";
import type { Context } from "./page";
import { excerpt } from "./plain";
import { idIn, segment, type Place } from "./router";
import { plural, wordsOf } from "./text";
import { titleOf, type ThreadList } from "./thread_list";
import type { Thread } from "./thread_rows";
import * as write from "./thread_write";

/** What is on the page now: before something is written it may be another thread. */
export interface ThreadsShown {
  thread(): Thread | undefined;
  messages(): Messages | undefined;
  more(): OpenThread | undefined;
  /** Draws a thread that has changed, unless another one is open. */
  show(thread: Thread): void;
}

export class ThreadActs {
  constructor(private readonly context: Context, private readonly main: HTMLElement, private readonly list: ThreadList, private readonly page: ThreadsShown) {}

  submit(form: HTMLFormElement): boolean {
    const path = pathOf(form);
    const base = `/w/${encodeURIComponent(this.context.workspace)}`;
    const { store } = this.context;
    const text = (name: string): string => textIn(form, name);
    if (path === `${base}/threads`) {
      if (this.page.more()?.busy() !== true) void tryOnce(this.context, form, () => this.#start(form, base, text("title"), text("text")));
      return true;
    }
    if (form.classList.contains("list-search")) return true;
    const thread = this.page.thread();
    const at = thread === undefined ? "" : `${base}/t/${segment(thread.id)}`;
    if (thread === undefined || !path.startsWith(at + "/")) return false;
    const rest = path.slice(at.length + 1).split("/");
    if (rest[0] === "messages") {
      if (this.page.more()?.busy() !== true) void this.#send(form, thread, text("text"));
    } else if (rest[0] === "rename") void tryForm(this.context, form, () => this.#rename(thread, at, text("title")));
    else if (rest[0] === "pin") {
      const pinned = text("pinned") === "true";
      void tryForm(this.context, form, () => this.#change(thread, { pinned }, write.pinThread(store, thread.id, pinned)));
    } else if (rest[0] === "m" && rest[1] !== undefined && rest.length === 2) {
      const id = idIn(rest[1]);
      void tryForm(this.context, form, async () => {
        await this.#reword(id, at, text("text"));
        dropDraft(form);
      });
    } else if (rest[0] === "mute" && (extrasNow() !== undefined || !navigator.onLine)) {
      // Without a network nobody else does it: it is done as soon as that part is here.
      const mute = text("muted") === "true";
      document.dispatchEvent(new Event("or3:more"));
      if (globalThis.OR3_LOCAL !== true && extrasNow() === undefined) {
        this.context.notice("mute", { tone: "warn", icon: "cloud-off", text: `A part of the app is not here yet. ${titleOf(thread)} is ${mute ? "muted" : "unmuted"} once you are online again, as long as this page stays open.` });
      }
      withExtras((e) => {
        e.mute(this.context, thread.id, mute);
        this.context.notice("mute", undefined);
      });
    } else return false;
    return true;
  }

  async #start(form: HTMLFormElement, base: string, title: string, words: string): Promise<void> {
    const files = await this.page.more()?.attached(words);
    try {
      const id = await write.createThread(this.context.store, { title, text: words, files });
      dropDraft(form, words);
      files?.settle(true);
      if (form.isConnected) this.context.go(`${base}/t/${segment(id)}`); // who left while files were read stays where they are
    } catch (error) {
      files?.settle(false);
      throw error;
    }
  }

  // What a person does is on the page before it is on the disk. When it does not
  // get there the page is as before, and the words are back where they were typed.

  async #send(form: HTMLFormElement, thread: Thread, words: string): Promise<void> {
    const { store, me } = this.context;
    const box = form.querySelector("textarea");
    const messages = this.page.messages();
    await tryForm(this.context, form, async () => {
      const files = await this.page.more()?.attached(words);
      let drawn: (() => void) | undefined;
      let listed: ((written: boolean) => void) | undefined;
      try {
        const message = write.messageAfter(store, thread.id, words, messages?.last, files?.hashes);
        drawn = messages?.ahead(message.id, message);
        listed = this.list.ahead(thread.id, { last_message_at: message.created_at, updated_at: message.updated_at }, { preview: excerpt(wordsOf(message.data)) || "Files", by: me?.id ?? "" });
        if (box !== null) {
          box.value = "";
          box.style.height = "";
        }
        requestAnimationFrame(() => messages?.toEnd());
        await write.append(store, message, files?.write);
        listed(true);
        dropDraft(form, words);
        files?.settle(true);
      } catch (error) {
        files?.settle(false);
        if (listed !== undefined) {
          listed(false);
          if (box !== null) box.value = box.value === "" ? words : `${words}\n\n${box.value}`;
          keepDraft(form);
        }
        throw error;
      } finally {
        drawn?.();
      }
    });
    const at = document.activeElement; // whoever has gone somewhere else while the disk worked stays there
    if ((at === document.body || form.contains(at)) && !matchMedia("(hover: none)").matches) box?.focus();
  }

  async #rename(thread: Thread, at: string, title: string): Promise<void> {
    const renaming = this.#change(thread, { title: write.cleanTitle(title) }, write.renameThread(this.context.store, thread.id, title));
    this.context.go(at, { replace: true });
    try {
      await renaming;
    } catch (error) {
      if (this.page.thread()?.id === thread.id) {
        this.context.go(`${at}?rename=1`, { replace: true });
        const box = this.main.querySelector<HTMLInputElement>(":scope > .pane-read input[name=title]");
        if (box !== null) box.value = title;
      }
      throw error;
    }
  }

  async #change(thread: Thread, fields: Partial<Thread>, writing: Promise<void>): Promise<void> {
    const listed = this.list.ahead(thread.id, fields);
    this.page.show({ ...thread, ...fields });
    try {
      await writing;
      listed(true);
    } catch (error) {
      listed(false);
      this.page.show(thread);
      throw error;
    }
  }

  async #reword(id: string, at: string, words: string): Promise<void> {
    const { store } = this.context;
    const messages = this.page.messages();
    const row = messages?.row(id);
    const within = document.getElementById(`m-${id}`)?.contains(document.activeElement) === true; // before the form goes
    const drawn = row && messages?.ahead(id, write.reworded(store, row, words));
    const writing = write.editMessage(store, id, words);
    const show = (): void => {
      this.context.go(`${at}#m-${id}`, { replace: true });
      if (within) messages?.focusOn(id);
    };
    if (drawn !== undefined) show();
    try {
      await writing;
    } catch (error) {
      drawn?.();
      if (drawn !== undefined && this.page.messages() === messages) {
        this.context.go(`${at}?edit=${encodeURIComponent(id)}`, { replace: true });
        const box = document.querySelector<HTMLTextAreaElement>(`#m-${CSS.escape(id)} textarea`);
        if (box !== null) box.value = words;
      }
      throw error;
    }
    drawn?.();
    if (drawn === undefined) show();
  }

  /** Links that ask first: they open a question here instead of a page. */
  link(place: Place): boolean {
    const thread = this.page.thread();
    if (thread === undefined || this.context.readOnly() !== "") return false;
    const base = `/w/${encodeURIComponent(this.context.workspace)}/t/${segment(thread.id)}`;
    if (place.path === `${base}/delete`) {
      void this.#askDeleteThread(thread);
      return true;
    }
    const of = /^\/m\/([^/]+)\/delete$/.exec(place.path.slice(base.length));
    if (!place.path.startsWith(base) || of === null) return false;
    const id = idIn(of[1] ?? "");
    confirmFirst({ title: "Delete this message?", text: globalThis.OR3_LOCAL === true || this.context.me === null ? "This cannot be undone." : `It goes for everyone in ${this.context.site}, also where it was read already. ${backFor30Days}`, keep: "Keep it", do: "Delete message" }, () => {
      const drawn = this.page.messages()?.ahead(id, undefined);
      void write.deleteMessage(this.context.store, id).catch((e: unknown) => this.context.fail(e, true)).finally(drawn);
    });
    return true;
  }

  async #askDeleteThread(thread: Thread): Promise<void> {
    const { store, me, site, workspace } = this.context;
    const n = await write.messagesOf(store, thread.id).count();
    const what = n === 0 ? "It goes" : `${plural(n, "message goes", "messages go")} with it`;
    confirmFirst({ title: `Delete thread ${titleOf(thread)}?`, text: globalThis.OR3_LOCAL === true || me === null ? `${what}. This cannot be undone.` : `${what}, for everyone in ${site}. ${backFor30Days}${n === 0 ? "" : " Its messages come with it."}`, keep: "Keep it", do: "Delete thread" }, () => {
      const listed = this.list.ahead(thread.id, null);
      this.context.go(`/w/${workspace}`, { replace: true });
      void write.deleteThread(store, thread.id).then(() => listed(true), (e: unknown) => {
        listed(false);
        this.context.fail(e, true);
      });
    });
  }
}
