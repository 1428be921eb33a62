// What sync says of a document for which two devices wrote different texts.
import type { Texts } from "./document_write";

/** The text of another device that did not stand against the one of this device; undefined when the conflict is about something else. */
export function lostTexts(conflict: unknown, document: string): Texts | undefined {
  if (!isConflict(conflict) || conflict.pk !== document || conflict.tableName !== "posts" || conflict.winner !== "local") return undefined;
  const { title, content } = conflict.remote.payload ?? {};
  return typeof title === "string" && typeof content === "string" ? { title, content } : undefined;
}

interface Conflict {
  readonly tableName: string;
  readonly pk: string;
  readonly winner: string;
  readonly remote: { readonly payload?: Readonly<Record<string, unknown>> };
}

function isConflict(v: unknown): v is Conflict {
  return typeof v === "object" && v !== null && "tableName" in v && "pk" in v && "winner" in v && "remote" in v && typeof v.remote === "object" && v.remote !== null;
}
