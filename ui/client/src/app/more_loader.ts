// Pages that load after the app runs. Here stand only their addresses; the rest
// is more.js, which comes in idle time, or when somebody goes there first.
import * as kit from "./kit";
import type { MoreContext } from "./more_pages";
import type { Page } from "./page";

declare global {
  // How the two bundles meet.
  var or3Kit: unknown;
  var or3More: ((of: MoreContext) => readonly Page[]) | undefined;
}

/** Addresses and sidebar entries of the pages in more_pages.ts; a test compares them. */
const addresses: readonly (readonly [nav: string, ...paths: string[]])[] = [
  ["", "/w/:workspace/waits"],
  ["threads", "/w/:workspace/t/:thread/fork"],
  ["documents", "/w/:workspace/documents"],
  ["documents", "/w/:workspace/documents/:document"],
  ["backup", "/w/:workspace/backup"],
  ["projects", "/w/:workspace/projects"],
  ["projects", "/w/:workspace/projects/:project"],
  ["", "/w/:workspace/t/:thread/project", "/w/:workspace/documents/:document/project"],
  ["activity", "/w/:workspace/activity"],
  ["threads", "/w/:workspace/t/:thread/prompt"],
  ["", "/w/:workspace/search"],
  ["files", "/w/:workspace/files"],
];

export function laterPages(of: MoreContext): Page[] {
  const at = document.currentScript instanceof HTMLScriptElement ? (document.currentScript.dataset["more"] ?? "") : "";
  globalThis.or3Kit = kit;
  let loading: Promise<readonly Page[]> | undefined;
  const load = (): Promise<readonly Page[]> => {
    loading ??= new Promise<readonly Page[]>((done, refused) => {
      const script = document.createElement("script");
      script.src = at;
      script.onload = () => done(globalThis.or3More?.(of) ?? []);
      script.onerror = () => {
        loading = undefined; // the next visit tries again
        script.remove();
        refused(new Error("A part of the app could not be loaded."));
      };
      document.head.append(script);
    });
    return loading;
  };
  // Signing out asks first, also before all of this is there.
  document.addEventListener("submit", (e) => {
    if (!(e.target instanceof HTMLFormElement) || e.target.id !== "sign-out" || globalThis.or3More !== undefined || of.sync() === undefined) return;
    const form = e.target;
    e.preventDefault();
    void load().then(() => form.requestSubmit(), () => location.assign("/sign-out")); // the server's page asks, or says that there is none
  }, true);
  const soon = (): unknown => load().catch(() => undefined);
  document.addEventListener("or3:more", soon); // a message needs a part of it
  addEventListener("online", soon); // it may not have come before
  if ("requestIdleCallback" in globalThis) requestIdleCallback(soon, { timeout: 5000 });
  else setTimeout(soon, 2000);
  return addresses.map(([nav, ...paths]): Page => ({
    nav, paths,
    loaded: () => globalThis.or3More !== undefined ? undefined : load().then(() => undefined, () => undefined),
    open: async (context, place, params, main) => {
      const pages = await load().catch(() => []);
      return pages.find((p) => p.paths[0] === paths[0])?.open(context, place, params, main);
    },
  }));
}
