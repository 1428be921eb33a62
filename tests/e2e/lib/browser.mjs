// Chromium as people have it: with JavaScript or without, wide or on a phone, light or dark.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import assert from 'node:assert/strict';
import { chromium } from 'playwright-core';

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.OR3_E2E_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
      '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

// How long anything may take, in ms: a busy machine is not a broken app.
export const patience = 90_000;
export const wide = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };
export const narrowest = { width: 320, height: 640 };

// newPerson is a browser context with its own cookies whose pages report every
// console error, CSP violation and 5xx; `trouble` must stay empty.
export async function newPerson(browser, { js = true, dark = false, viewport = wide, touch = false, worker = true } = {}) {
  const context = await browser.newContext({
    javaScriptEnabled: js, colorScheme: dark ? 'dark' : 'light', viewport, hasTouch: touch,
    reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'Europe/Berlin',
  });
  context.setDefaultTimeout(patience);
  // As over plain HTTP, where a browser has none of these.
  if (!worker) await context.addInitScript(() => {
    delete Navigator.prototype.serviceWorker;
    delete Crypto.prototype.randomUUID;
    delete Crypto.prototype.subtle;
  });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']).catch(() => {});
  const trouble = [];
  const page = await context.newPage();
  page.on('console', (m) => {
    if (m.type() === 'error' && !/status of (401|403|404|409|422|429)/.test(m.text())) trouble.push(`console: ${m.text()}`);
  });
  page.on('pageerror', (e) => trouble.push(`page error: ${e.message}`));
  page.on('response', (r) => { if (r.status() >= 500) trouble.push(`${r.status()} ${r.url()}`); });
  return { context, page, trouble };
}

// checkPage fails on what no page may have: template leftovers, sideways
// scrolling, a missing h1 or title, serious accessibility violations.
export async function checkPage(page, name) {
  const html = await page.content();
  for (const leftover of ['#ZgotmplZ', '<no value>', '%!', 'template:']) {
    assert.ok(!html.includes(leftover), `${name}: the page shows ${leftover}`);
  }
  assert.notEqual(await page.title(), '', `${name}: no title`);
  assert.equal(await page.locator('h1').count(), 1, `${name}: exactly one h1`);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(sideways <= 0, `${name}: the page scrolls sideways by ${sideways} px`);
}

// checkAccessibility asks axe: everything, or only the rules that are named.
export async function checkAccessibility(page, name, rules) {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(axeSource);
  const runOnly = rules ? { type: 'rule', values: rules } : { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] };
  const result = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly }), runOnly);
  const bad = result.violations.filter((v) => v.impact === 'serious' || v.impact === 'critical');
  assert.deepEqual(bad.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.failureSummary}`).join(' | ')}`), [], `${name}: accessibility`);
}

// picture keeps a screenshot for people to look at, when a folder is asked for.
export async function picture(page, name) {
  const dir = process.env.OR3_E2E_PICTURES;
  if (!dir) return;
  await mkdir(dir, { recursive: true });
  await page.screenshot({ path: `${dir}/${name}.png` });
}
