// /w/:workspace/backup: the workspace as a file, and a file into the workspace.
// What a file would do is shown first; nothing is written before that.
import { BackupError, forgetImport, isImporting, unfinishedImport, type Import, type ImportState, type Plan } from "../../../../sync/client/src/backup";
import { icon, make } from "../dom";
import { exportOf, workOf, type BackupWork } from "./backup_work";
import { countsOf, doing, factsOf, noticesOf, outcomeOf, type Said } from "./backup_words";
import { clone, cloneAll, fillParts, slot } from "./blueprint";
import { confirmFirst } from "./confirm";
import { download } from "./download";
import type { Context, Page, View } from "./page";
import { showPanes } from "./panes";
import { showRefusal } from "./refusal";
import { plural } from "./text";

export const backupPage: Page = {
  paths: ["/w/:workspace/backup"],
  nav: "backup",
  open: async (context, _place, _params, main) => {
    const why = context.readOnly();
    showPanes(main, cloneAll(why === "" ? "backup" : "backup-read", { workspace: context.workspace, site: context.site, why: `${why} You can export; importing is for those who can write.` }, { everyone: !context.store.local }));
    context.title("Backup");
    document.body.classList.add("pane-list-shown");
    document.body.classList.remove("pane-read-shown");
    return new BackupView(context, main, workOf(context.workspace));
  },
};

class BackupView implements View {
  readonly #stops: (() => void)[];
  #shown = "";
  #again: ReturnType<typeof setTimeout> | undefined;
  #news = 0;

  constructor(private readonly context: Context, private readonly main: HTMLElement, private readonly work: BackupWork) {
    const { store } = context;
    const unfinished = (was: ImportState | null): unknown => this.#sayUnfinished(was).catch((e: unknown) => context.fail(e));
    let busy = work.busy;
    const worked = (): void => {
      this.#draw();
      const ended = busy && !work.busy;
      busy = work.busy;
      // Of others nothing was said meanwhile. What became of an import of one's own is said already.
      if (ended && !hasOwnWords(work.stage)) void unfinishedImport(store).then(unfinished);
    };
    this.#stops = [work.onChange(worked), context.live(() => unfinishedImport(store), (was) => void unfinished(was))];
    main.addEventListener("change", this.#changed);
    this.#draw();
  }

  submit(form: HTMLFormElement): boolean {
    if (form.id !== "import") return false;
    const data = new FormData(form);
    const file = data.get("file");
    showRefusal(form, undefined);
    if (!(file instanceof File) || file.name === "") showRefusal(form, { field: "file", message: "Choose a file first." });
    else if (!this.work.busy) this.work.check(this.context, file, data.get("mode") === "replace" ? "replace" : "append");
    return true;
  }

  act(name: string): boolean {
    const { stage } = this.work;
    if (name === "export") void this.#export();
    else if (name === "stop") this.work.stop();
    else if (name === "dismiss") {
      this.work.dismiss();
      this.#form()?.querySelector<HTMLElement>("input[type=file]")?.focus();
    } else if (name === "import" && stage.at === "checked") this.#import(stage.of);
    else if (name === "forget") void forgetImport(this.context.store).catch((e: unknown) => this.context.fail(e));
    else return false;
    return true;
  }

  close(): void {
    for (const stop of this.#stops) stop();
    this.#news++;
    clearTimeout(this.#again);
    this.main.removeEventListener("change", this.#changed);
  }

  /** Another file or another mode: what was worked out is about something else. */
  readonly #changed = (e: Event): void => {
    if (e.target instanceof HTMLInputElement && e.target.form?.id === "import") this.work.dismiss();
  };

  #form(): HTMLFormElement | null {
    const form = slot(this.main, "import");
    return form instanceof HTMLFormElement ? form : null;
  }

  async #export(): Promise<void> {
    const [button, box, said] = [slot(this.main, "export"), slot(this.main, "exporting"), slot(this.main, "exported")];
    if (button?.ariaDisabled === "true") return;
    if (button !== null) button.ariaDisabled = "true";
    if (said !== null) said.textContent = "";
    try {
      const { name, file, rows } = await exportOf(this.context, (done, total) => progress(box, "Exporting", done, total, "rows"));
      download(name, file);
      if (said !== null) said.textContent = `${name}: ${plural(rows, "row", "rows")}, ${size(file.size)}. Keep it where only you can read it.`;
    } catch (error) {
      this.context.fail(error);
    } finally {
      box?.replaceChildren();
      button?.removeAttribute("aria-disabled");
    }
  }

  #import(of: Import): void {
    const { plan } = of;
    if (plan.mode === "append") {
      this.work.import(of);
      return;
    }
    const { deleted, changed } = plan.total;
    const lost = [deleted > 0 ? `${plural(deleted, "row is", "rows are")} deleted` : "", changed > 0 ? `${plural(changed, "row is", "rows are")} overwritten` : ""].filter((p) => p !== "").join(" and ");
    confirmFirst({
      title: `Replace what is in ${this.context.site}?`, text: `${lost === "" ? "Nothing is deleted or overwritten." : `${lost}${this.context.me === null ? "" : ", for everyone"}. Export what is here first if you may want it back.`}`,
      keep: "Keep what is here", do: "Replace",
    }, () => this.work.import(of));
  }

