// Which project a thread is in and which prompt it has, in the line above its
// messages; and what one was told about a thread is read by looking at it.
import { clone } from "./blueprint";
import { postTitle } from "./document_write";
import { readAbout } from "./notice_read";
import type { Context } from "./page";
import { drawHome, drawPart, projectOf } from "./project_home";
import { promptOf } from "./prompt_write";

/** Keeps the project of a thread on the page. */
export function showHome(context: Context, id: string, messages: HTMLElement): () => void {
  return context.live(() => projectOf(context.store, { kind: "thread", id }), (project) => drawHome(context, messages, "started", "thread-home", project));
}

/** Keeps the system prompt of a thread on the page. Without an account nothing answers by it. */
export function showPrompt(context: Context, id: string, messages: HTMLElement): () => void {
  if (context.store.userId === null) return () => undefined;
  return context.live(() => promptOf(context.store, id), (prompt) => {
    drawPart(messages, "prompt", prompt === undefined ? undefined : clone("thread-prompt", { workspace: context.workspace, document: prompt.id, name: postTitle(prompt) }), "home", "started");
  });
}

/** Reads what one is told about a thread while one looks at it. */
export function readWhileOpen(context: Context, id: string): () => void {
  const look = (): void => {
    if (document.visibilityState === "visible") void readAbout(context.store, id).catch((e: unknown) => context.fail(e));
  };
  const stop = context.live(() => context.store.db.notifications.orderBy("created_at").last(), look);
  document.addEventListener("visibilitychange", look);
  return () => {
    stop();
    document.removeEventListener("visibilitychange", look);
  };
}
