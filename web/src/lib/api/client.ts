// The API: requests typed by the server's own document (schema.d.ts is generated, see script/build). What the server
// refuses becomes a Trouble, with the server's sentence for the person in front of the page.
import createClient from 'openapi-fetch';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];

export class Trouble extends Error {
  constructor(
    readonly status: number, // 0 = the server could not be reached
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export const api = createClient<paths>({ baseUrl: '' });

// Per workspace the oldest entry that an answer so far knew last: what came after it may be missing on the screen.
export const oldest = new Map<string, number>();
api.use({
  onResponse({ request, response }) {
    const workspace = new URL(request.url).searchParams.get('workspace');
    const sequence = Number(response.headers.get('Traction-Sequence') ?? NaN);
    if (workspace && sequence < (oldest.get(workspace) ?? Infinity)) oldest.set(workspace, sequence);
  },
});

type Answered<T> = { data?: T; error?: unknown; response: Response };

// The answer's body; throws Trouble.
export async function body<T>(request: Promise<Answered<T>>): Promise<T> {
  let answered: Answered<T>;
  try {
    answered = await request;
  } catch (failure) {
    if (failure instanceof DOMException && failure.name === 'AbortError') throw failure;
    throw new Trouble(0, 'unreachable', 'The server did not answer. Is it running?');
  }
  if (answered.data !== undefined) return answered.data;
  const problem = answered.error as Partial<Schemas['Problem']> | undefined;
  const { status } = answered.response;
  throw new Trouble(status, problem?.code ?? 'fault', problem?.detail ?? `The server answered with status ${status}.`);
}
