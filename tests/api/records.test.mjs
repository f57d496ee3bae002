// Records over HTTP against the real server: the life of a record, safe repeats, pages, batches, and what is refused.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';

import { ask, startServer } from './support.mjs';

let server;
let stage;
let won;
const api = (method, path, body, headers) => ask(server.address, method, `/api/v1/${path}`, body, headers);
const create = (type, fields, headers) => api('POST', type, { fields }, headers);

// A request with whatever bytes, which fetch() would not send.
function raw(method, path, { headers = {}, body } = {}) {
  return new Promise((done, failed) => {
    const sent = request(new URL(path, server.address), { method, headers }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => {
        const text = Buffer.concat(pieces).toString();
        const json = (response.headers['content-type'] ?? '').includes('json');
        done({ status: response.statusCode, headers: response.headers, text, body: json ? JSON.parse(text) : null });
      });
    });
    sent.on('error', failed);
    sent.end(body);
  });
}

before(async () => {
  server = await startServer();
  const made = await api('POST', 'batch', {
    actions: [
      { verb: 'create', type: 'pipeline', fields: { name: 'Sales' } },
      { verb: 'create', type: 'stage', fields: { name: 'New', kind: 'open', position: 1, pipeline: { new: 0 } } },
      { verb: 'create', type: 'stage', fields: { name: 'Won', kind: 'won', position: 2, pipeline: { new: 0 } } },
    ],
  });
  assert.equal(made.status, 200, JSON.stringify(made.body));
  [, stage, won] = made.body.actions.map((action) => action.id);
});
after(async () => assert.equal(await server.stop(), 0));

test('a record of every kind lives from creation to restoration', async () => {
  const account = (await create('accounts', { name: 'Acme' })).body.id;
  const member = (await create('members', { name: 'Ada' })).body.id;
  const lives = [
    ['accounts', { name: 'Acme West', parent: account }, { name: 'Acme East' }],
    ['contacts', { name: 'Ann', account }, { phone: '+49 30 1' }],
    ['deals', { name: 'Forty laptops', account, stage, owner: member, amount_minor: 120050 }, { amount_minor: 99 }],
    ['activities', { kind: 'call', account, outcome: 'connected' }, { note: 'they will call back' }],
    ['members', { name: 'Bob', email: 'bob@example.com' }, { role: 'manager' }],
    ['products', { name: 'Laptop' }, { name: 'Laptop 2' }],
    ['teams', { name: 'North' }, { name: 'South' }],
  ];
  for (const [type, fields, change] of lives) {
    const made = await create(type, fields);
    assert.equal(made.status, 201, JSON.stringify(made.body));
    const path = `${type}/${made.body.id}`;
    assert.equal(made.headers.get('location'), `/api/v1/${path}`);
    assert.equal(made.headers.get('traction-sequence'), String(made.body.sequence));

    const read = await api('GET', path);
    assert.equal(read.status, 200);
    assert.equal(read.body.version, made.body.version);
    assert.equal(read.headers.get('etag'), `"${made.body.version}"`);
    for (const [name, value] of Object.entries(fields)) assert.equal(read.body.fields[name], value, `${type}.${name}`);
    const known = { 'if-none-match': read.headers.get('etag') };
    assert.equal((await api('GET', path, undefined, known)).status, 304);

    assert.equal((await api('PATCH', path, { fields: change })).status, 428);
    const changed = await api('PATCH', path, { fields: change }, { 'if-match': read.headers.get('etag') });
    assert.equal(changed.status, 200, JSON.stringify(changed.body));
    const late = await api('PATCH', path, { fields: change }, { 'if-match': read.headers.get('etag') });
    assert.equal(late.status, 412);
    assert.equal(late.body.code, 'stale');
    assert.equal((await api('GET', path, undefined, known)).status, 200);

    assert.equal((await api('DELETE', path, undefined, { 'if-match': '*' })).status, 200);
    const listed = await api('GET', `${type}?limit=1000`);
    assert.ok(listed.body.records.every((record) => record.id !== made.body.id));
    assert.equal((await api('POST', `${path}/restore`)).status, 200);
    const back = await api('GET', path);
    assert.equal(back.body.state, 'live');
    for (const [name, value] of Object.entries(change)) assert.equal(back.body.fields[name], value);

    const story = await api('GET', `${path}/timeline`);
    const kinds = story.body.items.filter((item) => item.kind === 'entry').map((item) => item.entry.kind);
    assert.deepEqual(kinds, ['restored', 'deleted', 'changed', 'created']);
  }
});

