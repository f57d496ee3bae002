// What the page asks the server, as TanStack queries. Keys begin with the workspace; numbers have "metric" second, and
// records say in `meta.types` on which record types they rest, so that live events (lib/live) know what to ask again.
import { keepPreviousData, queryOptions } from '@tanstack/svelte-query';
import { api, body, type Schemas } from './client';

export type Answer = Schemas['Answer'];
export type Deal = Schemas['Deal'];

// A question about a metric; its parameters as the API has them.
export interface Question {
  metric: string;
  by?: string[];
  grain?: 'day' | 'week' | 'month' | 'quarter' | 'year';
  from?: string;
  to?: string;
  where?: string[];
  at?: string;
  compare?: 'previous' | 'last_year';
}

// Which deals, and in which order.
export interface DealList {
  where?: string[];
  sort?: string;
  cursor?: string;
  limit?: number;
}

const never = Infinity; // stale only when an event says so

export const workspaces = () =>
  queryOptions({
    queryKey: ['workspaces'],
    queryFn: async ({ signal }) => (await body(api.GET('/api/v1/workspaces', { signal }))).workspaces,
  });

export const settings = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'settings'],
    meta: { types: ['workspace'] },
    queryFn: async ({ signal }) =>
      (await body(api.GET('/api/v1/settings', { params: { query: { workspace } }, signal }))).fields,
    staleTime: never,
  });

export const metrics = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'metrics'],
    meta: { types: ['own_metric'] },
    queryFn: async ({ signal }) =>
      (await body(api.GET('/api/v1/metrics', { params: { query: { workspace } }, signal }))).metrics,
    staleTime: never,
  });

// What somebody looks at first: a member, a team, or without either the company.
export interface Whose {
  member?: number;
  team?: number;
}

export const keyMetrics = (workspace: string, whose: Whose) =>
  queryOptions({
    queryKey: [workspace, 'key-metrics', whose],
    meta: { types: ['workspace', 'team', 'member', 'own_metric'] },
    queryFn: ({ signal }) => body(api.GET('/api/v1/key-metrics', { params: { query: { workspace, ...whose } }, signal })),
    staleTime: never,
    placeholderData: keepPreviousData,
  });

export const metric = (workspace: string, { metric: name, ...query }: Question) =>
  queryOptions({
    queryKey: [workspace, 'metric', name, query],
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/metrics/{name}', { params: { path: { name }, query: { workspace, ...query } }, signal })),
    staleTime: never,
    placeholderData: keepPreviousData,
  });

export const rows = (workspace: string, { metric: name, ...query }: Question, limit: number) =>
  queryOptions({
    queryKey: [workspace, 'metric', name, query, 'rows', limit],
    queryFn: ({ signal }) =>
      body(
        api.GET('/api/v1/metrics/{name}/rows', {
          params: { path: { name }, query: { workspace, ...query, limit } },
          signal,
        }),
      ),
    staleTime: never,
  });

export const deals = (workspace: string, list: DealList) =>
  queryOptions({
    queryKey: [workspace, 'deals', list],
    meta: { types: ['deal'] },
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/deals', { params: { query: { workspace, titles: true, ...list } }, signal })),
    staleTime: never,
    placeholderData: keepPreviousData,
  });

export const deal = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'deal', id],
    meta: { types: ['deal'] },
    queryFn: ({ signal }) =>
      body(api.GET('/api/v1/deals/{id}', { params: { path: { id }, query: { workspace, titles: true } }, signal })),
    staleTime: never,
  });

// The newest steps of what happened to a deal and around it.
export const timeline = (workspace: string, id: string) =>
  queryOptions({
    queryKey: [workspace, 'timeline', id],
    meta: { types: ['deal', 'activity'] },
    queryFn: async ({ signal }) =>
      body(
        api.GET('/api/v1/deals/{id}/timeline', {
          params: { path: { id }, query: { workspace, titles: true, limit: 100 } },
          signal,
        }),
      ),
    staleTime: never,
  });

export const stages = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'stages'],
    meta: { types: ['stage', 'pipeline'] },
    queryFn: async ({ signal }) =>
      (
        await body(api.GET('/api/v1/stages', { params: { query: { workspace, titles: true, limit: 500 } }, signal }))
      ).records.sort(
        (a, b) => (a.fields.pipeline ?? 0) - (b.fields.pipeline ?? 0) || (a.fields.position ?? 0) - (b.fields.position ?? 0),
      ),
    staleTime: never,
  });

export const teams = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'teams'],
    meta: { types: ['team'] },
    queryFn: async ({ signal }) =>
      (
        await body(api.GET('/api/v1/teams', { params: { query: { workspace, limit: 2000 } }, signal }))
      ).records.sort((a, b) => (a.fields.name ?? '').localeCompare(b.fields.name ?? '')),
    staleTime: never,
  });

export const members = (workspace: string) =>
  queryOptions({
    queryKey: [workspace, 'members'],
    meta: { types: ['member'] },
    queryFn: async ({ signal }) =>
      (
        await body(api.GET('/api/v1/members', { params: { query: { workspace, limit: 2000 } }, signal }))
      ).records.sort((a, b) => (a.fields.name ?? '').localeCompare(b.fields.name ?? '')),
    staleTime: never,
  });
