// The page when there is nothing yet, and when the server goes away and comes back.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { binary, newDirectory, startServer, traction } from '../api/support.mjs';
import { numberOf, open, settled, startBrowser, tile } from './support.mjs';

let browser;
before(async () => {
  browser = await startBrowser();
});
after(() => browser?.close());

// A server on a port that stays the same.
async function serve(data, port) {
  const child = spawn(binary, ['--data', data, 'serve', '--listen', `127.0.0.1:${port}`], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((ready, failed) => {
    child.stdout.once('data', ready);
    child.once('exit', failed);
  });
  return async () => {
    child.kill('SIGTERM');
    if (child.exitCode === null) await new Promise((done) => child.once('exit', done));
  };
}

test('without a workspace the page says how to begin, and can', async (t) => {
  const directory = newDirectory();
  const server = await startServer({ data: join(directory, 'data') });
  t.after(async () => {
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });
  const page = await open(browser, server.address);
  await page.getByRole('button', { name: 'Invent a demo company' }).click();
  await page.locator('article[data-metric=sales] button').waitFor({ timeout: 120_000 });
  await settled(page);
  assert.ok((await page.locator('[data-stage]').count()) > 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('an empty workspace says what will be shown', async (t) => {
  const server = await startServer();
  t.after(() => server.stop());
  const page = await open(browser, server.address);
  await settled(page);
  assert.equal(await numberOf(tile(page, 'calls_made')), 0);
  for (const heading of ['#funnel', '#newest']) {
    const section = page.locator('section', { has: page.locator(heading) });
    assert.ok((await section.locator('p').allTextContents()).join(' ').length > 40);
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a lost connection is said, and what was missed is there when it comes back', async (t) => {
  const first = await startServer();
  t.after(() => first.stop());
  const { data } = first;
  const port = new URL(first.address).port;
  const page = await open(browser, first.address);
  await settled(page);
  await page.locator('[data-live=live]').waitFor();
  first.child.kill('SIGTERM');
  await first.ended;
  await page.locator('[data-live=lost]').waitFor();

  const added = traction(data, 'add', 'activity', 'kind=call', 'direction=outbound', 'outcome=no_answer');
  assert.equal(added.status, 0, added.stderr);
  t.after(await serve(data, port));
  await page.locator('[data-live=live]').waitFor({ timeout: 60_000 });
  await page.waitForFunction(() => document.querySelector('article[data-metric=calls_made] button').textContent.trim() === '1');
  await page.context().close();
});
