// Signing out on a computer that others use too, when the device does not do as
// it should: the person is told, what is unsent comes out, and the session ends.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkAccessibility, checkPage, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { openApp, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const question = (page) => page.locator('#leave-device');
const signOut = (page) => question(page).getByRole('button', { name: 'Sign out' });
const again = (page) => question(page).getByRole('button', { name: 'Try again' });
const said = (page) => question(page).getByRole('alert');

// start gives a person with a thread on the server, a message that is not, and a draft.
async function start(t, options) {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, options);
  const workspace = await setUp(app, ines.page);
  await openApp(ines.page, app, `/w/${workspace}`);
  const thread = await startHere(ines.page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(ines.page);
  await ines.page.route('**/api/sync/push', (r) => r.abort());
  await ines.page.locator('#composer textarea').fill('Not sent.');
  await ines.page.keyboard.press('Control+Enter');
  await ines.page.locator('.message', { hasText: 'Not sent.' }).getByText('Waiting to send').waitFor();
  await ines.page.locator('#composer textarea').fill('Half a sen');
  await until('the rest of the app is there', () => ines.page.evaluate(() => globalThis.or3More !== undefined));
  return { app, ...ines, workspace, thread };
}

async function leave(page) {
  await page.locator('.switcher summary').click();
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await question(page).waitFor();
}

// answers is what the server says to somebody who asks for their workspaces: 401 once the session has ended.
const answers = async (page, app) => (await page.request.get(`${app.base}/api/workspaces`)).status();

test('over plain HTTP, everything unsent is in the file before one signs out, the draft too', async (t) => {
  const { page, trouble } = await start(t, { worker: false });
  await leave(page);
  const file = page.waitForEvent('download');
  await question(page).getByRole('button', { name: 'Export what is unsent' }).click();
  const text = await readFile(await (await file).path(), 'utf8');
  for (const words of ['Not sent.', 'Half a sen']) assert.ok(text.includes(words), `${words} is exported`);
  assert.deepEqual(trouble.filter((line) => line.startsWith('page error')), []);
});

test('a device that cannot be read says so, exports the drafts, and the session ends', async (t) => {
  const { app, page, trouble } = await start(t);
  await page.evaluate(() => { IDBFactory.prototype.open = () => { throw new DOMException('The disk is broken.', 'UnknownError'); }; });
  await leave(page);
  await question(page).getByText('could not be read just now').waitFor();
  await question(page).locator('li', { hasText: 'Half a sen' }).waitFor();
  assert.ok(await page.getByLabel('Keep it here, locked').isChecked(), 'nothing is removed unless the person says so');
  await checkAccessibility(page, 'a device that cannot be read');
  await picture(page, 'leaving-unread-wide-light');
  const file = page.waitForEvent('download');
  await question(page).getByRole('button', { name: 'Export what is unsent' }).click();
  assert.ok((await readFile(await (await file).path(), 'utf8')).includes('Half a sen'));
  await signOut(page).click();
  await page.waitForURL(/sign-in/);
  assert.equal(await answers(page, app), 401, 'the session has ended');
  assert.deepEqual(trouble.filter((line) => line.startsWith('page error')), []);
});

test('what another window keeps from being removed is said, and removed once that is closed', async (t) => {
  const { app, context, page, trouble, workspace } = await start(t);
  const other = await context.newPage();
  await other.goto(`${app.base}/healthz`);
  await other.evaluate((name) => new Promise((done) => { indexedDB.open(name).onsuccess = done; }), `or3-db-${workspace}`); // and never lets go
  await page.bringToFront();
  await leave(page);
  await page.getByLabel('Remove it from this device').check();
  await signOut(page).click();
  await said(page).getByText('it could not be removed yet').waitFor();
  assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((k) => /^or3-(?:device|people|look)/.test(k))), [], 'whoever closes the window now leaves no names of others');
  await checkAccessibility(page, 'what could not be removed');
  await picture(page, 'leaving-blocked-wide-light');
  await page.setViewportSize(phone);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'leaving-blocked-phone-dark');
  assert.equal(await answers(page, app), 401, 'the session has ended, as it says');
  assert.ok(await page.evaluate(() => JSON.stringify(localStorage).includes('Half a sen')), 'the draft is there until the rest has gone');
  await other.close();
  await again(page).click();
  await page.waitForURL(/sign-in/);
  assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name)), []);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('Half a sen')), false);
  assert.deepEqual(trouble.filter((line) => line.startsWith('page error')), []);
});

