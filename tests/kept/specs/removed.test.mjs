// Somebody who was removed from a workspace still reaches what they never sent.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { invite, join, setUp } from '../../e2e/lib/people.mjs';
import { openApp, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const dev = { name: 'Dev Patel', email: 'dev@example.com', password: 'a-long-enough-password' };

test('what a removed member never sent can be exported after a reload, and then goes', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const [ines, other] = [await newPerson(browser), await newPerson(browser)];
  const workspace = await setUp(app, ines.page);
  await join(other.page, await invite(ines.page, app, dev.email, 'editor'), dev);
  const { page } = other;
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  await page.route('**/api/sync/push', (r) => r.abort());
  await page.locator('#composer textarea').fill('Not sent.');
  await page.keyboard.press('Control+Enter');
  await page.locator('.message', { hasText: 'Not sent.' }).getByText('Waiting to send').waitFor();
  const me = await page.evaluate(() => document.body.dataset.user);
  const gone = await ines.page.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, `/api/workspaces/${workspace}/members/${me}`);
  assert.ok(gone < 300, `removing answers ${gone}`);
  await page.unroute('**/api/sync/push');
  await page.goto(`${app.base}/w/${workspace}/waits`);
  await page.getByText('Not sent.').waitFor();
  await checkAccessibility(page, 'what waits for a workspace that one was removed from');
  await picture(page, 'removed-waits-wide-light');
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export' }).first().click();
  assert.ok((await readFile(await (await file).path(), 'utf8')).includes('Not sent.'));
  await page.getByRole('button', { name: 'Remove from this device' }).first().click();
  await page.locator('dialog[open]').getByRole('button', { name: 'Remove from this device' }).click();
  await page.waitForURL(/workspaces/);
  const left = await page.evaluate(async () => (await indexedDB.databases()).map((d) => d.name));
  assert.ok(!left.includes(`or3-db-${workspace}`), 'the local data has gone');
});

test('whoever is removed while the app is open reads on, writes nothing more, and keeps what was typed', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const [ines, other] = [await newPerson(browser), await newPerson(browser)];
  const workspace = await setUp(app, ines.page);
  await join(other.page, await invite(ines.page, app, dev.email, 'editor'), dev);
  const { page } = other;
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  await until('the rest of the app is there', () => page.evaluate(() => globalThis.or3More !== undefined));
  await page.route('**/api/sync/push', (r) => r.abort());
  await page.locator('#composer textarea').fill('Not sent.');
  await page.keyboard.press('Control+Enter');
  await page.locator('.message', { hasText: 'Not sent.' }).getByText('Waiting to send').waitFor();
  await page.locator('#composer textarea').fill('Half a sen');
  const [composer, fresh] = [page.locator('#composer'), page.getByRole('link', { name: /^New( |$)/ })];
  assert.ok((await fresh.count()) > 1, 'a thread and a project can be begun');
  const me = await page.evaluate(() => document.body.dataset.user);
  const gone = await ines.page.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, `/api/workspaces/${workspace}/members/${me}`);
  assert.ok(gone < 300, `removing answers ${gone}`);
  await page.unroute('**/api/sync/push');
  const see = page.locator('#notices').getByRole('link', { name: 'See and export what waits' });
  await see.waitFor();
  await composer.waitFor({ state: 'detached' });
  await page.getByText('You are no longer a member here: you can read').first().waitFor();
  assert.equal(await fresh.count(), 0);
  assert.equal(await page.getByRole('button', { name: 'Send' }).count(), 0);
  await page.locator('.message', { hasText: 'Not sent.' }).waitFor();
  await checkAccessibility(page, 'a thread of a workspace that one was removed from');
  await picture(page, 'removed-thread-wide-light');
  await page.setViewportSize(phone);
  await page.emulateMedia({ colorScheme: 'dark' });
  await picture(page, 'removed-thread-phone-dark');
  await page.setViewportSize(wide);
  await page.emulateMedia({ colorScheme: 'light' });
  for (const at of ['Documents', 'Files']) {
    await page.locator('#sidebar').getByRole('link', { name: at }).click();
    await page.getByRole('heading', { name: at, level: 1 }).waitFor();
    assert.equal(await fresh.count(), 0, `${at} offers nothing new`);
    assert.equal(await page.locator('#main').getByRole('button', { name: 'Upload' }).count(), 0);
  }
  await see.click();
  await page.getByText('Message: Not sent.').waitFor();
  await page.getByText('Message in “Hull 14: keel survey”: Half a sen').waitFor();
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export what is unsent' }).click();
  const text = await readFile(await (await file).path(), 'utf8');
  for (const words of ['Not sent.', 'Half a sen']) assert.ok(text.includes(words), `${words} is exported`);
});

