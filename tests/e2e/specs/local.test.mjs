// The app without accounts. The same steps for an export on a plain file server
// and for a server with auth.enabled=false: everything stays in the browser.
import test from 'node:test';
import assert from 'node:assert/strict';
import { openBrowser, newPerson, checkPage, checkAccessibility, patience, picture, phone } from '../lib/browser.mjs';
import { exported, served } from '../lib/local.mjs';

for (const { where, open } of [{ where: 'as plain files', open: exported }, { where: 'on a server without accounts', open: served }]) {
  test(`the app without accounts, ${where}`, async (t) => {
    const home = await open();
    t.after(() => home.close());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const { context, page, trouble } = await newPerson(browser);
    context.setDefaultTimeout(patience);
    const sent = [];
    page.on('request', (r) => sent.push(`${r.method()} ${r.url()}`));
    const message = (text) => page.locator('.message-text', { hasText: text });
    const row = (title) => page.locator('.thread-row', { hasText: title });

    await t.test('it starts in its one workspace', async () => {
      await page.goto(home.base);
      await page.getByText('No threads yet').filter({ visible: true }).first().waitFor();
      assert.equal(home.placeOf(page.url()), '/w/local');
      await page.getByText('On this device only').waitFor();
      assert.equal(await page.getByText(/sign in|sign out|admin|settings/i).filter({ visible: true }).count(), 0);
      await checkPage(page, 'empty');
      await checkAccessibility(page, 'empty');
    });

    let thread;
    await t.test('a thread is started, and written in', async () => {
      await page.getByRole('link', { name: 'New', exact: true }).click();
      await page.locator('input[name=title]').fill('Hull 14: keel survey');
      await page.getByLabel('First message').fill('Inspector moved to 2 December.');
      await page.getByRole('button', { name: 'Start thread' }).click();
      await message('Inspector moved').waitFor();
      thread = home.placeOf(page.url());
      assert.match(thread, /^\/w\/local\/t\/[0-9a-f-]{36}$/);
      for (const text of ['Two readings under 9 mm <b>& falling</b>.', 'Frames 11 to 13 are cut out.']) {
        await page.locator('#composer textarea').fill(text);
        await page.getByRole('button', { name: 'Send' }).click();
        await message(text).waitFor();
      }
      assert.deepEqual(await page.locator('.message-text').allInnerTexts(), ['Inspector moved to 2 December.', 'Two readings under 9 mm <b>& falling</b>.', 'Frames 11 to 13 are cut out.']);
      await checkPage(page, 'thread');
      await checkAccessibility(page, 'thread');
      await picture(page, `local-thread-${where.replaceAll(' ', '-')}`);
    });

    await t.test('an address that asks before it deletes asks on the page of what it is about', async () => {
      await page.goto(home.at(`${thread}/delete`));
      await page.getByText('Delete thread Hull 14: keel survey?').waitFor();
      assert.equal(home.placeOf(page.url()), thread);
      await page.getByRole('button', { name: 'Keep it' }).click();
      await message('Inspector moved').waitFor();
    });

    await t.test('a message is corrected and another deleted', async () => {
      const second = page.locator('.message', { has: message('Two readings') });
      await second.hover();
      await second.locator('summary').click();
      await second.getByRole('link', { name: /Edit/ }).click();
      await page.locator('.message textarea').fill('Two readings under 8 mm.');
      await page.getByRole('button', { name: 'Save' }).click();
      await message('Two readings under 8 mm.').waitFor();
      const third = page.locator('.message', { has: message('Frames 11') });
      await third.hover();
      await third.locator('summary').click();
      await third.getByRole('link', { name: /Delete/ }).click();
      await page.getByRole('dialog').getByRole('button', { name: /Delete/ }).click();
      await message('Frames 11').waitFor({ state: 'detached' });
    });

    await t.test('a second thread, found by its title', async () => {
      await page.getByRole('link', { name: 'New', exact: true }).click();
      await page.locator('input[name=title]').fill('Sails');
      await page.getByLabel('First message').fill('The jib needs a new clew.');
      await page.getByRole('button', { name: 'Start thread' }).click();
      await message('new clew').waitFor();
      await page.locator('.list-search input').fill('keel');
      await page.locator('.list-search input').press('Enter');
      await row('Sails').waitFor({ state: 'detached' });
      await row('Hull 14').waitFor();
      await row('Hull 14').click();
      await message('Two readings under 8 mm.').waitFor();
    });

    await t.test('a deep link, another tab and back', async () => {
      const other = await context.newPage();
      await other.goto(home.at(thread));
      await other.locator('.message-text', { hasText: 'under 8 mm' }).waitFor();
      await other.locator('#composer textarea').fill('Written in the other tab.');
      await other.getByRole('button', { name: 'Send' }).click();
      await other.locator('.message-text', { hasText: 'other tab' }).waitFor();
      await message('other tab').waitFor(); // this tab hears of it
      await other.close();
    });

    await t.test('Markdown in a message is drawn, and its tags are words', async () => {
      await page.locator('#composer textarea').fill('Frames **11 to 13** are <i>out</i>\nand:\n\n- `keel`\n- planks');
      await page.getByRole('button', { name: 'Send' }).click();
      const drawn = message('are <i>out</i>');
      await drawn.locator('strong', { hasText: '11 to 13' }).waitFor();
      assert.equal((await drawn.locator('.prose').innerHTML()).replaceAll('\n', ''), '<p>Frames <strong>11 to 13</strong> are &lt;i&gt;out&lt;/i&gt;<br>and:</p><ul><li><code>keel</code></li><li>planks</li></ul>');
      await checkPage(page, 'markdown');
      await picture(page, `local-markdown-${where.replaceAll(' ', '-')}`);
    });

    await t.test('a document is written, read and listed', async () => {
      await page.locator('#sidebar a[data-nav=documents]').click();
      await page.getByText('No documents yet').waitFor();
      await page.getByRole('link', { name: 'New document' }).first().click();
      await page.locator('#document input[name=title]').fill('Launch day');
      await page.locator('#document textarea').fill('# Before 09:00');
      await page.locator('[data-slot=saved]', { hasText: /^Saved\s*\d/ }).waitFor({ state: 'attached' });
      await page.getByRole('link', { name: 'Read', exact: true }).click();
      await page.locator('.prose h2', { hasText: 'Before 09:00' }).waitFor();
      await checkPage(page, 'document');
      await page.locator('#sidebar a[data-nav=documents]').click();
      await page.locator('.rows a', { hasText: 'Launch day' }).waitFor();
      await checkAccessibility(page, 'documents');
    });

    await t.test('without any server it starts again, with everything in it', async () => {
      await page.evaluate(async () => {
        await navigator.serviceWorker.ready;
        if (navigator.serviceWorker.controller === null) await new Promise((done) => navigator.serviceWorker.addEventListener('controllerchange', done, { once: true }));
      });
      await context.setOffline(true);
      await page.goto(home.at(thread));
      await message('other tab').waitFor();
      await page.locator('#composer textarea').fill('Written at sea.');
      await page.getByRole('button', { name: 'Send' }).click();
      await message('at sea').waitFor();
      await page.reload();
      await message('at sea').waitFor();
      await context.setOffline(false);
    });

    await t.test('it tells nobody', async () => {
      const own = new URL(home.base).origin;
      assert.deepEqual(sent.filter((s) => !s.startsWith('GET ') || !s.slice(4).startsWith(own) || /\/api\/|\/admin|\/sign-/.test(s)), []);
      assert.deepEqual(home.missing, []);
      assert.deepEqual(trouble, []);
    });
  });
}

test('the app without accounts fits a phone in the dark', async (t) => {
  const home = await exported();
  t.after(() => home.close());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  await page.goto(home.base);
  await page.getByText('No threads yet').filter({ visible: true }).first().waitFor();
  await checkPage(page, 'phone');
  await checkAccessibility(page, 'phone');
  await picture(page, 'local-phone');
  assert.deepEqual(trouble, []);
});
