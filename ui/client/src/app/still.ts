// What a person aims at stays where it is. A press that begins on one thing and
// ends on another is a click on neither: what would move things waits until the
// person has let go. What moves the whole page waits for the menu, too, that they
// have open.

/** A press that lasts longer is no click, and things may move. */
const longest = 2000;
/** How long a touch may take to become a click once the finger is up. */
const becomesClick = 400;
/** How often somebody looks whether a menu is still open. */
const pause = 150;

let pressed = false;
let looking: ReturnType<typeof setTimeout> | undefined;
/** By name: of what waits under one name the last counts. */
const waiting = new Map<unknown, { readonly run: () => void; readonly menus: boolean }>();

const mayRun = (menus: boolean): boolean => !pressed && !(menus && document.querySelector("#main details[data-menu][open]") !== null);

/** Runs something once nothing is pressed: now, mostly. */
export const whenLetGo = (name: unknown, run: () => void): void => later(name, run, false);

/** Runs something once nothing is pressed and no menu of the page is open. */
export const whenStill = (name: unknown, run: () => void): void => later(name, run, true);

/** What waits under a name is not run any more. */
export const dropWaiting = (name: unknown): void => void waiting.delete(name);

function later(name: unknown, run: () => void, menus: boolean): void {
  if (mayRun(menus)) {
    waiting.delete(name);
    run();
    return;
  }
  waiting.set(name, { run, menus });
  look();
}

/** Resolves once nothing is pressed. */
export const letGo = (): Promise<void> => new Promise((done) => whenLetGo(done, done));

function flush(): void {
  for (const [name, { run, menus }] of Array.from(waiting)) {
    // What ran before it may have dropped it, or put another in its place, or have begun to hold it up.
    if (waiting.get(name)?.run !== run || !mayRun(menus)) continue;
    waiting.delete(name);
    try {
      run();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** A menu may go without a word, with the pane it stands in. */
function look(): void {
  looking ??= setTimeout(() => {
    looking = undefined;
    flush();
    if (waiting.size > 0) look();
  }, pause);
}

let watching = false;

export function watchPresses(): void {
  if (watching) return;
  watching = true;
  let held: ReturnType<typeof setTimeout> | undefined;
  const free = (ms: number): void => {
    if (!pressed) return;
    clearTimeout(held);
    held = setTimeout(() => {
      pressed = false;
      flush();
    }, ms);
  };
  addEventListener("pointerdown", (e) => {
    if (!e.isPrimary || e.button !== 0) return;
    pressed = true;
    free(longest);
  }, true);
  // With a mouse the click comes before anything else can run, with a finger a little later.
  addEventListener("pointerup", (e) => free(e.pointerType === "mouse" ? 0 : becomesClick), true);
  addEventListener("click", () => free(0), true);
  addEventListener("pointercancel", () => free(0), true);
}
