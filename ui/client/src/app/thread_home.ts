// Which project a thread is in, in the line below its title; and what one was
// told about a thread is read by looking at it.
import { readAbout } from "./notice_read";
import type { Context } from "./page";
import { drawHome, projectOf } from "./project_home";

/** Keeps the project of a thread on the page. */
export function showHome(context: Context, id: string, messages: HTMLElement): () => void {
  return context.live(() => projectOf(context.store, { kind: "thread", id }), (project) => drawHome(context, messages, "started", "thread-home", project));
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
