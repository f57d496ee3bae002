// HTTP itself against the real server, over raw sockets: what no decent client sends, what is slow, broken or too much,
// and how the server starts and stops. What HTTP carries is the other tests' business.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { ask, binary, newDirectory, startServer, traction } from './support.mjs';

let server;
let hasty; // one that loses patience soon
const port = (of = server) => Number(new URL(of.address).port);
const head = (first, ...headers) => [first, 'Host: localhost', ...headers, '', ''].join('\r\n');

// Sends the pieces one after the other and gives what comes back until the server closes, or until `enough` says so.
function talk(pieces, { enough = () => false, to = port(), half = false } = {}) {
  return new Promise((done) => {
    const socket = connect(to, '127.0.0.1');
    let got = '';
    const end = () => {
      socket.destroy();
      done(got);
    };
    socket.setNoDelay(true);
    socket.on('data', (piece) => {
      got += piece.toString('latin1');
      if (enough(got)) end();
    });
    socket.on('end', end);
    socket.on('error', end); // a reset counts as the end
    socket.on('connect', () => {
      for (const piece of pieces) socket.write(piece);
      if (half) socket.end();
    });
  });
}
const status = (text) => Number(text.slice(9, 12));
const statuses = (text) => [...text.matchAll(/HTTP\/1\.1 (\d+)/g)].map((found) => Number(found[1]));

