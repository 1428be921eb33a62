// The first day of a workspace: an owner sets up, a colleague joins, they write
// to each other, and a role change counts from the next request. With
// JavaScript and without: the same steps, the same words.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../lib/app.mjs';
import { openBrowser, newPerson, checkPage, phone } from '../lib/browser.mjs';
import { appRuns } from '../lib/sync.mjs';
import { setUp, invite, join, signIn, startThread, write, setRole } from '../lib/people.mjs';

for (const { how, ines, dev } of [
  { how: 'with JavaScript', ines: {}, dev: {} },
  { how: 'without JavaScript', ines: { js: false }, dev: { js: false } },
  { how: 'the owner on a phone, in the dark', ines: { viewport: phone, dark: true, touch: true }, dev: {} },
]) {
  test(`an owner and a colleague use it, ${how}`, async (t) => {
    const app = await startApp();
    t.after(() => app.stop());
    const browser = await openBrowser();
    t.after(() => browser.close());
    const a = await newPerson(browser, ines);
    const b = await newPerson(browser, dev);

    let workspace;
    await t.test('the owner sets up through the printed link, once', async () => {
      const link = await app.setupLink();
      await a.page.goto(link);
      await checkPage(a.page, 'set-up');
      await a.page.goto(link); // looking consumes nothing
      workspace = await setUp(app, a.page);
      await checkPage(a.page, 'first page');
      await b.page.goto(link);
      await b.page.getByRole('heading', { name: 'This set-up link does not work' }).waitFor();
    });

    let link;
    await t.test('nobody registers without an invite', async () => {
      await b.page.goto(`${app.base}/register`);
      assert.equal(await b.page.getByRole('button', { name: /Create account/ }).count(), 0);
    });

    await t.test('the colleague joins by link and sees the workspace', async () => {
      link = await invite(a.page, app, colleague.email, 'editor');
      await join(b.page, link, colleague);
      assert.equal(new URL(b.page.url()).pathname.split('/')[2], workspace);
      await b.page.getByText('Kestrel Boatworks').filter({ visible: true }).first().waitFor();
    });

    await t.test('an invite works once', async () => {
      const c = await newPerson(browser, dev);
      await c.page.goto(link);
      await c.page.getByRole('heading', { name: 'This invite does not work' }).waitFor();
      assert.deepEqual(c.trouble, []);
      await c.context.close();
    });

    let thread;
    await t.test('the colleague writes, the owner reads and answers', async () => {
      thread = await startThread(b.page, app, workspace, 'Hull 14: keel survey', 'Inspector moved to 2 December.');
      await write(b.page, 'Two readings under 9 mm <b>& falling</b>.');
      await a.page.goto(`${app.base}/w/${workspace}/t/${thread}`);
      await a.page.locator('.message-text', { hasText: 'Two readings under 9 mm <b>& falling</b>.' }).waitFor();
      await checkPage(a.page, 'thread');
      await write(a.page, 'Thanks. We cut out frames 11 to 13.');
      await b.page.reload();
      await b.page.locator('.message-text', { hasText: 'frames 11 to 13' }).waitFor();
    });

    await t.test('an editor sees the admin pages and changes nothing there', async () => {
      for (const path of ['', '/workspaces', '/members', '/access', '/audit']) {
        const answer = await b.page.goto(`${app.base}/admin${path}`);
        assert.equal(answer.status(), 200, `/admin${path}`);
        await checkPage(b.page, `/admin${path} as editor`);
      }
      await b.page.goto(`${app.base}/admin/members`);
      assert.equal(await b.page.getByRole('button', { name: 'Make invite link' }).count(), 0);
      assert.equal(await b.page.locator('tr form').count(), 0);
    });

    await t.test('a viewer reads and no longer writes, from the next request', async () => {
      await b.page.goto(`${app.base}/w/${workspace}/t/${thread}`);
      if (dev.js !== false) await appRuns(b.page);
      await b.page.locator('#composer textarea').fill('This will not arrive.');
      await setRole(a.page, app, colleague.email, 'Viewer');
      await b.page.getByRole('button', { name: 'Send' }).click();
      if (dev.js === false) await b.page.waitForLoadState();
      else await b.page.locator('.message', { hasText: 'This will not arrive.' }).getByText('Not sent').waitFor(); // refused, and kept on the device
      await a.page.goto(`${app.base}/w/${workspace}/t/${thread}`);
      assert.equal(await a.page.getByText('This will not arrive.').count(), 0);
      await b.page.goto(`${app.base}/w/${workspace}/t/${thread}`);
      if (dev.js === false) assert.equal(await b.page.getByText('This will not arrive.').count(), 0);
      assert.equal(await b.page.locator('#composer').count(), 0);
      await b.page.locator('.message-text', { hasText: 'frames 11 to 13' }).waitFor();
      const refused = await b.page.goto(`${app.base}/admin`);
      assert.equal(refused.status(), 403);
      await b.page.getByText(owner.name).first().waitFor(); // who can help
      await checkPage(b.page, '403');
    });

    await t.test('Access says why', async () => {
      await a.page.goto(`${app.base}/admin/access`);
      const dev = await a.page.locator('select[name=person] option', { hasText: colleague.name }).getAttribute('value');
      await a.page.locator('select[name=person]').selectOption(dev);
      await a.page.locator('select[name=permission]').selectOption('workspace.write');
      await a.page.getByRole('button', { name: 'Explain' }).click();
      await a.page.locator('#answer').getByText(/cannot write/).first().waitFor();
      await checkPage(a.page, 'access');
    });

    await t.test('the audit log has it all, and its chain holds', async () => {
      await a.page.goto(`${app.base}/admin/audit`);
      await a.page.locator('main').getByText(colleague.name).filter({ visible: true }).first().waitFor();
      await checkPage(a.page, 'audit');
      const chain = await a.page.request.get(`${app.base}/api/admin/audit?action=member.`);
      const { entries } = await chain.json();
      assert.ok(entries.some((e) => /role_changed/.test(e.action)), JSON.stringify(entries.map((e) => e.action)));
    });

    await t.test('signing out ends the session', async () => {
      const cookies = await a.context.cookies();
      await a.page.goto(`${app.base}/sign-out`);
      await a.page.locator('main').getByRole('button', { name: 'Sign out' }).click();
      await a.page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await a.context.addCookies(cookies);
      await a.page.goto(`${app.base}/w/${workspace}`);
      await a.page.getByRole('heading', { name: 'Sign in' }).waitFor();
      await a.context.clearCookies();
      await signIn(a.page, app, owner);
    });

    assert.deepEqual(a.trouble, [], 'the owner’s browser had no trouble');
    assert.deepEqual(b.trouble, [], 'the colleague’s browser had no trouble');
  });
}
