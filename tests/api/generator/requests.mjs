// A request to an operation: good ones from the schemas and the pool, then perhaps something wrong with them.

const kIds = ['0', '-1', '1.5', 'abc', '99999999999999999999', '%00', '%ff', 'ref:', 'ref:nobody', '1 OR 1=1', '%E2%82%AC', '1e3', 'x'.repeat(2000), '..', '%2e%2e', '+1', '01'];
const kQueries = ['nonsense=1', '=', 'limt=3', '%ff=1', 'a=%zz', 'x'.repeat(500) + '=1', 'where[]=1', 'limit[]=2', '__proto__=1'];
const kSometimesHeader = 0.15;

export class Requests {
  constructor(document, chance, values, pool, hints) {
    Object.assign(this, { document, chance, values, pool, hints });
  }

  // { method, path, headers, body, value, wrong: [names of what is wrong with it], sound, record }. `sound` = nothing in
  // it contradicts the document; a request that is not must not succeed. `record` is taken until the answer is there.
  async make(operation, share) {
    const { chance } = this;
    const plan = { operation, segments: {}, query: [], headers: {}, wrong: [], sound: true };
    await this.#choose(plan);
    for (const parameter of operation.parameters) this.#give(plan, parameter);
    if (operation.bodySchema && operation.contentType === 'application/json') {
      plan.value = this.hints.body(operation, plan) ?? this.values.good(operation.bodySchema);
      plan.headers['content-type'] = chance.is(0.8) ? 'application/json' : 'application/json; charset=utf-8';
    } else if (operation.requestBody) {
      plan.body = this.hints.file(operation);
      plan.headers['content-type'] = operation.contentType;
    }
    const mutations = chance.is(share) ? 0 : chance.is(0.85) ? 1 : 2;
    for (let i = 0; i < mutations; ++i) this.#spoil(plan);
    if (plan.value !== undefined && plan.body === undefined) plan.body = Buffer.from(JSON.stringify(plan.value));
    // What was meant to be wrong may have come out right.
    if (plan.wrong.includes('spoilt') && plan.wrong.length === 1)
      plan.sound = plan.operation.bodySchema && !this.document.objection(plan.operation.bodySchema, JSON.parse(plan.body));
    const path = operation.path.replace(/\{([a-z_]+)\}/g, (_, name) => plan.segments[name]);
    plan.path = plan.query.length ? `${path}?${plan.query.join('&')}` : path;
    plan.method = operation.method;
    return plan;
  }

