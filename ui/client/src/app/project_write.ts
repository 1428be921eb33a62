// What a person does to projects, as the server's forms do it. Every act is one
// local transaction; sending it is the store's business.
import type { Store } from "../../../../sync/client/src/local";
import { cleanProject, maxEntries, treeOf, withEntry, withoutEntry, type Entry, type ProjectTexts } from "./project_tree";
import { Refused } from "./thread_write";

function clean(texts: ProjectTexts): ProjectTexts {
  const now = cleanProject(texts);
  if ("field" in now) throw new Refused(now.field, now.message);
  return now;
}

export async function createProject(store: Store, texts: ProjectTexts): Promise<string> {
  const now = store.seconds();
  const id = store.newId();
  await store.db.projects.put({ id, ...clean(texts), data: [], created_at: now, updated_at: now });
  return id;
}

export async function describeProject(store: Store, id: string, texts: ProjectTexts): Promise<void> {
  const now = clean(texts);
  await store.transact(["projects"], async () => {
    const row = await store.db.projects.get(id);
    if (row === undefined) throw new Refused("name", "This project was deleted meanwhile.");
    await store.db.projects.put({ ...row, ...now, updated_at: store.seconds() });
  });
}

/** Deletes a project. Its threads and documents stay, in no project. */
export async function deleteProject(store: Store, id: string): Promise<void> {
  const { db } = store;
  await store.transact(["projects", "threads", "posts"], async () => {
    await db.projects.delete(id);
    for (const t of await db.threads.where("project_id").equals(id).toArray()) await db.threads.put({ ...t, project_id: null });
    for (const p of await db.posts.where("project_id").equals(id).toArray()) await db.posts.put({ ...p, project_id: null });
  });
}

/** Puts a thread or post into a project, at its end, and takes it out of the one it was in; "" takes it out alone. */
export async function moveToProject(store: Store, entry: Entry, to: string): Promise<void> {
  await store.transact(["threads", "posts", "projects"], async () => {
    const from = await homeOf(store, entry);
    if (from === undefined) throw new Refused("project", "This was deleted meanwhile.");
    if (to !== "" && !(await replant(store, to, (tree) => withEntry(tree, entry)))) throw new Refused("project", "This project was deleted meanwhile. Choose another.");
    if (from !== "" && from !== to) await replant(store, from, (tree) => withoutEntry(tree, entry));
    if (from !== to) await house(store, entry, to);
  }, { atomic: true });
}

/** Takes a thread or post out of a project. What is in another project by now stays there. */
export async function leaveProject(store: Store, project: string, entry: Entry): Promise<void> {
  await store.transact(["threads", "posts", "projects"], async () => {
    if ((await homeOf(store, entry)) === project) await house(store, entry, "");
    await replant(store, project, (tree) => withoutEntry(tree, entry));
  }, { atomic: true });
}

/** Gives what stands in a project another order. */
export async function orderProject(store: Store, project: string, order: readonly Entry[]): Promise<void> {
  await store.transact(["projects"], () => replant(store, project, () => order));
}

/** The project a row names, "" for none, undefined when there is no such row. */
async function homeOf(store: Store, entry: Entry): Promise<string | undefined> {
  const row = entry.kind === "post" ? await store.db.posts.get(entry.id) : await store.db.threads.get(entry.id);
  return row === undefined ? undefined : (row.project_id ?? "");
}

/** Writes into a row which project it is in. It is not the row's activity: its time stays. */
async function house(store: Store, entry: Entry, to: string): Promise<void> {
  const project_id = to === "" ? null : to;
  if (entry.kind === "post") await store.db.posts.update(entry.id, { project_id });
  else await store.db.threads.update(entry.id, { project_id });
}

/** Rewrites a project's tree; false when there is no such project. */
async function replant(store: Store, project: string, change: (tree: readonly Entry[]) => readonly Entry[]): Promise<boolean> {
  const row = await store.db.projects.get(project);
  if (row === undefined) return false;
  const before = treeOf(row.data);
  const after = change(before);
  if (after.length > maxEntries) throw new Refused("entry", "A project holds at most 1,000 threads and documents.");
  if (JSON.stringify(before) === JSON.stringify(after)) return true;
  await store.db.projects.put({ ...row, data: after.map(({ kind, id }) => ({ kind, id })), updated_at: store.seconds() });
  return true;
}
