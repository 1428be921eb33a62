// The form of a plugin package: dropped or chosen, sent with its progress shown.
// Without this script it is a plain form with a file.
import { around } from "../dom";
import { sizeWords } from "./size";

export function startPackages(): void {
  // Before the page's own listener, which would take the form for sent.
  document.addEventListener("submit", (e) => {
    if (!(e.target instanceof HTMLFormElement) || !e.target.matches("form[data-package]")) return;
    e.preventDefault();
    e.stopPropagation();
    send(e.target);
  }, true);

  document.addEventListener("dragover", (e) => {
    const form = formAt(e);
    if (form === null || !e.dataTransfer?.types.includes("Files")) return;
    e.preventDefault();
    form.dataset["over"] = "";
  });
  document.addEventListener("dragleave", (e) => {
    const form = around(e.target, "form[data-package]", HTMLFormElement);
    if (form !== null && !(e.relatedTarget instanceof Node && form.contains(e.relatedTarget))) delete form.dataset["over"];
  });
  document.addEventListener("drop", (e) => {
    const form = formAt(e);
    if (form === null || e.dataTransfer === null) return;
    e.preventDefault();
    delete form.dataset["over"];
    const input = form.querySelector<HTMLInputElement>("input[type=file]");
    if (input === null || e.dataTransfer.files.length === 0) return;
    input.files = e.dataTransfer.files;
    form.requestSubmit();
  });
  document.addEventListener("click", (e) => {
    if (around(e.target, "[data-package-force]", HTMLButtonElement) === null) return;
    const form = document.querySelector<HTMLFormElement>("form[data-package]");
    if (form !== null) send(form, true);
  });
}

/** A file is dropped anywhere in the section of the form. */
function formAt(e: DragEvent): HTMLFormElement | null {
  const section = around(e.target, "section", HTMLElement);
  return section?.querySelector<HTMLFormElement>("form[data-package]") ?? null;
}

function send(form: HTMLFormElement, force = false): void {
  const file = form.querySelector<HTMLInputElement>("input[type=file]")?.files?.[0];
  const most = Number(form.dataset["most"] ?? 0);
  if (form.dataset["sending"] !== undefined || file === undefined) return;
  if (most > 0 && file.size > most) {
    say(form, `${file.name} has ${sizeWords(file.size)}. A package has at most ${sizeWords(most)}.`);
    return;
  }
  const body = new FormData(form);
  if (force) body.set("force", "on");
  form.dataset["sending"] = "";
  const button = form.querySelector<HTMLButtonElement>("button:not([type=button])");
  button?.setAttribute("aria-disabled", "true");
  result()?.replaceChildren();
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.setRequestHeader("HX-Request", "true");
  request.setRequestHeader("HX-Request-Type", "partial");
  show(form, "Sending", 0, file.size);
  request.upload.addEventListener("progress", (e) => show(form, "Sending", Math.min(e.loaded, file.size), file.size));
  request.upload.addEventListener("load", () => show(form, "Checking and compiling", file.size, file.size));
  request.addEventListener("loadend", () => {
    delete form.dataset["sending"];
    button?.removeAttribute("aria-disabled");
    form.querySelector("[data-package-progress]")?.setAttribute("hidden", "");
    const next = request.getResponseHeader("HX-Redirect");
    if (next !== null) {
      if (new URL(next, location.href).pathname === location.pathname) location.reload();
      else location.assign(next);
      return;
    }
    if (request.status === 0 || !(request.getResponseHeader("Content-Type") ?? "").startsWith("text/html")) {
      say(form, "The server did not answer. Nothing was installed; send the package again.");
      return;
    }
    const box = result();
    if (box === null) return;
    box.innerHTML = request.responseText; // this server's own page
    box.querySelector<HTMLElement>("[data-focus]")?.focus();
  });
  request.send(body);
}

const result = (): HTMLElement | null => document.getElementById("package-result");

function show(form: HTMLFormElement, words: string, done: number, of: number): void {
  const box = form.querySelector<HTMLElement>("[data-package-progress]");
  const bar = box?.querySelector("progress");
  if (!box || !bar) return;
  box.hidden = false;
  bar.value = of > 0 ? Math.round((done / of) * 1000) : 0;
  const label = box.querySelector("[data-package-words]");
  if (label) label.textContent = words;
  const figures = box.querySelector("[data-package-figures]");
  if (figures) figures.textContent = `${sizeWords(done)} of ${sizeWords(of)}`;
}

/** Says on the page what is in the way. */
function say(form: HTMLFormElement, text: string): void {
  const notice = document.createElement("div");
  notice.className = "notice notice-danger";
  notice.setAttribute("role", "alert");
  notice.tabIndex = -1;
  const p = document.createElement("p");
  p.className = "notice-text";
  p.textContent = text;
  notice.append(p);
  (result() ?? form).replaceChildren(notice);
  notice.focus();
}
