// Signing out while a document is being written in another tab of the browser:
// what was typed last is saved before the page goes, and nothing replaces its draft.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

test('what is typed as another tab signs out is saved, and stays in its draft', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  // The test gets what the later pages get: a way to be waited for before the store is let go of.
  await page.addInitScript(() => {
    let begin;
    Object.defineProperty(globalThis, 'or3More', {
      get: () => begin,
      set: (more) => { begin = (of) => more((globalThis.or3Of = of)); },
    });
  });
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill('Tides');
  await page.locator('#document textarea[name=content]').fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  await synced(page);
  const id = new URL(page.url()).pathname.split('/').at(-1);
  const stored = () => page.evaluate(async (key) => (await (await globalThis.or3Of.context()).store.db.posts.get(key)).content, id);
  // Saved here and not sent: an earlier text of hers that must not come back in its place.
  await page.route('**/api/sync/push', (r) => r.abort());
  await page.locator('#document textarea[name=content]').fill('High water is 11:50.');
  await page.getByText('waiting to send').first().waitFor();
  await until('the page has what it gets', () => page.evaluate(() => globalThis.or3Of !== undefined));
  await page.evaluate(() => globalThis.or3Of.onClose(() => new Promise((done) => { globalThis.letGo = done; })));
  // The word comes with the last key, before the pause after which a text is saved.
  await page.evaluate(() => {
    const box = document.querySelector('#document textarea[name=content]');
    box.value += ' Low water is 17:55.';
    box.dispatchEvent(new Event('input', { bubbles: true }));
    new BroadcastChannel('or3-leave').postMessage('leave');
  });
  await page.getByText('You are signing out in another tab').waitFor();
  const typed = 'High water is 11:50. Low water is 17:55.';
  await until('what was typed is saved', async () => (await stored()) === typed, 10_000);
  // Another device's text comes in while the store is still held.
  await page.evaluate(async (key) => {
    const context = await globalThis.or3Of.context();
    const { store } = context;
    const shown = new Promise((seen) => context.live(() => store.db.posts.get(key), (row) => row.content === 'Dev wrote this.' && seen()));
    await store.transact(['posts'], async () => store.db.posts.put({ ...(await store.db.posts.get(key)), content: 'Dev wrote this.', updated_at: store.seconds() + 1 }));
    await shown;
  }, id);
  const drafts = await page.evaluate((key) => Object.entries(localStorage).filter(([name]) => name.includes(key)).map(([, value]) => JSON.parse(value).content), id);
  assert.deepEqual(drafts, [typed]);
  await page.evaluate(() => globalThis.letGo());
  await page.locator('.pane-list').waitFor(); // nobody has signed out in truth: the app is back
  assert.deepEqual(realTrouble(trouble), []);
});
