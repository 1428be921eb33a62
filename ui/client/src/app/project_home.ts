// The project a thread or document is in, as its page says it.
import { clone, slot } from "./blueprint";
import type { Context } from "./page";
import type { Project } from "./project_read";
import type { Entry } from "./project_tree";
import type { Store } from "../../../../sync/client/src/local";

/** The project a row names; undefined for none, and for one that is gone. */
export async function projectOf(store: Store, entry: Entry): Promise<Project | undefined> {
  const row = entry.kind === "post" ? await store.db.posts.get(entry.id) : await store.db.threads.get(entry.id);
  return store.db.projects.get(row?.project_id ?? "");
}

/** Brings the line about the project up to date: behind the part of this name, from the blueprint of the page. */
export function drawHome(context: Context, root: ParentNode, behind: string, blueprint: "thread-home" | "document-home", project: Project | undefined): void {
  drawPart(root, "home", project === undefined ? undefined : clone(blueprint, { workspace: context.workspace, project: project.id, name: project.name }), behind);
}

/** Brings a part of a page up to date, or takes it away. A new one stands behind the first of these parts that is there. */
export function drawPart(root: ParentNode, name: string, fresh: HTMLElement | undefined, ...behind: readonly string[]): void {
  const old = slot(root, name);
  if (fresh === undefined) old?.remove();
  else if (old === null) behind.map((b) => slot(root, b)).find((e) => e !== null)?.after(fresh);
  else if (old.outerHTML !== fresh.outerHTML) old.replaceWith(fresh);
}