test('unsent work of a workspace one was removed from is named wherever one comes, and given up one by one', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const [ines, other] = [await newPerson(browser), await newPerson(browser)];
  const workspace = await setUp(app, ines.page);
  await join(other.page, await invite(ines.page, app, dev.email, 'editor'), dev);
  const { page } = other;
  const made = await page.evaluate(async () => (await fetch('/api/workspaces', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: 'Yard office' }) })).json());
  const yard = made.id ?? made.workspace.id;
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  await page.route('**/api/sync/push', (r) => r.abort());
  for (const text of ['Not sent.', 'Nor this.']) {
    await page.locator('#composer textarea').fill(text);
    await page.keyboard.press('Control+Enter');
    await page.locator('.message', { hasText: text }).getByText('Waiting to send').waitFor();
  }

  await t.test('signed out meanwhile, the sign-in page says that something waits', async () => {
    const cookies = await other.context.cookies();
    await other.context.clearCookies();
    await page.reload();
    await page.waitForURL(/sign-in/);
    await until('it says so', async () => {
      const said = await page.locator('#notices').innerText();
      if (said.includes('2 changes wait on this device. They are kept here, and go out when you have signed in again')) return true;
      throw new Error(`it says: ${said}`);
    });
    await picture(page, 'sign-in-waits-wide-light');
    await checkAccessibility(page, 'signing in while something waits');
    await other.context.addCookies(cookies);
  });

  const me = await ines.page.evaluate(async (id) => (await (await fetch(`/api/workspaces/${id}/members`)).json()).members.find((m) => m.role === 'editor').user_id, workspace);
  const gone = await ines.page.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, `/api/workspaces/${workspace}/members/${me}`);
  assert.ok(gone < 300, `removing answers ${gone}`);
  await page.unroute('**/api/sync/push');
  const hint = page.locator('#notices [data-unsent]').filter({ hasText: '2 changes of yours' });

  await t.test('another workspace, the list of workspaces and a page that is not there lead to it', async () => {
    for (const path of [`/w/${yard}`, '/workspaces', '/', '/no-such-page', `/w/${workspace}`]) {
      await page.goto(app.base + path);
      await hint.waitFor();
      assert.equal(await hint.count(), 1, path);
      assert.equal(await hint.getByRole('link', { name: 'See what waits' }).getAttribute('href'), `/w/${workspace}/waits`, path);
    }
    await page.setViewportSize(phone);
    await picture(page, 'unsent-hint-phone-light');
    await page.setViewportSize(wide);
    await page.goto(`${app.base}/workspaces`);
    await hint.waitFor();
    await picture(page, 'unsent-hint-wide-light');
    await checkAccessibility(page, 'the list of workspaces with unsent work elsewhere');
  });

  await t.test('its page says that it goes out no more, and each change can be given up', async () => {
    await hint.getByRole('link', { name: 'See what waits' }).click();
    await page.getByText('these do not go out any more').waitFor();
    assert.equal(await page.getByText('They go out by themselves').count(), 0);
    assert.equal(await page.getByRole('button', { name: 'Try again' }).count(), 0);
    await picture(page, 'removed-discard-wide-light');
    const rows = page.locator('[data-slot=waiting] > li');
    await rows.first().waitFor();
    for (let left = await rows.count(); left > 0; left = await rows.count()) { // a message goes with what it did to its thread
      await rows.first().getByRole('button', { name: 'Discard' }).click();
      await page.locator('dialog[open]').getByRole('button', { name: 'Discard change' }).click();
      await until('it is gone', async () => (await rows.count()) < left);
    }
    await page.getByText('nothing of yours is left to send').waitFor();
    await page.goto(`${app.base}/w/${yard}`);
    await until('the app has started', () => page.evaluate(() => document.documentElement.dataset.app === 'ready'));
    assert.equal(await hint.count(), 0);
  });
});

