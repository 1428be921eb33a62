// Two people, each with a device of their own, in one thread of one workspace.
import { startApp, colleague } from './app.mjs';
import { openBrowser, newPerson, phone } from './browser.mjs';
import { setUp, invite, join } from './people.mjs';
import { openApp, startHere, synced } from './sync.mjs';

export async function twoDevices(t, options = {}) {
  const app = await startApp(options);
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const dev = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  const workspace = await setUp(app, ines.page);
  await join(dev.page, await invite(ines.page, app, colleague.email, 'editor'), colleague);
  await openApp(ines.page, app, `/w/${workspace}`);
  const thread = await startHere(ines.page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(ines.page);
  await openApp(dev.page, app, `/w/${workspace}/t/${thread}`);
  await dev.page.locator('.message-text', { hasText: 'Inspector moved' }).waitFor();
  return { app, browser, ines, dev, workspace, thread, path: `/w/${workspace}/t/${thread}` };
}
