// What was found, as links with words: for the page and for the palette.
import type { Group, Hit } from "../search/found";
import type { Part } from "../search/line";
import type { Context } from "./page";
import { segment } from "./router";

export interface Shown {
  readonly url: string;
  readonly icon: string;
  readonly title: readonly Part[];
  readonly line: readonly Part[];
  /** As the server says it: "by Dev Patel", "started by you"; "" where nobody is known, or there is nobody else. */
  readonly by: string;
}

export const groupName: Readonly<Record<Group["table"], string>> = { threads: "Threads", messages: "Messages", posts: "Documents", projects: "Projects" };

const words = (text: string): Part[] => [{ text, hit: false }];

export const plain = (parts: readonly Part[]): string => parts.map((p) => p.text).join("");

function byOf({ me, people, store }: Context, h: Hit): string {
  const by = h.table === "posts" && h.device === store.deviceId ? me?.id : h.by;
  if (me === null || by === undefined || by === "") return "";
  const name = by === me.id ? "you" : people.name(by);
  return name === "Somebody" ? "" : `${h.table === "threads" ? "started by" : "by"} ${name}`;
}

export function shownOf(context: Context, h: Hit): Shown {
  const by = byOf(context, h);
  const base = `/w/${encodeURIComponent(context.workspace)}`;
  const id = segment(h.id);
  const title = (untitled: string): readonly Part[] => (h.title.length === 0 ? words(untitled) : h.title);
  switch (h.table) {
    case "threads": return { url: `${base}/t/${id}`, icon: "messages-square", title: title("Untitled thread"), line: [], by };
    case "messages": return { url: `${base}/t/${segment(h.thread)}#m-${encodeURIComponent(h.id)}`, icon: "messages-square", title: h.title, line: plain(h.line) === "" ? words("Untitled thread") : h.line, by };
    case "posts": return { url: `${base}/documents/${id}`, icon: h.kind === "prompt" ? "quote" : "file-text", title: title(`Untitled ${h.kind === "prompt" ? "prompt" : "document"}`), line: h.line, by };
    case "projects": return { url: `${base}/projects/${id}`, icon: "circle-dot", title: title("Untitled project"), line: h.line, by };
  }
}
