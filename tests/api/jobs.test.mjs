// Long work over HTTP: uploads, imports by mappings with all that can be wrong with them, what a job made, stopping and
// going on, taking back, and that an import over HTTP gives the very numbers of the command line's.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, newDirectory, root, startServer, traction } from './support.mjs';

const extract = join(root, 'tests/data/crm_sales');
const files = ['sales_teams', 'products', 'accounts', 'sales_pipeline'];
const mappingOf = {
  sales_teams: 'crm_sales_teams',
  products: 'crm_sales_products',
  accounts: 'crm_sales_accounts',
  sales_pipeline: 'crm_sales_pipeline',
};
const people = '[[record]]\ntype = "contact"\nkey = "email"\n[record.fields]\nname = "name"\nemail = "email"\n';

let server;
before(async () => (server = await startServer()));
after(() => server.stop());

async function upload(bytes) {
  const response = await fetch(new URL('/api/v1/uploads', server.address), {
    method: 'POST',
    headers: { 'content-type': 'application/octet-stream' },
    body: bytes,
  });
  assert.equal(response.status, 201);
  const { upload: id, bytes: size } = await response.json();
  assert.match(id, /^[0-9a-f]{32}$/);
  assert.equal(size, Buffer.byteLength(bytes));
  return id;
}

const start = (kind, body, query = '') => ask(server.address, 'POST', `/api/v1/jobs/${kind}${query}`, body);

async function ended(id) {
  for (;;) {
    const { status, body } = await ask(server.address, 'GET', `/api/v1/jobs/${id}`);
    assert.equal(status, 200);
    if (!['waiting', 'running'].includes(body.standing)) return body;
    await new Promise((later) => setTimeout(later, 20));
  }
}

async function run(kind, body, query = '') {
  const begun = await start(kind, body, query);
  assert.equal(begun.status, 202, JSON.stringify(begun.body));
  assert.equal(begun.headers.get('location'), `/api/v1/jobs/${begun.body.id}`);
  assert.equal(begun.body.kind, kind);
  return ended(begun.body.id);
}

async function importing(csv, mapping, more = {}, query = '') {
  return { upload: await upload(csv), name: 'people.csv', mapping, ...more, query };
}

