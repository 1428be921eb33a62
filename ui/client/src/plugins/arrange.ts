// Rows of an arrangement are dragged as well; their buttons do the same.

export function startArranging(): void {
  let dragged: HTMLElement | undefined;
  const rowOf = (e: Event): HTMLElement | undefined => {
    const row = e.target instanceof Element ? e.target.closest<HTMLElement>("[data-arrange] > li") : null;
    return row ?? undefined;
  };
  const allow = (): void => {
    for (const row of document.querySelectorAll<HTMLElement>("[data-arrange] > li")) row.draggable = true;
  };
  allow();
  document.addEventListener("htmx:after:swap", allow);
  document.addEventListener("dragstart", (e) => {
    dragged = rowOf(e);
    if (dragged === undefined) return;
    dragged.classList.add("dragged");
    if (e.dataTransfer !== null) {
      e.dataTransfer.effectAllowed = "move";
      e.dataTransfer.setData("text/plain", dragged.dataset["widget"] ?? "");
    }
  });
  document.addEventListener("dragover", (e) => {
    const over = rowOf(e);
    if (dragged === undefined || over === undefined) return;
    e.preventDefault();
    if (over === dragged) return;
    const box = over.getBoundingClientRect();
    if (e.clientY > box.top + box.height / 2) over.after(dragged);
    else over.before(dragged);
  });
  document.addEventListener("drop", (e) => {
    if (dragged !== undefined) e.preventDefault();
  });
  document.addEventListener("dragend", () => {
    const row = dragged;
    dragged = undefined;
    if (row === undefined) return;
    row.classList.remove("dragged");
    const form = row.querySelector("form");
    const list = row.parentElement;
    if (form === null || list === null) return;
    for (const [name, value] of [["do", "move"], ["to", String(Array.from(list.children).indexOf(row))]] as const) {
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = name;
      field.value = value;
      form.append(field);
    }
    form.requestSubmit();
  });
}
