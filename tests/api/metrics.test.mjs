// Metrics over HTTP: that they are the command line's, know one's own writes, and refuse what cannot be asked with the
// nearest name.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, startServer } from './support.mjs';

let server, sequence;

async function create(type, fields) {
  const made = await ask(server.address, 'POST', `/api/v1/${type}`, { fields });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  return made.body;
}

const get = (path, headers = {}) => ask(server.address, 'GET', `/api/v1/metrics${path}`, undefined, headers);
const known = () => ({ 'traction-sequence': String(sequence) });

before(async () => {
  server = await startServer();
  const team = await create('teams', { name: 'North' });
  const pipeline = await create('pipelines', { name: 'Sales' });
  const open = await create('stages', { pipeline: pipeline.id, name: 'New', kind: 'open', position: 1 });
  await create('stages', { pipeline: pipeline.id, name: 'Won', kind: 'won', position: 2 });
  for (const name of ['Ada', 'Bob', 'Cid']) {
    const member = await create('members', { name, team: team.id });
    const deal = { name: `Deal of ${name}`, owner: member.id, stage: open.id };
    sequence = (await create('deals', { ...deal, amount_minor: 1_000, currency: 'EUR' })).sequence;
  }
});
after(() => server.stop());

test('the catalogue lists every metric', async () => {
  const { status, body } = await get('');
  assert.equal(status, 200);
  const names = body.metrics.map((metric) => metric.name);
  assert.ok(names.includes('won_deals') && names.includes('open_deals'));
  assert.deepEqual(names, names.toSorted());
});

test('an answer knows the write it is asked to know, and says what it knows', async () => {
  const { status, headers, body } = await get('/open_deals?by=owner', known());
  assert.equal(status, 200, JSON.stringify(body));
  assert.ok(Number(headers.get('traction-sequence')) >= sequence);
  assert.equal(Number(headers.get('traction-sequence')), body.definition.as_of);
  assert.equal(body.metric, 'open_deals');
  assert.deepEqual(body.by, ['owner']);
  const counts = Object.fromEntries(body.rows.map((row) => [row.labels[0], row.n]));
  assert.deepEqual(counts, { Ada: 1, Bob: 1, Cid: 1 });
  assert.equal(body.total.n, 3);
});

test('an entry that the ledger has not is refused', async () => {
  const { status, body } = await get('/open_deals', { 'traction-sequence': '1000000' });
  assert.equal(status, 422);
  assert.equal(body.field, 'Traction-Sequence');
});

test('filters, several names and comparisons mean what they mean on the command line', async () => {
  const filtered = await get('/open_deals?by=owner,team&where=owner%3DAda&where=owner%3DBob', known());
  assert.equal(filtered.status, 200, JSON.stringify(filtered.body));
  assert.deepEqual(filtered.body.by, ['owner', 'team']);
  assert.equal(filtered.body.total.n, 2);
  const others = await get('/open_deals?where=owner!%3DAda', known());
  assert.equal(others.body.rows[0].n, 2);
  const compared = await get('/won_deals?grain=month&from=2024-01&to=2024-04&compare=last_year', known());
  assert.equal(compared.status, 200, JSON.stringify(compared.body));
  assert.equal(compared.body.rows.length, 3);
  assert.ok(compared.body.definition.compared);
});

test('rows are the very cases, as many as are asked for', async () => {
  const all = await get('/open_deals/rows', known());
  assert.equal(all.status, 200, JSON.stringify(all.body));
  assert.equal(all.body.rows.length, 3);
  assert.equal(all.body.more, false);
  assert.deepEqual(Object.keys(all.body.rows[0]), all.body.columns);
  const two = await get('/open_deals/rows?limit=2', known());
  assert.equal(two.body.rows.length, 2);
  assert.equal(two.body.more, true);
  assert.deepEqual(two.body.rows, all.body.rows.slice(0, 2));
  const three = await get('/open_deals/rows?limit=3', known());
  assert.equal(three.body.more, false);
  assert.equal((await get('/open_deals/rows?limit=0')).status, 400);
  assert.equal((await get('/open_deals/rows?limit=99999999999999999999')).status, 400);
});

