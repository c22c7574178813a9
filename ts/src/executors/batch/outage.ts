/** Goes on when AWS cannot be reached for a while, as on a laptop that slept. */

import { asNlpflowError, NlpflowError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Clock } from './clock.ts';
import { isPassing } from './problems.ts';

/** Milliseconds of failing calls after which the command gives up; the jobs go on. */
const PATIENCE = 30 * 60_000;
/** More than this between two failures is not counted: the machine slept. A failing call takes up to two minutes with its repetitions. */
const LONGEST_GAP = 4 * 60_000;

export class Outage {
  readonly #run: string;
  readonly #clock: Clock;
  readonly #emit: Emit;
  /** The last failure, and how long calls have failed while this machine was awake. */
  #trouble: { last: number; awake: number } | undefined;

  constructor(run: string, clock: Clock, emit: Emit) {
    this.#run = run;
    this.#clock = clock;
    this.#emit = emit;
  }

  /** Whether the work was done; false for trouble that may pass. Throws `AWS_UNREACHABLE` when it has not passed for long, and what is no such trouble. */
  async survives(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.#trouble = undefined;
      return true;
    } catch (error) {
      if (!isPassing(error)) throw error;
      this.#note(error);
      return false;
    }
  }

  #note(error: unknown): void {
    const now = this.#clock.now();
    if (!this.#trouble) {
      this.#trouble = { last: now, awake: 0 };
      const { code, message } = asNlpflowError(error);
      // To be called less often is nothing that a person must know of.
      if (code !== 'AWS_THROTTLED') this.#emit({ event: 'warning', message: `${message}; trying again` });
      return;
    }
    const { last, awake } = this.#trouble;
    this.#trouble = { last: now, awake: awake + Math.min(now - last, LONGEST_GAP) };
    if (this.#trouble.awake <= PATIENCE) return;
    throw new NlpflowError(
      'AWS_UNREACHABLE',
      `AWS has not been reached for 30 minutes; the jobs go on: the same command, or nlpflow attach ${this.#run}, takes them up again`,
      { cause: error },
    );
  }
}
