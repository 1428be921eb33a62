// The app of somebody who is signed in: the store, its sync, and the pages.
import { readBoot } from "./boot";
import { CloudExtension } from "./cloud_extension";
import { announce } from "./debug";
import { Frame } from "./frame";
import { laterPages } from "./more_loader";
import { pages } from "./pages";

const boot = readBoot(document.getElementById("or3-app")?.textContent ?? "");
if (boot !== undefined) {
  announce(boot.version);
  const ends: (() => Promise<void>)[] = [];
  const extension = new CloudExtension();
  const frame: Frame = new Frame(boot, [...pages, ...laterPages({
    sync: () => extension.sync, context: () => started.then(() => frame.context), notice: (id, of) => frame.notice(id, of),
    close: async () => {
      await Promise.all([frame.leave(), extension.sync?.stop(), ...ends.map((stop) => stop())]);
      frame.close();
    },
    onClose: (stop) => void ends.push(stop),
  })], extension);
  const started = frame.start();
  started.catch((error: unknown) => console.warn(error));
}
