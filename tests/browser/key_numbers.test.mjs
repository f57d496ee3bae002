// The key numbers of Today as a company, a team and a member choose them, and what a number tells of its trend and band.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask } from '../api/support.mjs';
import { open, settled, startBrowser, startDemo, tile } from './support.mjs';

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
const shown = (page) => page.locator('article[data-metric]').evaluateAll((all) => all.map((each) => each.dataset.metric));

async function choose(kind, record, names) {
  const path = kind === 'settings' ? '/settings' : `/${kind}/${record.id}`;
  const { version } = (await api('GET', path)).body;
  const changed = await ask(server.address, 'PATCH', `/api/v1${path}`, { fields: { key_metrics: names } }, { 'If-Match': `"${version}"` });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
}

test('the company chooses, a member chooses otherwise, and each number opens', async () => {
  const page = await open(browser, server.address);
  await settled(page);
  const usual = await shown(page);
  assert.equal(usual.length, 6);
  await page.locator('[data-live=live]').waitFor();

  // What the company chooses shows without a reload: counts of today, rates of the month, states, groups of their own.
  const chosen = ['won_deals', 'win_rate', 'open_deals', 'stage_time', 'forgotten_follow_ups', 'quota_attainment'];
  await choose('settings', null, chosen.join(','));
  await page.waitForFunction((wanted) => {
    const names = [...document.querySelectorAll('article[data-metric]')].map((each) => each.dataset.metric);
    return names.join() === wanted;
  }, chosen.join());
  await settled(page);
  for (const metric of chosen) {
    await tile(page, metric).click();
    await dialog(page).locator('[data-passport]').waitFor();
    assert.match(page.url(), new RegExp(`number=${metric}`));
    await page.keyboard.press('Escape');
    await dialog(page).waitFor({ state: 'detached' });
  }

  const member = (await api('GET', '/members?limit=100')).body.records.find((each) => each.fields.team);
  await choose('members', member, 'calls_made,spend');
  await page.getByLabel(/^Whose numbers/).click();
  await page.getByRole('option', { name: member.fields.name, exact: true }).click();
  await page.waitForURL(new RegExp(`member=${member.id}`));
  await page.waitForFunction(() => document.querySelectorAll('article[data-metric]').length === 2);
  await settled(page);
  assert.deepEqual(await shown(page), ['calls_made', 'spend']);
  // They are that member's: what the API says of him today.
  await tile(page, 'calls_made').click();
  await dialog(page).locator('[data-passport]').waitFor();
  assert.match(decodeURIComponent(page.url()), new RegExp(`where=owner%3D${member.id}|where=owner=${member.id}`));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('sales tell their trend over whole months, and by month', async () => {
  const page = await open(browser, server.address, '/?number=sales');
  await dialog(page).locator('[data-trend] [data-way]').first().waitFor();
  const month = new Date().toISOString().slice(0, 7);
  const before = `${Number(month.slice(0, 4)) - 1}${month.slice(4)}`;
  const { trends } = (await api('GET', `/metrics/sales?grain=month&from=${before}&to=${month}`)).body;
  const ways = await dialog(page).locator('[data-trend] [data-way]').evaluateAll((all) => all.map((each) => each.dataset.way));
  assert.deepEqual(ways, trends.map((trend) => trend.way));
  assert.deepEqual(page.faults, []);
  await page.context().close();

  // Three months tell nothing, and say so.
  const few = await open(browser, server.address, `/?number=${encodeURIComponent(`sales?grain=month&from=${before}-01&to=${before}-02`)}`);
  await dialog(few).locator('[data-passport]').waitFor();
  await few.getByRole('radio', { name: 'By month' }).waitFor();
  await dialog(few).locator('[data-way=too_few]').first().waitFor();
  assert.deepEqual(few.faults, []);
  await few.context().close();
});

test('attainment stands in its band', async () => {
  const { id } = (await api('GET', '/members?limit=1')).body.records[0];
  const quota = { member: id, starts_on: '2020-01-01', ends_on: '2030-01-01', amount_minor: 100_000_000, currency: 'EUR' };
  const noted = await api('POST', '/quotas', { fields: quota });
  assert.equal(noted.status, 201);
  const path = '/api/v1/metrics/quota_attainment?where=currency=EUR';
  const { rows } = (await ask(server.address, 'GET', path, undefined, { 'Traction-Sequence': `${noted.body.sequence}` })).body;
  const { band } = rows[0].values[0];
  assert.ok(band);
  const page = await open(browser, server.address, `/?number=${encodeURIComponent('quota_attainment?where=currency%3DEUR')}`);
  await dialog(page).locator('[data-value]').getByText(new RegExp(band)).first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