test('fifty at once with one key make one record and get one answer', async () => {
  const body = { fields: { name: 'Once', external_id: 'once' } };
  const answers = await Promise.all(
    Array.from({ length: 50 }, async () => {
      for (;;) {
        const answer = await api('POST', 'accounts', body, { 'idempotency-key': 'fifty' });
        if (answer.status !== 409) return answer;
        assert.equal(answer.body.code, 'in_flight');
        assert.ok(answer.headers.get('retry-after'));
      }
    }),
  );
  for (const answer of answers) {
    assert.equal(answer.status, 201);
    assert.deepEqual(answer.body, answers[0].body);
    assert.equal(answer.headers.get('etag'), answers[0].headers.get('etag'));
    assert.equal(answer.headers.get('location'), answers[0].headers.get('location'));
  }
  const sequence = String(answers[0].body.sequence);
  const listed = await api('GET', 'accounts?where=name=Once', undefined, { 'traction-sequence': sequence });
  assert.equal(listed.body.records.length, 1);
  const other = await api('POST', 'accounts', { fields: { name: 'Other' } }, { 'idempotency-key': 'fifty' });
  assert.equal(other.status, 422);
  assert.equal(other.body.code, 'key_reused');
});

test('every write is safe to repeat', async () => {
  const key = (name) => ({ 'idempotency-key': name });
  const account = (await create('accounts', { name: 'Kept' })).body.id;
  const alias = (await create('accounts', { name: 'Alias' })).body.id;
  const contact = (await create('contacts', { name: 'Gone' })).body.id;
  const any = { 'if-match': '*' };
  const writes = [
    ['PATCH', `accounts/${account}`, { fields: { sector: 'retail' } }, any],
    ['POST', `accounts/${alias}/merge`, { into: account }],
    ['POST', `accounts/${alias}/unmerge`],
    ['DELETE', `contacts/${contact}`, undefined, any],
    ['POST', `contacts/${contact}/restore`],
    ['POST', `contacts/${contact}/erase`],
    ['POST', 'batch', { actions: [{ verb: 'create', type: 'team', fields: { name: 'A' } }] }],
  ];
  for (const [method, path, body, headers] of writes) {
    const first = await api(method, path, body, { ...headers, ...key(path) });
    assert.equal(first.status, 200, JSON.stringify(first.body));
    const again = await api(method, path, body, { ...headers, ...key(path) });
    assert.deepEqual([again.status, again.body], [first.status, first.body], path);
  }
});

test('what a member did is answered again when the member is gone', async () => {
  const member = (await create('members', { name: 'Leaver' })).body.id;
  const headers = { 'traction-actor': String(member), 'idempotency-key': 'last deed' };
  const body = { fields: { name: 'Left behind' } };
  const first = await api('POST', 'accounts', body, headers);
  assert.equal(first.status, 201);
  assert.equal((await api('DELETE', `members/${member}`, undefined, { 'if-match': '*' })).status, 200);
  const again = await api('POST', 'accounts', body, headers);
  assert.deepEqual([again.status, again.body], [first.status, first.body]);
  const fresh = await api('POST', 'accounts', body, { ...headers, 'idempotency-key': 'one more' });
  assert.deepEqual([fresh.status, fresh.body.field], [422, 'Traction-Actor']);
});