// A request with a body where fetch() would not send one.
function send(method, path, headers, body) {
  return new Promise((done, failed) => {
    const sent = request(new URL(path, server.address), { method, headers }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => {
        done({ status: response.statusCode, headers: response.headers, bytes: Buffer.concat(pieces) });
      });
      response.on('error', failed);
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

function assertProblem(text, expected) {
  assert.equal(status(text), expected, text.slice(0, 300));
  assert.match(text, /content-type: application\/problem\+json/i);
  const body = JSON.parse(text.slice(text.indexOf('\r\n\r\n') + 4));
  assert.equal(body.status, expected);
  assert.ok(body.detail);
}

async function assertAlive(of = server) {
  const got = await talk([head('GET /healthz HTTP/1.1', 'Connection: close')], { to: port(of) });
  assert.equal(status(got), 200);
}

before(async () => {
  server = await startServer();
  hasty = await startServer({ args: ['--header-seconds', '1', '--body-seconds', '1', '--idle-seconds', '2'] });
});
after(async () => {
  assert.equal(await server.stop(), 0);
  assert.equal(await hasty.stop(), 0);
});

test('what is not HTTP is refused with a problem, and the connection ends', async () => {
  for (const bytes of [
    'nonsense\r\n\r\n',
    'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
    'GET / HTTP/1.1\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', // TLS
  ])
    assertProblem(await talk([Buffer.from(bytes, 'latin1')]), 400);
  await assertAlive();
});

test('a request with two meanings is refused, and what it hides is not carried out', async () => {
  const hidden = head('DELETE /api/v1/deals/1');
  for (const headers of [
    ['Content-Length: 5', 'Transfer-Encoding: chunked'],
    ['Transfer-Encoding: chunked', 'Content-Length: 5'],
    ['Content-Length: 5', 'Content-Length: 6'],
    ['Transfer-Encoding: identity, chunked, gzip'],
    ['Content-Length: 5', 'Host: elsewhere'],
  ]) {
    const got = await talk([head('POST /api/v1/deals HTTP/1.1', ...headers) + '0\r\n\r\n' + hidden]);
    assertProblem(got, 400);
    assert.equal(statuses(got).length, 1);
  }
});

test('a header that is too long is 431', async () => {
  assertProblem(await talk([head('GET /healthz HTTP/1.1', `Note: ${'x'.repeat(100_000)}`)]), 431);
  assertProblem(await talk([head(`GET /${'x'.repeat(100_000)} HTTP/1.1`)]), 431);
  await assertAlive();
});

test('64 MiB of JSON are refused without being read', async () => {
  const headers = ['Content-Type: application/json', `Content-Length: ${64 << 20}`];
  const got = await talk([head('POST /api/v1/accounts HTTP/1.1', ...headers), Buffer.alloc(1 << 20, 0x20)]);
  assertProblem(got, 413);
  const chunk = `100000\r\n${' '.repeat(0x100000)}\r\n`;
  const chunked = head('POST /api/v1/accounts HTTP/1.1', headers[0], 'Transfer-Encoding: chunked');
  assert.equal(status(await talk([chunked, ...Array(8).fill(chunk)], { enough: (text) => text.endsWith('}') })), 413);
  await assertAlive();
});

test('a body on GET and a wrong content type are problems', async () => {
  const onGet = await send('GET', '/api/v1/version', { 'content-type': 'application/json', 'content-length': 2 }, '{}');
  assert.equal(onGet.status, 400);
  const wrong = await send('POST', '/api/v1/accounts', { 'content-type': 'text/plain', 'content-length': 2 }, '{}');
  assert.equal(wrong.status, 415);
  for (const answer of [onGet, wrong]) assert.match(answer.headers['content-type'], /^application\/problem\+json/);
});

test('a chunked body is read however it is cut, and garbled ones are refused', async () => {
  const headers = ['Content-Type: application/json', 'Transfer-Encoding: chunked', 'Connection: close'];
  const json = head('POST /api/v1/accounts HTTP/1.1', ...headers);
  const body = JSON.stringify({ fields: { name: 'In pieces' } });
  const chunks = [...body].map((letter) => `1\r\n${letter}\r\n`);
  assert.equal(status(await talk([json, ...chunks, '0\r\n\r\n'])), 201);
  for (const garbage of [
    'zz\r\n{}\r\n0\r\n\r\n',
    '2\r\n{}xx0\r\n\r\n',
    '-2\r\n{}\r\n0\r\n\r\n',
    'fffffffffffffffff\r\n{}\r\n',
    `2;${'x'.repeat(100_000)}\r\n{}`,
  ])
    assertProblem(await talk([json + garbage]), 400);
  await assertAlive();
});

test('pipelined requests are answered in order', async () => {
  const paths = ['/healthz', '/api/v1/nothing', '/api/v1/version', '/healthz'];
  const all = paths.map((path) => head(`GET ${path} HTTP/1.1`)).join('');
  const last = head('GET /healthz HTTP/1.1', 'Connection: close');
  assert.deepEqual(statuses(await talk([all + last])), [200, 404, 200, 200, 200]);
});

test('HTTP/1.0 and HEAD are answered as they should be', async () => {
  const old = await talk(['GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n']);
  assert.equal(status(old), 200);
  assert.doesNotMatch(old, /transfer-encoding/i);
  const none = await talk([head('HEAD /api/v1/version HTTP/1.1', 'Connection: close')]);
  assert.equal(status(none), 200);
  assert.ok(none.endsWith('\r\n\r\n'));
  assert.match(none, /content-length: [1-9]/i);
});

test('who is slow is told so: half a head, half a body, nothing at all', async () => {
  const to = { to: port(hasty) };
  const [halfHead, halfBody, nothing] = await Promise.all([
    talk(['GET /healthz HT'], to),
    talk([head('POST /api/v1/accounts HTTP/1.1', 'Content-Type: application/json', 'Content-Length: 100') + '{'], to),
    talk([], to),
  ]);
  assertProblem(halfHead, 408);
  assertProblem(halfBody, 408);
  assert.equal(nothing, '');
});

test('many connections that dribble keep nobody else waiting', async () => {
  const slow = Array.from({ length: 200 }, () => {
    const socket = connect(port(hasty), '127.0.0.1');
    socket.on('error', () => {});
    const letters = [...head('GET /healthz HTTP/1.1', `Note: ${'x'.repeat(500)}`)];
    const timer = setInterval(() => letters.length && socket.write(letters.shift()), 20);
    return { socket, timer, closed: new Promise((done) => socket.on('close', done)) };
  });
  for (let i = 0; i < 20; ++i) await assertAlive(hasty);
  await Promise.all(slow.map((each) => (each.socket.resume(), each.closed)));
  for (const each of slow) clearInterval(each.timer);
  await assertAlive(hasty);
});

test('a half-open connection still gets its answer, and one that breaks off does no harm', async () => {
  assert.equal(status(await talk([head('GET /healthz HTTP/1.1')], { half: true })), 200);
  for (let i = 0; i < 50; ++i) {
    const socket = connect(port(), '127.0.0.1');
    socket.on('error', () => {});
    await new Promise((done) => socket.on('connect', done));
    const headers = ['Content-Type: application/json', 'Content-Length: 100'];
    socket.write(head('POST /api/v1/accounts HTTP/1.1', ...headers) + '{"fields"');
    socket.resetAndDestroy();
  }
  const found = await ask(server.address, 'GET', '/api/v1/accounts');
  assert.equal(found.status, 200);
  assert.ok(found.body.records.every((record) => record.fields.name === 'In pieces'));
});

test('answers are encoded as the client takes it', async () => {
  const plain = await send('GET', '/openapi.json', {});
  assert.equal(plain.headers['content-encoding'], undefined);
  const text = plain.bytes.toString();
  for (const [coding, decode] of [['gzip', gunzipSync], ['br', brotliDecompressSync]]) {
    const encoded = await send('GET', '/openapi.json', { 'accept-encoding': coding });
    assert.equal(encoded.headers['content-encoding'], coding);
    assert.ok(encoded.bytes.length < plain.bytes.length / 3);
    assert.equal(decode(encoded.bytes).toString(), text);
  }
});

test('Expect: 100-continue is met before the body comes', async () => {
  const body = JSON.stringify({ fields: { name: 'In pieces' } });
  const headers = ['Content-Type: application/json', `Content-Length: ${body.length}`, 'Expect: 100-continue'];
  const answer = await new Promise((done) => {
    const socket = connect(port(), '127.0.0.1', () => socket.write(head('POST /api/v1/accounts HTTP/1.1', ...headers)));
    let got = '';
    socket.on('data', (piece) => {
      got += piece;
      if (got === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body);
      if (got.includes('HTTP/1.1 201')) done(got), socket.destroy();
    });
    socket.on('close', () => done(got));
  });
  assert.deepEqual(statuses(answer), [100, 201]);
});

test('a port in use, a certificate that is none: one sentence and an exit code', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'traction-'));
  const data = join(newDirectory(), 'data');
  try {
    assert.equal(traction(data, 'init', '--zone', 'UTC', '--currency', 'EUR').status, 0);
    writeFileSync(join(folder, 'text'), 'no certificate');
    const file = (name) => join(folder, name);
    const how = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost'.split(' ');
    for (const name of ['a', 'b']) {
      const files = ['-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
      assert.equal(spawnSync('openssl', ['req', ...how, ...files]).status, 0);
    }
    for (const args of [
      ['--listen', `127.0.0.1:${port()}`],
      ['--listen', '0.0.0.0:0'],
      ['--listen', 'nonsense'],
      ['--certificate', file('text'), '--private-key', file('a.key')],
      ['--certificate', file('none'), '--private-key', file('a.key')],
      ['--certificate', file('a.pem'), '--private-key', file('b.key')],
      ['--certificate', file('a.pem')],
    ]) {
      const listen = args[0] === '--listen' ? [] : ['--listen', '127.0.0.1:0'];
      const run = spawnSync(binary, ['--data', data, 'serve', ...listen, ...args], { encoding: 'utf8', timeout: 20_000 });
      assert.ok(run.status > 0, `${args}: ${run.status} ${run.stderr}`);
      assert.equal(run.stdout, '');
      assert.ok(run.stderr.trim().split('\n').length <= 2, run.stderr);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
    rmSync(dirname(data), { recursive: true, force: true });
  }
});

test('it stops with requests in flight: they are answered, the rest is closed, exit code 0', async () => {
  const own = await startServer();
  const to = Number(new URL(own.address).port);
  const idle = talk([], { to });
  const half = talk(['GET /healthz HTTP/1.1\r\n'], { to });
  const events = talk([head('GET /api/v1/events HTTP/1.1')], { to });
  const exporting = ask(own.address, 'GET', '/api/v1/accounts/export?format=csv');
  assert.equal((await exporting).status, 200);
  const body = JSON.stringify({ fields: { name: 'Last' } });
  const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body };
  const writes = Array.from({ length: 50 }, () =>
    fetch(new URL('/api/v1/accounts', own.address), post).then(
      (answer) => answer.status,
      () => 0, // it had not been taken yet
    ),
  );
  const answered = Promise.all(writes);
  await Promise.race(writes);
  assert.equal(await own.stop(), 0);
  assert.ok((await answered).every((code) => code === 201 || code === 0 || code === 503));
  for (const closed of [idle, half, events]) await closed;
});

test('more connections than it may have files open are turned away, and those it has go on being served', async () => {
  const own = await startServer({ files: 128 });
  const to = Number(new URL(own.address).port);
  const keepAlive = new Agent({ keepAlive: true, maxSockets: 1 });
  const asked = (method, path, body) =>
    new Promise((done, failed) => {
      const headers = body ? { 'content-type': 'application/json' } : {};
      const sent = request(new URL(path, own.address), { method, headers, agent: keepAlive }, (response) => {
        response.resume().on('end', () => done(response.statusCode));
      });
      sent.on('error', failed).end(body);
    });
  const account = JSON.stringify({ fields: { name: 'Crowded' } });
  assert.equal(await asked('POST', '/api/v1/accounts', account), 201);
  const crowd = Array.from({ length: 200 }, () => connect(to, '127.0.0.1').on('error', () => {}));
  assert.equal(status(await talk([head('GET /healthz HTTP/1.1')], { to })), 503);
  assert.equal(await asked('POST', '/api/v1/accounts', account), 201);
  assert.equal(await asked('GET', '/api/v1/accounts?sort=name'), 200);
  for (const one of crowd) one.destroy();
  keepAlive.destroy();
  assert.equal(await own.stop(), 0);
});
