// The app with its local store: when it runs, what it says of itself, and how
// two devices and the server are compared.
import assert from 'node:assert/strict';
import { patience } from './browser.mjs';

// until asks again and again until the answer is true. (waitForFunction must
// not get an async function: its promise counts as true.)
export async function until(what, ask, ms = patience) {
  const end = Date.now() + ms;
  let last;
  for (;;) {
    try {
      last = await ask();
      if (last) return last;
    } catch (e) {
      last = e.message;
    }
    if (Date.now() > end) throw new Error(`${what} did not happen within ${ms / 1000} s; last: ${JSON.stringify(last)}`);
    await new Promise((r) => setTimeout(r, 100));
  }
}

// appRuns waits until the client has taken the page over.
export const appRuns = async (page) => {
  try {
    await page.locator('html[data-app=ready]').waitFor({ state: 'attached', timeout: patience });
  } catch (e) {
    const state = await page.evaluate(async () => ({
      address: location.href, foot: document.getElementById('sync-foot')?.innerText, notices: document.getElementById('notices')?.innerText,
      status: globalThis.or3?.debug?.status(), kept: (await globalThis.or3?.debug?.dump())?.sync_state, locks: await navigator.locks?.query(),
    })).catch((why) => why.message);
    throw new Error(`the app did not start: ${JSON.stringify(state)}`, { cause: e });
  }
};

// openApp opens an address with the app's debug door and waits for the app.
export async function openApp(page, app, path) {
  await page.goto(`${app.base}${path}${path.includes('?') ? '&' : '?'}debug=1`);
  await appRuns(page);
}

export const status = (page) => page.evaluate(() => globalThis.or3.debug.status());
export const digest = (page) => page.evaluate(() => globalThis.or3.debug.digest(true));
export const dump = (page) => page.evaluate(() => globalThis.or3.debug.dump());

// synced waits until nothing of this device waits and the server has answered.
export const synced = (page, what = 'synced') =>
  until(what, async () => {
    // The outbox itself is asked: the state follows it a moment later.
    const [s, counts] = await page.evaluate(async () => [globalThis.or3.debug.status(), await globalThis.or3.debug.counts()]);
    return s.phase === 'synced' && s.pending === 0 && counts.pending_ops === 0;
  });

// serverDigest is the server's own view of the person's workspace.
export async function serverDigest(page, app, workspace) {
  const answer = await page.request.post(`${app.base}/api/sync/digest`, { data: { workspace_id: workspace, deep: true }, headers: { 'Sec-Fetch-Site': 'same-origin' } });
  assert.equal(answer.status(), 200, await answer.text());
  const { rows, digest: sum } = await answer.json();
  return { rows, digest: sum };
}

// equal waits until every device holds what the server holds.
export async function equal(app, workspace, ...pages) {
  for (const page of pages) await synced(page);
  await until('all digests equal', async () => {
    for (const page of pages) {
      const [there, here] = [await serverDigest(page, app, workspace), await digest(page)];
      if (there.digest !== here.digest) return false;
    }
    return true;
  });
}

export async function say(page, text) {
  await page.locator('#composer textarea').fill(text);
  await page.keyboard.press('Control+Enter');
  await page.locator('.message-text', { hasText: text }).first().waitFor();
}

// startHere starts a thread in the app and gives its id.
export async function startHere(page, title, text) {
  await page.locator('.pane-list').getByRole('link', { name: 'New', exact: true }).click();
  await page.locator('#main input[name=title]').fill(title);
  await page.getByLabel('First message').fill(text);
  await page.getByRole('button', { name: 'Start thread' }).click();
  return until('the thread is open', () => {
    const at = new URL(page.url()).pathname.split('/');
    return at[3] === 't' ? at[4] : '';
  });
}

// offlineNoise is what a browser without a network writes into its console.
export const realTrouble = (trouble) => trouble.filter((t) => !/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_REFUSED|ERR_FAILED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|ERR_INCOMPLETE_CHUNKED/.test(t));
