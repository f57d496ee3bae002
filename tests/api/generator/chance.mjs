// Chance that can be repeated: the same seed gives the same throws.
export class Chance {
  #state;
  constructor(seed) {
    this.#state = seed >>> 0;
  }
  // [0, 1), by mulberry32.
  share() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  is(probability) {
    return this.share() < probability;
  }
  // [low, high], whole
  between(low, high) {
    return low + Math.floor(this.share() * (high - low + 1));
  }
  pick(items) {
    return items[Math.floor(this.share() * items.length)];
  }
  // At most `most` different ones.
  some(items, most) {
    const left = [...items];
    const taken = [];
    while (left.length && taken.length < most) taken.push(...left.splice(Math.floor(this.share() * left.length), 1));
    return taken;
  }
  word(length = this.between(3, 10)) {
    let text = '';
    while (text.length < length) text += this.pick('abcdefghijklmnopqrstuvwxyz');
    return text;
  }
}