test('a batch happens wholly or not at all', async () => {
  const head = async () => (await api('GET', 'accounts')).headers.get('traction-sequence');
  const start = await head();
  const fine = { verb: 'create', type: 'account', fields: { name: 'Half' } };
  for (const [actions, status, field] of [
    [[fine, { verb: 'create', type: 'deal', fields: { name: 'x', stage: 999999 } }], 422, 'actions[1].fields.stage'],
    [[fine, { verb: 'change', type: 'account', id: 999999, fields: {} }], 422, 'actions[1].id'],
    [[fine, { verb: 'create', type: 'account', fields: { name: 'x', colour: 'red' } }], 422, 'actions[1].fields.colour'],
    [[], 422, 'actions'],
    [Array(10001).fill(fine), 413, 'actions'],
  ]) {
    const refused = await api('POST', 'batch', { actions });
    assert.equal(refused.status, status, JSON.stringify(refused.body));
    assert.equal(refused.body.field, field);
  }
  assert.equal(await head(), start);
});

test('pages neither skip nor repeat while others write', async () => {
  const made = await api('POST', 'batch', {
    actions: Array.from({ length: 60 }, (_, i) => ({
      verb: 'create',
      type: 'product',
      fields: { name: `Paged ${String(i).padStart(2, '0')}` },
    })),
  });
  const ids = made.body.actions.map((action) => action.id);
  let writing = true;
  const others = (async () => {
    while (writing) await create('products', { name: 'Paged meanwhile' });
  })();
  for (const query of ['limit=7', 'limit=7&sort=name', 'limit=7&sort=-name&where=name~paged']) {
    const seen = [];
    let cursor = '';
    do {
      const page = await api('GET', `products?${query}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`, undefined, {
        'traction-sequence': String(made.body.sequence),
      });
      assert.equal(page.status, 200, JSON.stringify(page.body));
      seen.push(...page.body.records.map((record) => record.id));
      cursor = page.body.next;
      if (query === 'limit=7&sort=name' && seen.includes(ids.at(-1))) break;
    } while (cursor);
    assert.equal(new Set(seen).size, seen.length, query);
    const ours = seen.filter((id) => ids.includes(id));
    assert.deepEqual(ours, query.includes('sort=name') ? ids : ids.toReversed(), query);
  }
  writing = false;
  await others;
});

test('a story tells entries and activities by when they happened', async () => {
  const deal = (await api('POST', 'deals', { fields: { name: 'S', stage }, occurred_at: '2024-01-01T00:00:00Z' })).body.id;
  for (const [kind, occurred_at] of [
    ['call', '2024-02-01T00:00:00Z'],
    ['meeting', '2024-04-01T00:00:00Z'],
  ])
    await api('POST', 'activities', { fields: { kind, deal }, occurred_at });
  const moved = await api(
    'PATCH',
    `deals/${deal}`,
    { fields: { stage: won }, occurred_at: '2024-03-01T00:00:00Z' },
    { 'if-match': '*' },
  );
  const story = [];
  let cursor = '';
  do {
    const page = await api(
      'GET',
      `deals/${deal}/timeline?limit=1${cursor && `&cursor=${encodeURIComponent(cursor)}`}`,
      undefined,
      { 'traction-sequence': String(moved.body.sequence) },
    );
    assert.equal(page.status, 200, JSON.stringify(page.body));
    story.push(...page.body.items.map((item) => `${item.at} ${item.entry?.kind ?? item.activity.fields.kind}`));
    cursor = page.body.next;
  } while (cursor);
  assert.deepEqual(story, [
    '2024-04-01T00:00:00Z meeting',
    '2024-03-01T00:00:00Z changed',
    '2024-02-01T00:00:00Z call',
    '2024-01-01T00:00:00Z created',
  ]);
});

