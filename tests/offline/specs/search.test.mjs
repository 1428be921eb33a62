// Searching inside everything on the device: with a network and without, from
// the page and from the palette, with the keyboard alone, and without accounts.
import test from 'node:test';
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { startApp } from '../../e2e/lib/app.mjs';
import { checkAccessibility, checkPage, newPerson, openBrowser, patience, phone, picture } from '../../e2e/lib/browser.mjs';
import { exported, served } from '../../e2e/lib/local.mjs';
import { setUp } from '../../e2e/lib/people.mjs';
import { appRuns, openApp, realTrouble, say, startHere, synced, until } from '../../e2e/lib/sync.mjs';

const hostile = '<img src=x onerror="window.broken = 1"> & <script>window.broken = 2</script> oxlip';
const field = (page) => page.locator('#main input[name=q]');
const hit = (page, words) => page.locator('[data-slot=groups] .row-link', { hasText: words });
/** When and whose it is. */
const side = (page, words) => page.locator('[data-slot=hits] > li', { hasText: words }).locator('.row-side').innerText();
const option = (page, words) => page.locator('#palette [role=option]', { hasText: words });
const marks = (of) => of.locator('mark').allInnerTexts();

/** Looks for words from anywhere, with the palette and the keyboard alone. */
async function searchFor(page, words) {
  await page.locator('body').press('Control+k');
  await page.getByRole('dialog').getByRole('combobox').waitFor();
  await page.keyboard.type('inside everything');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { level: 1, name: 'Search' }).waitFor();
  await until('the field has the focus', () => page.evaluate(() => document.activeElement?.getAttribute('name') === 'q'));
  await page.keyboard.type(words);
}

/** Enter in the field leads to the first result. */
async function toFirst(page) {
  await page.keyboard.press('Enter');
  await until('the first result has the focus', () => page.evaluate(() => document.activeElement?.classList.contains('row-link')));
}

/** The message the address leads to is in sight and marked. */
async function arrived(page, text) {
  const found = page.locator('.message-found', { hasText: text });
  await found.waitFor();
  await until('it is in sight', () => found.evaluate((e) => {
    const { top, bottom } = e.getBoundingClientRect();
    return top >= 0 && bottom <= innerHeight;
  }));
}

