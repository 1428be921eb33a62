// A place in the list of notices, as addresses carry it: the server's words for
// it (sync/engine/message_read.go), so that either can draw what it leads to.

/** A notice stands here; what comes after it in the list is earlier. */
export interface Cursor {
  readonly at: number;
  readonly id: string;
}

export const cursorOf = (n: { readonly created_at: number; readonly id: string }): string =>
  btoa(`${n.created_at}\0\0${n.id}`).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");

/** Undefined for what is no cursor. */
export function cursorIn(text: string): Cursor | undefined {
  try {
    const [at = "", , id = "", ...rest] = atob(text.replaceAll("-", "+").replaceAll("_", "/")).split("\0");
    return /^-?\d{1,16}$/.test(at) && id !== "" && rest.length === 0 ? { at: Number(at), id } : undefined;
  } catch {
    return undefined;
  }
}
