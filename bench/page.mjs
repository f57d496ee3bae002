// How soon the page shows its numbers: the whole demo company under a server of its own, opened in Debian's Chromium by
// browsers that have never been there. Prints the time from opening to the last number of Today, and what is sent.
//
//   node bench/page.mjs          OPENINGS=9
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { newDirectory, startServer, traction } from '../tests/api/support.mjs';
import { open, settled, startBrowser } from '../tests/browser/support.mjs';

const kOpenings = Number(process.env.OPENINGS ?? 9);
const directory = newDirectory();
const data = join(directory, 'data');
const demo = process.env.TRACTION_BENCH_SMALL ? ['--reps', '8', '--months', '3', '--activities', '2000'] : [];
const made = traction(data, 'demo', ...demo);
if (made.status !== 0) throw new Error(made.stderr);
const server = await startServer({ data });
const browser = await startBrowser();

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

try {
  const times = [];
  let bytes = 0;
  for (let i = 0; i < kOpenings; ++i) {
    const page = await open(browser, server.address, 'about:blank'); // a context of its own: nothing is cached
    const scripts = [];
    page.on('response', (response) => response.request().resourceType() === 'script' && scripts.push(response));
    const began = performance.now();
    await page.goto(server.address, { waitUntil: 'commit' });
    await settled(page);
    times.push(performance.now() - began);
    if (page.faults.length > 0) throw new Error(page.faults.join('\n'));
    const sizes = await Promise.all(scripts.map(async (each) => gzipSync(await each.body(), { level: 9 }).length));
    bytes = sizes.reduce((sum, size) => sum + size, 0);
    await page.context().close();
  }
  const figures = {
    openings: kOpenings,
    median_ms: Math.round(median(times)),
    slowest_ms: Math.round(Math.max(...times)),
    script_kib_gz: Math.round(bytes / 102.4) / 10,
  };
  console.log(`numbers on screen  median ${figures.median_ms} ms, slowest ${figures.slowest_ms} ms of ${kOpenings}`);
  console.log(`script             ${figures.script_kib_gz} KiB gz`);
  console.log(JSON.stringify({ bench: 'page', ...figures }));
} finally {
  await browser.close();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
