// Every page at every width in both schemes: nothing scrolls sideways, nothing
// is left over from a template, axe finds nothing serious.
import test from 'node:test';
import assert from 'node:assert/strict';
import { startApp, owner, colleague } from '../lib/app.mjs';
import { openBrowser, newPerson, checkPage, checkAccessibility, picture, wide, phone, narrowest } from '../lib/browser.mjs';
import { setUp, invite, join, startThread, write, signIn } from '../lib/people.mjs';

test('every page fits, reads and passes axe', { timeout: 420_000 }, async (t) => {
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
    { name: 'missing', path: '/w/no-such-workspace', status: 404 },
    { name: 'sign-in', path: '/sign-in', anonymous: true },
    { name: 'register', path: '/register', anonymous: true },
    { name: 'invite', path: open.replace(/^https?:\/\/[^/]+/, ''), anonymous: true },
    { name: 'dead-invite', path: '/invite?token=nope', anonymous: true },
  ];
  for (const viewport of [wide, phone, narrowest]) {
    for (const dark of [false, true]) {
      const scheme = `${viewport.width}-${dark ? 'dark' : 'light'}`;
      await t.test(scheme, async () => {
        const anonymous = await newPerson(browser, { viewport, dark, touch: viewport !== wide });
        const ines = await newPerson(browser, { viewport, dark, touch: viewport !== wide });
        await signIn(ines.page, app, owner);
        for (const p of pages) {
          const who = p.anonymous ? anonymous : ines;
          const answer = await who.page.goto(app.base + p.path);
          if (p.status) assert.equal(answer.status(), p.status, p.name);
          else assert.ok(answer.status() < 400 || p.anonymous, `${p.name} answered ${answer.status()}`);
          await checkPage(who.page, `${p.name} ${scheme}`);
          if (viewport !== narrowest) await checkAccessibility(who.page, `${p.name} ${scheme}`);
          await picture(who.page, `${p.name}-${scheme}`);
        }
        assert.deepEqual(ines.trouble, []);
        assert.deepEqual(anonymous.trouble, []);
        await ines.context.close();
        await anonymous.context.close();
      });
    }
  }
});
