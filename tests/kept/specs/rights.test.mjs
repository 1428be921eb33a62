// What a person may do changes while their page is open: it hears that it only
// reads, and that it may write again, without being loaded anew, and keeps what
// was typed.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, picture } from '../../e2e/lib/browser.mjs';
import { invite, join, setUp, startThread } from '../../e2e/lib/people.mjs';
import { openApp, realTrouble, say, synced } from '../../e2e/lib/sync.mjs';

test('writing is taken and given back while a page is open', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());
  const { page: owner } = await newPerson(browser);
  const workspace = await setUp(app, owner);
  const thread = await startThread(owner, app, workspace, 'Keel survey', 'Two readings.');
  await openApp(owner, app, `/w/${workspace}/t/${thread}`);
  await synced(owner); // the colleague's first page comes from the server
  const link = await invite(owner, app, colleague.email, 'editor');
  const { page, trouble } = await newPerson(browser);
  await join(page, link, colleague);
  const restrict = async (restrictions) => {
    const answer = await owner.request.put(`${app.base}/api/workspaces/${workspace}/restrictions`, { data: { restrictions }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
    assert.equal(answer.status(), 200, await answer.text());
  };
  const lookAgain = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  const composer = page.locator('#composer textarea');
  await openApp(page, app, `/w/${workspace}/t/${thread}`);
  await synced(page);
  await page.evaluate(() => (globalThis.sameDocument = true));
  await composer.fill('Half a sentence');

  await restrict([{ role: 'editor', permission: 'workspace.write' }]);
  await lookAgain();
  await page.getByText('This workspace lets editors read only.').first().waitFor();
  assert.equal(await composer.count(), 0);
  assert.equal(await page.locator('#sidebar').getByRole('link', { name: 'New project' }).count(), 0);
  await checkPage(page, 'reading only');
  await picture(page, 'rights-taken');

  await restrict([]);
  await lookAgain();
  await composer.waitFor();
  assert.equal(await composer.inputValue(), 'Half a sentence');
  assert.equal(await page.locator('#sidebar').getByRole('link', { name: 'New project' }).count(), 1);
  await say(page, 'Both below 9 mm.');
  await synced(page);

  await restrict([{ role: 'editor', permission: 'workspace.write' }]);
  await say(page, 'A third one.');
  await page.getByText('This workspace lets editors read only.').first().waitFor();
  assert.equal(await page.evaluate(() => globalThis.sameDocument), true, 'the page was never loaded anew');
  assert.deepEqual(realTrouble(trouble).filter((line) => !line.includes('403')), []);
});
