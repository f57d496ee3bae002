// Metrics of a workspace's own, hidden ones and key ones over HTTP, and that the command line says the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, startServer, traction } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const own = (name, formula) => `[[metric]]
name = "${name}"
label = "Own"
unit = "ratio"
kind = "derived"
formula = "${formula}"
better = "less"
about = "Ours."
source = "own"
`;
const post = (name, fields) => ask(server.address, 'POST', '/api/v1/own-metrics', { fields: { name, ...fields } });
const patch = (id, fields) =>
  ask(server.address, 'PATCH', `/api/v1/own-metrics/${id}`, { fields }, { 'if-match': '*' });
const listed = async () => {
  const { body } = await ask(server.address, 'GET', '/api/v1/metrics');
  return Object.fromEntries(body.metrics.map((metric) => [metric.name, metric]));
};

test('an own metric is defined, asked, changed to a new version and hidden', async () => {
  const made = await post('lost_share', { definition: own('lost_share', 'lost_deals / leads_created') });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal((await listed()).lost_share.own, true);
  const asked = await ask(server.address, 'GET', '/api/v1/metrics/lost_share/passport');
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  assert.equal(asked.body.version, 1);
  assert.deepEqual(asked.body.parts, ['lost_deals, version 1', 'leads_created, version 1']);

  const changed = await patch(made.body.id, { definition: own('lost_share', 'lost_deals / open_deals') });
  assert.equal(changed.status, 200, JSON.stringify(changed.body));
  assert.equal((await listed()).lost_share.version, 2);

  assert.equal((await patch(made.body.id, { hidden: true })).status, 200);
  assert.equal((await listed()).lost_share, undefined);
  const hidden = await ask(server.address, 'GET', '/api/v1/metrics/lost_share');
  assert.equal(hidden.status, 422);
  assert.equal(hidden.body.code, 'rule');
  assert.equal((await patch(made.body.id, { hidden: false })).status, 200);
  const removed = await ask(server.address, 'DELETE', `/api/v1/own-metrics/${made.body.id}`, undefined, {
    'if-match': '*',
  });
  assert.notEqual(removed.status, 200);
});

test('what is the same of all whom it is asked by has one total', async () => {
  const definition = `[[metric]]
name = "accounts_won_at_all"
label = "Accounts won"
unit = "count"
kind = "base"
from = "deal_fact"
where = {outcome = "won"}
value = "distinct(account)"
time = "closed_on"
regardless_of = ["owner"]
better = "more"
about = "Ours."
source = "own"
`;
  assert.equal((await post('accounts_won_at_all', { definition })).status, 201);
  const made = await ask(server.address, 'POST', '/api/v1/members', { fields: { name: 'Ann' } });
  assert.equal(made.status, 201);
  const asked = await ask(server.address, 'GET', '/api/v1/metrics/accounts_won_at_all?by=owner', undefined, {
    'traction-sequence': String(made.body.sequence),
  });
  assert.equal(asked.status, 200, JSON.stringify(asked.body));
  assert.deepEqual([asked.body.rows[0].labels, asked.body.rows[0].n, asked.body.total.n], [['Ann'], 0, 0]);
});

test('what does not hold is refused with its place', async () => {
  const twice = await post('sales', { definition: own('sales', 'won_deals / 2') });
  assert.equal(twice.status, 409, JSON.stringify(twice.body));
  const unknown = await post('mine', { definition: own('mine', 'won_deal / 2') });
  assert.equal(unknown.status, 422);
  assert.equal(unknown.body.code, 'unknown');
  assert.equal(unknown.body.field, 'fields.definition');
  assert.match(unknown.body.detail, /won_deals/);
  const circle = await post('mine', { definition: own('mine', 'mine / 2') });
  assert.equal(circle.body.code, 'invalid');
});

test('key metrics are chosen and read', async () => {
  const member = await ask(server.address, 'POST', '/api/v1/members', {
    fields: { name: 'Ada', key_metrics: 'sales, win_rate' },
  });
  assert.equal(member.status, 201, JSON.stringify(member.body));
  const { status, body } = await ask(server.address, 'GET', `/api/v1/key-metrics?member=${member.body.id}`);
  assert.equal(status, 200);
  assert.deepEqual(body, { metrics: ['sales', 'win_rate'], from: 'member', record: member.body.id });
  const told = traction(server.data, 'key-metrics', '--member', 'Ada', '--json');
  assert.deepEqual(JSON.parse(told.stdout), body);
  const wrong = await ask(server.address, 'POST', '/api/v1/members', { fields: { name: 'Bob', key_metrics: 'sails' } });
  assert.equal(wrong.body.code, 'unknown');
  assert.equal((await ask(server.address, 'GET', '/api/v1/key-metrics?member=999')).status, 404);
});
