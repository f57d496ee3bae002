// The document is one, and the server keeps to it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generate } from './generate.mjs';
import { ask, root, startServer } from './support.mjs';

const require = createRequire(import.meta.url);
const Ajv2020 = require('ajv/dist/2020.js').default;
const addFormats = require('ajv-formats').default;

let server, document;
before(async () => {
  server = await startServer();
  document = (await ask(server.address, 'GET', '/openapi.json')).body;
});
after(() => server?.stop());

const operations = () =>
  Object.entries(document.paths).flatMap(([path, item]) => Object.entries(item).map(([method, operation]) => ({ path, method, ...operation })));

test('the document says which OpenAPI it is', () => {
  assert.match(document.openapi, /^3\.1\.\d+$/);
  assert.ok(document.info.title && document.info.version);
});

test('every schema of the document is one', () => {
  const ajv = new Ajv2020({ strict: false });
  addFormats(ajv);
  ajv.addSchema(document, 'document');
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    assert.ok(ajv.validateSchema(schema), `${name}: ${ajv.errorsText()}`);
    ajv.compile({ $ref: `document#/components/schemas/${name}` });
  }
});

test('every reference in the document leads somewhere', () => {
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    if (!value || typeof value !== 'object') return;
    if (typeof value.$ref === 'string')
      assert.ok(value.$ref.slice(2).split('/').reduce((at, step) => at?.[step], document), value.$ref);
    Object.values(value).forEach(walk);
  };
  walk(document);
});

test('every operation is complete and goes by a name of its own', () => {
  const ids = new Set();
  for (const { path, method, operationId, summary, tags, responses, parameters = [] } of operations()) {
    const where = `${method} ${path}`;
    assert.match(operationId, /^[a-z][a-z0-9_]*$/, where);
    assert.ok(!ids.has(operationId), where);
    ids.add(operationId);
    assert.ok(summary && tags.length, where);
    assert.ok(Object.keys(responses).some((status) => status < 400), where);
    for (const response of Object.values(responses)) assert.ok(response.$ref || response.description, where);
    const inPath = [...path.matchAll(/\{([a-z_]+)\}/g)].map(([, name]) => name);
    assert.deepEqual(parameters.filter((each) => each.in === 'path').map((each) => each.name).sort(), inPath.sort(), where);
    for (const parameter of parameters) assert.ok(parameter.name && parameter.schema && ['path', 'query', 'header'].includes(parameter.in), where);
    assert.equal(new Set(parameters.map((each) => `${each.in} ${each.name}`)).size, parameters.length, where);
  }
});

test('every path is there, and takes no other methods', async () => {
  for (const [path, item] of Object.entries(document.paths)) {
    const address = path.replace(/\{[a-z_]+\}/g, '1');
    const response = await fetch(new URL(address, server.address), { method: 'OPTIONS' });
    const allowed = (response.headers.get('allow') ?? '').split(', ').filter((method) => !['HEAD', 'OPTIONS'].includes(method));
    assert.deepEqual(allowed.sort(), Object.keys(item).map((method) => method.toUpperCase()).sort(), path);
    const refused = await fetch(new URL(address, server.address), { method: 'PUT' });
    assert.equal(refused.status, item.put ? refused.status : 405, path);
    await refused.arrayBuffer();
  }
});

test('every code of a problem is explained where its type leads', () => {
  const page = readFileSync(join(root, 'web/static/docs/problems.html'), 'utf8');
  for (const code of document.components.schemas.Problem.properties.code.enum) assert.ok(page.includes(`id="${code}"`), code);
});

test('the document can be asked for again', async () => {
  const first = await fetch(new URL('/openapi.json', server.address));
  await first.arrayBuffer();
  const again = await fetch(new URL('/openapi.json', server.address), { headers: { 'if-none-match': first.headers.get('etag') } });
  assert.equal(again.status, 304);
});

test("the document has the workspace's own fields", async () => {
  const made = await ask(server.address, 'POST', '/api/v1/custom-fields', { fields: { record_type: 'deal', name: 'mood', field_type: 'text', label: 'Mood' } });
  assert.equal(made.status, 201, JSON.stringify(made.body));
  const { body } = await ask(server.address, 'GET', '/openapi.json');
  assert.ok(body.components.schemas.DealFields.properties.mood);
});

test('every operation answers as documented, whatever it is asked', async () => {
  const { REQUESTS = '500', SEED = '1', ONLY = '' } = process.env;
  const faults = await generate({ requests: Number(REQUESTS), seed: Number(SEED), only: ONLY });
  assert.equal(faults.length, 0, faults.slice(0, 20).join('\n'));
});
