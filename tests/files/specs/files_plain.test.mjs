// Files without scripts: uploaded on the page of all files and with a message;
// what will not do says why, and loses nothing.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { file } from '../../e2e/lib/files.mjs';
import { setUp, startThread } from '../../e2e/lib/people.mjs';

// refusal is read by its element: texts inside of noscript are none to getByText.
const refusal = (page) => page.locator('.file-pick .field-error').innerText();

test('files are uploaded without scripts', async (t) => {
  const app = await startApp({ env: { OR3_STORAGE_MAX_FILE_SIZE_BYTES: '3MB' } });
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { js: false });
  const workspace = await setUp(app, page);
  const large = file('sails.bin', 'application/octet-stream', Buffer.alloc(3_000_001, 7));
  const plan = file('lines.txt', 'text/plain', Buffer.alloc(1_500_000, 'line '));

  await t.test('on the page of all files', async () => {
    await page.goto(`${app.base}/w/${workspace}/files`);
    await page.getByLabel('Files', { exact: true }).setInputFiles([plan, large]);
    await page.getByRole('button', { name: 'Upload' }).click();
    assert.match(await refusal(page), /sails\.bin was not kept: it is larger than .* 1 file before it was added\./);
    await page.locator('.file-item', { hasText: 'lines.txt' }).waitFor();
    await checkPage(page, 'a refused file');
    await picture(page, 'plain-files-wide-light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.setViewportSize(phone);
    await checkPage(page, 'a refused file, phone');
    await picture(page, 'plain-files-phone-dark');
    await page.getByLabel('Files', { exact: true }).setInputFiles([file('scan.txt', 'text/plain', Buffer.from('scan'))]);
    await page.getByRole('button', { name: 'Upload' }).click();
    await page.getByText('Added 1 file.').waitFor();
  });

  await t.test('with a message; what was typed and kept stands there again', async () => {
    await page.setViewportSize(wide);
    await page.emulateMedia({ colorScheme: 'light' });
    const thread = await startThread(page, app, workspace, 'Hull 17', 'Begun.');
    await page.locator('#composer textarea').fill('Both of them.');
    await page.getByLabel('Files', { exact: true }).setInputFiles([plan, large]);
    await page.getByRole('button', { name: 'Send' }).click();
    assert.match(await refusal(page), /sails\.bin was not kept: it is larger than/);
    assert.equal(await page.locator('#composer textarea').inputValue(), 'Both of them.');
    assert.ok(await page.getByRole('checkbox', { name: /lines\.txt/ }).isChecked());
    await checkPage(page, 'a refused message');
    await picture(page, 'plain-composer-wide-light');
    await page.setViewportSize(phone);
    await picture(page, 'plain-composer-phone-light');
    await page.getByRole('button', { name: 'Send' }).click();
    const message = page.locator('.message', { hasText: 'Both of them.' });
    await message.getByText('lines.txt', { exact: true }).waitFor();
    assert.equal(await message.locator('[data-file]').count(), 1);
    assert.ok(thread !== '');
  });
  assert.deepEqual(trouble.filter((line) => !line.includes('413')), []);
});
