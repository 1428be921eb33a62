// Small things that people stumble over: where the focus goes, what a row, a
// choice and a question say.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, colleague } from '../lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../lib/browser.mjs';
import { setUp, invite, join } from '../lib/people.mjs';
import { openApp, realTrouble, say, startHere, synced, until } from '../lib/sync.mjs';

test('small things say what is the case', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page, trouble } = await newPerson(browser);
  const dev = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  const workspace = await setUp(app, page);
  await join(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
  await openApp(page, app, `/w/${workspace}`);
  const thread = await startHere(page, 'Hull 14', 'Inspector moved.');
  await synced(page);
  const focused = () => page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName);
  const menu = async (entry) => {
    await page.locator('#thread-menu summary').click();
    await page.locator('#thread-menu').getByText(entry, { exact: true }).click();
  };

  await t.test('Shift+N puts the cursor into the new thread, from any page and after the sheet of keys', async () => {
    for (const at of [`/w/${workspace}/t/${thread}`, `/w/${workspace}/documents`, `/w/${workspace}/projects`]) {
      await openApp(page, app, at);
      await page.keyboard.press('?');
      await page.getByRole('dialog', { name: /shortcuts/i }).waitFor();
      await page.keyboard.press('Escape');
      await page.getByRole('dialog', { name: /shortcuts/i }).waitFor({ state: 'hidden' });
      await page.keyboard.press('Shift+N');
      await page.getByLabel('First message').waitFor();
      await until(`the title has the focus, from ${at}`, async () => (await focused()) === 'title', 5000);
    }
  });

  await t.test('a thread without a project is offered one', async () => {
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await menu('Put into a project…');
    await page.getByRole('link', { name: 'New project' }).last().waitFor();
    await picture(page, 'small-move-wide-light');
    await page.locator('#main').getByRole('link', { name: 'New project' }).click();
    await page.locator('input[name=name]').fill('Boats');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Boats' }).waitFor();
  });

  await t.test('threads without a title are told apart in a choice', async () => {
    const project = page.url();
    for (const text of ['The garboard seam is thin.', 'Two readings.']) {
      await openApp(page, app, `/w/${workspace}`);
      await startHere(page, '', text);
    }
    await page.goto(project);
    for (const text of ['The garboard seam is thin.', 'Two readings.']) await page.locator('option', { hasText: `Thread: Untitled thread, “${text}”` }).waitFor({ state: 'attached' });
    await picture(page, 'small-choice-wide-light');
  });

  await t.test('a branch that shows messages does not say that there are none', async () => {
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await menu('Go on in a new thread…');
    await page.locator('input[name=title]').fill('Hull 14, in a branch');
    await page.keyboard.press('Enter');
    await page.getByText('No messages of its own yet').waitFor();
    await page.locator('.message-before', { hasText: 'Inspector moved.' }).waitFor();
    await page.locator('.thread-row', { hasText: 'A branch, nothing of its own yet' }).waitFor();
    assert.equal(await page.getByText('No messages yet').count(), 0);
    await picture(page, 'small-branch-wide-light');
  });

  await t.test('a prompt that is in use says so before it is deleted', async () => {
    await openApp(page, app, `/w/${workspace}/documents?kind=prompt&new=1`);
    await page.locator('#document input[name=title]').fill('Yard voice');
    await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
    const prompt = new URL(page.url()).pathname;
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await menu('System prompt…');
    await page.locator('select[name=prompt]').selectOption({ label: 'Yard voice' });
    await page.getByRole('button', { name: 'Use it' }).click();
    await page.getByText('with the prompt').waitFor();
    await openApp(page, app, prompt);
    await page.locator('#document-menu summary').click();
    await page.getByRole('link', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByText('1 thread uses it and goes on without.').waitFor();
    await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  });

  await t.test('a pinned thread keeps its pin while it is muted and unread', async () => {
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await menu('Pin to the top');
    await menu('Mute');
    await synced(page);
    await openApp(page, app, `/w/${workspace}/documents`);
    await openApp(dev.page, app, `/w/${workspace}/t/${thread}`);
    await say(dev.page, 'It is done.');
    await synced(dev.page);
    await openApp(page, app, `/w/${workspace}`);
    const row = page.locator('.thread-row', { hasText: 'It is done.' });
    for (const mark of ['Pinned', 'Muted', 'unread']) await row.locator('.thread-marks', { hasText: mark }).waitFor();
    await checkPage(page, 'a row with every mark');
    await checkAccessibility(page, 'a row with every mark');
    await picture(page, 'small-marks-wide-light');
    assert.deepEqual(realTrouble([...trouble, ...dev.trouble]), []);
  });
});
