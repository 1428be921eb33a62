// Addresses of the app: the same as the server's. From a plain file server the
// address stands in the query instead: index.html?p=/w/local/t/1.

export interface Place {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly hash: string;
}

export type Params = Readonly<Record<string, string>>;

/** Whether the app was exported as plain files. */
const filed = (): boolean => document.documentElement.dataset["files"] === "true";

/** The address the browser shows. */
export function here(): Place {
  const url = new URL(location.href);
  if (globalThis.OR3_LOCAL === true && filed()) return parse(url.searchParams.get("p") ?? "/", url.hash);
  return { path: url.pathname, query: url.searchParams, hash: url.hash };
}

export function parse(address: string, hash = ""): Place {
  const url = new URL(address, "http://here.invalid");
  return { path: url.pathname, query: url.searchParams, hash: url.hash === "" ? hash : url.hash };
}

/** What the browser is told to show for an address of the app. */
export function hrefOf(address: string): string {
  if (globalThis.OR3_LOCAL !== true || !filed() || !address.startsWith("/")) return address;
  const [before = "", hash] = address.split("#");
  return `${location.pathname}?p=${encodeURIComponent(before)}${hash === undefined ? "" : "#" + hash}`;
}

/**
 * A row's id as a segment of an address, and back. "." and ".." alone mean another
 * place there: a ~ goes before them. The server's half is ui.PathID.
 */
export const segment = (id: string): string => encodeURIComponent(id.replace(/^~*\.{1,2}$/, "~$&"));
export const idIn = (segment: string): string => decodeURIComponent(segment).replace(/^~(?=~*\.{1,2}$)/, "");

/** Fits a path to a pattern such as /w/:workspace/t/:thread. */
export function match(pattern: string, path: string): Params | undefined {
  const want = pattern.split("/");
  const have = path.replace(/(.)\/$/, "$1").split("/");
  if (want.length !== have.length) return undefined;
  const params: Record<string, string> = {};
  for (let i = 0; i < want.length; i++) {
    const w = want[i] ?? "";
    const h = have[i] ?? "";
    if (!w.startsWith(":")) {
      if (w !== h) return undefined;
      continue;
    }
    if (h === "") return undefined;
    try {
      params[w.slice(1)] = idIn(h);
    } catch {
      return undefined;
    }
  }
  return params;
}

/** A plain click on a link of this page's own origin that asks for no other window. */
export function linkOf(e: MouseEvent): HTMLAnchorElement | undefined {
  if (e.defaultPrevented || e.button !== 0 || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return undefined;
  const a = e.target instanceof Element ? e.target.closest("a[href]") : null;
  if (!(a instanceof HTMLAnchorElement) || a.origin !== location.origin || a.hasAttribute("download") || (a.target !== "" && a.target !== "_self")) return undefined;
  return a;
}

/** The app's address of a link. */
export function addressOf(a: HTMLAnchorElement): string {
  const written = a.getAttribute("href") ?? "";
  if (globalThis.OR3_LOCAL !== true || !filed()) return a.pathname + a.search + a.hash;
  const p = a.pathname === location.pathname ? new URL(a.href).searchParams.get("p") : null;
  if (p !== null) return p + a.hash;
  return written.startsWith("/") ? written : "/" + a.hash;
}
