// The page as somebody uses it: numbers that move, that open down to their rows, and lists that page.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask } from '../api/support.mjs';
import { numberOf, open, settled, startBrowser, startDemo, tile } from './support.mjs';

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([startDemo(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const api = (method, path, body) => ask(server.address, method, `/api/v1${path}`, body);
const dialog = (page) => page.getByRole('dialog');

async function member() {
  return (await api('GET', '/members?limit=1')).body.records[0].id;
}

test('what happens shows without a reload', async () => {
  const page = await open(browser, server.address);
  await settled(page);
  await page.evaluate(() => (window.sameDocument = true));
  await page.locator('[data-live=live]').waitFor();

  const before = await numberOf(tile(page, 'calls_made'));
  const owner = await member();
  for (let i = 0; i < 3; ++i) {
    const call = { kind: 'call', direction: 'outbound', outcome: 'no_answer', owner };
    assert.equal((await api('POST', '/activities', { fields: call })).status, 201);
  }
  await page.waitForFunction(
    (wanted) => document.querySelector('article[data-metric=calls_made] button').textContent.trim() === String(wanted),
    before + 3,
  );

  const stage = (await api('GET', '/stages?where=kind=lead&limit=1')).body.records[0].id;
  const deal = { name: 'Brand new deal', stage, owner, amount_minor: 123_400 };
  assert.equal((await api('POST', '/deals', { fields: deal })).status, 201);
  await page.getByRole('button', { name: 'Brand new deal' }).waitFor();
  assert.ok(await page.evaluate(() => window.sameDocument));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a number opens its passport and the rows that were counted', async () => {
  const page = await open(browser, server.address);
  await settled(page);
  const calls = await numberOf(tile(page, 'calls_made'));
  await tile(page, 'calls_made').click();
  await dialog(page).locator('[data-passport]').waitFor();
  const passport = await dialog(page).locator('[data-passport]').textContent();
  for (const part of ['Formula', 'Europe/Berlin', 'calls_made, version 1', 'of the ledger']) assert.ok(passport.includes(part), part);
  await settled(page);
  assert.equal(await dialog(page).locator('[data-rows] tbody tr').count(), calls);
  assert.match(page.url(), /number=calls_made/);

  // The same address shows the same number to a colleague.
  const other = await open(browser, server.address, page.url());
  await dialog(other).locator('[data-passport]').waitFor();
  assert.equal(await numberOf(dialog(other).locator('[data-value] p').first()), calls);
  await page.goBack();
  await dialog(page).waitFor({ state: 'detached' });
  assert.deepEqual([...page.faults, ...other.faults], []);
  await page.context().close();
  await other.context().close();
});

test('the funnel adds up, and its remainders open to as many deals', async () => {
  const page = await open(browser, server.address, '/?begun=all');
  await settled(page);
  const steps = await page.locator('[data-stage]').all();
  assert.ok(steps.length >= 3);
  let went;
  for (const step of steps) {
    const numbers = await Promise.all((await step.getByRole('button').all()).map(numberOf));
    const [entered, ...parts] = numbers;
    assert.equal(parts.reduce((sum, part) => sum + part, 0), entered, await step.getAttribute('data-stage'));
    if (went !== undefined) assert.ok(entered >= went); // more may start at this step
    went = parts[0];
  }
  const lost = steps[0].getByRole('button', { name: /lost/ });
  const count = await numberOf(lost);
  assert.ok(count > 0);
  await lost.click();
  await dialog(page).locator('[data-value] p').first().waitFor();
  assert.equal(await numberOf(dialog(page).locator('[data-value] p').first()), count);
  await dialog(page).locator('[data-rows] tbody tr').first().waitFor();
  const rows = await dialog(page).locator('[data-rows] tbody tr').count();
  assert.equal(rows, Math.min(count, 50));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('sales by month come to the sum that the API gives, as a chart and as a table', async () => {
  const page = await open(browser, server.address, '/?table=1');
  await settled(page);
  const table = page.locator('section', { has: page.locator('#sales-by-month') }).locator('tbody tr');
  assert.equal(await table.count(), 12);
  const shown = (await table.locator('td:nth-of-type(1)').allTextContents()).map((text) => Math.round(Number(text.replace(/[^\d.]/g, '')) * 100));
  const answer = (await api('GET', '/metrics/sales?where=currency=EUR')).body;
  assert.equal(shown.reduce((sum, each) => sum + each, 0), answer.rows[0].values[0].minor);
  await page.keyboard.press('t');
  await page.getByRole('group', { name: 'Sales by month in EUR' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('deals are filtered and paged by the address', async () => {
  const page = await open(browser, server.address, '/deals?sort=name');
  await settled(page);
  const names = () => page.locator('[data-deals] tbody tr button').allTextContents();
  const first = await names();
  const all = (await api('GET', '/deals?limit=10000')).body.records;
  assert.equal(first.length, Math.min(50, all.length));

  await page.getByRole('radio', { name: 'Lost' }).click();
  await page.waitForURL(/show=lost/);
  await settled(page);
  const lost = (await api('GET', '/deals?limit=10000&where=stage.kind=lost')).body.records;
  await page.waitForFunction((wanted) => document.querySelectorAll('[data-deals] tbody tr').length === wanted, Math.min(50, lost.length));
  await page.getByRole('radio', { name: 'All' }).click();
  await page.waitForURL((url) => !url.search.includes('show'));

  await page.keyboard.press('/');
  await page.keyboard.type(first[0]);
  await page.waitForURL(/name=/);
  await page.waitForFunction((wanted) => {
    const shown = [...document.querySelectorAll('[data-deals] tbody tr button')];
    return shown.length > 0 && shown.every((each) => each.textContent.includes(wanted));
  }, first[0]);
  await page.locator('[data-deals] tbody tr button').first().click();
  await dialog(page).locator('[data-fields]').waitFor();
  await dialog(page).getByRole('listitem').first().waitFor();
  assert.equal(await dialog(page).getByRole('heading', { level: 2 }).textContent(), first[0]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('pages of deals follow each other without a gap', async () => {
  const stage = (await api('GET', '/stages?where=kind=lead&limit=1')).body.records[0].id;
  const actions = Array.from({ length: 120 }, (_, i) => ({
    verb: 'create',
    type: 'deal',
    fields: { name: `Paged ${String(i).padStart(3, '0')}`, stage },
  }));
  assert.equal((await api('POST', '/batch', { actions })).status, 200);
  const page = await open(browser, server.address, '/deals?name=Paged&sort=name');
  const seen = [];
  for (const size of [50, 50, 20]) {
    await page.waitForFunction(
      ([wanted, last]) => {
        const shown = [...document.querySelectorAll('[data-deals] tbody tr button')].map((each) => each.textContent);
        return shown.length === wanted && !shown.includes(last);
      },
      [size, seen.at(-1) ?? ''],
    );
    seen.push(...(await page.locator('[data-deals] tbody tr button').allTextContents()));
    if (size === 50) await page.getByRole('button', { name: /^Next/ }).click();
  }
  assert.deepEqual(seen, actions.map((action) => action.fields.name));
  await page.goBack();
  await page.waitForFunction(() => document.querySelectorAll('[data-deals] tbody tr').length === 50);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('every metric is on the page of numbers', async () => {
  const page = await open(browser, server.address, '/numbers?period=year');
  await settled(page);
  const { metrics } = (await api('GET', '/metrics')).body;
  const shown = await page.locator('article[data-metric]').evaluateAll((all) => all.map((each) => each.dataset.metric));
  assert.deepEqual(shown.sort(), metrics.map((metric) => metric.name).sort());
  assert.equal(await page.getByRole('alert').count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('keys alone lead to a number, its panel and back', async () => {
  const page = await open(browser, server.address);
  await settled(page);
  await tile(page, 'calls_made').focus();
  await page.keyboard.press('Enter');
  await dialog(page).locator('[data-passport]').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.closest('[role=dialog]') !== null), true);
  await page.keyboard.press('Escape');
  await dialog(page).waitFor({ state: 'detached' });
  await page.waitForFunction(() => document.activeElement.closest('article')?.dataset.metric === 'calls_made');
  assert.doesNotMatch(page.url(), /number=/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('what is refused is said, with the reason', async () => {
  const page = await open(browser, server.address, '/deals?deal=999999999');
  const alert = dialog(page).getByRole('alert');
  await alert.waitFor();
  assert.equal(await alert.getByRole('button').count(), 1);
  const none = await open(browser, server.address, '/?workspace=nowhere');
  await none.locator('main p', { hasText: 'nowhere' }).waitFor();
  const lost = await open(browser, server.address, '/no/such/page');
  await lost.getByRole('heading', { level: 1 }).waitFor();
  for (const each of [page, none, lost]) await each.context().close();
});
