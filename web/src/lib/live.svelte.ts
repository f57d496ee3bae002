// Live: one event stream per workspace. Entries make lists of their type stale, the mart's progress makes numbers
// stale; what is on the screen is then asked again, at most once a second and never while the last asking is under way.
import type { QueryClient } from '@tanstack/svelte-query';
import { oldest } from './api/client';

type State = 'connecting' | 'live' | 'lost';

const pause = 1000; // ms between two rounds of asking
const longestWait = 15_000; // ms between two attempts to connect

export class Live {
  state = $state<State>('connecting');
  since = $state(Date.now()); // when the state last changed
  last = $state(0); // the newest entry we were told of

  #source: EventSource | null = null;
  #touched = new Map<string, number>(); // record types with entries that lists may not show yet: their newest
  #applied = 0; // how far the mart is, as we were told
  #numbers = false; // numbers are stale
  #ready = 0; // the entry from which the stream began, as long as answers may be older
  #again = false; // something came since the last round began
  #timer: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;

  constructor(
    readonly workspace: string,
    readonly client: QueryClient,
  ) {}

  connect() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const query = new URLSearchParams({ workspace: this.workspace });
    if (this.last) query.set('after', String(this.last));
    const source = (this.#source = new EventSource(`/api/v1/events?${query}`));
    source.onopen = () => {
      this.#attempts = 0;
      this.#become('live');
    };
    source.addEventListener('ready', (event) => {
      const { seq } = JSON.parse(event.data) as { seq: number };
      // What the mart took in while the stream was broken it tells no more.
      if (this.last) this.#numbers = true;
      else this.#ready = seq;
      this.#ask();
      this.last = Math.max(this.last, seq);
    });
    source.addEventListener('entry', (event) => {
      const entry = JSON.parse(event.data) as { seq: number; type: string };
      this.last = entry.seq;
      this.#touched.set(entry.type, entry.seq);
      this.#ask();
    });
    source.addEventListener('applied', (event) => {
      this.#applied = (JSON.parse(event.data) as { seq: number }).seq;
      this.#numbers = true;
      this.#ask();
    });
    source.onerror = () => {
      this.#become('lost');
      // The browser comes again by itself after a broken connection, with Last-Event-ID, but not after a refusal.
      if (source.readyState === EventSource.CLOSED) {
        clearTimeout(this.#retry);
        this.#retry = setTimeout(() => this.connect(), Math.min(longestWait, pause * 2 ** this.#attempts++));
      }
    };
  }

  close() {
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
    this.#source?.close();
  }

  #become(state: State) {
    if (this.state === state) return;
    this.state = state;
    this.since = Date.now();
  }

  #ask() {
    this.#again = true;
    this.#timer ??= setTimeout(() => this.#round(), 50);
  }

  async #round() {
    if (this.client.isFetching({ queryKey: [this.workspace] }) > 0) {
      this.#timer = setTimeout(() => this.#round(), 100);
      return;
    }
    const touched = new Set(this.#touched.keys());
    const numbers = this.#numbers;
    // What was read before the stream began may lack what came in between.
    const all = (oldest.get(this.workspace) ?? Infinity) < this.#ready;
    this.#numbers = this.#again = false;
    // Numbers, and lists that are filtered or sorted, come from the mart: they are asked again until it has caught up.
    for (const [type, seq] of this.#touched) if (seq <= this.#applied) this.#touched.delete(type);
    if (!all || this.#ready <= this.#applied) this.#ready = 0;
    await this.client.invalidateQueries({
      queryKey: [this.workspace],
      predicate: ({ queryKey, meta }) =>
        all || (queryKey[1] === 'metric' ? numbers : (meta?.types?.some((type) => touched.has(type)) ?? false)),
    });
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.#ask();
    }, pause);
  }
}
