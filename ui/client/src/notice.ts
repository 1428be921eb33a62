// A notice that a script of its own puts above the page. app.js, which is on every
// page, knows whether something is pressed (swap.ts), and puts it there.
export function addNotice(box: HTMLElement): void {
  if (document.dispatchEvent(new CustomEvent("or3:notice", { detail: box, cancelable: true }))) document.getElementById("notices")?.append(box);
}
