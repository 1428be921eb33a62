// Many files at once: chosen by mouse and keyboard, moved, brought back and
// deleted; in what order they stand, and how much room there is.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { file, partRuns, png } from '../../e2e/lib/files.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { dump, openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

test('many files are chosen, moved, brought back and deleted', async (t) => {
  const app = await startApp({ env: { OR3_STORAGE_WORKSPACE_QUOTA_BYTES: '150KB' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const items = page.locator('.file-item');
  const names = () => page.locator('.file-item .file-name').allInnerTexts();
  await openApp(page, app, `/w/${workspace}/files`);
  await partRuns(page);
  const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload' }).click()]);
  await chooser.setFiles([file('c.txt', 'text/plain', Buffer.from('c')), file('a.txt', 'text/plain', Buffer.from('aaa')), file('b10.txt', 'text/plain', Buffer.from('bb')), file('b9.png', 'image/png', png(320, 200))]);
  await until('four are listed', async () => (await items.count()) === 4);
  await until('all are uploaded', async () => (await dump(page)).file_transfers.filter((f) => f.direction === 'upload' && f.state === 'done').length === 4);
  await synced(page);

  await t.test('how much room there is, and in what order', async () => {
    await openApp(page, app, `/w/${workspace}/files`);
    await page.getByText(/of 150 KB used/).waitFor();
    for (const [order, want] of [['name', ['a.txt', 'b9.png', 'b10.txt', 'c.txt']], ['size', ['b9.png', 'a.txt', 'b10.txt', 'c.txt']]]) {
      await page.getByLabel('Order').selectOption(order);
      await until(order, async () => JSON.stringify(await names()) === JSON.stringify(want));
      assert.ok(page.url().includes(`sort=${order}`));
    }
  });

  await t.test('two go to the trash in one step, and come back in one', async () => {
    await page.getByRole('checkbox', { name: 'Select a.txt' }).focus();
    await page.keyboard.press('Space');
    await page.getByRole('checkbox', { name: 'Select c.txt' }).click({ modifiers: ['Shift'] });
    await page.getByText('3 selected').waitFor();
    await page.getByRole('checkbox', { name: 'Select b10.txt' }).click();
    await until('two are chosen', async () => (await page.locator('.select-bar p').innerText()) === '2 selected, 4 B');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('aria-label')), 'Select b10.txt', 'the focus stays');
    await checkAccessibility(page, 'files that are selected');
    await picture(page, 'files-many-wide-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(phone);
    await checkPage(page, 'files that are selected, phone');
    await picture(page, 'files-many-phone-dark');
    await page.setViewportSize(wide);
    await page.getByRole('button', { name: 'Move to the trash' }).last().click();
    await until('two are left', async () => (await items.count()) === 2);
    await page.getByText('2 files moved to the trash.').waitFor();
    await page.getByRole('button', { name: 'Undo' }).click();
    await until('all are back', async () => (await items.count()) === 4);
  });

  await t.test('Escape lets go of them; what is deleted for ever is gone', async () => {
    await page.getByRole('checkbox', { name: 'Select b9.png' }).click();
    await page.keyboard.press('Escape');
    await until('nothing is chosen', async () => !(await page.locator('.select-bar').isVisible()));
    await page.getByRole('checkbox', { name: 'Select b9.png' }).click();
    await page.getByRole('button', { name: 'Select all' }).click();
    await page.locator('.select-bar').getByRole('button', { name: 'Move to the trash' }).click();
    await until('none is left', async () => (await items.count()) === 0);
    await page.getByRole('link', { name: /Trash/ }).click();
    await until('all are in the trash', async () => (await items.count()) === 4);
    await page.getByRole('checkbox', { name: 'Select c.txt' }).click();
    await page.getByRole('button', { name: 'Select all' }).click();
    await page.locator('.select-bar').getByRole('button', { name: 'Delete for ever' }).click();
    await page.getByRole('button', { name: 'Delete for ever', exact: true }).click();
    await until('the trash is empty', async () => (await items.count()) === 0);
    await synced(page);
    assert.deepEqual((await dump(page)).file_meta, []);
  });
  assert.deepEqual(realTrouble(trouble), []);
});

/** Drops a file on the first element that fits; false = the browser would open it. */
const drop = (page, at, name) => page.evaluate(([at, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(['dropped'], name, { type: 'text/plain' }));
  return !document.querySelector(at).dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
}, [at, name]);

test('a file that is refused says so in one line, and one that is moved can be brought back', async (t) => {
  const app = await startApp({ env: { OR3_STORAGE_WORKSPACE_QUOTA_BYTES: '150KB' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const tile = (name) => page.locator('.file-item', { hasText: name });
  await openApp(page, app, `/w/${workspace}/files`);
  await partRuns(page);

  await t.test('files are taken wherever they fall', async () => {
    assert.ok(await drop(page, '#sidebar', 'fell.txt'));
    await tile('fell.txt').waitFor();
    await until('it is uploaded', async () => (await dump(page)).file_transfers.some((f) => f.state === 'done'));
  });

  await t.test('what is refused says what and what to do, each once, and moves no neighbour', async () => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser'), page.getByRole('button', { name: 'Upload' }).click()]);
    await chooser.setFiles([file('large.txt', 'text/plain', Buffer.alloc(200_000, 'a')), file('page.html', 'text/html', Buffer.from('<p>'))]);
    const refused = page.locator('[data-slot=transfers]');
    await refused.getByText('Not uploaded. The file has 200 KB, and the workspace has room for 150 KB. Delete files for ever, then have an owner collect them under Admin, Storage, or ask for more room.', { exact: true }).waitFor();
    await refused.getByText('Not uploaded. Files of the type text/html are not taken here. Send it in another format.', { exact: true }).waitFor();
    assert.equal(await refused.getByRole('button', { name: 'Try again large.txt' }).count(), 1);
    assert.equal(await refused.getByRole('button', { name: 'Try again page.html' }).count(), 0);
    assert.ok((await refused.getByRole('link', { name: 'Make room' }).getAttribute('href')).endsWith('/admin/storage/collect'));
    await page.getByRole('heading', { name: '2 files failed.', exact: true }).waitFor();
    const tops = await page.locator('.file-tiles .file-name').evaluateAll((all) => all.map((e) => Math.round(e.getBoundingClientRect().top)));
    assert.equal(new Set(tops).size, 1, `the names stand in one line: ${tops}`);
    await tile('large.txt').locator('summary').click();
    await tile('large.txt').locator('.file-why').getByText('have an owner collect them').waitFor();
    await checkAccessibility(page, 'refused files');
    await picture(page, 'files-refused-wide-light');
    await tile('large.txt').locator('summary').click();
  });

  await t.test('the foot does not say that all is done', async () => {
    const foot = page.locator('#sync-foot');
    await foot.getByText('2 files not uploaded.').waitFor();
    await foot.getByText('Synced, but not all files').waitFor();
    assert.equal(await foot.evaluate((e) => e.classList.contains('tone-ok')), false);
    await page.getByRole('button', { name: 'Cancel all' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel all' }).click();
    await until('all is done', () => foot.evaluate((e) => e.querySelector('.sync-word').innerText.trim() === 'Synced' && e.classList.contains('tone-ok')));
  });

  await t.test('the menu stays inside the list, and one file that goes to the trash can be brought back', async () => {
    await tile('fell.txt').locator('summary').click();
    const [pop, item] = [await tile('fell.txt').locator('.menu-pop').boundingBox(), await tile('fell.txt').boundingBox()];
    assert.ok(pop.x >= item.x - 1 && pop.x + pop.width <= item.x + item.width + 1, `${JSON.stringify(pop)} in ${JSON.stringify(item)}`);
    await picture(page, 'files-menu-wide-light');
    await page.getByRole('button', { name: 'Move to the trash' }).click();
    await page.getByText('1 file moved to the trash.').waitFor();
    await until('one number, wherever it stands', async () => (await page.locator('.page-facts').innerText()).startsWith('0 files') && (await page.locator('.tab[aria-current] .tab-count').innerText()) === '0');
    await page.getByRole('button', { name: 'Undo' }).click();
    await tile('fell.txt').waitFor();
    await tile('fell.txt').locator('summary').click();
    await page.getByRole('button', { name: 'Move to the trash' }).click();
    await page.getByRole('link', { name: /Trash/ }).click();
    await page.getByText('They stay here until somebody deletes them for ever').waitFor();
  });

  await t.test('where nobody takes files, the browser does not leave the app for one', async () => {
    await openApp(page, app, `/w/${workspace}/documents`);
    await partRuns(page);
    assert.ok(await drop(page, '#main', 'lost.txt'));
    assert.ok(new URL(page.url()).pathname.endsWith('/documents'));
  });
  assert.deepEqual(realTrouble(trouble).filter((line) => !/status of 41[35]/.test(line)), []);
});
