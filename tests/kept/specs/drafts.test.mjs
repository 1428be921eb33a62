// What a person typed and has not finished: it survives a reload, is counted
// before anything leaves the device, and nobody else ever sees it.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { startApp, owner, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join, signIn } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const title = (page) => page.locator('#document input[name=title]');
const box = (page) => page.locator('#document textarea[name=content]');
const saved = (page, words) => page.locator('[data-slot=saved]', { hasText: words }).waitFor({ state: 'attached' });
const wellDone = async (page) => assert.equal(await page.locator('#notice-failed').count(), 0, 'nothing failed on the device');
const value = (what, locator, text) => until(what, async () => (await locator.inputValue({ timeout: 1000 })) === text);

async function open(t, options = {}) {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser, options);
  const workspace = await setUp(app, ines.page);
  await openApp(ines.page, app, `/w/${workspace}`);
  await synced(ines.page);
  return { app, browser, ines, page: ines.page, workspace };
}

test('what is typed into any form is there after a reload, and goes when it is sent or discarded', async (t) => {
  const { app, ines, page, workspace } = await open(t);

  await t.test('a new thread', async () => {
    await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
    await page.locator('#main input[name=title]').fill('Hull 15: planks');
    await page.getByLabel('First message').fill('Larch or oak?');
    await page.reload();
    await appRuns(page);
    await value('the title is back', page.locator('#main input[name=title]'), 'Hull 15: planks');
    await value('the text is back', page.getByLabel('First message'), 'Larch or oak?');
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.locator('.message-text', { hasText: 'Larch or oak?' }).waitFor();
    await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
    await value('nothing of it is left', page.getByLabel('First message'), '');
    await page.getByLabel('First message').fill('Never mind.');
    await page.getByRole('link', { name: 'Discard' }).click();
    await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
    await value('what was discarded is gone', page.getByLabel('First message'), '');
  });

  await t.test('a change of a message', async () => {
    await page.locator('.thread-row', { hasText: 'Hull 15' }).click();
    const mine = page.locator('.message', { hasText: 'Larch or oak?' });
    const edit = async () => {
      await mine.hover();
      await mine.locator('summary').click();
      await mine.getByRole('link', { name: 'Edit' }).click();
    };
    const change = page.getByLabel('Change the message');
    await edit();
    await change.fill('Larch, oak or ash?');
    await page.reload();
    await appRuns(page);
    await value('the change is back', change, 'Larch, oak or ash?');
    await page.getByRole('link', { name: 'Keep it as it was' }).click();
    await edit();
    await value('it was kept as it was', change, 'Larch or oak?');
    await change.fill('Larch, then.');
    await page.locator('.pane-list .thread-row').first().click();
    await page.locator('#sidebar a[data-nav=threads]').click();
    await page.locator('.thread-row', { hasText: 'Hull 15' }).click();
    await edit();
    await value('the change is still there', change, 'Larch, then.');
    await change.press('Escape');
    await change.waitFor({ state: 'detached' });
    const focused = () => page.evaluate(() => document.activeElement?.closest('.message')?.innerText ?? '');
    await until('the focus is on the message', async () => (await focused()).includes('Larch or oak?'));
    await edit();
    await value('Esc left it, and kept what was typed', change, 'Larch, then.');
    await change.press('Control+Enter');
    await page.locator('.message-text', { hasText: 'Larch, then.' }).waitFor();
    await synced(page);
    await until('saved, the focus is on the message', async () => (await focused()).includes('Larch, then.'));
    assert.deepEqual(await page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('or3-draft'))), []);
  });

  await t.test('a new document, reloaded at once', async () => {
    await page.goto(`${app.base}/w/${workspace}/documents?new=1`);
    await appRuns(page);
    await title(page).fill('Launch day');
    await box(page).fill('Slings at 09:00.');
    await page.reload(); // before it was saved
    await appRuns(page);
    await value('the text is back', box(page), 'Slings at 09:00.');
    await value('so is the title', title(page), 'Launch day');
    await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
    await saved(page, /^Saved/);
    await page.locator('#sidebar a[data-nav=documents]').click();
    await page.locator('.rows a', { hasText: 'Launch day' }).waitFor();
    assert.equal(await page.locator('.rows a', { hasText: 'Launch day' }).count(), 1, 'it is there once');
  });
  await wellDone(page);
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('drafts are counted before anything leaves the device, and are their person’s alone', async (t) => {
  const { app, browser, ines, page, workspace } = await open(t);
  const dev = await newPerson(browser);
  await join(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
  await openApp(page, app, `/w/${workspace}`);
  const thread = await startHere(page, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
  await synced(page);
  const composer = page.locator('#composer textarea');
  const leave = async () => {
    await page.locator('.switcher summary').click();
    await page.getByRole('button', { name: 'Sign out' }).first().click();
    await page.locator('#leave-device').waitFor();
  };

  await t.test('the foot counts them, and What waits here lists them first', async () => {
    await composer.fill('Half a sen');
    await page.locator('#sync-foot', { hasText: '1 draft is on this device only.' }).waitFor();
    await page.goto(`${app.base}/w/${workspace}?new=1&debug=1`);
    await appRuns(page);
    await page.getByLabel('First message').fill('A thread to be');
    await page.locator('#sync-foot', { hasText: '2 drafts are on this device only.' }).waitFor();
    await picture(page, 'drafts-foot-wide-light');
    await page.locator('#sync-foot').getByRole('link', { name: '2 drafts' }).click();
    await page.getByText('Message in “Hull 14: keel survey”: Half a sen').waitFor();
    await page.getByText('New thread: A thread to be').waitFor();
    await page.getByText('2 drafts are on this device only.').first().waitFor();
    await checkPage(page, 'what waits, with drafts');
    await checkAccessibility(page, 'what waits, with drafts');
    await picture(page, 'drafts-waits-wide-light');
    await page.setViewportSize(phone);
    await page.emulateMedia({ colorScheme: 'dark' });
    await checkPage(page, 'what waits, with drafts, on a phone');
    await picture(page, 'drafts-waits-phone-dark');
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: 'light' });
    const file = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export what is unsent' }).click();
    const text = await readFile(await (await file).path(), 'utf8');
    for (const words of ['Half a sen', 'A thread to be']) assert.ok(text.includes(words), `${words} is exported`);
    await page.locator('li', { hasText: 'A thread to be' }).getByRole('button', { name: 'Discard…' }).click();
    await page.getByRole('button', { name: 'Discard draft' }).click();
    await page.getByRole('link', { name: 'New thread: A thread to be' }).waitFor({ state: 'detached' });
    await page.getByText('Half a sen').click();
    await value('it leads to where it is finished', composer, 'Half a sen');
    await wellDone(page);
  });

  await t.test('signing out names them, exports them, and keeps them locked unless told otherwise', async () => {
    await leave();
    await page.locator('#leave-device', { hasText: '1 draft of yours is on this device alone' }).waitFor();
    await page.locator('#leave-device li', { hasText: 'Half a sen' }).waitFor();
    await checkAccessibility(page, 'sign-out with drafts');
    await picture(page, 'drafts-sign-out-wide-light');
    assert.ok(await page.getByLabel('Keep it here, locked').isChecked());
    const file = page.waitForEvent('download');
    await page.locator('#leave-device').getByRole('button', { name: 'Export what is unsent' }).click();
    assert.ok((await readFile(await (await file).path(), 'utf8')).includes('Half a sen'));
    await page.locator('#leave-device').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
  });

  await t.test('somebody else does not see them, and does not remove them', async () => {
    await signIn(page, app, colleague);
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await synced(page);
    await value('an empty box', composer, '');
    assert.equal(await page.getByText('on this device only').count(), 0);
    await leave();
    await page.locator('#leave-device', { hasText: 'Everything you wrote is on the server.' }).waitFor();
    await page.locator('#leave-device').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
  });

  await t.test('back, they are there; removed, they are gone', async () => {
    await signIn(page, app, owner);
    await openApp(page, app, `/w/${workspace}/t/${thread}`);
    await value('the draft is back', composer, 'Half a sen');
    await leave();
    await page.getByLabel('Remove it from this device').check();
    await page.locator('#leave-device', { hasText: '1 draft is lost unless you export it first.' }).waitFor();
    await page.locator('#leave-device').getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(/sign-in/);
    assert.equal(await page.evaluate(() => JSON.stringify(localStorage).includes('Half a sen')), false);
    assert.deepEqual(realTrouble(ines.trouble), []);
  });
});

