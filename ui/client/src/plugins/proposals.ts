// Proposals of a combobox that come from an action of the plugin.

const pause = 200;

/** The list that an input shows, if it is asked for. */
function listOf(input: EventTarget | null): HTMLDataListElement | undefined {
  if (!(input instanceof HTMLInputElement) || input.list === null) return undefined;
  const list = input.list;
  return list instanceof HTMLDataListElement && list.dataset["proposals"] !== undefined ? list : undefined;
}

export function startProposals(): void {
  let timer = 0;
  let asked = 0;
  document.addEventListener("input", (e) => {
    const list = listOf(e.target);
    const input = e.target;
    if (list === undefined || !(input instanceof HTMLInputElement) || input.form === null) return;
    const { form } = input;
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      const body = new URLSearchParams({ query: input.value });
      for (const name of ["_page", "_query", "_form", "_sealed", "_widget", "_size"]) {
        const field = form.elements.namedItem(name);
        if (field instanceof HTMLInputElement) body.set(name, field.value);
      }
      const turn = ++asked;
      void fetch(list.dataset["proposals"] ?? "", { method: "POST", body, headers: { "HX-Request": "true", "HX-Request-Type": "partial" }, signal: AbortSignal.timeout(5000) })
        .then(async (answer) => (answer.ok ? answer.text() : undefined))
        .then((text) => {
          if (text === undefined || turn !== asked) return;
          const options = new DOMParser().parseFromString(`<datalist>${text}</datalist>`, "text/html").querySelectorAll("option");
          list.replaceChildren(...options);
        })
        .catch(() => undefined); // what was proposed before stands
    }, pause);
  });
}
