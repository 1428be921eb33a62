// What was written here and not sent yet is on this device alone. Its page opens
// all the same when it is loaded again, and no error is seen on the way.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, startHere, synced, until } from '../../e2e/lib/sync.mjs';

// watchErrors notes whether a frame with an error page was ever seen on a page.
const watchErrors = () => {
  globalThis.errorSeen = false;
  const look = () => {
    if ([...document.querySelectorAll('.error-page, .empty')].some((e) => e.checkVisibility({ visibilityProperty: true }))) globalThis.errorSeen = true;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
};

for (const worker of [true, false]) {
  test(`a new thread that is reloaded before it was sent opens, ${worker ? 'with' : 'without'} a service worker`, async (t) => {
    const app = await startApp();
    t.after(() => app.stop());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const ines = await newPerson(browser, worker ? {} : { worker, viewport: phone, dark: true });
    const workspace = await setUp(app, ines.page);
    await openApp(ines.page, app, `/w/${workspace}`);
    await synced(ines.page);
    if (worker) await until('the service worker has the page', () => ines.page.evaluate(() => navigator.serviceWorker.controller !== null));
    await ines.page.addInitScript(watchErrors);

    await ines.page.route('**/api/sync/push', (r) => r.abort());
    const thread = await startHere(ines.page, 'Hull 15', 'Not sent yet.');
    const again = await ines.page.reload();
    assert.equal(again.status(), 404, 'the server does not have it');
    await ines.page.locator('.message-text', { hasText: 'Not sent yet.' }).waitFor();
    await appRuns(ines.page);
    assert.equal(await ines.page.evaluate(() => globalThis.errorSeen), false, 'no error was seen');
    await ines.page.locator('.message', { hasText: 'Not sent yet.' }).getByText('Waiting to send').waitFor();
    await checkPage(ines.page, 'an unsent thread');

    await ines.page.goto(`${app.base}/w/${workspace}/t/nowhere?debug=1`);
    await ines.page.getByRole('heading', { name: 'Nothing here' }).first().waitFor();
    await ines.page.getByText('Opening what is on this device').waitFor({ state: 'hidden' });
    await checkPage(ines.page, 'a thread that is nowhere');
    await checkAccessibility(ines.page, 'a thread that is nowhere');
    await picture(ines.page, `app-missing-${worker ? 'worker-wide-light' : 'phone-dark'}`);

    await ines.page.unroute('**/api/sync/push');
    await openApp(ines.page, app, `/w/${workspace}/t/${thread}`);
    await synced(ines.page);
    assert.equal((await ines.page.reload()).status(), 200, 'the server has it by now');
    assert.deepEqual(realTrouble(ines.trouble), []);
  });
}
