// What a program has to know about the operations besides their schemas to ask something that can succeed: which
// records are in the bin, what metrics can be grouped by, what a mapping looks like.

const kMapping = `[file]
name = "members.csv"
[[record]]
type = "member"

[record.fields]
name = "Name"
email = "Email"
`;

export class Hints {
  constructor(document, chance, pool, values, client) {
    Object.assign(this, { document, chance, pool, values, client });
  }

  // The record that an operation is about, in the state that it needs; made so if there is none.
  async record(operation) {
    const { pool, chance } = this;
    const { role, type } = operation;
    const plural = operation.path.split('/')[3];
    if (role === 'get' || role === 'timeline') return pool.any(type, chance.is(0.8) ? 'live' : undefined);
    const wanted = { restore: 'deleted', unmerge: 'merged' }[role] ?? 'live';
    const found = pool.any(type, wanted);
    if (found || wanted === 'live') return found;
    const live = pool.any(type);
    if (!live) return undefined;
    live.taken = true;
    const path = `/api/v1/${plural}/${live.id}`;
    if (wanted === 'deleted') {
      await this.client.ask('DELETE', path, undefined, { 'if-match': '*' });
    } else {
      const into = pool.any(type);
      if (into) await this.client.ask('POST', `${path}/merge`, { into: into.id }, { 'if-match': '*' });
    }
    await pool.refresh(plural, live);
    return live;
  }

  segment(operation, name) {
    const { pool, chance } = this;
    if (operation.path.startsWith('/api/v1/metrics/')) return chance.pick(pool.metrics).name;
    if (operation.path.startsWith('/api/v1/jobs/')) {
      const ids = operation.path.endsWith('/file') ? pool.files : pool.jobs;
      return ids.length ? String(ids.at(-chance.between(1, Math.min(ids.length, 5)))) : '1';
    }
    if (operation.path.startsWith('/api/v1/uploads/')) return pool.uploads.shift() ?? '0'.repeat(32);
    return name === 'id' ? '1' : undefined;
  }

  parameter(operation, name, plan) {
    const { chance, pool, document } = this;
    const fields = () => {
      const components = document.json.components.schemas;
      const own = Object.entries(components).find(([, schema]) => schema.properties?.type?.const === operation.type);
      return Object.entries(components[`${own?.[0]}Fields`]?.properties ?? {});
    };
    switch (name) {
      case 'workspace':
        return 'default';
      case 'where': {
        if (!operation.type) return chance.pick(['owner=Ada', 'owner!=', 'product=', 'team=']);
        const [field, schema] = chance.pick(fields().filter(([, each]) => !each.$ref?.endsWith('Calendar')));
        const value = { integer: '5', number: '1.5', boolean: 'true' }[schema.type] ??
          (schema.format === 'date' ? '2024-01-01' : schema.format === 'date-time' ? '2024-01-01T00:00:00Z' : (schema.enum?.[0] ?? ''));
        const is = chance.pick(schema.type === 'integer' || schema.type === 'number' ? ['=', '>=', '<', '!='] : ['=', '!=']);
        return `${field}${is}${value}`;
      }
      case 'sort':
        return chance.pick(['', '-']) + chance.pick(['id', 'created_at', ...fields().filter(([, each]) => !each.$ref?.endsWith('Calendar')).map(([field]) => field)]);
      case 'limit':
        return chance.pick(['1', '2', '10', '50', '200']);
      case 'cursor': {
        const known = pool.cursors.get(operation.id ?? operation.operationId) ?? [];
        // A cursor belongs to the list it came from.
        return known.length && !plan.query.length ? chance.pick(known) : [];
      }
      case 'by': {
        const metric = pool.metrics.find((each) => each.name === plan.segments.name);
        const known = metric?.by?.length ? metric.by : ['owner', 'team', 'product'];
        return chance.some(known, 2).join(',');
      }
      case 'from':
        return chance.pick(['2020-01-01', '2024-01', '2023']);
      case 'to':
        return chance.pick(['2025-01-01', '2026-06']);
      case 'at':
        return chance.pick(['2024-06-30', '2025-01-01T12:00:00Z']);
      case 'occurred_at':
        return chance.pick(['2024-03-01T10:00:00Z', '2020-02-29T23:59:59+01:00', 'unknown']);
      case 'text':
        return chance.pick(['com', 'an', 'nordwind', 'the', 'keller', '日本語', '%_%']);
      case 'after':
      case 'Last-Event-ID':
        return String(chance.between(Math.max(0, pool.sequence - 50), pool.sequence - 1));
      default:
        return undefined;
    }
  }

