// What the page owes to everybody: small, usable by screen reader and keys, in both themes, on a telephone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { axe, open, settled, startBrowser, startDemo, tile } from './support.mjs';

let server, browser;
before(async () => {
  [server, browser] = await Promise.all([startDemo(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

const places = ['/', '/?table=1', '/deals', '/numbers', '/?number=sales', '/?number=funnel_leakage&begun=all'];

test('the first load needs at most 100 KiB of script', async () => {
  const page = await open(browser, server.address, 'about:blank');
  const scripts = [];
  page.on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response));
  await page.goto(server.address);
  await settled(page);
  const sizes = await Promise.all(scripts.map(async (script) => gzipSync(await script.body(), { level: 9 }).length));
  assert.ok(sizes.length > 2);
  const sum = sizes.reduce((total, size) => total + size, 0);
  assert.ok(sum <= 100 * 1024, `${sum} bytes`);
  await page.context().close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`no serious violation of accessibility in the ${colorScheme} theme`, async () => {
    for (const place of places) {
      const page = await open(browser, server.address, place, { colorScheme, reducedMotion: 'reduce', bypassCSP: true });
      await settled(page);
      if (place.includes('number=')) await page.locator('[data-rows]').waitFor();
      await settled(page);
      await page.addScriptTag({ path: axe });
      const { violations } = await page.evaluate(() => window.axe.run());
      const serious = violations
        .filter(({ impact }) => impact === 'serious' || impact === 'critical')
        .map(({ id, nodes }) => `${place} ${id}: ${nodes.map((node) => node.html).join('\n')}`);
      assert.deepEqual(serious, []);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });
}

test('nothing scrolls sideways at 360 pixels', async () => {
  for (const place of places) {
    const page = await open(browser, server.address, place, { viewport: { width: 360, height: 740 }, hasTouch: true });
    await settled(page);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(over <= 0, `${place} by ${over}`);
    await page.context().close();
  }
});

test('the theme can be chosen and is remembered', async () => {
  const page = await open(browser, server.address, '/', { colorScheme: 'light' });
  const background = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
  const light = await background();
  await page.getByRole('button', { name: 'Switch to the dark theme' }).click();
  const dark = await background();
  assert.notEqual(dark, light);
  await page.reload();
  await page.getByRole('button', { name: 'Switch to the light theme' }).waitFor();
  assert.equal(await background(), dark);
  await page.context().close();
});

test('it runs under the strict policy that it is served with', async () => {
  const response = await fetch(server.address);
  const policy = response.headers.get('content-security-policy') ?? '';
  assert.match(policy, /script-src 'self' 'sha256-/);
  assert.doesNotMatch(policy.match(/script-src[^;]*/)[0], /unsafe|\*/);
  const page = await open(browser, server.address);
  await tile(page, 'sales').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