  #draw(): void {
    const { stage } = this.work;
    const [box, report, form] = [slot(this.main, "importing"), slot(this.main, "report"), this.#form()];
    if (box === null || report === null) return; // a reader's page
    const check = form === null ? null : slot(form, "check");
    if (check !== null) check.ariaDisabled = this.work.busy ? "true" : null;
    for (const input of form?.querySelectorAll("input") ?? []) input.disabled = this.work.busy;
    if (stage.at === "checking" || stage.at === "importing") {
      progress(box, stage.at === "checking" ? "Checking the file" : "Importing", stage.done, stage.total, stage.at === "checking" ? "%" : "rows", true);
    } else box.replaceChildren();
    if (this.#shown === stage.at && this.work.busy) return;
    const before = this.#shown;
    this.#shown = stage.at;
    if (stage.at === "checked") report.replaceChildren(this.#planOf(stage.of.plan));
    else if (stage.at === "imported") {
      report.replaceChildren(...outcomeOf(stage.of.plan, stage.done, this.context.store.local).map(notice));
      if (!stage.done.stopped) form?.reset();
      slot(this.main, "unfinished")?.replaceChildren();
    } else if (stage.at === "failed") this.#sayFailed(report, stage.error, stage.of);
    else report.replaceChildren();
    if (stage.at !== "rest" && !this.work.busy && before !== "") report.focus();
  }

  #planOf(plan: Plan): DocumentFragment {
    const todo = doing(plan);
    const said = noticesOf(plan, this.context.site, this.context.store.local);
    const list = (names: readonly string[], of: number): string => names.join(", ") + (of > names.length ? " and others" : "");
    const named = (t: "changed" | "deleted"): number => plan.tallies.threads[t] + plan.tallies.posts[t] + plan.tallies.projects[t];
    const names = [...(plan.names.changed.length === 0 ? [] : [["Changed", list(plan.names.changed, named("changed"))]]), ...(plan.names.deleted.length === 0 ? [] : [["Deleted", list(plan.names.deleted, named("deleted"))]])];
    const counts = countsOf(plan);
    const more = plan.brokenCount - plan.broken.length;
    const panes = cloneAll("backup-report", {
      title: plan.refusal === "" ? "What the import would do" : "This file cannot replace what is here",
      facts: factsOf(plan, (at) => this.context.clock().words(at)), do: todo, more: more > 0 ? `And ${plural(more, "other", "others")}.` : "",
    });
    fillParts(panes, {
      notices: said.length === 0 ? false : said.map(notice),
      table: counts.length > 0 && plan.refusal === "", do: todo !== "", names: names.length > 0 && plan.refusal === "", "broken-part": plan.broken.length > 0, more: more > 0,
    });
    fillParts(panes, {
      counts: counts.map((c) => clone("backup-count", { ...c })),
      names: names.flatMap(([name = "", titles = ""]) => Array.from(cloneAll("backup-names", { name, titles }).children)),
      broken: plan.broken.map((b) => clone("backup-broken", { line: String(b.line), why: b.reason })),
    });
    if (plan.mode === "replace") slot(panes, "do")?.classList.replace("btn-primary", "btn-danger");
    const dismiss = slot(panes, "dismiss");
    if (todo === "" && dismiss !== null) dismiss.textContent = "Close";
    return panes;
  }

  #sayFailed(report: HTMLElement, error: unknown, of: Import | undefined): void {
    if (error instanceof BackupError) {
      report.replaceChildren(notice({ tone: "danger", icon: "octagon-x", text: error.message }));
      return;
    }
    const what = of === undefined ? "The file could not be checked. Nothing was written." : `The import broke off. Part of it may be in: check the file again, it goes on where it stopped and nothing comes in twice.`;
    report.replaceChildren(notice({ tone: "danger", icon: "octagon-x", text: what }));
    this.context.fail(error);
  }

