// What a thread can do beyond reading and writing: say where it goes on from, be
// muted, and be read.
import { slot } from "./blueprint";
import type { Extras, OpenThread } from "./extras";
import { icon } from "../dom";
import { threadGone } from "./gone";
import { drawMessage } from "./markdown";
import { mutedThreads, muteThread } from "./mute_write";
import { openThreadFiles } from "./files_loader";
import { showOrigin } from "./origin";
import type { Context } from "./page";
import { readWhileOpen, showHome, showPrompt } from "./thread_home";
import { Unread } from "./unread";

/** One for each workspace that was opened; it lives as long as its context. */
const counts = new WeakMap<Context, Unread>();

function unread(context: Context): Unread {
  let known = counts.get(context);
  if (known === undefined) counts.set(context, (known = new Unread(context)));
  return known;
}

export const threadExtras: Extras = {
  openThread, openStart, unread, mute, markdown: drawMessage,
  gone: (context, thread, still) => void threadGone(context, thread, still).catch((e: unknown) => context.fail(e)),
};

function mute(context: Context, thread: string, on: boolean): void {
  void muteThread(context.store, thread, on).catch((e: unknown) => context.fail(e, true));
}

function openThread(context: Context, thread: string, pane: HTMLElement): OpenThread {
  let muted = false;
  const messages = slot(pane, "messages");
  const files = openThreadFiles(context, thread, pane);
  const draw = (): void => drawMute(pane, context.store.userId !== null, muted);
  const stops = [
    context.live(() => mutedThreads(context.store), (all) => {
      muted = all.includes(thread);
      draw();
    }),
    messages === null ? () => undefined : showOrigin(context, thread, messages),
    unread(context).open(thread, messages?.parentElement ?? null),
    messages === null ? () => undefined : showHome(context, thread, messages),
    messages === null ? () => undefined : showPrompt(context, thread, messages),
    readWhileOpen(context, thread),
    () => files.close(),
  ];
  return {
    drawn: draw,
    attached: (words) => files.attached(words),
    busy: () => files.busy,
    close: () => {
      for (const stop of stops) stop();
    },
  };
}

/** The form that starts a thread: files can be attached to its first message. No thread has this id. */
function openStart(context: Context, pane: HTMLElement): OpenThread {
  const files = openThreadFiles(context, "", pane);
  return { drawn: () => undefined, attached: (words) => files.attached(words), busy: () => files.busy, close: () => files.close() };
}

/** The blueprint offers to mute; a muted thread offers the opposite. */
function drawMute(pane: HTMLElement, account: boolean, muted: boolean): void {
  const input = pane.querySelector<HTMLInputElement>("#thread-menu input[name=muted]");
  const item = input?.form;
  if (input === null || item === null || item === undefined) return;
  item.hidden = !account; // without an account nobody sends notices
  input.value = muted ? "" : "true";
  const [label, note] = [item.querySelector(".menu-label"), item.querySelector(".menu-note")];
  if (label !== null) label.textContent = muted ? "Unmute" : "Mute";
  if (note !== null) note.textContent = muted ? "Notices about it again, for you alone" : "No notices about it, for you alone";
  item.querySelector(".icon")?.replaceWith(icon(muted ? "bell" : "bell-off"));
}
