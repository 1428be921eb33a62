// What was typed into a message stays, also when sending it failed: the text is
// kept in this browser until the page shows the message that was sent. Then the
// box takes the focus again, for the next message.

interface Draft {
  readonly text: string;
  readonly messageId: string; // "" until it was sent
}

const storageKey = (form: HTMLFormElement): string => "or3-draft:" + new URL(form.action, location.href).pathname;

function read(key: string): Draft | undefined {
  try {
    const v: unknown = JSON.parse(localStorage.getItem(key) ?? "null");
    if (typeof v === "object" && v !== null && "text" in v && "messageId" in v && typeof v.text === "string" && typeof v.messageId === "string") {
      return { text: v.text, messageId: v.messageId };
    }
  } catch {
    // Storage may be closed to us, or hold something else. Then there is no draft.
  }
  return undefined;
}

function write(key: string, draft: Draft | undefined): void {
  try {
    if (draft === undefined || draft.text === "") localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // Full or closed: the text is still in the box.
  }
}

/** Where nothing hovers, focus in a text box would open the keyboard over the page. */
const opensKeyboard = (): boolean => matchMedia("(hover: none)").matches;

/** Focuses the box once the browser, on its way to the message, has let go of the focus. */
function writeOn(box: HTMLTextAreaElement): void {
  const focus = (): void => {
    if (document.activeElement === document.body) box.focus({ preventScroll: true });
  };
  focus();
  addEventListener("load", () => requestAnimationFrame(focus), { once: true });
}

export function startDrafts(): void {
  for (const box of document.querySelectorAll<HTMLTextAreaElement>("textarea[data-draft]")) {
    const form = box.form;
    if (form === null) continue;
    const draft = read(storageKey(form));
    if (draft === undefined) continue;
    const arrived = draft.messageId !== "" && document.getElementById("m-" + draft.messageId) !== null;
    if (arrived) {
      write(storageKey(form), undefined);
      if (location.hash === "#m-" + draft.messageId && !opensKeyboard()) writeOn(box);
    } else if (box.value === "") box.value = draft.text;
  }
  document.addEventListener("input", (e) => {
    if (e.target instanceof HTMLTextAreaElement && e.target.hasAttribute("data-draft") && e.target.form !== null) {
      write(storageKey(e.target.form), { text: e.target.value, messageId: "" });
    }
  });
  document.addEventListener("submit", (e) => {
    if (!(e.target instanceof HTMLFormElement)) return;
    const box = e.target.querySelector<HTMLTextAreaElement>("textarea[data-draft]");
    const id = e.target.querySelector<HTMLInputElement>("input[name=message_id]")?.value ?? "";
    if (box !== null) write(storageKey(e.target), { text: box.value, messageId: id });
  });
}

/** The draft of a form, for who draws the form without the server. */
export const readDraft = (form: HTMLFormElement): { readonly text: string } | undefined => read(storageKey(form));

/** Forgets a form's draft: its text is written. */
export function dropDraft(form: HTMLFormElement): void {
  write(storageKey(form), undefined);
}

/** Forgets every draft in this browser: somebody leaves it. */
export function dropAllDrafts(): void {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith("or3-draft:")) localStorage.removeItem(key);
  } catch {
    // Closed: then there is none.
  }
}
