// Files in the form that writes a message: dropped, pasted or picked, at most
// ten. They upload at once; the message may go before they are there.
import { FileGone, nameFiles, type Chosen } from "../../../../sync/client/src/files/keep";
import { releaseKept } from "../../../../sync/client/src/files/release";
import { isFull } from "../../../../sync/client/src/store/full.js";
import { icon, make } from "../dom";
import { slot } from "../app/blueprint";
import type { Attached } from "../app/extras";
import { Keyed } from "../app/morph";
import type { Context } from "../app/page";
import { showRefusal } from "../app/refusal";
import { Refused } from "../app/thread_write";
import { plural } from "../app/text";
import { Attachments, mostFiles, type Item } from "./attached";
import { pick, take } from "./choose";
import { takeDrops } from "./drop";
import { clicked, drawFile, isImage, loadImages, signatureOf } from "./draw";
import { forgetUrl } from "./kept_urls";
import { standingOf, underway, type FileState } from "./standing";
import { areNames, bytes, iconOf, refusal } from "./words";

export interface Composer {
  /** A message waits until its files are read: another one cannot be sent. */
  readonly busy: boolean;
  /** Takes the files out for a message with these words; undefined = there are none. */
  attached(words: string): Promise<Attached | undefined>;
  close(): void;
}

const none: Composer = { busy: false, attached: () => Promise.resolve(undefined), close: () => undefined };

/** Forms that are open, or have something to do yet, by database and thread. */
const forms = new Map<string, Attachments>();

function attachmentsOf(context: Context, thread: string): Attachments {
  const { store } = context;
  const name = `${store.db.name} ${thread}`;
  const known = forms.get(name);
  if (known !== undefined) return known;
  const kept = `attached:${thread}` as const;
  const made = new Attachments({
    newKey: () => store.newId(),
    take: (file, on) => take(context, file, on),
    why: (error) => (isFull(error) ? "This device has no room for it. Make room, then attach it again." : "It could not be read. Attach it again."),
    remember: (files) => (files.length === 0 ? store.db.sync_state.delete(kept) : store.db.sync_state.put({ id: kept, files: [...files] })),
    release: async (hash) => {
      if (await releaseKept(store, hash)) forgetUrl(hash);
    },
    name: (files) => nameFiles(store, files).catch((error: unknown) => {
      throw error instanceof FileGone ? new Refused("text", error.message) : error;
    }),
    going: (files, on) => {
      for (const c of files) {
        if (on) underway.set(c.hash, c);
        else underway.delete(c.hash);
      }
    },
    refused: (words) => new Refused("text", words),
  });
  forms.set(name, made);
  made.onIdle = () => forms.delete(name);
  void store.db.sync_state.get(kept).then((state) => {
    if (state !== undefined && "files" in state) made.restore(state.files);
  }, () => undefined);
  return made;
}

