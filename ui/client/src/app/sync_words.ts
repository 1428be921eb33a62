// The state of sync in words: one for the sidebar's foot, a sentence when the
// person should know more. Pure, so that every state can be tested.
import { plural } from "./text.js";

/** What the words depend on; the client's SyncStatus fits. */
export interface State {
  readonly phase: "starting" | "syncing" | "synced" | "offline" | "paused" | "stuck" | "failed" | "too_old" | "signed_out" | "removed";
  readonly pending: number;
  /** How many things a person did that is; as many where nobody knows. */
  readonly acts?: number;
  readonly failed: number;
  /** Files that were not uploaded; left out where nobody has counted them. */
  readonly files?: number;
  readonly quarantined: number;
  readonly reason?: string;
  readonly owner: boolean;
  readonly full: boolean;
  readonly insecure: boolean;
  readonly bootstrap?: { readonly done: number };
}

export interface Words {
  readonly icon: string;
  readonly word: string;
  readonly note: string;
  readonly tone: "" | "ok" | "warn" | "danger";
}

export interface Banner {
  readonly tone: "" | "info" | "warn" | "danger";
  readonly icon: string;
  readonly text: string;
  readonly link?: { readonly label: string; readonly href: string };
}

const did = (s: State): number => s.acts ?? s.pending;
const changes = (n: number): string => plural(n, "change", "changes");
const wait = (n: number): string => `${changes(n)} ${n === 1 ? "waits" : "wait"} here.`;

/** The foot of the sidebar. `last` words the time of the last sync; "" for never. */
export function footOf(s: State, last: string): Words {
  const since = last === "" ? "" : `Last synced ${last}.`;
  const waits = did(s) > 0 ? wait(did(s)) : "";
  const both = [waits, since].filter((w) => w !== "").join(" ");
  switch (s.phase) {
    case "too_old":
      return { icon: "circle-arrow-up", word: "Reload needed", note: ["This version of the app is too old for the server.", waits].filter((w) => w !== "").join(" "), tone: "warn" };
    case "signed_out":
      return { icon: "lock", word: "Signed out", note: [waits, "Sign in to send and receive."].filter((w) => w !== "").join(" "), tone: "warn" };
    case "removed":
      return { icon: "user-minus", word: "No longer a member", note: did(s) > 0 || (s.files ?? 0) > 0 ? [waits, files(s)].filter((w) => w !== "").join(" ") : "This workspace is not shared with you any more.", tone: "danger" };
  }
  if (s.failed > 0) return { icon: "circle-alert", word: "Not sent", note: `${s.failed} ${s.failed === 1 ? "needs" : "need"} you. ${both}`.trim(), tone: "danger" };
  switch (s.phase) {
    case "offline":
      return { icon: "cloud-off", word: "Offline", note: both, tone: "warn" };
    case "stuck":
      return { icon: "triangle-alert", word: "Stuck", note: [s.reason ?? "Nothing goes out, though the server answers.", waits].filter((w) => w !== "").join(" "), tone: "danger" };
    case "failed":
      return { icon: "circle-alert", word: "Sync fails", note: [s.reason ?? "The server does not answer as it should.", waits].filter((w) => w !== "").join(" "), tone: "danger" };
    case "paused":
      return { icon: "clock", word: "Paused", note: [s.reason ?? "", waits].filter((w) => w !== "").join(" "), tone: "warn" };
    case "starting":
      return { icon: "clock", word: "Starting", note: [s.reason ?? "", waits].filter((w) => w !== "").join(" "), tone: "" };
  }
  if (s.bootstrap !== undefined) return { icon: "cloud-download", word: "Loading", note: s.bootstrap.done > 0 ? `${plural(s.bootstrap.done, "row", "rows")} so far.` : "The first time takes a moment.", tone: "" };
  if (did(s) > 0) return { icon: "cloud-upload", word: `Sending ${changes(did(s))}`, note: s.full ? "So much waits that writing on should pause." : "", tone: "" };
  if (s.quarantined > 0) return { icon: "triangle-alert", word: "Synced, in part", note: `${changes(s.quarantined)} of the server cannot be shown by this version.`, tone: "warn" };
  return { icon: "check", word: "Synced", note: s.insecure ? "Starting offline needs HTTPS." : "", tone: "ok" };
}

/** What stands above the pages; undefined when all is well. */
export function bannerOf(s: State, waits: string): Banner | undefined {
  const see = { label: "See what waits", href: waits };
  switch (s.phase) {
    case "offline":
      if (did(s) === 0) return { tone: "warn", icon: "cloud-off", text: "You are offline. Keep working; what you write goes out when you are back." };
      return { tone: "warn", icon: "cloud-off", text: `You are offline. Keep working; ${changes(did(s))} ${did(s) === 1 ? "goes" : "go"} out when you are back.`, link: see };
    case "too_old":
      return { tone: "warn", icon: "circle-arrow-up", text: "The server has a newer version of this app and takes nothing from this one. Reload the page; what you wrote is kept.", link: { label: "Reload", href: "#reload" } };
    case "signed_out":
      return { tone: "warn", icon: "lock", text: "Your session has ended. Keep working: what you write is kept on this device and goes out when you have signed in again.", link: { label: "Sign in", href: "/sign-in" } };
    case "removed":
      return undefined; // removed.ts says more
    case "stuck":
      return { tone: "danger", icon: "triangle-alert", text: `${wait(did(s))} ${did(s) === 1 ? "It does" : "They do"} not get through: ${lower(s.reason ?? "nobody knows why yet")}`, link: see };
    case "failed":
      return { tone: "danger", icon: "circle-alert", text: s.reason ?? "Sync fails. What you write is kept on this device.", ...(did(s) > 0 ? { link: see } : {}) };
  }
  if (s.full) return { tone: "warn", icon: "cloud-upload", text: `${wait(did(s))} Let some of it go out before you write much more.`, link: see };
  return undefined;
}

const files = (s: State): string => ((s.files ?? 0) > 0 ? `${plural(s.files ?? 0, "file is", "files are")} not uploaded.` : "");

const lower = (s: string): string => s.charAt(0).toLowerCase() + s.slice(1);
