// A message's words on the page: as they were typed, or drawn where they may have
// Markdown in them. What draws it comes with more.js; until then they stand as typed.
import { make } from "../dom.js";
import { extrasNow } from "./extras.js";
import { drawText } from "./text.js";

/** The server's rule is in ui/markdown_message.go; both are held to ui/testdata/message_marks.json. */
const marks = /[*_`~[\\]|^ {0,3}(?:#{1,6} |>|[-+] |\d{1,9}[.)] )|\|[ :]*-/m;

export const hasMarks = (text: string): boolean => marks.test(text);

/** Whether what draws Markdown is here and these words need it: they look different then. */
export const isDrawn = (text: string): boolean => extrasNow() !== undefined && hasMarks(text);

export function drawWords(text: string): Node[] {
  if (hasMarks(text)) {
    const drawn = extrasNow()?.markdown(text);
    if (drawn !== undefined) return [make("div", "prose", ...drawn)];
    document.dispatchEvent(new Event("or3:more")); // it is drawn again once it can be
  }
  return drawText(text);
}
