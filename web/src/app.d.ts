import '@tanstack/svelte-query';

declare module '@tanstack/svelte-query' {
  interface Register {
    // The record types that an answer rests on.
    queryMeta: { types?: string[] };
  }
}
