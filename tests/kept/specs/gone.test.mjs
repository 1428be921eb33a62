// Somebody deletes what is open here: nobody is taken elsewhere without a word,
// and whoever was writing goes on writing.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture, wide } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const notice = (page, words) => page.locator('#notice-gone', { hasText: words });
const value = (what, locator, text) => until(what, async () => (await locator.inputValue({ timeout: 1000 })) === text);
const first = (page) => page.getByLabel('First message');
const focused = (page) => page.evaluate(() => document.activeElement?.getAttribute('name') ?? document.activeElement?.tagName);
const drafts = (page) => page.evaluate(() => Object.keys(localStorage).filter((k) => k.startsWith('or3-draft:')).map((k) => k.replace(/^[^/]*/, '')));

const remove = async (page, what) => {
  await page.locator('.bar details[data-menu] > summary').last().click();
  await page.locator('.bar').getByText(/^Delete/).click();
  await page.getByRole('button', { name: `Delete ${what}` }).click();
  await page.locator('dialog:modal').waitFor({ state: 'detached' });
};

async function start(t) {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const workspace = await setUp(app, ines.page);
  const dev = await newPerson(browser);
  await join(dev.page, await invite(ines.page, app, colleague.email, 'editor'), colleague);
  await openApp(dev.page, app, `/w/${workspace}`);
  await openApp(ines.page, app, `/w/${workspace}`);
  // Dev starts a thread, and both have it open.
  const both = async (title) => {
    await openApp(dev.page, app, `/w/${workspace}`);
    const thread = await startHere(dev.page, title, 'Inspector moved to 2 December.');
    await synced(dev.page);
    await openApp(ines.page, app, `/w/${workspace}/t/${thread}`);
    return thread;
  };
  return { app, page: ines.page, dev: dev.page, ines, workspace, both };
}

test('a thread is deleted while one writes in it: one writes on, and nothing is lost', async (t) => {
  const { page, dev, workspace, both, ines } = await start(t);

  await t.test('in the middle of a word', async () => {
    const thread = await both('Hull 14: keel survey');
    await page.locator('#composer textarea').pressSequentially('Then we');
    // The page types: keys of the test's would come late from a busy machine.
    await page.evaluate(() => {
      globalThis.keys = 0;
      globalThis.typing = setInterval(() => {
        document.execCommand('insertText', false, 'a');
        globalThis.keys++;
      }, 50);
    });
    await remove(dev, 'thread');
    await notice(page, '“Hull 14: keel survey” was deleted. What you had not sent there is below').waitFor();
    const before = await page.evaluate(() => globalThis.keys);
    await until('some more was typed', () => page.evaluate((n) => globalThis.keys > n + 5, before));
    const typed = 'Then we' + 'a'.repeat(await page.evaluate(() => { clearInterval(globalThis.typing); return globalThis.keys; }));
    assert.equal(await first(page).inputValue(), typed, 'every letter is there');
    assert.equal(await focused(page), 'text');
    assert.equal(await page.locator('#main input[name=title]').inputValue(), 'Hull 14: keel survey');
    assert.deepEqual(await drafts(page), [`/w/${workspace}/threads`], 'it is a draft of the new thread alone');
    await checkPage(page, 'a thread that was deleted while one wrote');
    await checkAccessibility(page, 'a thread that was deleted while one wrote');
    await picture(page, 'gone-thread-wide-light');
    await page.reload();
    await appRuns(page);
    await value('it is there after a reload', first(page), typed);
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.locator('.message-text', { hasText: typed }).waitFor();
    assert.equal(page.url().includes(thread), false);
    assert.deepEqual(await drafts(page), []);
  });

  await t.test('what a new thread had already stands before it, and so does the change of a message', async () => {
    await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
    await first(page).fill('A thread to be.');
    await both('Moorings');
    await say(page, 'Chain or rope?');
    await synced(page);
    await page.locator('#composer textarea').fill('An answer.');
    const mine = page.locator('.message', { hasText: 'Chain or rope?' });
    await mine.hover();
    await mine.locator('summary').click();
    await mine.getByRole('link', { name: 'Edit' }).click();
    await page.getByLabel('Change the message').fill('Chain, rope or both?');
    await remove(dev, 'thread');
    await notice(page, 'What you had not sent there is below').waitFor();
    await value('all of it', first(page), 'A thread to be.\n\nAn answer.\n\nChain, rope or both?');
    assert.equal(await focused(page), 'text');
    await page.keyboard.type(' Says Ines.');
    await value('one writes on', first(page), 'A thread to be.\n\nAn answer.\n\nChain, rope or both? Says Ines.');
    await page.getByRole('link', { name: 'Discard' }).click();
    await notice(page, 'deleted').waitFor({ state: 'detached' });
  });

  await t.test('who has attached a file has it still', async () => {
    await both('Anchors');
    const chosen = page.waitForEvent('filechooser');
    await page.locator('#composer [data-act=attach]').click();
    await (await chosen).setFiles({ name: 'anchor.txt', mimeType: 'text/plain', buffer: Buffer.from('An anchor.') });
    await page.locator('#composer .attached-item', { hasText: 'anchor.txt' }).locator('.file-bar').waitFor({ state: 'hidden' });
    await synced(page);
    await remove(dev, 'thread');
    await notice(page, 'What you had not sent there is below').waitFor();
    await page.locator('#start .attached-item', { hasText: 'anchor.txt' }).waitFor();
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.locator('.message-files', { hasText: 'anchor.txt' }).waitFor();
  });

  await t.test('who had typed nothing is told on the list, and letters are no shortcuts', async () => {
    await both('Fenders');
    await page.locator('#composer textarea').focus();
    await remove(dev, 'thread');
    await notice(page, '“Fenders” was deleted.').waitFor();
    assert.equal(new URL(page.url()).pathname, `/w/${workspace}`);
    assert.equal(await focused(page), 'q');
    await page.keyboard.type('jk?');
    await value('they look for a thread', page.locator('.list-search input'), 'jk?');
    await picture(page, 'gone-thread-nothing-typed-wide-light');
    await page.locator('.list-search input').fill('');
    await page.locator('.thread-row').first().click();
    await notice(page, 'deleted').waitFor({ state: 'detached' });
  });

  await t.test('on a phone', async () => {
    await page.setViewportSize(phone);
    await both('Buoys');
    await page.locator('#composer textarea').pressSequentially('Red or gr');
    await remove(dev, 'thread');
    await notice(page, '“Buoys” was deleted. What you had not sent there is below').waitFor();
    await page.keyboard.type('een?');
    await value('one writes on', first(page), 'Red or green?');
    assert.ok(await notice(page, 'Buoys').isVisible());
    await checkPage(page, 'a thread that was deleted while one wrote, on a phone');
    await picture(page, 'gone-thread-phone-light');
    await page.setViewportSize(wide);
  });
  assert.deepEqual(realTrouble(ines.trouble), []);
});

