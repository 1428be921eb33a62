// Files that are dropped on the window: whoever takes them here has them wherever
// they fall, and where nobody does the browser does not leave the app for them.

/** Takes what is dropped; `over` tells whether files are above the window. */
export interface Taker {
  take(files: readonly File[]): void;
  over?(is: boolean): void;
}

const takers: Taker[] = [];

export const hasFiles = (e: DragEvent): boolean => Array.from(e.dataTransfer?.types ?? []).includes("Files");

const onDrag = (e: DragEvent): void => {
  if (!hasFiles(e) || e.defaultPrevented) return;
  // A field for files takes them itself.
  if (e.target instanceof Element && e.target.closest("input[type=file]") !== null) return;
  // What is asked in a dialog comes first.
  const taker = document.querySelector("dialog[open]") === null ? takers.at(-1) : undefined;
  e.preventDefault();
  if (taker === undefined && e.dataTransfer !== null) e.dataTransfer.dropEffect = "none";
  taker?.over?.(e.type === "dragenter" || e.type === "dragover" || (e.type === "dragleave" && e.relatedTarget !== null));
  if (e.type === "drop") taker?.take(Array.from(e.dataTransfer?.files ?? []));
};

for (const name of ["dragenter", "dragover", "dragleave", "drop"] as const) addEventListener(name, onDrag);

/** From now on files that fall on the window are this one's, until what is returned is called. */
export function takeDrops(taker: Taker): () => void {
  takers.push(taker);
  return () => {
    taker.over?.(false);
    takers.splice(takers.indexOf(taker), 1);
  };
}
