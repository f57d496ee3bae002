// A server that is killed again and again while two dozen clients write over HTTP: nothing that it acknowledged is lost,
// and what is asked again with the same key is not done again. HTTP_KILLS says how often (10).
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, newDirectory, startServer, traction } from '../api/support.mjs';

const kills = Number(process.env.HTTP_KILLS ?? 10);
const writers = 24;
const again = 3; // commands that a client asks again after a kill, beside the one in flight

// Asks one thing at a time, the next only once the one before is acknowledged. It has a deal to itself and so knows its
// version.
class Client {
  acknowledged = []; // { command, answer }
  pending = null; // the command that may have been done or not

  constructor(number, deal) {
    this.number = number;
    this.deal = deal;
    this.version = deal.version;
  }

  next() {
    const n = this.acknowledged.length;
    const mark = `client-${this.number}-${n}`;
    const headers = { 'idempotency-key': mark };
    if (n % 4 === 3)
      return {
        method: 'PATCH',
        path: `/api/v1/deals/${this.deal.id}`,
        body: { fields: { amount_minor: n } },
        headers: { ...headers, 'if-match': `"${this.version}"` },
      };
    // Some can be told from others by the key alone, so that nothing else could keep them from being done twice.
    const body = { fields: { kind: 'call', direction: 'outbound', deal: this.deal.id, subject: mark } };
    if (n % 4 === 1) body.fields.external_id = mark;
    if (n % 4 === 2) body.client_ref = mark;
    return { method: 'POST', path: '/api/v1/activities', body, headers };
  }

  async send(address, { method, path, body, headers }) {
    const answer = await ask(address, method, path, body, headers);
    assert.equal(answer.status, method === 'POST' ? 201 : 200, JSON.stringify(answer.body));
    return answer.body;
  }

  // Asks until the server breaks off, or, when it is to last, only what was left open.
  async work(address, { last = false, told = () => {} } = {}) {
    for (const { command, answer } of this.acknowledged.slice(-again))
      assert.deepEqual(await this.send(address, command), answer, 'asked again, it was answered otherwise');
    while (this.pending || !last) {
      this.pending ??= this.next();
      const answer = await this.send(address, this.pending);
      this.acknowledged.push({ command: this.pending, answer });
      if (this.pending.method === 'PATCH') this.version = answer.version;
      this.pending = null;
      told();
    }
  }
}

// A server that does not outlive the test, whatever becomes of that.
async function start(t, data) {
  const server = await startServer({ data });
  t.after(() => server.child.kill('SIGKILL'));
  return server;
}

async function makeDeals(t, data) {
  assert.equal(traction(data, 'init', '--zone', 'UTC', '--currency', 'EUR').status, 0);
  const server = await start(t, data);
  const make = async (path, fields) => {
    const answer = await ask(server.address, 'POST', path, { fields });
    assert.equal(answer.status, 201, JSON.stringify(answer.body));
    return answer.body;
  };
  const pipeline = await make('/api/v1/pipelines', { name: 'Sales' });
  const stage = await make('/api/v1/stages', { pipeline: pipeline.id, name: 'Lead', kind: 'lead', position: 1 });
  const deals = [];
  for (let i = 0; i < writers; ++i) deals.push(await make('/api/v1/deals', { name: `Deal ${i}`, stage: stage.id }));
  assert.equal(await server.stop(), 0);
  return deals;
}

// Starts the server, lets the clients work and kills it at some moment after it has acknowledged something.
async function workAndKill(t, data, clients) {
  const server = await start(t, data);
  let killed = false;
  const progress = new Promise((told) => {
    for (const client of clients)
      client.done = client.work(server.address, { told }).catch((failure) => {
        // Whoever was not answered asks again after the next start.
        if (!killed || failure instanceof assert.AssertionError) throw failure;
      });
  });
  const all = Promise.all(clients.map((client) => client.done));
  await Promise.race([progress, all]);
  await Promise.race([sleep(Math.random() * 300), all]);
  killed = true;
  server.child.kill('SIGKILL');
  await all;
  assert.equal((await server.ended).signal, 'SIGKILL');
}

test(`${kills} kills under load lose nothing and do nothing twice`, async (t) => {
  const data = join(newDirectory(), 'data');
  t.after(() => rmSync(dirname(data), { recursive: true, force: true }));
  const clients = (await makeDeals(t, data)).map((deal, number) => new Client(number, deal));
  const before = JSON.parse(traction(data, 'verify', '--json').stdout).entries;
  for (let kill = 0; kill < kills; ++kill) await workAndKill(t, data, clients);

  const server = await start(t, data);
  for (const client of clients) await client.work(server.address, { last: true });
  for (const { deal, version, acknowledged } of clients) {
    const record = (await ask(server.address, 'GET', `/api/v1/deals/${deal.id}`)).body;
    assert.equal(record.version, version);
    const edit = acknowledged.findLast(({ command }) => command.method === 'PATCH');
    assert.equal(record.fields.amount_minor, edit?.command.body.fields.amount_minor);
  }
  assert.equal(await server.stop(), 0);

  // The chain is whole, and has one entry for each acknowledged command and none besides.
  const verified = traction(data, 'verify', '--json');
  assert.equal(verified.status, 0, verified.stderr);
  const all = clients.flatMap(({ acknowledged }) => acknowledged);
  const sequences = all.map(({ answer }) => answer.sequence).sort((a, b) => a - b);
  assert.equal(JSON.parse(verified.stdout).entries, before + all.length);
  assert.deepEqual(sequences, all.map((_, i) => before + 1 + i));

  // Each activity is there once, with the id that was told.
  const ids = new Map();
  for (const line of traction(data, 'export', 'activity', '--json').stdout.trim().split('\n')) {
    const { id, subject } = JSON.parse(line);
    assert.ok(!ids.has(subject), `${subject} was done twice`);
    ids.set(subject, id);
  }
  const activities = all.filter(({ command }) => command.method === 'POST');
  for (const { command, answer } of activities) assert.equal(ids.get(command.body.fields.subject), answer.id, 'lost');
  assert.equal(ids.size, activities.length);

  // The mart, killed as often, counts the same.
  const metric = JSON.parse(traction(data, 'metric', 'calls_made', '--json').stdout);
  assert.equal(metric.rows[0].values[0].number, activities.length);
  console.log(`${kills} kills, ${all.length} acknowledged commands, ${JSON.parse(verified.stdout).entries - before} entries`);
});
