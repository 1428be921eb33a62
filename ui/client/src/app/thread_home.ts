// Which project a thread is in, in the line below its title; and what one was
// told about a thread is read by looking at it.
import { clone, slot } from "./blueprint";
import { readAbout } from "./notice_read";
import type { Context } from "./page";
import type { Project } from "./project_read";

/** Keeps the project of a thread on the page. */
export function showHome(context: Context, id: string, messages: HTMLElement): () => void {
  const read = async (): Promise<Project | undefined> => {
    const thread = await context.store.db.threads.get(id);
    return context.store.db.projects.get(thread?.project_id ?? "");
  };
  return context.live(read, (project) => {
    const old = slot(messages, "home");
    const fresh = project === undefined ? undefined : clone("thread-home", { workspace: context.workspace, project: project.id, name: project.name });
    if (fresh === undefined) old?.remove();
    else if (old === null) slot(messages, "started")?.after(fresh);
    else if (old.outerHTML !== fresh.outerHTML) old.replaceWith(fresh);
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
