// Asks every operation of /openapi.json many things, good and bad ones, and holds every answer against the document:
// its status, its content type, its headers, its body. Nothing may be undocumented, nothing a 5xx; what the document
// does not allow must not succeed, and every operation must succeed now and then.
//
//   node tests/api/generate.mjs          REQUESTS=500 of each operation, SEED=1, ONLY=a part of operation ids
import { fileURLToPath } from 'node:url';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Chance } from './generator/chance.mjs';
import { Client } from './generator/client.mjs';
import { Document } from './generator/document.mjs';
import { Hints } from './generator/hints.mjs';
import { Pool } from './generator/pool.mjs';
import { Requests } from './generator/requests.mjs';
import { Values } from './generator/values.mjs';
import { startServer, traction } from './support.mjs';

const kConnections = 16;
const kEnough = 100; // requests to an operation, of which some must have succeeded
const kFaultsShown = 5; // of each operation

// Share of requests with nothing wrong; less of what keeps the machine busy for long.
function goodShare({ method, path, role }) {
  if (role === 'erase' || /rebuild|demo/.test(path)) return 0.04;
  if (method === 'POST' && path.startsWith('/api/v1/jobs/')) return 0.1;
  return 0.6;
}

const isBusy = ({ status, body }) => status === 503 && JSON.parse(body).code === 'busy';

class Run {
  constructor({ address, child }, { requests, seed, only }) {
    this.server = child;
    this.requests = requests;
    this.only = only;
    this.client = new Client(address, kConnections);
    this.chance = new Chance(seed);
    this.document = new Document(this.client, 'default');
    this.pool = new Pool(this.client, this.chance);
  }

  async prepare() {
    const { document, chance, pool, client } = this;
    await document.load();
    this.values = new Values(document.json, chance, (type) => pool.reference(type));
    this.hints = new Hints(document, chance, pool, this.values, client);
    this.maker = new Requests(document, chance, this.values, pool, this.hints);
    this.operations = document.operations();
    for (const { path, type, role } of this.operations) if (role === 'list') await pool.fill(path.split('/')[3], type);
    pool.metrics = (await client.ask('GET', '/api/v1/metrics')).json.metrics;
    this.counts = new Map(this.operations.map((operation) => [operation, { asked: 0, good: 0, spent: 0, statuses: new Map(), faults: [] }]));
  }

  // Every operation in turn, many at a time, so that what some make is there for others.
  async all() {
    const turns = this.operations.filter(({ operationId }) => operationId.includes(this.only));
    let next = 0;
    const total = turns.length * this.requests;
    const worker = async () => {
      while (next < total) await this.one(turns[next++ % turns.length]);
    };
    await Promise.all(Array.from({ length: kConnections }, worker));
    this.client.close();
  }

  async one(operation) {
    const count = this.counts.get(operation);
    const began = Date.now();
    const plan = await this.maker.make(operation, goodShare(operation));
    ++count.asked;
    const fault = (what) => count.faults.push(
      `${what}\n      ${plan.method} ${plan.path.slice(0, 300)} ${JSON.stringify(plan.headers).slice(0, 400)} ${plan.body?.toString('utf8', 0, 500) ?? ''} [${plan.wrong}]`);
    let answer;
    try {
      answer = await this.client.send(plan);
      // While numbers are built anew the server says so, and to ask again in a moment.
      for (let patience = 40; isBusy(answer) && patience > 0; --patience) {
        await new Promise((later) => setTimeout(later, 250));
        answer = await this.client.send(plan);
      }
    } catch (error) {
      // A server that is gone answers nothing more.
      await new Promise((later) => setTimeout(later, 50));
      if (this.server.exitCode !== null || this.server.signalCode) throw new Error(`the server ended at ${plan.method} ${plan.path} ${plan.body ?? ''}`);
      // Whoever is refused before all was sent may find the connection closed.
      if (!plan.wrong.includes('huge') && !plan.wrong.includes('hugeHeader')) fault(`no answer: ${error.message}`);
      if (plan.record) plan.record.taken = false;
      return;
    }
    const { status } = answer;
    count.statuses.set(status, (count.statuses.get(status) ?? 0) + 1);
    if (status < 300) ++count.good;
    if (status >= 500) fault(`${status}: ${answer.body.toString().slice(0, 300)}`);
    let objections = this.document.objections(operation, answer);
    // A workspace's own fields come to be meanwhile.
    if (objections.length && (await this.document.load())) {
      this.values.document = this.document.json;
      objections = this.document.objections(operation, answer);
    }
    objections.forEach(fault);
    if (plan.sound === false && status < 400) fault(`${status} for what the document does not allow`);
    if (plan.sound === true && status === 400) fault(`malformed, though the document allows it: ${answer.body.toString().slice(0, 300)}`);
    await this.note(plan, answer, fault).catch((error) => fault(`afterwards: ${error.message}`));
    count.spent += Date.now() - began;
  }

