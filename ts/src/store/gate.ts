/** Bounds what is open at the same time, however much is asked for at once. */

/** Lets so many through at the same time; the others wait in their order. */
export class Gate {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(width: number) {
    this.#free = width;
  }

  /** Does something as soon as there is room for it. */
  async run<Value>(work: () => Promise<Value>): Promise<Value> {
    if (this.#free > 0) this.#free -= 1;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }
}

/** For files that this process opens in stores: systems often allow 256 or 1,024 open files, sockets and pipes among them. */
export const OPEN_FILES: Gate = new Gate(32);
