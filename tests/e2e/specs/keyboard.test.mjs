// Everything by keyboard: the palette, the shortcut sheet, menus, sending; and
// single keys that never act while somebody types.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../lib/app.mjs';
import { openBrowser, newPerson } from '../lib/browser.mjs';
import { setUp, startThread } from '../lib/people.mjs';

test('the keyboard is enough', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  const thread = await startThread(page, app, workspace, 'Spring launch order', 'Slip 2 is free from the 9th.');

  await t.test('the first Tab reaches "Skip to content"', async () => {
    await page.goto(`${app.base}/admin/members`);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent.trim()), 'Skip to content');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  });

  await t.test('Ctrl+K finds a page and opens it', async () => {
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.type('audit');
    await page.getByRole('option', { name: /Audit log/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/admin\/audit/);
  });

  await t.test('Esc closes the palette and gives the focus back', async () => {
    await page.locator('#main').focus();
    await page.keyboard.press('Control+k');
    await page.getByRole('dialog').getByRole('combobox').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').getByRole('combobox').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
  });

  await t.test('? opens the sheet, g m goes to Members', async () => {
    await page.locator('#main').focus();
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: /shortcuts/i }).waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('m');
    await page.waitForURL(/\/admin\/members/);
  });

  await t.test('single keys do nothing while typing', async () => {
    await page.getByLabel('E-mail').fill('');
    await page.getByLabel('E-mail').focus();
    await page.keyboard.type('gm?');
    assert.equal(await page.getByLabel('E-mail').inputValue(), 'gm?');
    assert.equal(await page.locator('dialog[open]').count(), 0);
  });

  await t.test('Ctrl+Enter sends', async () => {
    await page.goto(`${app.base}/w/${workspace}/t/${thread}`);
    await page.locator('#composer textarea').focus();
    await page.keyboard.type('Robbins came back at 84.20 a sheet.');
    await page.keyboard.press('Control+Enter');
    await page.locator('.message-text', { hasText: '84.20' }).waitFor();
  });

  await t.test('the thread menu opens, moves and closes by keyboard', async () => {
    const summary = page.locator('.bar-actions details summary').first();
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('ArrowDown');
    assert.ok(await page.evaluate(() => document.activeElement.closest('.menu-pop') !== null), 'the focus is in the menu');
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => document.activeElement.tagName), 'SUMMARY');
  });

  assert.deepEqual(trouble, []);
});

test('the colours a person chose are there from the first paint', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser, { dark: false });
  await setUp(app, page);
  await page.goto(`${app.base}/settings`);
  await page.getByRole('radio', { name: /^Dark/ }).check();
  await page.getByRole('button', { name: 'Save appearance' }).click();
  await page.waitForLoadState();
  const html = await (await page.request.get(`${app.base}/settings`)).text();
  assert.match(html, /<html[^>]*dark/, 'the server says it in the HTML');
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.notEqual(background, 'rgb(253, 252, 251)');
  assert.deepEqual(trouble, []);
});