  /** Says what another tab imports, or that an import has stopped. This tab's own has its own words. */
  async #sayUnfinished(was: ImportState | null): Promise<void> {
    clearTimeout(this.#again);
    const news = ++this.#news;
    const said = slot(this.main, "unfinished");
    const goesOn = was !== null && await isImporting(this.context.store);
    if (news !== this.#news) return; // there is newer news, said sooner
    if (was === null || this.work.busy || said === null) {
      said?.replaceChildren();
      return;
    }
    const rows = `${was.done.toLocaleString("en-GB")} of ${plural(was.total, "row is", "rows are")} in`;
    if (goesOn) {
      said.replaceChildren(notice({ tone: "info", icon: "clock", text: `Another tab is importing ${was.file} (${was.mode}): ${rows}.` }));
      this.#again = setTimeout(() => void this.#sayUnfinished(was), 3000); // a tab that was closed says nothing any more
      return;
    }
    const e = notice({ tone: "warn", icon: "triangle-alert", text: `An import of ${was.file} (${was.mode}) stopped on this device before it was done: ${rows}. Choose the file again to go on; nothing comes in twice.` });
    const forget = make("button", "link-button", "Leave it so");
    forget.type = "button";
    forget.dataset["act"] = "forget";
    e.append(forget);
    said.replaceChildren(e);
  }
}

/** An import that ended, or broke off, in this tab; not one that another tab was doing. */
function hasOwnWords(stage: BackupWork["stage"]): boolean {
  return stage.at === "imported" || (stage.at === "failed" && stage.of !== undefined && !(stage.error instanceof BackupError && stage.error.code === "taken"));
}

function notice(of: Said): HTMLElement {
  const e = clone("notice", { text: of.text, label: "", href: "/" });
  e.className = "notice" + (of.tone === "" ? "" : ` notice-${of.tone}`);
  if (of.tone === "danger" || of.tone === "ok") e.setAttribute("role", of.tone === "ok" ? "status" : "alert");
  e.querySelector(":scope > .icon")?.replaceWith(icon(of.icon));
  e.querySelector(":scope > a")?.remove();
  return e;
}

/** Shows how far something is; made once, then moved. */
function progress(box: HTMLElement | null, label: string, done: number, total: number, unit: "rows" | "%", stops = false): void {
  if (box === null) return;
  const figures = total === 0 ? "" : unit === "%" ? `${Math.floor((100 * done) / total)} %` : `${done.toLocaleString("en-GB")} of ${total.toLocaleString("en-GB")} rows`;
  const bar = box.querySelector("progress");
  const words = box.querySelector(".figures");
  if (bar === null || words === null || bar.ariaLabel !== label) {
    const e = clone("progress", { label, figures });
    if (stops) {
      const stop = make("button", "btn btn-small", "Stop");
      stop.type = "button";
      stop.dataset["act"] = "stop";
      e.append(make("p", "actions", stop));
    }
    box.replaceChildren(e);
    progress(box, label, done, total, unit, stops);
    return;
  }
  bar.max = Math.max(total, 1);
  bar.value = done;
  words.textContent = figures;
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${Math.round(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}
