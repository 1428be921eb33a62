// What people do, in the words of the pages.
import assert from 'node:assert/strict';
import { owner } from './app.mjs';

export async function setUp(app, page, workspace = 'Kestrel Boatworks') {
  await page.goto(await app.setupLink());
  await page.getByLabel('Your name').fill(owner.name);
  await page.getByLabel('E-mail').fill(owner.email);
  await page.getByLabel('Password', { exact: true }).fill(owner.password);
  await page.getByLabel('Workspace name').fill(workspace);
  await page.getByRole('button', { name: 'Create owner and workspace' }).click();
  await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
  return new URL(page.url()).pathname.split('/')[2];
}

// invite makes a link on Members and gives it.
export async function invite(page, app, email, role) {
  await page.goto(`${app.base}/admin/members`);
  await page.getByLabel('E-mail').fill(email);
  await page.locator('select[name=role]').first().selectOption(role);
  await page.getByRole('button', { name: 'Make invite link' }).click();
  const link = await page.locator('.secret-value').inputValue();
  assert.match(link, /\/invite\?token=/);
  return link;
}

// join opens an invite link as a new person and registers.
export async function join(page, link, person) {
  await page.goto(link);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Name', { exact: true }).fill(person.name);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Create account and join' }).click();
  await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
}

export async function signIn(page, app, person) {
  await page.goto(`${app.base}/sign-in`);
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL(/\/w\/[0-9a-f-]{36}/);
}

export async function startThread(page, app, workspace, title, text) {
  await page.goto(`${app.base}/w/${workspace}`);
  await page.getByRole('link', { name: 'New', exact: true }).click();
  await page.locator('input[name=title]').fill(title);
  await page.getByLabel('First message').fill(text);
  await page.getByRole('button', { name: 'Start thread' }).click();
  await page.waitForURL(/\/t\//);
  return new URL(page.url()).pathname.split('/')[4];
}

export async function write(page, text) {
  await page.locator('#composer textarea').fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await page.locator('.message-text', { hasText: text }).waitFor();
}

// setRole changes a member's role on Members, through the menu of their row.
export async function setRole(page, app, email, role) {
  await page.goto(`${app.base}/admin/members`);
  const row = page.locator('tr', { hasText: email });
  await row.locator('summary').click();
  await row.getByRole('button', { name: new RegExp(`^${role}`) }).click();
  await page.locator('tr', { hasText: email }).locator('summary', { hasText: role }).waitFor();
}
