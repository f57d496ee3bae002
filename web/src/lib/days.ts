// Days in a workspace's zone, as "2026-11-22".

// The wall clock of an instant in a zone, as if it were UTC.
function wall(instant: number, zone: string): number {
  const parts = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  }).formatToParts(instant);
  const part = (type: string) => Number(parts.find((each) => each.type === type)?.value);
  return (
    Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second')) +
    (instant % 1000)
  );
}

const text = (utc: number) => new Date(utc).toISOString().slice(0, 10);

export const today = (now: number, zone: string) => text(wall(now, zone));

export function addDays(day: string, days: number): string {
  return text(Date.parse(day) + days * 86_400_000);
}

export function addMonths(day: string, months: number): string {
  const date = new Date(day);
  return text(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1));
}

export const firstOfMonth = (day: string) => `${day.slice(0, 7)}-01`;

// The instant when the zone's clocks showed the same time of day so many days ago, also across a change of clocks.
export function daysAgo(now: number, days: number, zone: string): string {
  const guess = now - days * 86_400_000;
  const shift = wall(now, zone) - now - (wall(guess, zone) - guess);
  return new Date(guess + shift).toISOString();
}