  async #choose(plan) {
    const { operation } = plan;
    if (!operation.type || !operation.parameters.some(({ name }) => name === 'id')) return;
    plan.record = await this.hints.record(operation);
    if (plan.record && operation.method !== 'GET') plan.record.taken = true;
    plan.segments.id = plan.record ? this.pool.inPath(plan.record) : '1';
  }

  #give(plan, parameter) {
    const { chance, pool } = this;
    const { name } = parameter;
    if (parameter.in === 'path') {
      plan.segments[name] ??= encodeURIComponent(this.hints.segment(plan.operation, name) ?? chance.word());
      return;
    }
    const values = () => this.hints.parameter(plan.operation, name, plan) ?? this.#plain(parameter.schema, parameter);
    if (parameter.in === 'query') {
      if (!parameter.required && !chance.is(0.25)) return;
      for (const value of [values()].flat()) plan.query.push(`${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
      return;
    }
    switch (name) {
      case 'If-Match':
        plan.headers['if-match'] = chance.is(0.1) || !plan.record ? '*' : `"${plan.record.version}"`;
        return;
      case 'If-None-Match':
        if (chance.is(kSometimesHeader)) plan.headers['if-none-match'] = plan.record ? `"${plan.record.version}"` : '"x"';
        return;
      case 'Idempotency-Key':
        if (chance.is(0.3)) plan.headers['idempotency-key'] = chance.word(24);
        return;
      case 'Traction-Sequence':
        if (chance.is(kSometimesHeader)) plan.headers['traction-sequence'] = String(pool.sequence);
        return;
      case 'Traction-Actor': {
        const member = chance.is(kSometimesHeader) && pool.any('member');
        if (member) plan.headers['traction-actor'] = String(member.id);
        return;
      }
      default:
        if (parameter.required || chance.is(kSometimesHeader)) plan.headers[name.toLowerCase()] = String([values()].flat()[0]);
    }
  }

  #plain(schema, parameter) {
    if (schema.type === 'array') return [this.#plain(schema.items, parameter)];
    if (parameter.example !== undefined && this.chance.is(0.5)) return [parameter.example].flat()[0];
    return this.values.good(schema, parameter.name);
  }

  // Something wrong, of what this operation can have wrong.
  #spoil(plan) {
    const { chance } = this;
    const ways = [['query', 1], ['spoiltQuery', plan.operation.parameters.some((each) => each.in === 'query') ? 2 : 0],
      ['header', 1], ['host', 0.3], ['origin', 0.3], ['hugeHeader', 0.1],
      ['id', Object.keys(plan.segments).length ? 3 : 0], ['otherRecord', plan.record ? 1.5 : 0],
      ['noVersion', plan.headers['if-match'] ? 1 : 0], ['oldVersion', plan.headers['if-match'] ? 1 : 0],
      ['spoilt', plan.value !== undefined ? 5 : 0], ['text', plan.value !== undefined ? 3 : 0],
      ['contentType', plan.operation.requestBody ? 1 : 0], ['noBody', plan.operation.requestBody ? 0.5 : 0],
      ['huge', plan.value !== undefined ? 0.05 : 0], ['bodyOnGet', plan.operation.requestBody ? 0 : 1]];
    let at = chance.share() * ways.reduce((sum, [, weight]) => sum + weight, 0);
    const [way] = ways.find(([, weight]) => (at -= weight) < 0) ?? ways[0];
    plan.wrong.push(way);
    this[way](plan);
  }

  query(plan) {
    plan.query.push(this.chance.pick(kQueries));
    plan.sound = false;
  }

  spoiltQuery(plan) {
    const { chance } = this;
    const parameter = chance.pick(plan.operation.parameters.filter((each) => each.in === 'query'));
    const value = chance.pick(['', 'true', '-1', '99999999999999999999', '1e3', 'abc', '%ff', '%00', '%', 'x'.repeat(5000), 'a=b=c', '0', 'ä', '%F0%9F%98%80', '1;drop', "'", '2024-13-01', '=', '>=', 'name~', 'nonsense=1', 'stage.kind.x=1']);
    plan.query.push(`${parameter.name}=${/^%/.test(value) ? value : encodeURIComponent(value)}`);
    if (chance.is(0.1)) plan.query.push(`${parameter.name}=again`);
    plan.sound = null; // it may be as good as any
  }

  header(plan) {
    const { chance } = this;
    const mine = plan.operation.parameters.filter((each) => each.in === 'header').map((each) => each.name.toLowerCase());
    const name = chance.pick(mine.length ? mine : ['accept', 'if-none-match', 'x-unknown', 'range', 'accept-encoding']);
    plan.headers[name] = chance.pick(['-1', 'abc', '99999999999999999999', '1', '0', '"', 'W/"1"', '"1", "2"', 'x'.repeat(300), '\u00ff\u00fe', 'bytes=9-1', '*/*;q=7', '']);
    plan.sound = null;
  }

  host(plan) {
    plan.headers.host = this.chance.pick(['evil.example', 'evil.example:80', '10.0.0.1', '[::2]:80', '', 'localhost.evil.example']);
    plan.sound = plan.headers.host === '' ? null : false;
  }

  origin(plan) {
    plan.headers.origin = this.chance.pick(['https://evil.example', 'null', 'http://localhost:1', 'nonsense']);
    plan.sound = false;
  }

  hugeHeader(plan) {
    plan.headers['x-huge'] = 'x'.repeat(this.chance.pick([9_000, 17_000, 40_000]));
    plan.sound = null;
  }

  id(plan) {
    const name = this.chance.pick(Object.keys(plan.segments));
    plan.segments[name] = this.chance.pick(kIds).replaceAll(' ', '%20');
    plan.sound = null;
  }

  otherRecord(plan) {
    const { chance, pool } = this;
    const types = ['deal', 'contact', 'account', 'member', 'stage', 'activity', plan.operation.type];
    const other = pool.any(chance.pick(types), chance.pick(['live', 'deleted', 'merged']));
    plan.segments.id = other ? String(other.id) : String(pool.sequence + 1000);
    plan.sound = null;
  }

  noVersion(plan) {
    delete plan.headers['if-match'];
    plan.sound = false;
  }

  oldVersion(plan) {
    plan.headers['if-match'] = this.chance.pick(['"1"', '"0"', '"-1"', '7', '""', 'W/"3"', '"99999999999999999999"', '"abc"', '"1","2"', '**']);
    plan.sound = null;
  }

  spoilt(plan) {
    plan.value = this.values.spoilt(plan.operation.bodySchema, plan.value);
  }

  // JSON that is none, or none that is taken.
  text(plan) {
    const { chance } = this;
    const text = JSON.stringify(plan.value);
    const cut = chance.between(0, Math.max(0, text.length - 1));
    const ways = [
      () => text.slice(0, cut),
      () => text.slice(0, cut) + chance.pick(['\u0000', '}', '"', ',', '\\', '\ufeff', '//']) + text.slice(cut + 1) + ']',
      () => text.replace('{', '{"a":1,"a":2,'),
      () => '['.repeat(chance.pick([65, 1000, 100_000])),
      () => text.replace('{', '{"number":1e400,'),
      () => Buffer.concat([Buffer.from(text.replace('{', '{"text":"')), Buffer.from([0xff, 0xc0, 0x80]), Buffer.from('"}')]),
      () => `${text}${text}`,
      () => `/* hello */ ${text}`,
      () => text.replaceAll('"', "'"),
      () => 'NaN',
      () => '',
      () => text.replace(/}$/, ',}'),
      () => text.replace('{', '{"text":"\\ud800",'),
    ];
    plan.body = Buffer.from(chance.pick(ways)());
    plan.sound = plan.body.length || plan.operation.requestBody.required ? false : null;
  }

  contentType(plan) {
    const type = this.chance.pick(['text/plain', 'application/xml', 'application/x-www-form-urlencoded', '', 'application/json; charset=latin1', 'nonsense', 'multipart/form-data; boundary=x', undefined]);
    if (type === undefined) delete plan.headers['content-type'];
    else plan.headers['content-type'] = type;
    plan.sound = plan.operation.contentType === 'application/json' ? false : null;
  }

  noBody(plan) {
    delete plan.value;
    delete plan.body;
    plan.sound = plan.operation.requestBody.required ? false : null;
  }

  // A byte more than it may have.
  huge(plan) {
    const most = Number(plan.operation.requestBody.description.match(/\d+/)[0]);
    plan.body = Buffer.alloc(Math.min(most + 1, 8 << 20), ' ');
    plan.sound = false;
  }

  bodyOnGet(plan) {
    plan.body = Buffer.from(this.chance.pick(['{}', 'hello', '{"fields":{}}']));
    plan.headers['content-type'] = 'application/json';
    plan.sound = false;
  }
}
