// Where one is: what is open and how lists are filtered stands in the address, so that it can be sent to a colleague and
// Back works.
import { goto } from '$app/navigation';
import { page } from '$app/state';
import type { Question } from './api/queries';

// A question, and which of its columns was opened.
export interface Opened extends Question {
  column?: string;
}

const single = ['grain', 'from', 'to', 'at', 'compare', 'column'] as const;

function write({ metric, where, by, ...rest }: Opened): string {
  const query = new URLSearchParams();
  for (const name of single) if (rest[name]) query.set(name, rest[name]);
  if (by) query.set('by', by.join(','));
  for (const condition of where ?? []) query.append('where', condition);
  return query.size ? `${metric}?${query}` : metric;
}

export function read(text: string): Opened {
  const [metric = '', rest = ''] = text.split(/\?(.*)/s);
  const query = new URLSearchParams(rest);
  const opened: Record<string, unknown> = { metric };
  for (const name of single) if (query.has(name)) opened[name] = query.get(name);
  if (query.has('by')) opened.by = query.get('by')?.split(',');
  if (query.has('where')) opened.where = query.getAll('where');
  return opened as unknown as Opened;
}

// This address with other parameters; null takes one away.
export function address(changes: Record<string, string | null>, path = page.url.pathname): string {
  const query = new URLSearchParams(page.url.searchParams);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  return query.size ? `${path}?${query}` : path;
}

export function go(changes: Record<string, string | null>, { replace = false } = {}) {
  return goto(address(changes), { keepFocus: true, noScroll: true, replaceState: replace });
}

// Another page of the same workspace.
export function link(path: string): string {
  const workspace = page.url.searchParams.get('workspace');
  return workspace ? `${path}?${new URLSearchParams({ workspace })}` : path;
}

export const openNumber = (opened: Opened) => go({ number: write(opened), deal: null });
export const openDeal = (id: number | string) => go({ deal: String(id) });
export const closePanel = () => go({ number: null, deal: null });
