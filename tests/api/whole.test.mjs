// Every metric, asked random questions from a printed seed: the API's JSON, the command line's JSON and its CSV say the
// same. What a question depends on is held fast by a time yet to come or by an instant of our knowledge. What the numbers
// mean is tested in tests/metrics.
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { ask, newDirectory, startServer, told, traction } from './support.mjs';

const kQuestions = Number(process.env.TRACTION_QUESTIONS ?? 20);
const kInJson = 2;  // so many of them are asked of the program itself, started for each; the rest over its socket, as CSV
const seed = Number(process.env.TRACTION_SEED ?? 20);
const data = join(newDirectory(), 'data');
let server, metrics, known;

before(async () => {
  const made = traction(data, 'demo', '--reps', '8', '--months', '3', '--activities', '2000', '--seed', '7');
  assert.equal(made.status, 0, made.stderr);
  server = await startServer({ data });
  known = new Date().toISOString();
  metrics = (await ask(server.address, 'GET', '/api/v1/metrics?workspace=demo')).body.metrics;
});
after(async () => {
  await server.stop();
  rmSync(dirname(data), { recursive: true, force: true });
});

// mulberry32
function dice(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function parseCsv(text) {
  const rows = [[]];
  let cell = '', quoted = false;
  for (let i = 0; i < text.length; ++i) {
    const c = text[i];
    if (quoted) {
      if (c === '"' && text[i + 1] === '"') cell += text[++i];
      else if (c === '"') quoted = false;
      else cell += c;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\n') {
      rows.at(-1).push(cell.replace(/\r$/, ''));
      cell = '';
      if (c === '\n') rows.push([]);
    } else cell += c;
  }
  rows.pop();
  const [titles, ...lines] = rows;
  return lines.map((line) => Object.fromEntries(titles.map((title, i) => [title, line[i]])));
}

// How many of a currency's minor units make one.
function minorUnits(currency) {
  if (!currency) return 1;
  const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
  return 10 ** maximumFractionDigits;
}

const numberOf = (text) => (text === '' ? null : Number(text));

function sameInCsv(answer, lines, what) {
  assert.equal(lines.length, answer.rows.length, what);
  answer.rows.forEach((row, at) => {
    const line = lines[at];
    answer.by.forEach((key, i) => {
      assert.equal(line[`${key}_key`], row.keys[i], what);
      assert.equal(line[key], row.labels[i], what);
    });
    assert.equal(Number(line.n), row.n, what);
    answer.columns.forEach((column, i) => {
      const value = row.values[i];
      assert.equal(line[`${column.name}_standing`], value.standing, what);
      assert.equal(line[`${column.name}_band`] || undefined, value.band, what);
      const scale = column.unit === 'money' ? minorUnits(row.currency) : 1;
      const given = numberOf(line[column.name]);
      if (value.number === null) assert.equal(given, null, what);
      else assert.ok(Math.abs(given * scale - value.number) <= 1e-9 * Math.max(1, Math.abs(value.number)), what);
      assert.equal(numberOf(line[`${column.name}_low`]), value.low ?? null, what);
    });
  });
}

test(`screen, API and CSV say the same (TRACTION_SEED=${seed})`, async () => {
  const roll = dice(seed);
  const pick = (list) => list[Math.floor(roll() * list.length)];
  let answered = 0;
  for (const { name, by } of metrics)
    for (let i = 0; i < kQuestions; ++i) {
      const options = [pick([['at', '2040-01-01T00:00:00Z'], ...Array(3).fill(['as-of', known])])];
      for (const dimension of new Set([pick(['owner', 'team', 'product', ...by, '']), pick(['owner.team', '', ''])]))
        if (dimension) options.push(['by', dimension]);
      const grain = pick(['', '', 'week', 'month', 'quarter']);
      if (grain) options.push(['grain', grain]);
      if (grain || roll() < 0.5) {
        const year = new Date().getUTCFullYear();
        options.push(['from', `${year - 1}-${pick(['01', '05', '09'])}`], ['to', `${year + 1}-01`]);
      }
      if (roll() < 0.3) options.push(['where', pick(['owner=', 'owner!=', 'team!=', 'product='])]);
      const query = options.map(([key, value]) => `${key.replace('-', '_')}=${encodeURIComponent(value)}`).join('&');
      const what = `${name}?${query}`;
      const words = ['metric', name].concat(options.flatMap(([key, value]) => [`--${key}`, value]));
      const [api, inCsv] = await Promise.all([
        ask(server.address, 'GET', `/api/v1/metrics/${name}?workspace=demo&${query}`),
        told(data, 'demo', [...words, '--csv']),
      ]);
      if (api.status !== 200) {
        assert.ok(['unknown', 'invalid', 'duplicate', 'required'].includes(api.body.code), `${what}: ${JSON.stringify(api.body)}`);
        assert.notEqual(inCsv.status, 0, what);
        assert.ok(inCsv.stderr.includes(api.body.detail), `${what}: ${inCsv.stderr}`);
        continue;
      }
      ++answered;
      if (i < kInJson) {
        const { stdout } = traction(data, '--workspace', 'demo', ...words, '--json');
        assert.deepEqual(JSON.parse(stdout), api.body, what);
      }
      sameInCsv(api.body, parseCsv(inCsv.stdout), what);
    }
  assert.ok(answered > (metrics.length * kQuestions) / 3, `only ${answered} questions were answered`);
});

test('an amount of a currency without minor units is the same number everywhere', async () => {
  const { records } = (await ask(server.address, 'GET', '/api/v1/stages?workspace=demo')).body;
  const stage = records.find(({ fields }) => fields.kind === 'open').id;
  const fields = { name: 'Tokyo', stage, amount_minor: 3303430, currency: 'JPY', expected_close_on: '2041-05-01' };
  const made = await ask(server.address, 'POST', '/api/v1/deals?workspace=demo', { fields });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const api = await ask(
    server.address,
    'GET',
    '/api/v1/metrics/due_pipeline?workspace=demo&from=2041-05-01&to=2041-06-01',
    undefined,
    { 'traction-sequence': String(made.body.sequence) },
  );
  assert.equal(api.status, 200, JSON.stringify(api.body));
  const csv = await told(data, 'demo', 'metric due_pipeline --from 2041-05-01 --to 2041-06-01 --csv'.split(' '));
  assert.deepEqual(
    api.body.rows.map(({ currency, values }) => [currency, values[0].minor]),
    [['JPY', 3303430]],
  );
  assert.deepEqual(
    parseCsv(csv.stdout).map(({ currency, value }) => [currency, value]),
    [['JPY', '3303430']],
  );
});
