// The server's document, read: its operations, and whether an answer is as it says.
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const Ajv2020 = require('ajv/dist/2020.js').default;
const addFormats = require('ajv-formats').default;

const kSingle = '/api/v1/settings'; // a record without a collection
const kMethods = ['get', 'put', 'post', 'delete', 'patch'];

export class Document {
  #tag = '';

  constructor(client, workspace) {
    this.client = client;
    this.address = `/openapi.json?workspace=${workspace}`;
  }

  // Reads it; false when it is what it was. Operations stay the same objects.
  async load() {
    const { status, headers, body } = await this.client.send({ method: 'GET', path: this.address });
    if (status !== 200) throw new Error(`${this.address} answered ${status}: ${body}`);
    if (headers.etag === this.#tag) return false;
    this.#tag = headers.etag;
    this.json = JSON.parse(body);
    this.ajv = new Ajv2020({ strict: false, validateFormats: true, validateSchema: false, code: { optimize: false } });
    addFormats(this.ajv);
    this.ajv.addSchema(this.json, 'document');
    this.validators = new Map();
    return true;
  }

  resolve(thing) {
    while (thing?.$ref) thing = thing.$ref.slice(2).split('/').reduce((at, step) => at[step], this.json);
    return thing;
  }

  // The validator of the schema at a pointer into the document.
  #validator(schema) {
    const key = schema.$ref ?? JSON.stringify(schema);
    if (!this.validators.has(key)) {
      const absolute = JSON.parse(JSON.stringify(schema), (name, value) =>
        name === '$ref' && typeof value === 'string' && value.startsWith('#') ? `document${value}` : value);
      this.validators.set(key, this.ajv.compile(absolute));
    }
    return this.validators.get(key);
  }

  // What is wrong with a value by a schema, or null.
  objection(schema, value) {
    const validator = this.#validator(schema);
    if (validator(value)) return null;
    const [error] = validator.errors;
    return `${error.instancePath || '(whole)'} ${error.message} ${JSON.stringify(error.params)}`;
  }

  operations() {
    const list = [];
    for (const [path, item] of Object.entries(this.json.paths))
      for (const method of kMethods)
        if (item[method]) list.push({ ...item[method], method: method.toUpperCase(), path, parameters: item[method].parameters ?? [] });
    const typeOf = new Map();
    for (const { method, path, responses } of list) {
      const schema = responses['200']?.content?.['application/json']?.schema?.$ref ?? '';
      const type = this.json.components.schemas[schema.split('/').pop().replace(/Page$/, '')]?.properties?.type?.const;
      const plural = path.match(/^\/api\/v1\/([^/]+)(\/\{id\})?$/)?.[1];
      if (method === 'GET' && plural && type && path !== kSingle) typeOf.set(plural, type);
    }
    for (const operation of list) {
      const [, plural, id, tail] = operation.path.match(/^\/api\/v1\/([^/]+)(\/\{[a-z]+\})?(?:\/(.+))?$/) ?? [];
      operation.type = typeOf.get(plural);
      operation.role = !operation.type ? undefined : id ? (tail ?? operation.method.toLowerCase()) : operation.method === 'POST' && !tail ? 'create' : tail ?? 'list';
      const [contentType, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
      operation.contentType = contentType;
      operation.bodySchema = media?.schema;
      operation.bodyName = media?.schema?.$ref?.split('/').pop();
    }
    return list;
  }

  // What is undocumented about an answer; empty when nothing is.
  objections(operation, answer) {
    const { status, headers, body } = answer;
    const documented = this.resolve(this.resolve(this.json.paths[operation.path][operation.method.toLowerCase()]).responses[status]);
    if (!documented) return [`status ${status} is not documented: ${body.toString().slice(0, 300)}`];
    const wrong = [];
    for (const [name, header] of Object.entries(documented.headers ?? {})) {
      const text = headers[name.toLowerCase()];
      if (text === undefined) {
        if (header.required) wrong.push(`${status} without the header ${name}`);
        continue;
      }
      const value = header.schema.type === 'integer' ? Number(text) : text;
      const objection = this.objection(header.schema, value);
      if (objection) wrong.push(`${status} with ${name}: ${text}: ${objection}`);
    }
    const types = documented.content ?? {};
    const type = (headers['content-type'] ?? '').split(';')[0].trim();
    if (!Object.keys(types).length) {
      if (body.length) wrong.push(`${status} has a body, of type ${type}, though none is documented`);
      return wrong;
    }
    if (!types[type]) return [...wrong, `${status} is ${type || 'of no type'}, not ${Object.keys(types)}`];
    if (!/[/+]json$/.test(type)) return wrong;
    let value;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    } catch (error) {
      return [...wrong, `${status} has a body that is not JSON: ${error.message}`];
    }
    const objection = types[type].schema && this.objection(types[type].schema, value);
    if (objection) wrong.push(`${status} has another body than documented: ${objection}: ${body.toString().slice(0, 600)}`);
    if (type === 'application/problem+json' && value.status !== status) wrong.push(`${status} says it is ${value.status}`);
    return wrong;
  }
}
