// Forms: busy buttons, Ctrl+Enter, showing a password, growing text boxes.
import { around, make } from "./dom";

export function startForms(): void {
  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (!(form instanceof HTMLFormElement) || form.method === "dialog" || e.defaultPrevented) return;
    if (form.dataset["sent"] === "true") {
      e.preventDefault(); // a second press while the first is on its way
      return;
    }
    if (form.method === "get") return;
    form.dataset["sent"] = "true";
    const button = e.submitter ?? form.querySelector("button:not([type=button])");
    if (button instanceof HTMLButtonElement && button.classList.contains("btn")) startWork(button);
    document.getElementById("progress-top")?.removeAttribute("hidden");
  });

  // A page that comes back from the browser's memory is ready again.
  addEventListener("pageshow", () => rest(document));
  document.addEventListener("htmx:finally:request", (e) => rest(e.target instanceof Element && e.target.isConnected ? e.target : document));

  document.addEventListener("keydown", (e) => {
    if (e.key !== "Enter" || !(e.ctrlKey || e.metaKey) || e.isComposing) return;
    const form = around(e.target, "form[data-send]", HTMLFormElement);
    if (form === null || !(e.target instanceof HTMLTextAreaElement)) return;
    e.preventDefault();
    send(form);
  });

  document.addEventListener("click", (e) => {
    const button = around(e.target, "form[data-send] button:not([type], [name])", HTMLButtonElement);
    if (e.defaultPrevented || !button?.form) return;
    e.preventDefault();
    send(button.form, button);
  });

  if (globalThis.OR3_LOCAL !== true) document.addEventListener("click", (e) => {
    const button = around(e.target, "button[data-reveal]", HTMLButtonElement);
    const input = button === null ? null : document.getElementById(button.dataset["reveal"] ?? "");
    if (button === null || !(input instanceof HTMLInputElement)) return;
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.setAttribute("aria-pressed", String(show));
  });

  // Disabled controls stay focusable and say why; they do nothing.
  document.addEventListener("click", (e) => {
    if (around(e.target, "[aria-disabled=true]", HTMLElement) !== null) e.preventDefault();
  }, true);

  if (!CSS.supports("field-sizing", "content")) {
    document.addEventListener("input", (e) => {
      const box = around(e.target, ".composer-text", HTMLTextAreaElement);
      if (box === null) return;
      box.style.height = "auto";
      box.style.height = `${box.scrollHeight}px`;
    });
  }
}

/**
 * Sends a form as its button does. requestSubmit would too, but the browser looks
 * through the whole page then for what it might fill in: in a long thread that
 * takes longer than the rest.
 */
function send(form: HTMLFormElement, submitter: HTMLElement | null = null): void {
  if (form.reportValidity() && form.dispatchEvent(new SubmitEvent("submit", { bubbles: true, cancelable: true, submitter }))) form.submit();
}

/** Puts a spinner in the icon's place; the width stays. */
function startWork(button: HTMLButtonElement): void {
  button.style.minWidth = `${button.offsetWidth}px`;
  button.dataset["working"] = button.innerHTML;
  button.setAttribute("aria-disabled", "true");
  const words = button.dataset["busy"] ?? button.textContent?.trim() ?? "";
  button.replaceChildren(make("span", "spinner"), words);
}

function rest(root: Document | Element): void {
  const forms = root instanceof HTMLFormElement ? [root] : Array.from(root.querySelectorAll<HTMLFormElement>("form[data-sent]"));
  for (const form of forms) delete form.dataset["sent"];
  for (const button of root.querySelectorAll<HTMLButtonElement>("button[data-working][aria-disabled]")) {
    const before = button.dataset["working"];
    if (before === undefined || before === "") continue;
    button.innerHTML = before; // its own markup, set aside in startWork
    delete button.dataset["working"];
    button.removeAttribute("aria-disabled");
    button.style.minWidth = "";
  }
  document.getElementById("progress-top")?.setAttribute("hidden", "");
}

