// What the page of threads says where there is nothing: no thread open, none that
// matches, no messages.
import { slot } from "./blueprint";
import { empty, type EmptyWords } from "./empty";
import { morphChildren } from "./morph";
import type { Context } from "./page";
import type { ThreadList } from "./thread_list";

/** Says in a thread that it has no messages, or takes it back. `branch` = those of another one stand above. */
export function sayNoMessages(context: Context, container: HTMLElement, some: boolean, branch: boolean): void {
  const old = container.querySelector(":scope > .empty");
  if (some) old?.remove();
  else if (old === null) {
    const words = context.readOnly() === "" ? "Write the first one below." : "Nobody has written here so far.";
    container.append(empty({ kind: "nothing-yet", icon: "messages-square", title: branch ? "No messages of its own yet" : "No messages yet", text: words }));
  }
}

/** Says in the reading pane, where no thread is open, what one can do. */
export function sayEmpty(context: Context, list: ThreadList, reading: HTMLElement, pane: HTMLElement): void {
  const start = { label: "New thread", href: `/w/${context.workspace}?new=1`, icon: "plus" };
  const why = context.readOnly();
  let words: EmptyWords;
  if (!list.empty) words = why === "" ? { kind: "nothing-yet", icon: "messages-square", title: "Pick a thread", text: "Or start one about something new.", action: start } : { kind: "not-allowed", icon: "lock", title: "You can look, not change", text: why };
  else if (list.query !== "") words = { kind: "no-match", icon: "search-x", title: `Nothing matches “${list.query}”`, text: "The search looks at titles." };
  else if (why === "") words = { kind: "nothing-yet", icon: "messages-square", title: "No threads yet", text: "A thread is a conversation about one thing. Start with the job on your bench.", action: { ...start, primary: true } };
  else words = { kind: "nothing-yet", icon: "messages-square", title: "No threads yet", text: why };
  const box = slot(reading, "empty");
  if (box !== null) morphChildren(box, fragmentOf(empty(words)));
  // On a phone the list stands alone and says it itself.
  const scroll = slot(pane, "rows")?.parentElement;
  let own = scroll?.querySelector<HTMLElement>(":scope > .list-empty") ?? null;
  if (list.empty && list.query === "" && scroll) {
    if (own === null) {
      own = document.createElement("div");
      own.className = "pane-empty list-empty";
      scroll.append(own);
    }
    morphChildren(own, fragmentOf(empty(words)));
  } else own?.remove();
}

function fragmentOf(...nodes: Node[]): DocumentFragment {
  const f = document.createDocumentFragment();
  f.append(...nodes);
  return f;
}
