// Keeping over HTTP: workspaces, the doctor, versions, exports with their mappings and their line in the audit, and the
// counts for Prometheus.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ask, startServer, traction } from './support.mjs';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

const make = (body) => ask(server.address, 'POST', '/api/v1/workspaces', body);

test('workspaces are made, listed and kept apart', async () => {
  const made = await make({ workspace: 'acme', settings: { zone: 'Asia/Tokyo', currency: 'JPY' } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  assert.equal(made.body.settings.zone, 'Asia/Tokyo');
  assert.equal(made.body.settings.name, 'acme');
  assert.equal(made.headers.get('location'), '/api/v1/settings?workspace=acme');
  const list = await ask(server.address, 'GET', '/api/v1/workspaces');
  assert.deepEqual(list.body.workspaces.map((each) => each.workspace), ['acme', 'default']);
  const there = await ask(server.address, 'POST', '/api/v1/accounts?workspace=acme', { fields: { name: 'Nippon' } });
  assert.equal(there.status, 201);
  const here = await ask(server.address, 'GET', '/api/v1/accounts');
  assert.deepEqual(here.body.records, []);
});

test('what cannot name a workspace or be its settings is refused', async () => {
  for (const [body, status, code, field] of [
    [{}, 422, 'required', 'workspace'],
    [{ workspace: 7 }, 422, 'invalid', 'workspace'],
    [{ workspace: '' }, 422, 'invalid', 'workspace'],
    [{ workspace: '../x' }, 422, 'invalid', 'workspace'],
    [{ workspace: 'Upper' }, 422, 'invalid', 'workspace'],
    [{ workspace: 'a'.repeat(61) }, 422, 'invalid', 'workspace'],
    [{ workspace: 'default' }, 409, 'duplicate', 'workspace'],
    [{ workspace: 'new', setings: {} }, 422, 'unknown', 'setings'],
    [{ workspace: 'new', settings: [] }, 422, 'invalid', 'settings'],
    [{ workspace: 'new', settings: { zone: 'Mars/Base' } }, 422, 'unknown', 'settings.zone'],
    [{ workspace: 'new', settings: { colour: 'red' } }, 422, 'unknown', 'settings.colour'],
  ]) {
    const refused = await make(body);
    assert.equal(refused.status, status, `${JSON.stringify(body)}: ${JSON.stringify(refused.body)}`);
    assert.equal(refused.body.code, code, JSON.stringify(body));
    assert.equal(refused.body.field, field);
  }
  const list = await ask(server.address, 'GET', '/api/v1/workspaces');
  assert.ok(!list.body.workspaces.some((each) => each.workspace === 'new'));
});

test('of many who make the same workspace at once one does', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, () => make({ workspace: 'race' })));
  const statuses = answers.map((answer) => answer.status);
  assert.equal(statuses.filter((status) => status === 201).length, 1, statuses.join());
  assert.ok(statuses.every((status) => [201, 409].includes(status)), statuses.join());
  const wrote = await ask(server.address, 'POST', '/api/v1/accounts?workspace=race', { fields: { name: 'One' } });
  assert.equal(wrote.status, 201);
});

test('the doctor finds all well, and versions are told', async () => {
  const { status, body } = await ask(server.address, 'GET', '/api/v1/doctor');
  assert.equal(status, 200);
  assert.ok(body.findings.length > 5);
  assert.deepEqual(body.findings.filter((finding) => finding.health === 'BAD'), []);
  const version = await ask(server.address, 'GET', '/api/v1/version');
  assert.ok(version.body.traction && version.body.sqlite);
});

test('exports stream every record and come back by their mapping', async () => {
  for (let i = 0; i < 20; ++i)
    await ask(server.address, 'POST', '/api/v1/accounts', { fields: { name: `Account ${i}, "quoted"` } });
  const csv = await ask(server.address, 'GET', '/api/v1/accounts/export');
  assert.equal(csv.status, 200);
  assert.match(csv.headers.get('content-type'), /^text\/csv/);
  assert.match(csv.headers.get('content-disposition'), /filename="accounts\.csv"/);
  assert.equal(csv.body.trim().split('\n').length, 21);
  const lines = await (await fetch(new URL('/api/v1/accounts/export?format=jsonl', server.address))).text();
  assert.equal(lines.trim().split('\n').map((line) => JSON.parse(line)).length, 20);
  const mapping = await ask(server.address, 'GET', '/api/v1/accounts/export-mapping');
  assert.equal(mapping.status, 200);
  assert.match(mapping.body, /type = "account"/);

  const sent = await fetch(new URL('/api/v1/uploads', server.address), { method: 'POST', body: csv.body });
  const { upload } = await sent.json();
  const begun = await ask(server.address, 'POST', '/api/v1/jobs/import?workspace=acme',
    { files: [{ upload, mapping: { toml: mapping.body } }] });
  assert.equal(begun.status, 202, JSON.stringify(begun.body));
  let job;
  do job = (await ask(server.address, 'GET', `/api/v1/jobs/${begun.body.id}`)).body;
  while (['waiting', 'running'].includes(job.standing));
  assert.equal(job.standing, 'done', JSON.stringify(job.problem));
  assert.equal(job.result.reports[0].created.account, 20, JSON.stringify(job.result));

  assert.equal((await ask(server.address, 'GET', '/api/v1/accounts/export?format=xlsx')).status, 400);
  assert.equal((await ask(server.address, 'GET', '/api/v1/account/export')).status, 404);
});

test('an export is what the command line exports', async () => {
  const told = traction(server.data, 'export', 'account');
  assert.equal(told.status, 0, told.stderr);
  const csv = await ask(server.address, 'GET', '/api/v1/accounts/export');
  assert.equal(csv.body, told.stdout);
});

test('Prometheus finds counts of requests, connections, workspaces and the process', async () => {
  const { status, headers, body } = await ask(server.address, 'GET', '/metrics');
  assert.equal(status, 200);
  assert.match(headers.get('content-type'), /^text\/plain; version=0\.0\.4/);
  for (const line of body.trim().split('\n'))
    assert.match(line, /^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{[a-z_]+="[^"\n]*"(,[a-z_]+="[^"\n]*")*\})? (\+Inf|-?[0-9.e+-]+))$/);
  const value = (name) => Number(body.match(new RegExp(`^${name.replace(/[{}"]/g, '\\$&')} (.+)$`, 'm'))?.[1]);
  assert.ok(value('traction_ledger_sequence{workspace="default"}') > 20);
  assert.ok(value('traction_mart_lag_entries{workspace="default"}') >= 0);
  assert.ok(value('traction_connections_accepted_total') > 0);
  assert.ok(value('process_resident_memory_bytes') > 1e6);
  assert.ok(value('process_cpu_seconds_total') > 0);
  assert.ok(value('process_open_fds') > 5);
  assert.ok(value('traction_jobs{standing="done"}') >= 1);
  assert.match(body, /^traction_http_requests_total\{/m);
  assert.match(body, /^traction_build_info\{version="/m);
});
