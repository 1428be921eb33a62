// The service worker, and what to say when a newer version of the app is there.
import { icon, make } from "../dom.js";
import type { Frame } from "./frame";
import { whenStill } from "./still.js";

/** Until a failed install is tried again, and the longest wait after further ones. */
const patience = 10_000;
const longest = 10 * 60_000;

export function startUpdates(frame: Frame): void {
  if (!("serviceWorker" in navigator) || !isSecureContext) return;
  const { serviceWorker } = navigator;
  let reloading = false;
  const had = serviceWorker.controller !== null;
  serviceWorker.addEventListener("controllerchange", () => {
    if (!had || !reloading) return;
    location.reload();
  });
  const offer = (worker: ServiceWorker): void => {
    const again = make("button", "link-button", "Reload");
    again.type = "button";
    again.addEventListener("click", () => {
      reloading = true;
      worker.postMessage("or3:update");
    });
    const box = make("div", "notice", icon("circle-arrow-up"), make("p", "notice-text", "A new version of the app is here. Reload when it suits you; nothing you wrote is lost."), again);
    box.id = "notice-update";
    whenStill(box.id, () => {
      document.getElementById(box.id)?.remove();
      document.getElementById("notices")?.append(box);
    });
  };
  // A browser that was too busy, or a file that did not come, ends an install
  // for good: without another try the app would not start offline.
  let wait = patience;
  const again = (): void => {
    setTimeout(start, wait);
    wait = Math.min(wait * 2, longest);
  };
  const start = (): void => {
    serviceWorker.register("/sw.js").then((registration) => {
      if (registration.waiting !== null && had) offer(registration.waiting);
      const follow = (worker: ServiceWorker | null): void => worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && serviceWorker.controller !== null) offer(worker);
        if (worker.state === "redundant" && registration.active === null) again();
      });
      follow(registration.installing);
      registration.addEventListener("updatefound", () => {
        if (registration.active !== null) follow(registration.installing);
      });
      frame.onWake(() => void registration.update().catch(() => undefined));
    }, again);
  };
  start();
}