  // What the pool learns from an answer.
  async note({ operation, record, value, headers, ...plan }, answer, fault) {
    const { pool, client, chance } = this;
    const { status, body } = answer;
    const good = status < 300;
    const json = good && /[/+]json$/.test((answer.headers['content-type'] ?? '').split(';')[0]) && body.length ? JSON.parse(body) : undefined;
    if (answer.headers['traction-sequence']) pool.sequence = Math.max(pool.sequence, Number(answer.headers['traction-sequence']));
    if (good && headers['idempotency-key'] && chance.is(0.3)) {
      const again = await client.send({ ...plan, headers });
      if (again.status !== status || !again.body.equals(body)) fault(`the same key was answered otherwise: ${status} ${body} then ${again.status} ${again.body}`);
    }
    if (good && operation.role === 'create') pool.add(operation.type, { id: json.id, version: json.version, ref: value.client_ref });
    if (json?.next && operation.role === 'list') {
      const { operationId } = operation;
      if (!plan.path.includes('?')) pool.cursors.set(operationId, [json.next]);
    }
    if (record) {
      if (operation.method !== 'GET') {
        if (good || status === 412 || status === 404 || status === 422 || status === 409)
          await pool.refresh(operation.path.split('/')[3], record);
        record.taken = false;
      }
    }
    if (json?.upload) pool.keep(pool.uploads, json.upload);
    if (status === 202) await this.finish(json, operation);
  }

  // A job is stopped or waited for before the next is begun, so that there are never many.
  async finish(job) {
    const { pool, client, chance } = this;
    pool.keep(pool.jobs, job.id, 50);
    if (chance.is(0.5)) await client.ask('DELETE', `/api/v1/jobs/${job.id}`);
    for (;;) {
      const { json } = await client.ask('GET', `/api/v1/jobs/${job.id}`);
      if (!['waiting', 'running'].includes(json.standing)) {
        if (json.standing === 'done' && json.files.length) pool.keep(pool.files, job.id, 20);
        return;
      }
      await new Promise((later) => setTimeout(later, 50));
    }
  }

  // Prints what came of it; the faults.
  report() {
    const faults = [];
    for (const [operation, { asked, good, spent, statuses, faults: own }] of this.counts) {
      if (!asked) continue;
      if (!good && asked >= kEnough) own.push('it never succeeded');
      const spread = [...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${status}×${n}`).join(' ');
      console.log(`${own.length ? '✗' : '✓'} ${operation.operationId.padEnd(28)} ${String(asked).padStart(5)}  ${String(Math.round((100 * good) / asked)).padStart(3)} % good  ${String(Math.round(spent / asked)).padStart(4)} ms  ${spread}`);
      for (const each of own.slice(0, kFaultsShown)) console.log(`    ${each}`);
      if (own.length > kFaultsShown) console.log(`    … ${own.length - kFaultsShown} more`);
      faults.push(...own.map((each) => `${operation.operationId}: ${each}`));
    }
    return faults;
  }
}

// Faults found in a server of its own, with a small invented company in it.
export async function generate({ requests = 500, seed = 1, only = '' } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'traction-'));
  const made = traction(join(data, 'data'), '--workspace', 'default', 'demo', '--reps', '8', '--months', '3', '--activities', '2000', '--seed', '1');
  if (made.status !== 0) throw new Error(made.stderr);
  const server = await startServer({ data: join(data, 'data') });
  try {
    const run = new Run(server, { requests, seed, only });
    await run.prepare();
    const began = Date.now();
    await run.all();
    const faults = run.report();
    const asked = [...run.counts.values()].reduce((sum, each) => sum + each.asked, 0);
    console.log(`${asked} requests to ${run.operations.length} operations in ${Math.round((Date.now() - began) / 1000)} s, seed ${seed}: ${faults.length} faults`);
    const code = await server.stop();
    // What it logged, each thing once.
    const logged = new Map();
    for (const line of server.said().split('\n').filter((each) => / (error|warning) /.test(each)))
      logged.set(line.slice(25), (logged.get(line.slice(25)) ?? 0) + 1);
    for (const [line, times] of logged) console.log(`the server's log, ${times}×: ${line}`);
    if (code !== 0) faults.push(`the server ended with ${code}: ${server.said()}`);
    return faults;
  } catch (error) {
    await new Promise((later) => setTimeout(later, 200));
    console.log(`The server ${server.child.signalCode ?? server.child.exitCode ?? 'is still there'} and said:\n${server.said()}`);
    throw error;
  } finally {
    await server.stop();
    rmSync(data, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { REQUESTS = '500', SEED = '1', ONLY = '' } = process.env;
  const faults = await generate({ requests: Number(REQUESTS), seed: Number(SEED), only: ONLY });
  process.exit(faults.length ? 1 : 0);
}
