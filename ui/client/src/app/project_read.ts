// What the pages show of projects, read from the device.
import type { Row, Store } from "../../../../sync/client/src/local";
import { nounOf, postTitle } from "./document_write";
import { byName, keyOf, nested, standing, treeOf, type Entry } from "./project_tree";
import { segment } from "./router";
import { titleOf } from "./thread_list";
import { messagesOf } from "./thread_write";
import { excerpt } from "./plain";
import { preview, wordsOf } from "./text";

export type Project = Row<"projects">;

/** An entry with what a list shows of it. */
export interface Shown {
  readonly entry: Entry;
  readonly title: string;
  readonly kind: string;
  readonly icon: string;
  readonly href: string;
  readonly at: number;
  readonly under: boolean;
  readonly copy: boolean; // a fork of what it stands under, not a branch
}

/** A project and what stands in it. */
export interface ProjectNow {
  readonly project: Project;
  readonly entries: readonly Shown[];
}

/** Something that may be put into a project. */
export interface Choice {
  readonly key: string;
  readonly label: string;
}

export const allProjects = async (store: Store): Promise<Project[]> => (await store.db.projects.toArray()).sort(byName);

/** The projects changed last, by name, and whether there are others. */
export async function latestProjects(store: Store, most: number): Promise<{ rows: Project[]; more: boolean }> {
  const rows = await store.db.projects.orderBy("updated_at").reverse().limit(most + 1).toArray();
  return { rows: rows.slice(0, most).sort(byName), more: rows.length > most };
}

export async function readProject(store: Store, id: string): Promise<ProjectNow | undefined> {
  const { db } = store;
  const project = await db.projects.get(id);
  if (project === undefined) return undefined;
  const tree = treeOf(project.data);
  const ids = (kind: string): string[] => tree.filter((e) => e.kind === kind).map((e) => e.id);
  const threads = new Map([...(await db.threads.bulkGet(ids("thread"))), ...(await db.threads.where("project_id").equals(id).toArray())].flatMap((t) => (t === undefined ? [] : [[t.id, t]])));
  const posts = new Map([...(await db.posts.bulkGet(ids("post"))), ...(await db.posts.where("project_id").equals(id).toArray())].flatMap((p) => (p === undefined ? [] : [[p.id, p]])));
  const homes = new Map([
    ...Array.from(threads.values(), (t): [string, string] => [keyOf({ kind: "thread", id: t.id }), t.project_id ?? ""]),
    ...Array.from(posts.values(), (p): [string, string] => [keyOf({ kind: "post", id: p.id }), p.project_id ?? ""]),
  ]);
  const order = standing(id, tree, homes);
  const under = nested(order, (e) => (e.kind === "thread" ? (threads.get(e.id)?.parent_thread_id ?? "") : ""));
  const base = `/w/${encodeURIComponent(store.workspaceId)}`;
  return {
    project,
    entries: order.flatMap((entry): Shown[] => {
      const at = { entry, under: under.has(keyOf(entry)), copy: threads.get(entry.id)?.branch_mode === "copy" };
      const [thread, post] = [threads.get(entry.id), posts.get(entry.id)];
      if (entry.kind === "thread" && thread !== undefined) {
        return [{ ...at, title: titleOf(thread), kind: "Thread", icon: "messages-square", href: `${base}/t/${segment(entry.id)}`, at: Math.max(thread.updated_at, thread.last_message_at ?? 0) }];
      }
      if (entry.kind !== "post" || post === undefined) return [];
      const prompt = nounOf(post.post_type) === "prompt";
      return [{ ...at, title: postTitle(post), kind: prompt ? "Prompt" : "Document", icon: prompt ? "quote" : "file-text", href: `${base}/documents/${segment(entry.id)}`, at: post.updated_at }];
    }),
  };
}

/** A title for a choice among others: what has none is told apart by its words, or by when it is from. */
function told(name: string, title: string | null | undefined, words: string, when: string): string {
  const begun = excerpt(words, 60);
  return title ? preview(name, 80) : `${name}, ${begun === "" ? `from ${when}` : `“${begun}”`}`;
}

/** The latest threads and documents that are in no project, or in one that is gone. `when` words a time in epoch seconds. */
export async function choices(store: Store, when: (seconds: number) => string): Promise<Choice[]> {
  const { db } = store;
  const known = new Set(await db.projects.toCollection().primaryKeys());
  const free = (row: { readonly project_id?: string | null }): boolean => !known.has(row.project_id ?? "");
  const threads = await db.threads.orderBy("updated_at").reverse().limit(100).toArray();
  const posts = await db.posts.where("[post_type+updated_at]").between(["markdown", -Infinity], ["markdown", Infinity]).reverse().limit(100).toArray();
  const words = async (t: Row<"threads">): Promise<string> => (t.title ? "" : wordsOf((await messagesOf(store, t.id).last())?.data));
  return [
    ...(await Promise.all(threads.filter(free).map(async (t) => ({ key: keyOf({ kind: "thread", id: t.id }), label: `Thread: ${told(titleOf(t), t.title, await words(t), when(t.created_at))}` })))),
    ...posts.filter(free).map((p) => ({ key: keyOf({ kind: "post", id: p.id }), label: `Document: ${told(postTitle(p), p.title, p.content, when(p.updated_at))}` })),
  ];
}