test('a second tab does not bring back what is removed', async (t) => {
  const { app, context, page, trouble, workspace } = await start(t, { worker: false }); // with one, it would ask for the next page itself
  const other = await context.newPage();
  await openApp(other, app, `/w/${workspace}`);
  await until('the rest of the app is there, too', () => other.evaluate(() => globalThis.or3More !== undefined));
  await page.bringToFront();
  let goOn;
  const asked = new Promise((ask) => page.route('**/sign-in', (r) => { // the next page takes its time
    goOn = () => r.continue();
    ask();
  }));
  await leave(page);
  await page.getByLabel('Remove it from this device').check();
  await signOut(page).click({ noWaitAfter: true });
  await asked;
  const kept = () => other.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));
  const told = other.getByText('You are signing out in another tab');
  await until('the other tab says so, or has come back', async () => (await told.count()) > 0 || (await kept()).length > 0);
  assert.deepEqual(await kept(), [], 'it is removed, and stays so');
  await checkPage(other, 'another tab signs out');
  await picture(other, 'leaving-other-tab-wide-light');
  goOn();
  await page.waitForURL(/sign-in/);
  await other.getByLabel('Password', { exact: true }).waitFor(); // signed out as well
  assert.deepEqual(await kept(), []);
  assert.deepEqual(trouble.filter((line) => line.startsWith('page error')), []);
});

test('where the server does not answer, nothing is locked, removed or left behind: one stays signed in, and is told', async (t) => {
  const { app, context, page, trouble, workspace } = await start(t);
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const words = 'Signing out needs the server, which does not answer. Nothing was changed.';
  const here = () => page.evaluate(async () => ({
    drafts: JSON.stringify(localStorage).includes('Half a sen'),
    kept: (await indexedDB.databases()).map((d) => d.name),
    locked: (await globalThis.or3.debug.dump()).sync_state.some((s) => s.locked === true),
    waiting: (await globalThis.or3.debug.counts()).pending_ops > 0,
  }));
  const untouched = async () => assert.deepEqual(await here(), { drafts: true, kept: [`or3-db-${workspace}`], locked: false, waiting: true });
  await page.route('**/sign-out', (r) => r.abort()); // the network is there, the server is not
  await leave(page);
  await page.getByLabel('Keep it here, locked').check();
  await signOut(page).click();
  await said(page).getByText(words).waitFor();
  await checkAccessibility(page, 'signing out without the server');
  await picture(page, 'leaving-no-server-wide-light');
  await untouched();
  await question(page).getByRole('button', { name: 'Cancel' }).click();
  await page.locator('.message', { hasText: 'Not sent.' }).getByText('Waiting to send').waitFor();
  await page.unroute('**/sign-out');
  await context.setOffline(true); // and no network either
  await leave(page);
  await page.getByLabel('Remove it from this device').check();
  await signOut(page).click();
  await said(page).getByText(words).waitFor();
  await page.setViewportSize(phone);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'leaving-no-server-phone-dark');
  await untouched();
  await again(page).click();
  await said(page).getByText(words).waitFor();
  await untouched();
  await context.setOffline(false);
  assert.equal(await answers(page, app), 200, 'still signed in');
  await again(page).click();
  await page.waitForURL(/sign-in/);
  assert.equal(await answers(page, app), 401, 'the session has ended');
  assert.deepEqual(await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name)), []);
  assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('Half a sen')), false);
  assert.deepEqual(trouble.filter((line) => line.startsWith('page error') || line.includes('blocked')), []);
});
