// What the tests of the page share: a small demo company under a server of its own, and Debian's Chromium, which
// notes whatever a page should not do.
import { rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { newDirectory, startServer, traction } from '../api/support.mjs';

const require = createRequire(import.meta.url);
export const axe = require.resolve('axe-core/axe.min.js');

// A server on a new directory with a demo company large enough to have sold in every currency; stop() removes it.
export async function startDemo() {
  const directory = newDirectory();
  const data = join(directory, 'data');
  const made = traction(data, 'demo', '--reps', '8', '--months', '12', '--activities', '8000');
  if (made.status !== 0) throw new Error(made.stderr);
  const server = await startServer({ data });
  const { stop } = server;
  return {
    ...server,
    async stop() {
      const code = await stop();
      rmSync(directory, { recursive: true, force: true });
      return code;
    },
  };
}

export function startBrowser() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
}

// A page of its own. `page.faults` gathers errors on the console, exceptions and requests to other hosts.
export async function open(browser, address, path = '/', options = {}) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'America/New_York', // not the company's: days must be those of its own zone
    ...options,
  });
  const page = await context.newPage();
  page.faults = [];
  page.on('console', (message) => message.type() === 'error' && page.faults.push(message.text()));
  page.on('pageerror', (error) => page.faults.push(error.message));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'data:' && url.origin !== address) page.faults.push(`asked ${url.origin}`);
  });
  page.setDefaultTimeout(20_000);
  await page.goto(new URL(path, address).href);
  return page;
}

// The number that a tile shows.
export const tile = (page, metric) => page.locator(`article[data-metric=${metric}] button`).first();

// Waits until everything that the page asks for has been drawn.
export async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => document.querySelectorAll('.skeleton').length === 0);
}

export const numberOf = async (locator) => Number((await locator.textContent()).replace(/[^\d.-]/g, ''));