test('a document is deleted by somebody: who looks at it is told, who writes goes on', async (t) => {
  const { app, page, dev, workspace, ines } = await start(t);
  const box = (p) => p.locator('#document textarea[name=content]');
  const both = async (title) => {
    await openApp(dev, app, `/w/${workspace}/documents?new=1`);
    await dev.locator('#document input[name=title]').fill(title);
    await box(dev).fill('High water is 11:42.');
    await dev.waitForURL(/\/documents\/[0-9a-f-]{36}/);
    await synced(dev);
    const path = new URL(dev.url()).pathname;
    await openApp(page, app, path);
    return path;
  };

  await t.test('who had typed nothing', async () => {
    await both('Tides');
    await box(page).focus();
    await remove(dev, 'document');
    await notice(page, '“Tides” was deleted.').waitFor();
    await page.getByRole('heading', { level: 1, name: 'Documents' }).waitFor();
    await checkPage(page, 'a document that was deleted');
    await picture(page, 'gone-document-wide-light');
    await both('Winds');
    await remove(dev, 'document');
    await notice(page, '“Winds” was deleted.').waitFor();
    await page.locator('#sidebar a[data-nav=threads]').click();
    await notice(page, 'deleted').waitFor({ state: 'detached' });
  });

  await t.test('who writes: the words are counted on, and the message has room at its sides', async () => {
    await both('Currents');
    await box(page).focus();
    await page.keyboard.press('Control+End');
    await page.evaluate(() => { globalThis.typing = setInterval(() => document.execCommand('insertText', false, ' word'), 100); });
    await remove(dev, 'document');
    const error = page.locator('.field-error', { hasText: 'was deleted while you were writing' });
    await error.waitFor();
    await page.evaluate(() => clearInterval(globalThis.typing));
    await box(page).fill('one two three four five six seven');
    await page.locator('[data-slot=words]', { hasText: /^7 words$/ }).waitFor();
    for (const size of [wide, phone]) {
      await page.setViewportSize(size);
      const apart = await page.evaluate(() => {
        const letters = document.querySelector('.doc-text');
        return document.querySelector('.field-error .icon').getBoundingClientRect().left - letters.getBoundingClientRect().left - parseFloat(getComputedStyle(letters).paddingLeft);
      });
      assert.equal(apart, 0, 'it begins where the text begins');
      await picture(page, `gone-document-writing-${size.width}`);
    }
    await page.setViewportSize(wide);
    await page.getByRole('button', { name: 'Save document' }).click();
    await until('it is a new one', async () => (await box(page).inputValue()) === 'one two three four five six seven' && (await page.locator('.field-error').count()) === 0);
    await synced(page);
  });
  assert.deepEqual(realTrouble(ines.trouble), []);
});
