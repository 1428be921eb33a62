// Every page at every width in both schemes: nothing scrolls sideways, nothing
// is left over from a template, axe finds nothing serious.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../../e2e/lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, picture, wide, phone, narrowest } from '../../e2e/lib/browser.mjs';
import { setUp, invite, join, startThread, write, signIn } from '../../e2e/lib/people.mjs';

test('every page fits, reads and passes axe', async (t) => {
  const app = await startApp();
  t.after(() => app.stop());
  const browser = await openBrowser();
  t.after(() => browser.close());

  const fresh = await newPerson(browser);
  const link = await app.setupLink();
  await fresh.page.goto(link);
  await checkAccessibility(fresh.page, 'set-up');
  await picture(fresh.page, 'setup-wide-light');
  const workspace = await setUp(app, fresh.page);
  const thread = await startThread(fresh.page, app, workspace, 'Hull 14: keel survey', 'Inspector moved to 2 December, 10:00.');
  await write(fresh.page, 'She wants the readings in writing before she comes, with the frame numbers.');
  await startThread(fresh.page, app, workspace, 'A_very_long_title_without_a_single_space_in_it_that_has_to_break_somewhere_on_a_phone', 'https://kestrel.example/' + 'a'.repeat(180));
  const invitation = await invite(fresh.page, app, colleague.email, 'editor');
  const dev = await newPerson(browser);
  await join(dev.page, invitation, colleague);
  const open = await invite(fresh.page, app, 'hanna@rowe.example', 'viewer');

  const post = async (path, form) => {
    const answer = await fresh.page.request.post(app.base + path, { form, headers: { 'Sec-Fetch-Site': 'same-origin' }, maxRedirects: 0 });
    assert.equal(answer.status(), 303, `${path}: ${await answer.text()}`);
    return answer.headers().location;
  };
  const long = 'A_very_long_name_without_a_single_space_in_it_that_has_to_break_somewhere';
  const project = await post(`/w/${workspace}/projects`, { name: long });
  const document = await post(`/w/${workspace}/documents`, { title: long, content: `# Keel\n\nhttps://kestrel.example/${'a'.repeat(180)}` });
  await post(`/w/${workspace}/documents`, { kind: 'prompt', title: 'Surveyor', content: 'Answer like a surveyor.' });

  const pages = [
    { name: 'threads', path: `/w/${workspace}` },
    { name: 'thread', path: `/w/${workspace}/t/${thread}` },
    { name: 'new-thread', path: `/w/${workspace}?new=1` },
    { name: 'settings', path: '/settings' },
    { name: 'new-workspace', path: '/workspaces/new' },
    { name: 'shortcuts', path: '/shortcuts' },
    { name: 'overview', path: '/admin' },
    { name: 'workspaces', path: '/admin/workspaces' },
    { name: 'members', path: '/admin/members' },
    { name: 'access', path: '/admin/access?permission=workspace.write' },
    { name: 'users', path: '/admin/users' },
    { name: 'audit', path: '/admin/audit' },
    { name: 'leave', path: `/w/${workspace}/leave` },
    { name: 'documents', path: `/w/${workspace}/documents` },
    { name: 'document', path: document },
    { name: 'prompts', path: `/w/${workspace}/documents?kind=prompt` },
    { name: 'projects', path: `/w/${workspace}/projects` },
    { name: 'project', path: project },
    { name: 'search', path: `/w/${workspace}/search?q=keel` },
    { name: 'activity', path: `/w/${workspace}/activity` },
    { name: 'waits', path: `/w/${workspace}/waits` },
    { name: 'backup', path: `/w/${workspace}/backup` },
    { name: 'files', path: `/w/${workspace}/files` },
    { name: 'dashboard', path: `/w/${workspace}/dashboard` },
    { name: 'sync', path: '/admin/sync' },
    { name: 'storage', path: '/admin/storage' },
    { name: 'missing', path: '/w/no-such-workspace', status: 404 },
    { name: 'sign-in', path: '/sign-in', anonymous: true },
    { name: 'register', path: '/register', anonymous: true },
    { name: 'invite', path: open.replace(/^https?:\/\/[^/]+/, ''), anonymous: true },
    { name: 'dead-invite', path: '/invite?token=nope', anonymous: true },
  ];
  // Each page is loaded once per width; the scheme changes under it, as it does at dusk.
  for (const viewport of [wide, phone, narrowest]) {
    await t.test(`${viewport.width} px, light and dark`, async () => {
      const anonymous = await newPerson(browser, { viewport, touch: viewport !== wide });
      const ines = await newPerson(browser, { viewport, touch: viewport !== wide });
      await signIn(ines.page, app, owner);
      for (const p of pages) {
        const { page } = p.anonymous ? anonymous : ines;
        const answer = await page.goto(app.base + p.path);
        if (p.status) assert.equal(answer.status(), p.status, p.name);
        else assert.ok(answer.status() < 400 || p.anonymous, `${p.name} answered ${answer.status()}`);
        for (const colorScheme of ['light', 'dark']) {
          const name = `${p.name}-${viewport.width}-${colorScheme}`;
          await page.emulateMedia({ colorScheme });
          await checkPage(page, name);
          // The markup is the same in the dark and on the narrowest phone; contrast is not.
          if (viewport !== narrowest) await checkAccessibility(page, name, colorScheme === 'dark' ? ['color-contrast'] : undefined);
          await picture(page, name);
        }
      }
      assert.deepEqual(ines.trouble, []);
      assert.deepEqual(anonymous.trouble, []);
      await ines.context.close();
      await anonymous.context.close();
    });
  }
});
