// One document in two tabs of a browser: one writes, the other says so and may
// take over. Whatever was typed in either is still there.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

const title = (page) => page.locator('#document input[name=title]');
const box = (page) => page.locator('#document textarea[name=content]');
const line = (page) => page.getByText('is being written in another tab');
const holds = (page, text) => until(`“${text}” in the box`, async () => (await box(page).inputValue({ timeout: 1000 })) === text, 90_000);

test('a document in two tabs is written in one of them at a time', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const { page: first, context } = ines;
  const workspace = await setUp(app, first);
  await openApp(first, app, `/w/${workspace}/documents?new=1`);
  await title(first).fill('Launch day');
  await box(first).fill('Slings at 09:00.');
  await first.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  const path = new URL(first.url()).pathname;
  await synced(first);

  const second = await context.newPage();
  await second.goto(app.base + path);
  await appRuns(second);
  await t.test('the second tab says that it is written elsewhere, and shows what is saved there', async () => {
    await line(second).waitFor();
    assert.equal(await box(second).count(), 0);
    await box(first).fill('Slings at 09:30.');
    await second.locator('.prose', { hasText: '09:30' }).waitFor();
    await checkPage(second, 'written in another tab');
    await checkAccessibility(second, 'written in another tab');
    await picture(second, 'document-elsewhere-wide-light');
    await second.setViewportSize(phone);
    await second.emulateMedia({ colorScheme: 'dark' });
    await checkPage(second, 'written in another tab, on a phone');
    await picture(second, 'document-elsewhere-phone-dark');
  });

  await t.test('it takes over, with what the first had not saved yet', async () => {
    await box(first).fill('Slings at 10:00, said at the last moment.');
    await second.getByRole('button', { name: 'Write here' }).press('Enter');
    await holds(second, 'Slings at 10:00, said at the last moment.');
    assert.equal(await box(second).evaluate((e) => e === document.activeElement), true, 'writing goes on at once');
    await line(first).waitFor();
    await box(second).fill('Slings at 10:15.');
    await first.locator('.prose', { hasText: '10:15' }).waitFor();
  });

  await t.test('a text that cannot be saved comes along as well', async () => {
    await title(second).evaluate((e) => e.removeAttribute('maxlength'));
    await title(second).fill('L'.repeat(201));
    await second.getByText('A title has at most 200 characters.').waitFor();
    await first.getByRole('button', { name: 'Write here' }).click();
    await until('the title is here', async () => (await title(first).inputValue({ timeout: 1000 })) === 'L'.repeat(201), 90_000);
    await title(first).fill('Launch day, moved');
    await second.getByRole('heading', { level: 1, name: 'Launch day, moved' }).waitFor();
  });

  await t.test('when the tab that writes goes elsewhere, the other one writes', async () => {
    await first.goto(`${app.base}/settings`);
    await holds(second, 'Slings at 10:15.');
    await box(second).fill('Slings at 10:20.');
    await second.reload();
    await appRuns(second);
    await holds(second, 'Slings at 10:20.');
    assert.deepEqual(realTrouble(ines.trouble), []);
  });
});
