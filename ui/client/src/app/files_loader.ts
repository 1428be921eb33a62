// Loads the part about files, which is a bundle of its own where there is an
// account, and here already where there is none.
import type { Composer } from "../files/composer";
import type { FilesPart } from "../files/part";
import type { MoreContext } from "./more_pages";
import type { Context, Page } from "./page";

declare global {
  var or3Files: ((of: MoreContext) => FilesPart) | undefined;
}

let part: Promise<FilesPart> | undefined;
let again: MoreContext | undefined;
/** Those who asked before anybody has begun. */
const early: (() => void)[] = [];

/** Begins to load it; `here` is the part itself where it is in this bundle. */
export function startFilesPart(of: MoreContext | undefined, here?: FilesPart): void {
  if (here !== undefined) part = Promise.resolve(here);
  else if (of !== undefined) load(of);
  for (const f of early.splice(0)) f();
}

function load(of: MoreContext): Promise<FilesPart> {
  again = of;
  part ??= new Promise<FilesPart>((done, refused) => {
    const script = document.createElement("script");
    script.src = document.getElementById("or3-facts")?.dataset["files"] ?? "";
    script.onload = () => {
      const made = globalThis.or3Files?.(of);
      if (made === undefined) refused(new Error("A part of the app could not be loaded."));
      else done(made);
    };
    script.onerror = () => {
      part = undefined; // the next one who needs it tries again
      script.remove();
      refused(new Error("A part of the app could not be loaded."));
    };
    document.head.append(script);
  });
  part.catch(() => undefined);
  return part;
}

async function loaded(): Promise<FilesPart> {
  if (part === undefined && again === undefined) await new Promise<void>((begun) => early.push(begun));
  if (part !== undefined) return part;
  if (again === undefined) throw new Error("A part of the app could not be loaded.");
  return load(again);
}

/** The files of a thread that is open, as soon as they can be shown. */
export function openThreadFiles(context: Context, thread: string, pane: HTMLElement): Composer {
  let open: Composer | undefined;
  let closed = false;
  loaded().then((files) => {
    if (!closed) open = files.openThread(context, thread, pane);
  }, () => undefined);
  return {
    get busy() {
      return open?.busy === true;
    },
    attached: (words) => open?.attached(words) ?? Promise.resolve(undefined),
    close: () => {
      closed = true;
      open?.close();
    },
  };
}

/** The list of all files. */
export const filesPage: Page = {
  paths: ["/w/:workspace/files"],
  nav: "files",
  open: async (context, place, params, main) => (await loaded()).page.open(context, place, params, main),
};
