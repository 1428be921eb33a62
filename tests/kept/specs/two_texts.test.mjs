// A document is written without a network while somebody else writes it with one:
// whichever page is open then, nothing is replaced in silence, and both texts stay.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, phone, picture } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join } from '../../e2e/lib/people.mjs';
import { appRuns, dump, openApp, realTrouble, synced, until } from '../../e2e/lib/sync.mjs';

const box = (page) => page.locator('#document textarea[name=content]');
const saved = (page, words) => page.locator('[data-slot=saved]', { hasText: words }).waitFor({ state: 'attached' });

test('three saves without a network meet one that was made with it, and neither goes', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const ines = await newPerson(browser);
  const dev = await newPerson(browser, { viewport: phone, dark: true, touch: true });
  const { page } = ines;
  const workspace = await setUp(app, page);
  await join(dev.page, await invite(page, app, colleague.email, 'editor'), colleague);
  await openApp(page, app, `/w/${workspace}/documents?new=1`);
  await page.locator('#document input[name=title]').fill('Tides');
  await box(page).fill('High water is 11:42.');
  await page.waitForURL(/\/documents\/[0-9a-f-]{36}/);
  const path = new URL(page.url()).pathname;
  const id = path.split('/').at(-1);
  const stored = async (p) => (await dump(p)).posts.find((row) => row.id === id)?.content;
  await synced(page);
  await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
  const notice = page.locator('#notice-two-texts');

  // Ines saves three times without a network and Dev once with it; then Ines is somewhere else when the network is back.
  const apart = async (mine, theirs, leave) => {
    await openApp(page, app, path);
    await openApp(dev.page, app, path);
    await ines.context.setOffline(true);
    for (const text of mine) {
      await box(page).fill(text);
      await saved(page, 'waiting to send');
      await until('it is stored', async () => (await stored(page)) === text);
    }
    await box(dev.page).fill(theirs);
    await saved(dev.page, /^Saved\s*\d/);
    await synced(dev.page);
    await leave();
    await ines.context.setOffline(false);
  };

  await t.test('from the list of threads the question leads to both texts', async () => {
    await apart(['One.', 'Two.', 'Three, says Ines.'], 'One, says Dev.', async () => {
      await page.getByRole('link', { name: 'Threads', exact: true }).click();
      await page.locator('.pane-list').waitFor();
    });
    await notice.getByText('“Tides” has two texts').waitFor();
    await synced(page);
    await checkPage(page, 'two texts, elsewhere');
    await checkAccessibility(page, 'two texts, elsewhere');
    await picture(page, 'two-texts-wide-light');
    assert.equal(await stored(page), 'Three, says Ines.', 'the save that was made more often stands');
    await notice.getByRole('link', { name: 'Choose' }).click();
    await page.getByRole('alert').getByText('Your text stands and is on the server').waitFor();
    await page.locator('.doc-source', { hasText: 'One, says Dev.' }).waitFor();
    await until('the notice goes where the question stands', async () => (await notice.count()) === 0);
    await page.getByRole('link', { name: 'Take theirs' }).click();
    await until('theirs stands', async () => (await stored(page)) === 'One, says Dev.');
    await until('for everybody', async () => (await stored(dev.page)) === 'One, says Dev.');
    assert.ok((await dump(page)).posts.some((row) => row.content === 'Three, says Ines.'), 'mine is a document of its own');
  });

  await t.test('a page that is loaded after the network is back asks, and so does its next load', async () => {
    await apart(['Four.', 'Five.', 'Six, says Ines.'], 'Two, says Dev.', async () => page.goto('about:blank'));
    await openApp(page, app, `/w/${workspace}`);
    await notice.getByText('“Tides” has two texts').waitFor();
    await page.reload();
    await appRuns(page);
    await notice.getByText('“Tides” has two texts').waitFor();
    await page.setViewportSize(phone);
    await page.emulateMedia({ colorScheme: 'dark' });
    await checkPage(page, 'two texts, on a phone');
    await picture(page, 'two-texts-phone-dark');
    await notice.getByRole('link', { name: 'Choose' }).click();
    await page.getByRole('alert').getByText('Your text stands and is on the server').waitFor();
    await page.locator('.doc-source', { hasText: 'Two, says Dev.' }).waitFor();
    assert.equal(await box(page).inputValue(), 'Six, says Ines.');
    assert.deepEqual(realTrouble([...ines.trouble, ...dev.trouble]), []);
  });
});
