// What is known to be there: records with their versions, so that a good share of the requests can succeed.

export class Pool {
  #records = new Map(); // type → [{ id, version, state, ref, taken }]
  sequence = 0;
  jobs = []; // ids, newest last
  files = []; // of jobs that left a file
  uploads = [];
  cursors = new Map(); // operation id → cursors
  metrics = [];

  constructor(client, chance) {
    this.client = client;
    this.chance = chance;
  }

  of(type) {
    if (!this.#records.has(type)) this.#records.set(type, []);
    return this.#records.get(type);
  }

  add(type, record) {
    this.of(type).push({ state: 'live', ...record });
  }

  any(type, state = 'live') {
    const { chance } = this;
    const all = this.of(type);
    for (let tried = 0; tried < 20 && all.length; ++tried) {
      const record = chance.pick(all);
      if (!record.taken && (!state || record.state === state)) return record;
    }
    return all.find((record) => !record.taken && (!state || record.state === state));
  }

  // A live record as a reference field takes it, not one that is just being written about.
  reference(type) {
    const record = this.any(type);
    if (!record) return undefined;
    return record.ref && this.chance.is(0.3) ? { ref: record.ref } : record.id;
  }

  // As it stands in a path.
  inPath(record) {
    return record.ref && this.chance.is(0.3) ? encodeURIComponent(`ref:${record.ref}`) : String(record.id);
  }

  async refresh(plural, record) {
    const { status, json } = await this.client.ask('GET', `/api/v1/${plural}/${record.id}`);
    if (status !== 200) {
      record.state = 'gone';
      return;
    }
    record.version = json.version;
    record.state = json.state;
  }

  async fill(plural, type) {
    let path = `/api/v1/${plural}?limit=40`;
    const { status, json } = await this.client.ask('GET', path);
    if (status !== 200) throw new Error(`${path} answered ${status}: ${JSON.stringify(json)}`);
    for (const { id, version } of json.records) this.add(type, { id, version });
  }

  keep(list, value, most = 30) {
    list.push(value);
    if (list.length > most) list.shift();
  }
}
