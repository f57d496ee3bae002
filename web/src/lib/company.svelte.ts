// The workspace that is being looked at, for every component below the layout: its zone, currency and clock.
import { getContext, setContext } from 'svelte';
import type { Schemas } from './api/client';
import { today } from './days';

export class Company {
  minute = $state(minuteOf(Date.now())); // the present, to the minute
  readonly workspace: string = $derived.by(() => this.#workspace());
  readonly name: string = $derived.by(() => this.#settings().name ?? '');
  readonly zone: string = $derived.by(() => this.#settings().zone ?? 'UTC');
  readonly currency: string = $derived.by(() => this.#settings().currency ?? 'USD');
  readonly today: string = $derived.by(() => today(this.minute, this.zone));

  #workspace: () => string;
  #settings: () => Schemas['SettingsFields'];

  constructor(workspace: () => string, settings: () => Schemas['SettingsFields']) {
    this.#workspace = workspace;
    this.#settings = settings;
  }

  tick() {
    this.minute = minuteOf(Date.now());
  }
}

function minuteOf(now: number) {
  return Math.floor(now / 60_000) * 60_000;
}

const key = Symbol('company');
export const provideCompany = (company: Company): Company => setContext(key, company);
export const theCompany = (): Company => getContext(key);