test('the passport is that of the answer', async () => {
  const question = '?where=owner%3DAda&at=2030-01-01T00:00:00Z';
  const answer = await get(`/open_deals${question}`, known());
  const passport = await get(`/open_deals/passport${question}`, known());
  assert.equal(passport.status, 200);
  assert.deepEqual(passport.body, answer.body.definition);
});

test('an answer that is still right is not sent again', async () => {
  const first = await get('/won_deals', known());
  const tag = first.headers.get('etag');
  assert.match(tag, /^W\/"/);
  assert.match(first.headers.get('cache-control'), /no-cache/);
  const other = await get('/won_deals?by=owner', { ...known(), 'if-none-match': tag });
  assert.equal(other.status, 200); // another question
  sequence = (await create('accounts', { name: 'New' })).sequence;
  const later = await get('/won_deals', { ...known(), 'if-none-match': tag });
  assert.equal(later.status, 200); // another state of the ledger
});

test('what cannot be asked is refused with its place and the nearest name', async () => {
  for (const [path, status, code, near] of [
    ['/won_deal', 404, 'unknown', 'won_deals'],
    ['/won_deals?by=ownr', 422, 'unknown', 'owner'],
    ['/won_deals?where=ownr%3DAda', 422, 'unknown', 'owner'],
    ['/won_deals?where=owner%3DAdam', 422, 'unknown', ''],
    ['/won_deals?where=owner', 422, 'invalid', ''],
    ['/won_deals?from=yesterday', 422, 'invalid', ''],
    ['/won_deals?from=2018&to=2017', 422, 'invalid', ''],
    ['/won_deals?compare=previous', 422, 'required', ''],
    ['/won_deals?at=noon', 422, 'invalid', ''],
    ['/won_deals?as_of=noon', 422, 'invalid', ''],
    ['/won_deals?as_of=2190-01-01', 422, 'invalid', ''],
    ['/won_deals?as_of=1990-01-01', 404, 'not_found', ''],
    ['/won_deals?grainn=month', 400, 'unknown', 'grain'],
  ]) {
    const { status: got, body } = await get(path, known());
    assert.equal(got, status, `${path}: ${JSON.stringify(body)}`);
    assert.equal(body.code, code, path);
    assert.ok(body.detail.includes(near), path);
  }
  for (const path of ['/won_deals?grain=hour', '/won_deals?compare=best', '/won_deals?from=2017&from=2018'])
    assert.equal((await get(path)).status, 400, path);
  assert.equal((await get('/won_deals?workspace=nowhere')).status, 404);
});

test('as of an instant the answer is the one given then', async () => {
  const question = '/open_deals?by=owner';
  const before = (await get(question, known())).body;
  await new Promise((passed) => setTimeout(passed, 5));
  const then = new Date().toISOString();
  await new Promise((passed) => setTimeout(passed, 5));
  const stage = (await ask(server.address, 'GET', '/api/v1/stages')).body.records.find((each) => each.fields.name === 'New');
  sequence = (await create('deals', { name: 'Later', stage: stage.id, amount_minor: 1, currency: 'EUR' })).sequence;
  assert.equal((await get(question, known())).body.total.n, 4);
  const { status, headers, body } = await get(`${question}&as_of=${then}&at=${before.definition.at}`);
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.definition.as_of_at.slice(0, 19), then.slice(0, 19));
  assert.equal(Number(headers.get('traction-sequence')), before.definition.as_of);
  delete body.definition.as_of_at;
  assert.deepEqual(body, before);
  const rows = await get(`/open_deals/rows?as_of=${then}`);
  assert.equal(rows.body.rows.length, 3);
  assert.equal(Number(rows.headers.get('traction-sequence')), before.definition.as_of);
});
