// Values by a JSON schema of the document: such as it allows, its bounds among them, and such as it does not.

const kTexts = ['Ada', 'Zoë Ångström', '日本語', 'a "quoted" \\ word', "O'Brien; --", '<b>&amp;</b>', 'line\nbreak\ttab', '😀 smile', '𝒻'];
const kDays = ['1900-01-01', '1999-12-31', '2000-02-29', '2017-03-01', '2024-07-15', '2199-12-31'];
const kInstants = ['2017-12-31T09:30:00Z', '2024-02-29T23:59:59.999999Z', '2020-01-01T00:00:00+14:00', '1970-01-01T00:00:00Z', '2023-06-01T12:00:00.5-08:00'];
// What a name says that the schema does not. Where both are possible it is mostly good.
const kByName = {
  zone: ['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata'],
  currency: ['EUR', 'USD', 'JPY', 'KWD'],
};

export class Values {
  // `known(type)`: the reference form of a record of that type, or undefined when there is none.
  constructor(document, chance, known) {
    this.document = document;
    this.chance = chance;
    this.known = known;
  }

  resolve(schema) {
    while (schema?.$ref) schema = schema.$ref.slice(2).split('/').reduce((at, step) => at[step], this.document);
    return schema;
  }

  // A value that the schema allows.
  good(schema, name = '') {
    const { chance } = this;
    if (schema['x-references']) {
      const reference = this.known(schema['x-references']);
      const nullable = (schema.anyOf ?? []).some((each) => each.type === 'null');
      return reference === undefined && nullable ? null : (reference ?? 1);
    }
    schema = this.resolve(schema);
    if ('const' in schema) return schema.const;
    if (schema.enum) return chance.pick(schema.enum);
    const ways = schema.anyOf ?? schema.oneOf;
    if (ways) {
      const filled = ways.filter((way) => way.type !== 'null');
      return filled.length < ways.length && chance.is(0.1) ? null : this.good(chance.pick(filled), name);
    }
    const types = [schema.type].flat();
    switch (types.length > 1 && chance.is(0.1) ? types.at(-1) : types[0]) {
      case 'object':
        return this.#object(schema);
      case 'array': {
        const least = schema.minItems ?? 0;
        const length = Math.min(schema.maxItems ?? Infinity, chance.between(least, Math.max(least, 3)));
        return Array.from({ length }, () => this.good(schema.items ?? {}, name));
      }
      case 'integer':
        return this.#integer(schema);
      case 'number':
        return chance.pick([0, -0, 1.5, 1e-7, schema.minimum ?? -3, schema.maximum ?? 4, chance.share() * 1000].filter(
          (number) => number >= (schema.minimum ?? -Infinity) && number <= (schema.maximum ?? Infinity)));
      case 'boolean':
        return chance.is(0.5);
      case 'null':
        return null;
      case 'string':
        return this.#text(schema, name);
      default:
        return chance.word();
    }
  }

  #object(schema) {
    const value = {};
    const required = new Set(schema.required ?? []);
    const often = Math.min(0.5, 4 / Object.keys(schema.properties ?? {}).length);
    for (const [name, property] of Object.entries(schema.properties ?? {}))
      if (required.has(name) || this.chance.is(often)) value[name] = this.good(property, name);
    return value;
  }

  #integer(schema) {
    const { chance } = this;
    // JSON.stringify cannot write every 64-bit number; the greatest are tried as texts by the mutations.
    const low = Math.max(schema.minimum ?? -1e12, -1e15);
    const high = Math.min(schema.maximum ?? 1e12, 1e15);
    return chance.pick([low, high, Math.min(high, Math.max(low, 1)), chance.between(Math.max(low, 0), Math.min(high, 1000))]);
  }

  #text(schema, name) {
    const { chance } = this;
    if (kByName[name]) return chance.pick(kByName[name]);
    if (schema.format === 'date') return chance.pick(kDays);
    if (schema.format === 'date-time') return chance.pick(kInstants);
    const pattern = schema.pattern ?? '';
    if (pattern.includes(':[0-5]')) return chance.pick(['09:00', '12:30', '17:45', '23:59']);
    if (pattern.startsWith('^[a-z0-9]')) return chance.word();
    if (pattern.startsWith('^')) return (schema.examples ?? [chance.word()])[0];
    const most = schema.maxLength ?? 1000;
    const text = chance.pick([() => chance.word(), () => `${chance.pick(kTexts)} ${chance.word(4)}`, () => chance.word(Math.min(most, 300))])();
    return Buffer.byteLength(text) > most ? chance.word(Math.min(most, 8)) : text;
  }

  // Something else than the schema allows, most likely: of another type, out of bounds, too long, not of the form.
  bad(schema) {
    const { chance } = this;
    const inner = this.resolve((schema.anyOf ?? []).find((way) => way.type !== 'null') ?? schema);
    const others = [null, true, 0, -1, 1.5, 1e300, '', ' ', 'x', [], {}, [1], { ref: 1 }, { new: 0 }, '2020-13-45', 9007199254740993, -1e18];
    if (inner.maxLength) others.push('x'.repeat(inner.maxLength + 1), 'ä'.repeat(inner.maxLength));
    if (inner.minimum !== undefined) others.push(Number(inner.minimum) - 1);
    if (inner.maximum !== undefined) others.push(Number(inner.maximum) + 1);
    if (inner.enum) others.push(`${inner.enum[0]}x`, String(inner.enum[0]).toUpperCase());
    if (inner.format?.startsWith('date')) others.push('2023-02-29', '2023-06-01T25:00:00Z', '2023-06-01T00:00:00', '1492-01-01', '3000-01-01T00:00:00Z');
    return chance.pick(others);
  }

  // A good value with one thing wrong somewhere in it.
  spoilt(schema, value) {
    const { chance } = this;
    const inner = this.resolve(schema);
    const names = value && typeof value === 'object' && !Array.isArray(value) ? Object.keys(value) : [];
    // Mostly deep within.
    const deep = names.filter((name) => value[name] && typeof value[name] === 'object' && inner.properties?.[name]);
    if (deep.length && chance.is(0.8)) {
      const name = chance.pick(deep);
      return { ...value, [name]: this.spoilt(inner.properties[name], value[name]) };
    }
    if (Array.isArray(value) && value.length && inner.items && chance.is(0.8)) {
      const place = chance.between(0, value.length - 1);
      return value.map((each, i) => (i === place ? this.spoilt(inner.items, each) : each));
    }
    if (!names.length || !inner.properties) return this.bad(schema);
    const spoilt = { ...value };
    switch (chance.between(0, 3)) {
      case 0:
        delete spoilt[chance.pick(inner.required ?? names)];
        return spoilt;
      case 1:
        spoilt[chance.pick(['nonsense', 'Id', '__proto__x', '', 'fields ', 'ä', 'x'.repeat(500)])] = this.good({});
        return spoilt;
      default: {
        const name = chance.pick(Object.keys(inner.properties));
        spoilt[name] = this.bad(inner.properties[name]);
        return spoilt;
      }
    }
  }
}
