// Files of a thread's first message: attached in the form that starts it, kept
// over a reload, and in the thread from its beginning.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, narrowest, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { attach, file, hashOf, keptHash, partRuns, png } from '../../e2e/lib/files.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, dump, openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

test('a new thread is started with files', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const start = `/w/${workspace}?new=1`;
  const items = page.locator('#start .attached-item');
  const give = (kind, names) => page.evaluate(([event, files]) => {
    const data = new DataTransfer();
    for (const name of files) data.items.add(new File([`content of ${name}`], name, { type: 'text/plain' }));
    const box = document.querySelector('#start textarea');
    box.dispatchEvent(event === 'paste' ? new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true }) : new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [kind, names]);
  const remembered = async () => (await dump(page)).sync_state.find((s) => s.id === 'attached:')?.files.length ?? 0;
  const image = png(320, 200);

  await t.test('picked, dropped, pasted and taken back; it is all there after a reload', async () => {
    await openApp(page, app, start);
    await partRuns(page);
    await attach(page, file('port-bow.png', 'image/png', image));
    await give('drop', ['dropped.txt']);
    await give('paste', ['pasted.txt']);
    await until('three files stand in the form', async () => (await items.count()) === 3);
    await page.getByRole('button', { name: 'Remove dropped.txt' }).click();
    await page.locator('#start input[name=title]').fill('Hull 16');
    await until('two are remembered', async () => (await remembered()) === 2);
    await checkAccessibility(page, 'a new thread with files');
    await picture(page, 'files-start-wide-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    for (const [name, size] of [['phone', phone], ['narrowest', narrowest]]) {
      await page.setViewportSize(size);
      await checkPage(page, `a new thread with files, ${name}`);
      await picture(page, `files-start-${name}-dark`);
    }
    await page.setViewportSize(wide);
    await openApp(page, app, start);
    await items.getByText('pasted.txt').first().waitFor();
    await items.getByText('port-bow.png').first().waitFor();
    assert.equal(await page.locator('#start input[name=title]').inputValue(), 'Hull 16');
  });

  await t.test('the thread has them in its first message, which needs no words', async () => {
    await page.getByRole('button', { name: 'Start thread' }).click();
    await until('the thread is open', () => new URL(page.url()).pathname.includes('/t/'));
    await until('both files are in it', async () => (await page.locator('.message [data-file]').count()) === 2);
    await synced(page);
    const { messages, threads, sync_state: state } = await dump(page);
    assert.deepEqual([threads.length, threads[0].title, messages.length], [1, 'Hull 16', 1]);
    assert.equal(JSON.parse(messages[0].file_hashes)[0], hashOf(image));
    assert.equal(state.some((s) => s.id.startsWith('attached:')), false, 'nothing stands in the form any more');
    await openApp(page, app, start);
    await partRuns(page);
    assert.equal((await page.locator('#start input[name=title]').inputValue()) + (await items.count()), '0');
  });

  await t.test('what is discarded goes from this device', async () => {
    await give('drop', ['unwanted.txt']);
    await until('it is kept', async () => (await remembered()) === 1);
    const [{ hash }] = (await dump(page)).sync_state.find((s) => s.id === 'attached:').files;
    await page.getByRole('link', { name: 'Discard' }).click();
    await until('nothing is remembered', async () => (await remembered()) === 0);
    await until('its bytes are gone, unless the server has them', async () =>
      (await dump(page)).file_transfers.some((f) => f.hash === hash && f.state === 'done') || (await keptHash(page, workspace, hash)) === '');
  });

  await t.test('sent while a file is read it starts one thread, and leaves a person who went elsewhere where they are', async () => {
    await openApp(page, app, start);
    await partRuns(page);
    await page.evaluate(() => {
      const real = Blob.prototype.arrayBuffer;
      const held = new Promise((done) => { globalThis.letRead = done; });
      Blob.prototype.arrayBuffer = async function () {
        await held;
        return real.call(this);
      };
    });
    await give('drop', ['slow.txt']);
    await page.locator('#start input[name=title]').fill('Slow');
    await page.getByLabel('First message').fill('Read it first.');
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.getByText('It is sent as soon as its files are read.').waitFor();
    await page.locator('.thread-row', { hasText: 'Hull 16' }).click();
    await page.locator('.message [data-file]').first().waitFor();
    await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
    await page.getByText('It is sent as soon as its files are read.').waitFor();
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.evaluate(() => globalThis.letRead());
    await page.locator('.thread-row', { hasText: 'Slow' }).waitFor();
    await until('the form is empty', async () => (await page.locator('#start input[name=title]').inputValue()) + (await items.count()) === '0');
    await synced(page);
    assert.equal((await dump(page)).threads.filter((row) => row.title === 'Slow').length, 1);
    assert.ok(page.url().includes('new=1'));
  });
  assert.deepEqual(realTrouble(trouble), []);
});

test('without an account the first message has its files, too', async (t) => {
  const app = await startApp({ env: { OR3_AUTH_ENABLED: 'false' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { viewport: phone });
  await page.goto(`${app.base}/w/local?new=1`);
  await appRuns(page);
  await attach(page, file('own.png', 'image/png', png(320, 200)));
  await page.getByRole('button', { name: 'Start thread' }).click();
  await until('the image is shown', () => page.locator('.message img[src^="blob:"]').evaluate((img) => img.naturalWidth === 320));
  assert.deepEqual(realTrouble(trouble), []);
});