  body(operation, plan) {
    const { chance, pool, values } = this;
    switch (operation.bodyName) {
      case 'FieldCreate': {
        const name = `own_${chance.pick('abcd')}`;
        const type = chance.pick(['text', 'integer', 'decimal', 'boolean', 'date', 'instant', 'duration', 'choice', 'reference']);
        const fields = { record_type: chance.pick(['product', 'campaign', 'deal']), name, field_type: type, label: chance.word() };
        if (type === 'choice') fields.choices = 'red, green, blue';
        if (type === 'reference') fields.references = 'account';
        return { fields };
      }
      case 'FieldChange': // its type never changes
        return { fields: { [chance.pick(['label', 'about'])]: chance.word() } };
      case 'OwnMetricCreate': {
        const name = `own_${chance.pick('abcdefgh')}${chance.between(1, 4)}`;
        const definition = `[[metric]]\nname = "${name}"\nlabel = "Own"\nunit = "ratio"\nkind = "derived"\n` +
          'formula = "lost_deals / leads_created"\nbetter = "less"\nabout = "Ours."\nsource = "own"\n';
        return { fields: { name, definition } };
      }
      case 'OwnMetricChange': // its name never changes, and its definition is of that name
        return { fields: { hidden: chance.is(0.5) } };
      case 'SettingsChange': {
        const value = values.good(operation.bodySchema);
        delete value.fields.working_hours;
        if (chance.is(0.5)) value.fields.working_hours = { monday: [['09:00', '12:00'], ['13:00', '17:00']], holidays: ['2024-12-25'] };
        return value;
      }
      case 'WorkspaceCreate':
        return { ...values.good(operation.bodySchema), workspace: `other-${chance.between(1, 8)}` };
      case 'DemoJob':
        return { workspace: `demo-${chance.between(1, 4)}`, reps: 8, months: 3, activities: 2000, seed: chance.between(0, 9) };
      case 'ImportJob':
        return { files: [{ upload: pool.uploads.at(-1) ?? 'none', name: 'members.csv', mapping: { toml: kMapping } }], dry_run: chance.is(0.5), again: chance.is(0.5) };
      case 'UndoImportJob':
        return { import: (pool.any('import') ?? { id: 1 }).id };
      case 'Batch':
        return this.#batch();
      case 'Into': {
        const into = pool.any(operation.type);
        return { into: into && into !== plan.record ? pool.reference(operation.type) : 1 };
      }
      default:
        return undefined;
    }
  }

  #batch() {
    const { chance, pool, values } = this;
    const ways = [
      () => ({ verb: 'create', type: 'account', fields: { name: chance.word() } }),
      () => ({ verb: 'create', type: 'activity', fields: { kind: 'note', note: chance.word() }, occurred_at: '2024-03-01T10:00:00Z' }),
      () => ({ verb: 'create', type: 'contact', fields: { name: chance.word(), account: { new: 0 } }, client_ref: chance.word(20) }),
      () => {
        const record = pool.any('product');
        return record ? { verb: 'change', type: 'product', id: record.id, fields: { series: chance.word() } } : undefined;
      },
      () => {
        const stage = pool.any('stage');
        return stage ? { verb: 'create', type: 'deal', fields: { name: chance.word(), stage: stage.id } } : undefined;
      },
      () => values.good(this.document.json.components.schemas.Batch.properties.actions.items),
    ];
    const actions = [ways[0]()];
    for (let i = chance.between(0, 3); i > 0; --i) actions.push(chance.pick(chance.is(0.9) ? ways.slice(0, -1) : ways)());
    return { actions: actions.filter(Boolean) };
  }

  // The body of an upload.
  file() {
    const { chance } = this;
    return Buffer.from(`Name,Email\n${chance.word()},${chance.word()}@example.com\n${chance.is(0.2) ? '\u0000"' : ''}`);
  }
}
