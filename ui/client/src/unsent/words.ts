// What is said of unsent work where its workspace is not open. Pure, so that every
// case can be tested.
import { plural } from "../app/text.js";

/** What this browser keeps of one person in one workspace. */
export interface Kept {
  readonly workspace: string;
  readonly user: string;
  /** Left on purpose, for its person alone. */
  readonly locked: boolean;
  /** What they did, and files, that no server has. */
  readonly changes: number;
  readonly files: number;
  /** Texts nobody has stored, which go out by themselves nowhere: named where no page of the app leads to them any more. */
  readonly drafts: number;
}

export interface At {
  /** The page's path. */
  readonly path: string;
  /** The app runs on the page. */
  readonly app: boolean;
  /** The workspaces the person is a member of. */
  readonly members: readonly string[];
  /** A workspace's name; "" where it is not known. */
  nameOf(id: string): string;
}

export interface Hint {
  readonly text: string;
  /** "" = nowhere to go yet. */
  readonly href: string;
}

export function hintOf(kept: readonly Kept[], at: At): Hint[] {
  // Drafts of a workspace that one is a member of are named by the app, where they can be finished.
  const waiting = kept.map((k) => (at.members.includes(k.workspace) || at.path === "/sign-in" ? { ...k, drafts: 0 } : k)).filter((k) => !k.locked && k.changes + k.files + k.drafts > 0);
  if (at.path === "/sign-in") {
    const n = waiting.reduce((sum, k) => sum + k.changes + k.files, 0);
    return n === 0 ? [] : [{ text: `${amount(waiting.reduce((s, k) => s + k.changes, 0), waiting.reduce((s, k) => s + k.files, 0))} ${n === 1 ? "waits" : "wait"} on this device. ${n === 1 ? "It is" : "They are"} kept here, and ${n === 1 ? "goes" : "go"} out when you have signed in again.`, href: "" }];
  }
  const elsewhere = waiting.filter((k) => !at.path.startsWith(`/w/${k.workspace}/`) || !at.app).filter((k) => !at.app || !at.members.includes(k.workspace));
  return elsewhere.map((k) => {
    const [n, name] = [k.changes + k.files + k.drafts, at.nameOf(k.workspace)];
    const member = at.members.includes(k.workspace);
    const where = name !== "" ? `“${name}”` : member ? "a workspace" : "a workspace that you are not a member of any more";
    return { text: `${amount(k.changes, k.files, k.drafts)} of yours in ${where} ${n === 1 ? "is" : "are"} on this device alone: the server does not have ${n === 1 ? "it" : "them"}.`, href: `/w/${encodeURIComponent(k.workspace)}/waits` };
  });
}

function amount(changes: number, files: number, drafts = 0): string {
  const parts = [...(drafts > 0 ? [plural(drafts, "draft", "drafts")] : []), ...(changes > 0 ? [plural(changes, "change", "changes")] : []), ...(files > 0 ? [plural(files, "file", "files")] : [])];
  return parts.length > 1 ? `${parts.slice(0, -1).join(", ")} and ${parts.at(-1) ?? ""}` : parts.join("");
}
