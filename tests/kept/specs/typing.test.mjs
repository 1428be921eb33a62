// Two people write one document at once: the question which text is to stand
// takes nobody's keys.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join, signIn } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, synced, until } from '../../e2e/lib/sync.mjs';

const box = (page) => page.locator('#document textarea[name=content]');

test('the question comes in mid-sentence: the caret stays, and what is typed after it is kept', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page } = await newPerson(browser);
  const dev = await newPerson(browser);
  const workspace = await setUp(app, page);
  await join(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill('Tides');
  await box(page).fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  const path = new URL(page.url()).pathname;
  await synced(page);
  await openApp(dev.page, app, path);

  await box(page).focus();
  await page.keyboard.press('Control+End');
  const question = page.getByRole('alert').getByText('its text stands. Yours is a draft in this browser');
  // Ines types on without a pause, so nothing of hers is saved before Dev's text comes.
  // The page does it: keys of the test's would come late from a busy machine.
  await page.evaluate(() => {
    globalThis.keys = 0;
    globalThis.typing = setInterval(() => {
      document.execCommand('insertText', false, 'a ');
      globalThis.keys++;
    }, 100);
  });
  await box(dev.page).fill('High water is 11:50, says Dev.');
  await question.waitFor();
  const typed = 'a '.repeat(await page.evaluate(() => { clearInterval(globalThis.typing); return globalThis.keys; }));
  await page.keyboard.type('and after it.');
  assert.equal(await box(page).inputValue(), `High water is 11:42.${typed}and after it.`);
  await page.reload();
  await question.waitFor();
  assert.equal(await box(page).inputValue(), `High water is 11:42.${typed}and after it.`, 'it is there after a reload');
});

test('what is typed while the device still loads for the first time stays, and is saved', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page } = await newPerson(browser);
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill('Tides');
  await box(page).fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  const path = new URL(page.url()).pathname;
  await synced(page);

  const phone = await newPerson(browser);
  let load = () => {};
  const held = new Promise((go) => { load = go; });
  await phone.context.route('**/api/sync/snapshot', async (route) => {
    await held;
    await route.continue();
  });
  await signIn(phone.page, app, owner);
  await phone.page.goto(`${app.base}${path}?debug=1`);
  await box(phone.page).focus();
  await phone.page.keyboard.press('Control+End');
  await phone.page.keyboard.type(' Slings at nine.');
  load();
  await appRuns(phone.page);
  assert.equal(await box(phone.page).inputValue(), 'High water is 11:42. Slings at nine.');
  await phone.page.keyboard.type(' And paint.');
  assert.equal(await box(phone.page).inputValue(), 'High water is 11:42. Slings at nine. And paint.', 'the caret stayed, too');
  await until('the first device has it', async () => (await box(page).inputValue()) === 'High water is 11:42. Slings at nine. And paint.');
});

test('saving the appearance takes effect at once and leaves what was typed in the profile', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page } = await newPerson(browser);
  await setUp(app, page);
  await page.goto(`${app.base}/settings`);
  await page.getByLabel('Name', { exact: true }).fill('Ines Moreau');
  await page.getByRole('radio', { name: 'Dark' }).check();
  await page.getByRole('group', { name: 'Single-key shortcuts' }).getByRole('radio').last().check();
  await page.getByRole('button', { name: 'Save appearance' }).click();
  await page.getByText('Appearance saved').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark');
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Ines Moreau');
  await page.getByRole('button', { name: 'Save profile' }).click();
  await page.waitForLoadState();
  assert.equal(await page.getByLabel('Name', { exact: true }).inputValue(), 'Ines Moreau');
  assert.equal(await page.getByRole('radio', { name: 'Dark' }).isChecked(), true);
  assert.equal(await page.getByRole('group', { name: 'Single-key shortcuts' }).getByRole('radio').last().isChecked(), true);
});
