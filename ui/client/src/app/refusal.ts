// What is wrong with a form, beside the field it is about.
import { icon, make } from "../dom";

export function showRefusal(form: HTMLFormElement, refused: { readonly field: string; readonly message: string } | undefined): void {
  for (const old of form.querySelectorAll(".field-error")) old.remove();
  for (const e of form.querySelectorAll("[aria-invalid]")) {
    e.removeAttribute("aria-invalid");
    e.removeAttribute("aria-describedby");
  }
  for (const e of form.querySelectorAll(".field-wrong")) e.classList.remove("field-wrong");
  if (refused === undefined) return;
  const input = form.querySelector<HTMLElement>(`[name="${CSS.escape(refused.field)}"]`) ?? form.querySelector<HTMLElement>("textarea, input:not([type=hidden])");
  const line = make("p", "field-error", icon("circle-alert", "s"), make("span", "", refused.message));
  line.setAttribute("role", "alert");
  if (input === null) {
    form.append(line);
    return;
  }
  line.id = (input.id === "" ? "app" : input.id) + "-error";
  input.setAttribute("aria-invalid", "true");
  input.setAttribute("aria-describedby", line.id);
  input.closest(".field")?.classList.add("field-wrong");
  (input.closest(".field") ?? input.closest(".composer-box") ?? input).insertAdjacentElement(input.closest(".field") === null ? "afterend" : "beforeend", line);
  input.focus();
}