test('everything on the device is searched, with a network and without', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { context, page, trouble } = await newPerson(browser);
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}`);
  const thread = await startHere(page, 'Hull 14: keel survey', 'Two readings of the garboard are under 9 mm.');
  await synced(page);
  for (const text of [...Array.from({ length: 25 }, (_, i) => `Reading ${i}: frame ${i} measured twice, the number is in the book.`), hostile]) {
    const answer = await page.request.post(`${app.base}/w/${workspace}/t/${thread}/messages`, { form: { text, message_id: randomUUID() }, headers: { Origin: app.base, 'Sec-Fetch-Site': 'same-origin' }, maxRedirects: 0 });
    assert.equal(answer.status(), 303);
  }
  await page.locator('.message-text', { hasText: 'oxlip' }).waitFor();
  await synced(page);
  const search = `/w/${workspace}/search`;

  await t.test('without scripts the server answers with the same marks', async () => {
    const plain = await browser.newContext({ javaScriptEnabled: false, storageState: await context.storageState() });
    plain.setDefaultTimeout(patience);
    const other = await plain.newPage();
    await other.goto(`${app.base}${search}?q=garboard+readings`);
    assert.deepEqual(await marks(hit(other, 'under 9 mm')), ['readings', 'garboard']);
    await other.getByText('1 result').waitFor();
    await other.locator('.row-note', { hasText: 'Hull 14: keel survey' }).waitFor();
    assert.match(await side(other, 'under 9 mm'), /^(\d\d:\d\d|Yest\.) by you$/);
    await picture(other, 'search-server');
    await plain.close();
  });

  await t.test('with the keyboard alone: typed, chosen, read, and back', async () => {
    await searchFor(page, 'READings garb');
    await hit(page, 'under 9 mm').waitFor();
    assert.deepEqual(await marks(hit(page, 'under 9 mm')), ['readings', 'garb']);
    assert.equal(new URL(page.url()).searchParams.get('q'), 'READings garb');
    await toFirst(page);
    await page.keyboard.press('ArrowUp');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('name')), 'q');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === `/w/${workspace}/t/${thread}` && url.hash.startsWith('#m-'));
    await arrived(page, 'under 9 mm');
    await page.goBack();
    await hit(page, 'under 9 mm').waitFor();
    assert.equal(await field(page).inputValue(), 'READings garb');
  });

  await t.test('a reload shows the same', async () => {
    await page.reload();
    await appRuns(page);
    await hit(page, 'under 9 mm').waitFor();
    assert.equal(await field(page).inputValue(), 'READings garb');
  });

  await t.test('what looks like markup is words', async () => {
    await field(page).fill('onerror oxlip');
    await hit(page, '<img src=x onerror="window.broken = 1">').waitFor();
    assert.deepEqual(await marks(hit(page, 'oxlip')), ['onerror', 'oxlip']);
    assert.equal(await page.locator('#main img, #main script').count(), 0);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('oxlip');
    await option(page, '<img src=x onerror=').waitFor();
    assert.equal(await page.locator('#palette img, #palette script').count(), 0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.locator('#palette').waitFor({ state: 'hidden' });
    assert.equal(await page.evaluate(() => window.broken), undefined);
  });

  await t.test('offline: what is written is found, changed and deleted rows are not', async () => {
    await until('the service worker has the page', () => page.evaluate(() => navigator.serviceWorker.controller !== null));
    await context.setOffline(true);
    await page.goto(`${app.base}/w/${workspace}/t/${thread}`);
    await appRuns(page);
    await say(page, 'Übergabe of the kittiwake on Friday, 東京都 time.');
    await searchFor(page, 'ubergabe KITTI');
    await hit(page, 'Übergabe of the kittiwake').waitFor();
    assert.match(await side(page, 'Übergabe of the kittiwake'), /^(\d\d:\d\d|Yest\.) by you$/);
    assert.deepEqual(await marks(hit(page, 'kittiwake')), ['Übergabe', 'kitti']);
    await field(page).fill('京都');
    await hit(page, '東京都').waitFor();
    await picture(page, 'search-wide');
    await checkPage(page, 'results');
    await checkAccessibility(page, 'results');
    // A second tab of the same browser deletes it: the page follows by itself.
    const other = await context.newPage();
    await other.goto(`${app.base}/w/${workspace}/t/${thread}`);
    await appRuns(other);
    const message = other.locator('.message', { hasText: '東京都' });
    await message.hover();
    await message.locator('summary').click();
    await message.getByRole('link', { name: /Delete/ }).click();
    await other.getByRole('dialog').getByRole('button', { name: /Delete/ }).click();
    await page.getByText('Nothing matches “京都”').waitFor();
    await picture(page, 'search-nothing');
    await checkAccessibility(page, 'no results');
    await other.close();
    await page.getByRole('link', { name: 'Clear the search' }).click();
    await page.getByText('What are you looking for?').waitFor();
    assert.equal(new URL(page.url()).search, '');
  });

  await t.test('the palette finds what texts say and leads there', async () => {
    await page.goto(`${app.base}/w/${workspace}`);
    await appRuns(page);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('frame 3 book');
    await option(page, 'Reading 3:').first().waitFor();
    assert.equal(await page.locator('#palette [role=option]').first().getAttribute('aria-selected'), 'true', 'the first result is selected, though only the offer to search was there at first');
    await picture(page, 'search-palette');
    await page.keyboard.press('Enter');
    await page.waitForURL(/#m-/);
    await arrived(page, 'Reading 3');
    await page.keyboard.press('Control+k');
    await page.keyboard.type('garboard');
    await option(page, 'Search for “garboard” inside everything').waitFor();
    await page.keyboard.press('ArrowUp'); // the last one
    await page.keyboard.press('Enter');
    await hit(page, 'under 9 mm').waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('zzzz');
    await option(page, 'Search for “zzzz” inside everything').waitFor();
    await page.locator('#palette').getByText('Nothing matches “zzzz”.').waitFor();
    assert.match(await page.locator('#palette-count').innerText(), /^0 results/, 'the offer to search is no result');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.locator('#palette').waitFor({ state: 'hidden' });
  });

  await t.test('on a phone, in the dark', async () => {
    await page.setViewportSize(phone);
    await page.emulateMedia({ colorScheme: 'dark' });
    await field(page).fill('reading');
    await page.getByText('There are more. Add a word to see fewer.').waitFor();
    await checkPage(page, 'results on a phone');
    await checkAccessibility(page, 'results on a phone');
    await picture(page, 'search-phone-dark');
    assert.deepEqual(realTrouble(trouble), []);
  });
});

test('a search that cannot run says so and can be tried again', async (t) => {
  const app = await startApp();
  t.after(() => app.stop().catch(() => {}));
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page } = await newPerson(browser);
  await page.addInitScript(() => {
    const real = globalThis.Worker;
    globalThis.Worker = class { constructor(...of) { return new real(sessionStorage.broken === 'yes' ? '/nowhere.js' : of[0]); } };
  });
  const workspace = await setUp(app, page);
  await openApp(page, app, `/w/${workspace}`);
  await startHere(page, 'Sails', 'The jib needs a new clew.');
  await page.evaluate(() => sessionStorage.setItem('broken', 'yes'));
  await searchFor(page, 'jib');
  await page.getByText('The search does not work right now').waitFor();
  await checkPage(page, 'no search');
  await picture(page, 'search-broken');
  await page.evaluate(() => sessionStorage.setItem('broken', 'no'));
  await page.getByRole('link', { name: 'Try again' }).click();
  await hit(page, 'jib needs').waitFor();
  assert.equal(await page.getByText('The search does not work right now').count(), 0);
});

for (const { where, open } of [{ where: 'as plain files', open: exported }, { where: 'on a server without accounts', open: served }]) {
  test(`the app without accounts is searched, ${where}`, async (t) => {
    const home = await open();
    t.after(() => home.close());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const { page, trouble } = await newPerson(browser);
    await page.goto(home.base);
    await appRuns(page);
    await page.getByRole('link', { name: 'New', exact: true }).click();
    await page.locator('input[name=title]').fill('Sails');
    await page.getByLabel('First message').fill('The jib needs a new clew.');
    await page.getByRole('button', { name: 'Start thread' }).click();
    await page.locator('.message-text', { hasText: 'new clew' }).waitFor();
    await searchFor(page, 'clew jib');
    await hit(page, 'The jib needs a new clew.').waitFor();
    assert.match(await side(page, 'The jib needs a new clew.'), /^(\d\d:\d\d|Yest\.)$/, 'there is nobody else');
    assert.equal(home.placeOf(page.url()), '/w/local/search?q=clew%20jib');
    await toFirst(page);
    await page.keyboard.press('Enter');
    await arrived(page, 'new clew');
    await page.goBack();
    await hit(page, 'The jib needs a new clew.').waitFor();
    await page.reload();
    await appRuns(page);
    await hit(page, 'The jib needs a new clew.').waitFor();
    await checkPage(page, 'results');
    await checkAccessibility(page, 'results');
    await picture(page, `search-local-${where.replaceAll(' ', '-')}`);
    assert.deepEqual(realTrouble(trouble), []);
  });
}