test('a draft alone keeps the way to it open, is exported, and lets the rest go once it is given up', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const [ines, other] = [await newPerson(browser), await newPerson(browser)];
  const workspace = await setUp(app, ines.page);
  await join(other.page, await invite(ines.page, app, dev.email, 'editor'), dev);
  const { page } = other;
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  await page.locator('#composer textarea').fill('Half a sen');
  const me = await page.evaluate(() => document.body.dataset.user);
  await page.goto(`${app.base}/settings`);
  const gone = await ines.page.evaluate(async (url) => (await fetch(url, { method: 'DELETE' })).status, `/api/workspaces/${workspace}/members/${me}`);
  assert.ok(gone < 300, `removing answers ${gone}`);
  const here = () => page.evaluate(async (id) => ({
    database: (await indexedDB.databases()).some((d) => d.name === `or3-db-${id}`), people: localStorage.getItem(`or3-people:${id}`) !== null, drafts: Object.keys(localStorage).filter((k) => k.startsWith('or3-draft:')).length,
  }), workspace);

  const banner = page.locator('#notices').getByText('You are no longer a member here. 1 draft is on this device only. Export it before this device removes the workspace.');
  const hint = page.locator('#notices [data-unsent]').filter({ hasText: '1 draft of yours' });
  await page.goto(`${app.base}/w/${workspace}/waits`);
  await banner.waitFor();
  await page.getByText('Message in “Hull 14: keel survey”: Half a sen').waitFor();
  assert.deepEqual(await here(), { database: true, people: true, drafts: 1 });
  await picture(page, 'removed-draft-wide-light');
  await page.goto(`${app.base}/workspaces`);
  await hint.getByRole('link', { name: 'See what waits' }).click();
  await banner.waitFor();

  // The same where an earlier version of the app has let the data go already.
  await page.goto(`${app.base}/workspaces`);
  await page.evaluate((id) => new Promise((done, refused) => {
    const gone = indexedDB.deleteDatabase(`or3-db-${id}`);
    gone.onsuccess = done;
    gone.onerror = refused;
  }), workspace);
  await page.reload();
  await hint.getByRole('link', { name: 'See what waits' }).click();
  await banner.waitFor();
  await page.getByText('What it belongs to is not here any more').waitFor();
  await page.setViewportSize(phone);
  await picture(page, 'removed-draft-phone-light');
  await page.setViewportSize(wide);
  const file = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export what is unsent' }).click();
  assert.ok((await readFile(await (await file).path(), 'utf8')).includes('Half a sen'));

  await page.getByRole('button', { name: 'Discard' }).click();
  await page.locator('dialog[open]').getByRole('button', { name: 'Discard draft' }).click();
  await page.getByText('nothing of yours is left to send').waitFor();
  await page.reload();
  await page.getByText('This device has removed what it had of the workspace.').waitFor();
  assert.deepEqual(await here(), { database: false, people: false, drafts: 0 });
  await page.goto(`${app.base}/workspaces`);
  await page.getByRole('heading', { name: 'Your workspaces' }).waitFor();
  assert.equal(await hint.count(), 0);
});
