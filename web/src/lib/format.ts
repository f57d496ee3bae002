// Numbers, money, time as text. The person's own format for figures; the page's language, English, for words.
import type { Schemas } from './api/client';

type Value = Schemas['Value'];
export type Unit = Schemas['Unit'];

export const unknown = '–';
const minus = '−';

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const hundredth = new Intl.NumberFormat(undefined, { maximumFractionDigits: 2 });
const percent = new Intl.NumberFormat(undefined, {
  style: 'percent',
  minimumFractionDigits: 1,
  maximumFractionDigits: 1,
});

export const count = (number: number) => whole.format(number);

const moneys = new Map<string, Intl.NumberFormat>();
function moneyFormat(currency: string, short: boolean): Intl.NumberFormat {
  const key = currency + short;
  let format = moneys.get(key);
  if (!format) {
    format = new Intl.NumberFormat(undefined, {
      style: 'currency',
      currency,
      currencyDisplay: 'narrowSymbol',
      ...(short ? { notation: 'compact', maximumSignificantDigits: 3 } : {}),
    });
    moneys.set(key, format);
  }
  return format;
}

// Money from minor units: "€1,240,500.00", short "€1.24M". A mean may have a part of a minor unit.
export function money(minor: number, currency: string, short = false): string {
  const decimals = moneyFormat(currency, false).resolvedOptions().maximumFractionDigits ?? 2;
  return moneyFormat(currency, short).format(minor / 10 ** decimals);
}

// The two largest units: "3 d 4 h".
export function duration(seconds: number): string {
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3600],
    ['min', 60],
    ['s', 1],
  ];
  const total = Math.round(Math.abs(seconds));
  const first = units.findIndex(([, length]) => total >= length);
  if (first < 0) return '0 s';
  let rest = total;
  const parts: string[] = [];
  for (const [name, length] of units.slice(first, first + 2)) {
    const part = Math.floor(rest / length);
    rest %= length;
    if (part > 0) parts.push(`${whole.format(part)} ${name}`);
  }
  return (seconds < 0 ? minus : '') + parts.join(' ');
}

function plain(number: number, unit: Unit, currency: string, short: boolean): string {
  switch (unit) {
    case 'money':
      return money(number, currency, short);
    case 'rate':
      return percent.format(number);
    case 'seconds':
      return duration(number);
    case 'days':
      return `${tenth.format(number)} d`;
    case 'months':
      return `${tenth.format(number)} months`;
    case 'verdict':
      return number > 0 ? 'yes' : 'no';
    case 'ratio':
      return hundredth.format(number);
    case 'count':
      return whole.format(number);
  }
}

const bands = { under: '▼ under', maintaining: 'maintaining', over: '▲ over' };

// A value as it stands on the page: unknown "–", fewer cases than the smallest n "too few (n = 4)".
export function figure(value: Value | undefined, unit: Unit, { currency = '', n = 0, short = false } = {}): string {
  if (!value) return unknown;
  if (value.standing === 'too_few') return `too few (n = ${whole.format(n)})`;
  if (value.standing === 'not_reached') return 'not reached';
  if (value.standing === 'met') return 'met';
  const number = value.minor ?? value.number;
  if (number === null || number === undefined) return unit === 'verdict' ? 'cannot tell' : unknown;
  return plain(number, unit, currency, short) + (value.band ? ` ${bands[value.band]}` : '');
}

export interface Change {
  text: string; // "+3", "−€ 12 K", "as many"
  sign: -1 | 0 | 1;
}

// How a value differs from an earlier one; null where either is not a number.
export function change(now: Value | undefined, then: Value | undefined, unit: Unit, currency = ''): Change | null {
  const to = now?.minor ?? now?.number;
  const from = then?.minor ?? then?.number;
  if (to === null || to === undefined || from === null || from === undefined) return null;
  const difference = to - from;
  if (difference === 0) return { text: '±0', sign: 0 };
  const size =
    unit === 'rate'
      ? `${tenth.format(Math.abs(difference) * 100)} pp`
      : plain(Math.abs(difference), unit, currency, true);
  return { text: (difference > 0 ? '+' : minus) + size, sign: difference > 0 ? 1 : -1 };
}

// The colour of a difference, by whether more is better.
export function tone(sign: number, better: 'more' | 'less' | 'neither'): string {
  if (sign === 0 || better === 'neither') return 'text-text';
  return sign > 0 === (better === 'more') ? 'text-ahead' : 'text-behind-text';
}

// What an amount of change comes to: "+3", "−€12K", "0".
export function signed(number: number, unit: Unit, currency = ''): string {
  return (number > 0 ? '+' : number < 0 ? minus : '') + plain(Math.abs(number), unit, currency, true);
}

// "lost_here" → "Lost here"
export function words(name: string): string {
  const text = name.replace(/_(minor|seconds|at|on)$/, '').replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

const english = 'en-GB';

export function dayName(day: string): string {
  return new Intl.DateTimeFormat(english, { weekday: 'long', timeZone: 'UTC' }).format(new Date(day));
}
// "Sunday 22 November"
export function longDay(day: string): string {
  return new Intl.DateTimeFormat(english, { weekday: 'long', day: 'numeric', month: 'long', timeZone: 'UTC' }).format(
    new Date(day),
  );
}
// "22 Nov 2026"
export function shortDay(day: string): string {
  return new Intl.DateTimeFormat(english, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(day),
  );
}
// "Nov 2026" of a month's first day
export function month(day: string, length: 'short' | 'long' = 'short'): string {
  return new Intl.DateTimeFormat(english, { month: length, year: 'numeric', timeZone: 'UTC' }).format(new Date(day));
}
export function monthLetters(day: string): string {
  return new Intl.DateTimeFormat(english, { month: 'short', timeZone: 'UTC' }).format(new Date(day));
}
// "22 Nov 2026, 20:49" in the workspace's zone
export function moment(instant: string | number, zone: string): string {
  return new Intl.DateTimeFormat(english, {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: zone,
  }).format(new Date(instant));
}
export function clock(instant: string | number, zone?: string): string {
  return new Intl.DateTimeFormat(english, { hour: '2-digit', minute: '2-digit', timeZone: zone }).format(
    new Date(instant),
  );
}
// "10 Oct – 31 Oct 2026" of a passport's "2026-10-10 to 2026-10-31, by closed_on"
export function comparedWith(period = ''): string {
  const [from, to] = period.match(/\d{4}-\d\d-\d\d/g) ?? [];
  if (!from || !to) return period;
  if (from === to) return shortDay(from);
  return new Intl.DateTimeFormat(english, { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' }).formatRange(
    new Date(from),
    new Date(to),
  );
}
