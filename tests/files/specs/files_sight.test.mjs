// The list of files opens only the images that are in sight, and lets go of them;
// that it lists a file is no use of it, so it does not keep it from making room.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, phone } from '../../e2e/lib/browser.mjs';
import { file, png } from '../../e2e/lib/files.mjs';
import { appRuns, realTrouble, until } from '../../e2e/lib/sync.mjs';

const many = 40;

test('of many images only those in sight are open, and none is used by being listed', async (t) => {
  const app = await startApp({ env: { OR3_AUTH_ENABLED: 'false' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { viewport: phone });
  await page.addInitScript(() => {
    const open = (globalThis.openUrls = new Set());
    const [make, revoke] = [URL.createObjectURL.bind(URL), URL.revokeObjectURL.bind(URL)];
    URL.createObjectURL = (of) => {
      const url = make(of);
      open.add(url);
      return url;
    };
    URL.revokeObjectURL = (url) => {
      open.delete(url);
      revoke(url);
    };
  });
  const open = () => page.evaluate(() => globalThis.openUrls.size);
  const shown = () => page.locator('.file-item img[src^="blob:"]');
  // What the device knows of the use of its files; `set` writes it first.
  const used = (set) => page.evaluate(async (at) => {
    const db = await new Promise((done) => { indexedDB.open('or3-db-local').onsuccess = (e) => done(e.target.result); });
    const store = db.transaction('file_cache', 'readwrite').objectStore('file_cache');
    const rows = await new Promise((done) => { store.getAll().onsuccess = (e) => done(e.target.result); });
    if (at !== null) for (const row of rows) store.put({ ...row, used_at: at });
    await new Promise((done) => { store.transaction.oncomplete = done; });
    db.close();
    return rows.map((row) => row.used_at);
  }, set ?? null);
  await page.goto(`${app.base}/w/local/files`);
  await appRuns(page);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload' }).click()]);
  await chooser.setFiles(Array.from({ length: many }, (_, i) => file(`${i}.png`, 'image/png', png(32, 32 + i))));
  await until('all are listed', async () => (await page.locator('.file-item').count()) === many && (await used()).length === many);
  await used(1);
  await page.reload();
  await appRuns(page);
  await until('those in sight are shown', () => page.locator('.file-item').first().locator('img[src^="blob:"]').evaluate((img) => img.naturalWidth === 32));
  const first = await page.locator('.file-item').first().locator('img').getAttribute('src');
  assert.equal(await page.locator('.file-item').last().locator('img').count(), 0, 'what is far below is not');
  assert.ok((await open()) < many / 2, `${await open()} are open`);
  await page.locator('.file-item').last().scrollIntoViewIfNeeded();
  await until('the last one is shown', () => page.locator('.file-item').last().locator('img[src^="blob:"]').evaluate((img) => img.naturalWidth === 32));
  await until('the first one is let go of', async () => !(await page.evaluate((url) => globalThis.openUrls.has(url), first)));
  assert.ok((await shown().count()) < many / 2);
  assert.deepEqual([...new Set(await used())], [1], 'nothing was used');
  await page.evaluate(() => document.querySelector('#sidebar a[data-nav=threads]').click());
  await until('all are let go of when the page is left', async () => (await open()) === 0);
  assert.deepEqual(realTrouble(trouble), []);
});
