// What the tests of the API share: a server of their own on a fresh directory, and requests to it.
// TRACTION_BINARY names the program; default: the release build.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
export const binary = process.env.TRACTION_BINARY ?? join(root, 'build/release/traction');

// Runs the command line on a directory and waits; { status, stdout, stderr }.
export function traction(data, ...args) {
  return spawnSync(binary, ['--data', data, ...args], { encoding: 'utf8', maxBuffer: 1 << 28 });
}

// What the command line would print, asked of the server that keeps the directory as the program does (see
// src/cli/forward.h), without the cost of a process; { status, stdout, stderr }.
const agent = new Agent({ keepAlive: true });
export async function told(data, workspace, words) {
  const body = JSON.stringify({ arguments: words, data, workspace, folder: '/', columns: 0, colour: false, progress: false });
  const answer = await new Promise((found, failed) => {
    const headers = { host: 'localhost', 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const asked = request({ socketPath: join(data, 'sock'), path: '/command', method: 'POST', headers, agent });
    asked.on('error', failed).on('response', async (response) => {
      const pieces = [];
      for await (const piece of response) pieces.push(piece);
      found(Buffer.concat(pieces));
    });
    asked.end(body);
  });
  const said = { o: '', e: '', x: '' };
  for (let at = 0; at + 5 <= answer.length; ) {
    const length = answer.readUInt32BE(at + 1);
    said[String.fromCharCode(answer[at])] += answer.subarray(at + 5, at + 5 + length).toString();
    at += 5 + length;
  }
  return { status: Number(said.x), stdout: said.o, stderr: said.e };
}

export function newDirectory() {
  return mkdtempSync(join(tmpdir(), 'traction-'));
}

// Starts a server on `data` (default: a new directory with an empty workspace "default") and waits until it is ready.
// `files`: how many it may have open at once. stop() ends it with SIGTERM, removes the directory if it was made here, and
// gives the exit code.
export async function startServer({ data, args = [], env = {}, files } = {}) {
  const own = !data;
  if (own) {
    data = join(newDirectory(), 'data');
    const made = traction(data, 'init', '--zone', 'Europe/Berlin', '--currency', 'EUR');
    if (made.status !== 0) throw new Error(made.stderr);
  }
  const line = [binary, '--data', data, 'serve', '--listen', '127.0.0.1:0', ...args];
  if (files) line.unshift('sh', '-c', `ulimit -n ${files} && exec "$0" "$@"`);
  const child = spawn(line[0], line.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  const ended = new Promise((done) => child.on('exit', (code, signal) => done({ code, signal })));
  let said = '';
  child.stderr.on('data', (piece) => (said += piece));
  const address = await new Promise((found, failed) => {
    let out = '';
    child.stdout.on('data', (piece) => {
      out += piece;
      const match = out.match(/https?:\/\/[^\s]+/);
      if (match) found(match[0]);
    });
    ended.then(({ code, signal }) => failed(new Error(`the server ended (${code ?? signal}): ${said}`)));
  });
  return {
    address,
    data,
    child,
    said: () => said,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      const how = await ended;
      if (own) rmSync(dirname(data), { recursive: true, force: true });
      return how.code;
    },
  };
}

// One request with a JSON body, if any: { status, headers, body }, where body is parsed when it is JSON.
export async function ask(address, method, path, body, headers = {}) {
  const response = await fetch(new URL(path, address), {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  const json = (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}