test('two devices wrote one document: what is said of the texts is true, and both stay', async (t) => {
  const { app, browser, ines, page, workspace } = await open(t);
  const dev = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  await join(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await title(page).fill('Tides');
  await box(page).fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  const path = new URL(page.url()).pathname;
  await synced(page);
  await openApp(dev.page, app, path);
  const alert = (p) => p.getByRole('alert');
  // The one who writes without a network writes more often, or less.
  const apart = async (mine, theirs) => {
    await ines.context.setOffline(true);
    for (const text of mine) {
      await box(page).fill(text);
      await saved(page, 'waiting to send');
      await until('it is stored', async () => (await page.evaluate(async (id) => (await globalThis.or3.debug.dump()).posts.find((p) => p.id === id)?.content, path.split('/').at(-1))) === text);
    }
    for (const text of theirs) {
      await box(dev.page).fill(text);
      await saved(dev.page, /^Saved\s*\d/);
      await synced(dev.page);
    }
  };

  await t.test('mine won: it says so, also after a reload, and saving mine as another puts theirs back', async () => {
    await apart(['One.', 'Two, says Ines.'], ['One, says Dev.']);
    await ines.context.setOffline(false);
    await alert(page).getByText('Your text stands and is on the server').waitFor();
    assert.equal(await page.getByText('Nothing of yours is stored').count(), 0);
    await page.locator('.doc-source', { hasText: 'One, says Dev.' }).waitFor();
    await checkPage(page, 'mine won');
    await checkAccessibility(page, 'mine won');
    await picture(page, 'conflict-won-wide-light');
    await page.reload();
    await appRuns(page);
    await alert(page).getByText('Your text stands and is on the server').waitFor();
    await page.locator('.doc-source', { hasText: 'One, says Dev.' }).waitFor();
    await box(page).fill('Two, says Ines. And more.');
    await alert(page).getByText('what you typed since is a draft').waitFor();
    await page.getByRole('button', { name: 'Save mine as another document' }).click();
    await page.waitForURL((url) => url.pathname !== path && /\/documents\/[0-9a-f-]{36}/.test(url.pathname));
    // The address is there before the page is: the boxes may still be those of before.
    await until('mine is a document of its own', async () => /^Tides \(copy of Ines, .+\)$/.test(await title(page).inputValue()));
    await value('with what was typed', box(page), 'Two, says Ines. And more.');
    await picture(page, 'conflict-copy-wide-light');
    await value('theirs is back in its place', box(dev.page), 'One, says Dev.');
  });

  await t.test('mine lost: taking theirs keeps mine, and says where', async () => {
    await openApp(page, app, path);
    await value('both have the same', box(page), 'One, says Dev.');
    await apart(['Three, says Ines.'], ['Two, says Dev.', 'Three, says Dev.']);
    await ines.context.setOffline(false);
    await alert(page).getByText('its text stands. Yours is a draft in this browser').waitFor();
    const [icon, words] = await page.locator('[data-slot=saved]', { hasText: 'Not saved' }).evaluate((e) => [e.querySelector('.icon'), e].map((of) => getComputedStyle(of).color));
    assert.equal(icon, words, 'nothing green stands beside “Not saved”');
    await page.getByRole('link', { name: 'Take theirs' }).click();
    await value('theirs stands', box(page), 'Three, says Dev.');
    const kept = page.getByRole('status').getByRole('link', { name: /^Tides \(copy of Ines/ });
    await kept.waitFor();
    await picture(page, 'conflict-taken-wide-light');
    await kept.click();
    await value('mine is kept', box(page), 'Three, says Ines.');
    await synced(page);
    await wellDone(page);
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]), []);
  });
});