export function openComposer(context: Context, thread: string, pane: HTMLElement): Composer {
  const form = pane.querySelector<HTMLFormElement>("#composer, #start");
  const list = form === null ? null : slot(form, "attached");
  const box = form?.querySelector("textarea");
  if (form === null || list === null || !box) return none;
  const attachments = attachmentsOf(context, thread);
  const starts = form.id === "start";
  let files: readonly FileState[] = [];
  let followed = "";
  let stop = (): void => undefined;

  const stateOf = (i: Item): FileState | undefined => (i.chosen === undefined ? undefined : files.find((f) => f.hash === i.chosen?.hash));
  const keyed = new Keyed<Item>(list, {
    key: (i) => i.key,
    signature: (i) => {
      const f = stateOf(i);
      return [i.read, i.error, f === undefined ? "" : signatureOf(f)].join("\u0001");
    },
    make: (i) => drawItem(context, i, stateOf(i)),
  });
  const note = make("p", "attached-note", "It is sent as soon as its files are read.");
  note.setAttribute("role", "status");
  const draw = (): void => {
    const waits = attachments.waiting !== undefined;
    keyed.show([...attachments.items]);
    box.required = attachments.items.length === 0;
    for (const typed of [box, ...form.querySelectorAll<HTMLInputElement>("input[name=title]")]) typed.readOnly = waits;
    form.setAttribute("aria-busy", String(waits));
    if (!waits) note.remove();
    else if (!note.isConnected) list.after(note);
  };
  const follow = (): void => {
    const chosen = attachments.items.flatMap((i): Chosen[] => (i.chosen === undefined ? [] : [i.chosen]));
    const wanted = chosen.map((c) => c.hash).join(" ");
    if (wanted === followed) return;
    followed = wanted;
    stop();
    stop = context.live(() => standingOf(context, chosen.map((c) => c.hash), chosen), (now) => {
      files = now;
      draw();
      void loadImages(context, now).then((fresh) => fresh && draw(), () => undefined);
    });
  };
  const stopListening = attachments.onChange((sent) => {
    // A message that was sent from this form before it was left and opened again.
    if (sent !== undefined && box.value === sent) {
      if (starts) form.reset();
      else box.value = "";
    }
    draw();
    follow();
  });
  const refused = (c: Chosen): string | undefined => {
    if (globalThis.OR3_LOCAL === true) return undefined; // there is no server that could refuse it
    const f = files.find((known) => known.hash === c.hash);
    return f === undefined ? undefined : refusal(f);
  };
  attachments.refusal = refused;
  draw();
  follow();

  const add = (all: readonly File[]): void => {
    if (context.readOnly() !== "" || all.length === 0) return;
    showRefusal(form, undefined);
    const out = attachments.add(all);
    if (out > 0) showRefusal(form, new Refused("text", `A message has at most ${mostFiles} files. ${plural(out, "file was", "files were")} left out; send them with another message.`));
  };
  const paste = (e: ClipboardEvent): void => {
    const found = Array.from(e.clipboardData?.files ?? []);
    // Programs for texts and tables put a picture of the text beside it: then the text is meant.
    if (found.length === 0 || !areNames(e.clipboardData?.getData("text/plain") ?? "", found.map((f) => f.name))) return;
    e.preventDefault();
    add(found.map((f) => (f.name === "image.png" ? new File([f], `pasted ${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.png`, { type: f.type }) : f)));
  };
  const click = (e: MouseEvent): void => {
    const target = e.target instanceof Element ? e.target : null;
    if (target?.closest("[data-act=attach]")) {
      pick(add);
      return;
    }
    if (target?.closest(".actions a")) {
      void attachments.clear().catch((error: unknown) => context.fail(error)); // the form is discarded
      return;
    }
    const key = target?.closest<HTMLElement>("[data-attached-remove]")?.dataset["attachedRemove"];
    const item = attachments.items.find((i) => i.key === key);
    if (item !== undefined) {
      box.focus();
      void attachments.remove(item).catch((error: unknown) => context.fail(error));
    } else if (target !== null && list.contains(target)) clicked(context, e, (hash) => files.find((f) => f.hash === hash));
  };
  const stopDrops = takeDrops({ take: add, over: (is) => pane.classList.toggle("pane-drop", is && context.readOnly() === "") });
  box.addEventListener("paste", paste);
  form.addEventListener("click", click);
  return {
    get busy() {
      return attachments.waiting !== undefined;
    },
    attached: (words) => attachments.send(words),
    close: () => {
      stop();
      if (attachments.refusal === refused) attachments.refusal = () => undefined;
      stopListening();
      stopDrops();
      box.removeEventListener("paste", paste);
      form.removeEventListener("click", click);
    },
  };
}

function drawItem(context: Context, i: Item, f: FileState | undefined): HTMLElement {
  const e = f === undefined ? blank(i) : drawFile(context, f);
  e.classList.add("attached-item");
  if (f !== undefined && isImage(f)) {
    const img = slot(e, "image");
    for (const name of ["width", "height"]) img?.removeAttribute(name); // a thumbnail: the place is the style's
  }
  slot(e, "download")?.remove();
  const b = make("button", "btn btn-quiet btn-icon btn-small", icon("x"));
  b.type = "button";
  b.dataset["attachedRemove"] = i.key;
  b.setAttribute("aria-label", `Remove ${i.name}`);
  b.dataset["tip"] = "Remove";
  slot(e, "acts")?.append(b);
  return e;
}

/** A file that is being read. */
function blank(i: Item): HTMLElement {
  const bar = make("progress", "file-bar");
  bar.max = 1;
  bar.value = i.size > 0 ? i.read / i.size : 0;
  bar.hidden = i.error !== undefined;
  bar.setAttribute("aria-label", i.name);
  const note = make("p", "file-note" + (i.error === undefined ? "" : " tone-danger"), i.error ?? `Reading, ${bytes(i.size)}`);
  const acts = make("div", "file-acts");
  acts.dataset["slot"] = "acts";
  return make("div", "file", make("div", "file-line", make("span", "file-icon", icon(iconOf(i.mediaType))), make("div", "file-words", make("p", "file-name", i.name), note, bar), acts));
}
