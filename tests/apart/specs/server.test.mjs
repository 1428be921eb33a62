// Pages that only the server draws: without one, each link that leads to them
// opens a page of the app that says so and leads back.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, startHere, synced, until } from '../../e2e/lib/sync.mjs';


test('without a server every link of the frame opens a page of the app, with a way back', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, context, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  await page.goto(`${app.base}/workspaces/new`);
  await page.getByLabel('Name').fill('Second yard');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
  const second = new URL(page.url()).pathname.split('/')[2];
  assert.notEqual(second, workspace);
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14', 'Inspector moved.');
  await synced(page);
  await page.evaluate(async () => {
    for (const { name } of await indexedDB.databases()) if (!name.includes(document.body.dataset.workspace)) await new Promise((done) => { indexedDB.deleteDatabase(name).onsuccess = done; });
  });
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const frame = await page.evaluate(() => [...document.querySelectorAll('#sidebar a[href], .phone-bar a[href]')].map((a) => a.getAttribute('href')));
  const commands = await page.evaluate(() => JSON.parse(document.getElementById('or3-facts').textContent).commands.map((c) => c.url ?? '').filter((u) => u !== ''));
  const links = [...new Set([...frame, ...commands])];
  for (const expected of ['/settings', '/workspaces/new', '/search', '/admin', '/admin/members', `/w/${workspace}/documents`]) assert.ok(links.includes(expected), `${expected} is among the links`);

  for (const gone of ['the network', 'the server']) {
    if (gone === 'the network') await context.setOffline(true);
    else {
      await context.setOffline(false);
      await app.stop();
    }
    for (const link of links.filter((l) => !l.startsWith('/w/') && l !== '/')) {
      await page.goto(app.base + link);
      await page.getByRole('heading', { level: 1, name: 'This page needs the server' }).waitFor();
      await page.locator('#sync-foot a').waitFor();
    }
    await checkPage(page, 'needs the server');
    await checkAccessibility(page, 'needs the server');
    await picture(page, 'needs-server-wide-light');
    await page.getByRole('link', { name: 'To the threads' }).click();
    await page.locator('.thread-row', { hasText: 'Hull 14' }).waitFor();
    for (const link of links.filter((l) => l.startsWith(`/w/${workspace}`))) {
      await page.goto(app.base + link);
      await appRuns(page);
      assert.equal(await page.getByText('Not on this device').count(), 0, `${link} is on the device`);
    }
    await page.goto(`${app.base}/w/${second}`);
    await page.getByRole('heading', { level: 1, name: 'Not on this device' }).waitFor();
    await page.setViewportSize(phone);
    await page.emulateMedia({ colorScheme: 'dark' });
    await checkPage(page, 'never loaded here');
    await picture(page, 'never-loaded-phone-dark');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    await page.getByRole('link', { name: 'To Kestrel Boatworks' }).click();
    await page.locator('.thread-row', { hasText: 'Hull 14' }).waitFor();
  }
  // A server that is about to stop says so to a stream that comes meanwhile.
  assert.deepEqual(realTrouble(trouble).filter((t) => !/^503 \S+\/api\/sync\/stream|status of 503/.test(t)), []);
});

test('whoever is not signed in is told that signing in needs the server, and gets back', async (t) => {
  const app = await startApp({ env: { OR3_AUTH_GUEST_ACCESS: 'true' } });
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  await setUp(app, ines.page);
  const { page, trouble } = await newPerson(browser);
  await page.goto(`${app.base}/w/local`);
  await appRuns(page);
  await page.evaluate(() => navigator.serviceWorker.ready.then(() => true));
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  await app.stop();
  await page.getByRole('link', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Nobody is signed in here' }).waitFor();
  await checkPage(page, 'nobody is signed in');
  await picture(page, 'nobody-wide-light');
  await page.getByRole('link', { name: 'Go back' }).click();
  await page.getByText('On this device only').waitFor();
  assert.deepEqual(realTrouble(trouble), []);
});
