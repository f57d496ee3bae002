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
  #touched = new Set<string>(); // record types with entries that lists may not show yet
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
      if (this.last) this.#ask({ numbers: true });
      else {
        this.#ready = seq;
        this.#ask({});
      }
      this.last = Math.max(this.last, seq);
    });
    source.addEventListener('entry', (event) => {
      const entry = JSON.parse(event.data) as { seq: number; type: string };
      this.last = entry.seq;
      this.#ask({ type: entry.type });
    });
    source.addEventListener('applied', () => this.#ask({ numbers: true }));
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

  #ask({ type, numbers }: { type?: string; numbers?: boolean }) {
    if (type) this.#touched.add(type);
    if (numbers) this.#numbers = true;
    this.#again = true;
    this.#timer ??= setTimeout(() => this.#round(), 50);
  }

  async #round() {
    if (this.client.isFetching({ queryKey: [this.workspace] }) > 0) {
      this.#timer = setTimeout(() => this.#round(), 100);
      return;
    }
    const touched = new Set(this.#touched);
    // What was read before the stream began may lack what came in between.
    const all = (oldest.get(this.workspace) ?? Infinity) < this.#ready;
    this.#ready = 0;
    const numbers = this.#numbers;
    // Filtered lists come from the mart, so types stay touched until it has caught up.
    if (numbers) this.#touched.clear();
    this.#numbers = this.#again = false;
    await this.client.invalidateQueries({
      queryKey: [this.workspace],
      predicate: ({ queryKey, meta }) =>
        all || (queryKey[1] === 'metric' ? numbers : (meta?.types?.some((type) => touched.has(type)) ?? false)),
    });
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#again) this.#ask({});
    }, pause);
  }
}
