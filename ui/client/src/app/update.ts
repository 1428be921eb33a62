// The service worker, and what to say when a newer version of the app is there.
import { icon, make } from "../dom";
import type { Frame } from "./frame";

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
    document.getElementById("notice-update")?.remove();
    const box = make("div", "notice", icon("circle-arrow-up"), make("p", "notice-text", "A new version of the app is here. Reload when it suits you; nothing you wrote is lost."), again);
    box.id = "notice-update";
    document.getElementById("notices")?.append(box);
  };
  serviceWorker.register("/sw.js").then((registration) => {
    if (registration.waiting !== null && had) offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && serviceWorker.controller !== null) offer(worker);
      });
    });
    frame.onWake(() => void registration.update().catch(() => undefined));
  }, () => undefined);
}