test('several files with their mappings come in at once and give the numbers of the command line', async () => {
  const made = await ask(server.address, 'POST', '/api/v1/workspaces', {
    workspace: 'crm',
    settings: { zone: 'UTC', currency: 'USD' },
  });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const sources = [];
  for (const file of files)
    sources.push({
      upload: await upload(readFileSync(join(extract, `${file}.csv`))),
      name: `${file}.csv`,
      mapping: mappingOf[file],
    });
  // In an order in which they cannot be imported: those that others name come first by themselves.
  const rehearsal = await run('import', { files: sources.toReversed(), dry_run: true }, '?workspace=crm');
  assert.equal(rehearsal.standing, 'done', JSON.stringify(rehearsal.problem));
  const job = await run('import', { files: sources.toReversed() }, '?workspace=crm');
  assert.equal(job.standing, 'done', JSON.stringify(job.problem));
  assert.equal(job.workspace, 'crm');
  assert.equal(job.done, job.total);

  const folder = newDirectory();
  try {
    const data = join(folder, 'data');
    const paths = files.map((file) => join(extract, `${file}.csv`));
    const maps = files.flatMap((file) => ['--map', mappingOf[file]]);
    const told = traction(data, '--json', 'import', ...paths, ...maps);
    assert.equal(told.status, 0, told.stderr);
    const reports = JSON.parse(told.stdout).reports;
    assert.equal(job.result.reports.length, reports.length);
    for (const report of reports) {
      const mine = job.result.reports.find((each) => report.file.endsWith(`/${each.file}`));
      const same = ({ file, mapping, import: id, seconds, ...counts }) => counts;
      assert.deepEqual(same(mine), same(report));
    }
    const sequence = String(job.result.reports.at(-1).import);
    for (const [metric, query, ...options] of [
      ['sales', '', ''],
      ['won_deals', '&by=product', '--by', 'product'],
      ['win_rate', '&by=owner', '--by', 'owner'],
      ['sales', '&grain=month&from=2017&to=2018&compare=previous', '--grain', 'month', '--from', '2017', '--to', '2018',
        '--compare', 'previous'],
      ['sales_cycle', '&where=product%3DGTX%20Pro', '--where', 'product=GTX Pro'],
      ['stage_time', '', ''],
      ['funnel_leakage', '', ''],
    ]) {
      const at = '2018-06-01T00:00:00Z';
      const direct = traction(data, '--json', 'metric', metric, '--at', at, ...options.filter(Boolean));
      assert.equal(direct.status, 0, direct.stderr);
      const over = await ask(server.address, 'GET', `/api/v1/metrics/${metric}?workspace=crm&at=${at}${query}`,
        undefined, { 'traction-sequence': sequence });
      assert.equal(over.status, 200, JSON.stringify(over.body));
      const numbers = ({ rows, total, columns }) => ({
        columns,
        total,
        rows: rows.map(({ keys, ...row }) => row), // ids may differ, what they are called may not
      });
      const mine = numbers(over.body), theirs = numbers(JSON.parse(direct.stdout));
      delete mine.total?.keys, delete theirs.total?.keys;
      assert.deepEqual(mine, theirs, metric);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  // The uploads are gone with the import that used them.
  for (const { upload: id } of sources)
    assert.equal((await ask(server.address, 'DELETE', `/api/v1/uploads/${id}`)).status, 404);
  assert.deepEqual(readdirSync(join(server.data, 'uploads')), []);
});

test('rejected rows are the job\'s file, and mended they are imported', async () => {
  const csv = 'name,email\nAda,ada@one.example\nBob\nCid,cid@one.example\n';
  const job = await run('import', { files: [await importing(csv, { toml: people })].map(({ query, ...rest }) => rest) });
  assert.equal(job.standing, 'done', JSON.stringify(job.problem));
  const [report] = job.result.reports;
  assert.equal(report.rows_rejected, 1);
  assert.equal(report.created.contact, 2);
  assert.deepEqual(job.files, ['people.rejected.csv']);
  assert.equal(report.rejected_path, 'people.rejected.csv');
  const file = await ask(server.address, 'GET', `/api/v1/jobs/${job.id}/file`);
  assert.equal(file.status, 200);
  assert.match(file.headers.get('content-disposition'), /filename="people\.rejected\.csv"/);
  assert.match(file.body, /Bob/);
  assert.doesNotMatch(file.body, /Cid/);
  const none = await ask(server.address, 'GET', `/api/v1/jobs/${job.id}/file?name=..%2F..%2Fcontrol.db`);
  assert.equal(none.status, 404);

  const mended = file.body.replace(/Bob.*/, 'Bob,bob@one.example');
  const again = await run('import', { files: [{ upload: await upload(mended), name: 'm.csv', mapping: { toml: people } }] });
  assert.equal(again.result.reports[0].created.contact, 1);
});

test('the same file again is refused unless it is asked for, and an import is taken back', async () => {
  const csv = 'name,email\nEve,eve@two.example\n';
  const files = async () => [{ upload: await upload(csv), name: 'eve.csv', mapping: { toml: people } }];
  const first = await run('import', { files: await files() });
  assert.equal(first.standing, 'done');
  const twice = await run('import', { files: await files() });
  assert.equal(twice.standing, 'failed');
  assert.equal(twice.problem.code, 'duplicate');
  assert.equal(twice.problem.status, 409);
  assert.equal((await run('import', { files: await files(), again: true })).standing, 'done');

  const { import: id } = first.result.reports[0];
  const undone = await run('undo-import', { import: id });
  assert.equal(undone.standing, 'done', JSON.stringify(undone.problem));
  assert.equal(undone.result.removed.contact, 1);
  const more = await run('undo-import', { import: id });
  assert.equal(more.problem.code, 'rule');
  assert.equal((await run('undo-import', { import: 9_000_000_000_000_000 })).problem.code, 'not_found');
});

test('an import that is stopped goes on with the same files', async () => {
  let csv = 'name,email\n';
  for (let i = 0; i < 60_000; ++i) csv += `Person ${i},p${i}@three.example\n`;
  const files = [{ upload: await upload(csv), name: 'many.csv', mapping: { toml: people } }];
  const begun = await start('import', { files });
  let state;
  do {
    state = (await ask(server.address, 'GET', `/api/v1/jobs/${begun.body.id}`)).body;
  } while (state.standing === 'waiting' || (state.standing === 'running' && state.done === 0));
  assert.equal(state.step, 'many.csv');
  assert.equal(state.total, 60_000);
  assert.equal((await ask(server.address, 'DELETE', `/api/v1/jobs/${begun.body.id}`)).status, 200);
  const stopped = await ended(begun.body.id);
  assert.equal(stopped.standing, 'stopped');
  const [part] = stopped.result.reports;
  assert.equal(part.finished, false);
  assert.ok(part.rows_done < 60_000);

  const rest = await run('import', { files });
  assert.equal(rest.standing, 'done', JSON.stringify(rest.problem));
  const [whole] = rest.result.reports;
  assert.equal(whole.resumed, true);
  assert.equal(whole.import, part.import);
  assert.equal(whole.rows_done, 60_000);
  assert.equal(whole.created.contact + part.created.contact, 60_000);
});

test('what cannot be imported is refused before a job begins', async () => {
  const id = await upload('name,email\nFay,fay@four.example\n');
  const good = { upload: id, mapping: { toml: people } };
  for (const [body, status, code, field] of [
    [{}, 422, 'required', 'files'],
    [{ files: [] }, 422, 'required', 'files'],
    [{ files: 'deals.csv' }, 422, 'required', 'files'],
    [{ files: ['deals.csv'] }, 422, 'invalid', 'files[0]'],
    [{ files: [{ mapping: 'crm_sales_products' }] }, 422, 'required', 'files[0].upload'],
    [{ files: [{ ...good, upload: 'f'.repeat(32) }] }, 422, 'invalid', 'files[0].upload'],
    [{ files: [{ ...good, upload: '../../control.db' }] }, 422, 'invalid', 'files[0].upload'],
    [{ files: [{ ...good, upload: 7 }] }, 422, 'invalid', 'files[0].upload'],
    [{ files: [{ upload: id }] }, 422, 'required', 'files[0].mapping'],
    [{ files: [{ ...good, mapping: 'crm_sales_product' }] }, 422, 'unknown', 'files[0].mapping'],
    [{ files: [{ ...good, mapping: '../import/crm_sales_products' }] }, 422, 'unknown', 'files[0].mapping'],
    [{ files: [{ ...good, mapping: '/etc/passwd' }] }, 422, 'unknown', 'files[0].mapping'],
    [{ files: [{ ...good, mapping: { toml: 'this is no TOML' } }] }, 422, 'invalid', /^files\[0\]\.mapping/],
    [{ files: [{ ...good, mapping: { toml: people, path: 'x' } }] }, 422, 'unknown', 'files[0].mapping.path'],
    [{ files: [{ ...good, mapping: { toml: '#'.repeat(100_001) } }] }, 413, 'too_large', 'files[0].mapping.toml'],
    [{ files: [good, good].map((each) => ({ ...each, name: 'same.csv' })) }, 409, 'duplicate', 'files[1].name'],
    [{ files: [{ ...good, name: '' }] }, 422, 'invalid', 'files[0].name'],
    [{ files: [good], dryrun: true }, 422, 'unknown', 'dryrun'],
    [{ files: [good], dry_run: 'yes' }, 422, 'invalid', 'dry_run'],
    [[good], 422, 'invalid', 'body'],
  ]) {
    const refused = await start('import', body);
    const at = JSON.stringify(body).slice(0, 100);
    assert.equal(refused.status, status, `${at}: ${JSON.stringify(refused.body)}`);
    assert.equal(refused.body.code, code, at);
    if (field instanceof RegExp) assert.match(refused.body.field, field);
    else assert.equal(refused.body.field, field, at);
  }
  const who = await ask(server.address, 'POST', '/api/v1/jobs/import', { files: [good] }, { 'traction-actor': '999' });
  assert.equal(who.body.field, 'Traction-Actor');
});

test('files that are no CSV fail their job with their name and nothing is written', async () => {
  const before = (await ask(server.address, 'GET', '/api/v1/version')).status;
  assert.equal(before, 200);
  for (const [bytes, code] of [
    [Buffer.from([0x50, 0x4b, 3, 4, ...Array(64).fill(0)]), 'invalid'],
    [Buffer.from([0, 1, 2, 0xff, 0xfe, 0, 0, 0x80]), 'invalid'],
    ['', 'invalid'],
    ['name\nGus\n', 'unknown'],
  ]) {
    const job = await run('import', { files: [{ upload: await upload(bytes), name: 'odd.csv', mapping: { toml: people } }] });
    assert.equal(job.standing, 'failed');
    assert.equal(job.problem.code, code, JSON.stringify(job.problem));
    assert.doesNotMatch(JSON.stringify(job), /uploads/);
    assert.deepEqual(job.result?.reports ?? [], []);
  }
});

test('verify, rebuild and backup come to what the command line says', async () => {
  const verified = await run('verify');
  assert.equal(verified.standing, 'done', JSON.stringify(verified.problem));
  assert.match(verified.result.head, /^[0-9a-f]{64}$/);
  const rebuilt = await run('rebuild');
  assert.equal(rebuilt.result.entries, verified.result.entries);
  const packed = await run('backup');
  assert.equal(packed.standing, 'done', JSON.stringify(packed.problem));
  assert.equal(packed.workspace, '');
  const fetched = await fetch(new URL(`/api/v1/jobs/${packed.id}/file`, server.address));
  assert.equal(fetched.status, 200);
  const bytes = Buffer.from(await fetched.arrayBuffer());
  assert.equal(bytes.readUInt32LE(0), 0xfd2fb528); // Zstandard
});

test('a demo company is invented in a workspace of its own', async () => {
  for (const [body, status, field] of [
    [{ reps: 7 }, 422, 'reps'],
    [{ months: 241 }, 422, 'months'],
    [{ activities: 50_000_001 }, 422, 'activities'],
    [{ reps: 4_294_967_304 }, 422, 'reps'],
    [{ seed: -1 }, 422, 'seed'],
    [{ seed: 1.5 }, 422, 'seed'],
    [{ reps: '12' }, 422, 'reps'],
    [{ rep: 12 }, 422, 'rep'],
    [{ workspace: '../evil' }, 422, 'workspace'],
    [{ workspace: 'default' }, 409, 'workspace'],
  ]) {
    const refused = await start('demo', body);
    assert.equal(refused.status, status, `${JSON.stringify(body)}: ${JSON.stringify(refused.body)}`);
    assert.equal(refused.body.field, field);
  }
  const job = await run('demo', { workspace: 'invented', reps: 8, months: 6, activities: 3_000, seed: 7 });
  assert.equal(job.standing, 'done', JSON.stringify(job.problem));
  assert.equal(job.result.activities, 3_000);
  const sales = await ask(server.address, 'GET', '/api/v1/metrics/won_deals?workspace=invented', undefined,
    { 'traction-sequence': String(job.result.entries) });
  assert.ok(sales.body.rows[0].n > 0);

  const large = await start('demo', { workspace: 'never', activities: 5_000_000 });
  assert.equal((await ask(server.address, 'DELETE', `/api/v1/jobs/${large.body.id}`)).status, 200);
  assert.equal((await ended(large.body.id)).standing, 'stopped');
  const names = (await ask(server.address, 'GET', '/api/v1/workspaces')).body.workspaces.map((each) => each.workspace);
  assert.ok(names.includes('invented') && !names.includes('never'));
});

test('a job that there is not is not found, and an id that is none is malformed', async () => {
  for (const method of ['GET', 'DELETE'])
    assert.equal((await ask(server.address, method, '/api/v1/jobs/7')).status, 404);
  assert.equal((await ask(server.address, 'GET', '/api/v1/jobs/7/file')).status, 404);
  for (const id of ['x', '-1', '0', '99999999999999999999'])
    assert.equal((await ask(server.address, 'GET', `/api/v1/jobs/${id}`)).status, 400, id);
  const list = await ask(server.address, 'GET', '/api/v1/jobs');
  assert.equal(list.status, 200);
  const ids = list.body.jobs.map((job) => job.id);
  assert.deepEqual(ids, ids.toSorted((a, b) => b - a));
  assert.equal((await start('nothing')).status, 405); // "nothing" could be an id, which takes no POST
  assert.equal((await ask(server.address, 'DELETE', '/api/v1/uploads/nothing')).status, 400);
});

test('a job that is asked for twice with one key is one job', async () => {
  const asked = (query, key) => ask(server.address, 'POST', `/api/v1/jobs/verify${query}`, undefined, { 'idempotency-key': key });
  const first = await asked('', 'nightly');
  assert.equal(first.status, 202);
  await ended(first.body.id);
  const again = await asked('', 'nightly');
  assert.equal(again.status, 202);
  assert.equal(again.body.id, first.body.id);
  const other = await asked('', 'another');
  assert.notEqual(other.body.id, first.body.id);
  await ended(other.body.id);
  const misused = await ask(server.address, 'POST', '/api/v1/jobs/rebuild', undefined, { 'idempotency-key': 'nightly' });
  assert.equal(misused.status, 422);
  assert.match(misused.body.type, /key_reused/);
});
