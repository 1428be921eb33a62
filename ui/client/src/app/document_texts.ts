// What a document says.
export interface Texts {
  readonly title: string;
  readonly content: string;
}

export const textsOf = (row: Texts): Texts => ({ title: row.title, content: row.content });
export const sameTexts = (a: Texts, b: Texts): boolean => a.title === b.title && a.content === b.content;

/** The texts of what came from elsewhere; undefined where it has none. */
export function textsIn(v: unknown): Texts | undefined {
  if (typeof v !== "object" || v === null || !("title" in v) || !("content" in v)) return undefined;
  const { title, content } = v;
  return typeof title === "string" && typeof content === "string" ? { title, content } : undefined;
}
