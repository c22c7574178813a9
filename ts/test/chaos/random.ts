/** Random numbers that a seed decides. */

import { createHash } from 'node:crypto';

/** Draws one after the other; the same seed gives the same ones. */
export class Random {
  readonly #seed: string;
  #drawn = 0;

  constructor(seed: string) {
    this.#seed = seed;
  }

  /** At least 0, less than 1. */
  next(): number {
    this.#drawn += 1;
    return createHash('sha256').update(`${this.#seed} ${this.#drawn}`).digest().readUInt32LE() / 2 ** 32;
  }

  /** A whole number of at least `from` and at most `to`. */
  whole(from: number, to: number): number {
    return from + Math.floor(this.next() * (to - from + 1));
  }

  one<Value>(of: readonly Value[]): Value {
    return of[Math.floor(this.next() * of.length)] as Value;
  }
}