test('an erased person is nowhere to be found', async () => {
  const person = (await create('contacts', { name: 'Zebulon Unforgettable', title: 'Buyer' })).body.id;
  assert.equal((await api('GET', 'search?text=unforgettable')).body.records.length, 1);
  const erased = await api('POST', `contacts/${person}/erase`);
  assert.equal(erased.status, 200, JSON.stringify(erased.body));
  const read = await api('GET', `contacts/${person}`);
  assert.equal(read.body.fields.name, undefined);
  assert.equal(read.body.fields.title, 'Buyer');
  assert.equal((await api('GET', 'search?text=unforgettable')).body.records.length, 0);
  const story = await api('GET', `contacts/${person}/timeline`);
  assert.ok(!JSON.stringify(story.body).includes('Zebulon'));
});

test('what cannot be understood is a problem, and nothing is written', async () => {
  const start = (await api('GET', 'deals')).headers.get('traction-sequence');
  const account = (await api('GET', 'accounts?limit=1')).body.records[0].id;
  const json = { 'content-type': 'application/json' };
  const post = (body, headers = json) => ['POST', '/api/v1/accounts', { headers, body }];
  const cases = [
    [400, ...post('{')],
    [400, ...post('{"fields":{"name":"a","name":"b"}}')],
    [400, ...post('{"fields":{"name":"a","employees":1e400}}')],
    [400, ...post(Buffer.from([...Buffer.from('{"fields":{"name":"'), 0xff, ...Buffer.from('"}}')]))],
    [400, ...post('['.repeat(100000))],
    [400, ...post('{"fields":'.repeat(100000))],
    [400, ...post('')],
    [413, ...post(JSON.stringify({ fields: { name: 'x'.repeat(2 << 20) } }))],
    [415, ...post('{"fields":{"name":"a"}}', { 'content-type': 'text/plain' })],
    [415, ...post('name=a', { 'content-type': 'application/x-www-form-urlencoded' })],
    [422, ...post('{"fields":{"name":"a","employees":99999999999999999999}}')],
    [422, ...post('{"fields":{"name":"a","revenue_millions":1e300}}')],
    [422, ...post('{"fields":{"name":"a"},"type":"deal"}')],
    [422, ...post('null')],
    [400, 'GET', '/api/v1/accounts', { headers: { ...json, 'content-length': '2' }, body: '{}' }],
    [400, 'DELETE', `/api/v1/accounts/${account}`, { headers: { ...json, 'if-match': '*', 'content-length': '2' }, body: '{}' }],
    [400, 'DELETE', `/api/v1/accounts/${account}`, { headers: { 'if-match': '"x"' } }],
    [404, 'GET', `/api/v1/deals/${account}`],
    [404, 'GET', '/api/v1/accounts/9223372036854775807'],
    [400, 'GET', '/api/v1/accounts/99999999999999999999'],
    [400, 'GET', '/api/v1/accounts/%FF'],
    [400, 'GET', '/api/v1/accounts?limit=1&limit=2'],
    [400, 'GET', '/api/v1/accounts?colour=red'],
    [404, 'GET', '/api/v1/widgets'],
    [405, 'PUT', '/api/v1/accounts', { headers: json, body: '{}' }],
    [421, 'GET', '/api/v1/accounts', { headers: { host: 'evil.example' } }],
    [403, 'POST', '/api/v1/accounts', { headers: { ...json, origin: 'http://evil.example' }, body: '{"fields":{"name":"a"}}' }],
  ];
  for (const [status, method, path, sent] of cases) {
    const answer = await raw(method, path, sent);
    const what = `${method} ${path} ${String(sent?.body ?? '').slice(0, 60)}: ${answer.text}`;
    assert.equal(answer.status, status, what);
    assert.equal(answer.headers['content-type'], 'application/problem+json', what);
    assert.equal(answer.body.status, status);
  }
  assert.equal((await api('GET', 'deals')).headers.get('traction-sequence'), start);
});
