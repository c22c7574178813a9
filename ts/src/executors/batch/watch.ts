/** Says why nothing starts, without being asked, once waiting takes long. */

import type { JobDetail } from '@aws-sdk/client-batch';
import type { Emit } from '../../events.ts';
import type { FanoutParts } from './fanout.ts';
import type { Submission } from './job.ts';
import { explainWaiting } from './waiting.ts';

/** Milliseconds without a started container after which the cause is looked for, and then again. */
const FIRST = 3 * 60_000;
const AGAIN = 15 * 60_000;

export class WaitingWatch {
  readonly #parts: FanoutParts;
  readonly #emit: Emit;
  readonly #due = new Map<Submission, number>();
  readonly #moving = new WeakSet<Submission>();

  constructor(parts: FanoutParts, emit: Emit) {
    this.#parts = parts;
    this.#emit = emit;
  }

  /** A container of the job was seen: it does not wait any more. */
  started(submission: Submission): void {
    this.#moving.add(submission);
  }

  /** Looks at a job that Batch has just described. */
  async look(submission: Submission, job: JobDetail): Promise<void> {
    if (this.#moving.has(submission)) return;
    const now = this.#parts.clock.now();
    const due = this.#due.get(submission) ?? now + FIRST;
    this.#due.set(submission, due);
    if (now < due) return;
    this.#due.set(submission, now + AGAIN);
    // The cause is looked for among many; a look that fails must not cost the run.
    const cause = await explainWaiting(job, this.#parts.service).catch(() => undefined);
    if (cause && cause.kind !== 'dependency')
      this.#emit({ event: 'warning', message: `nothing has started yet: ${cause.cause}; ${cause.remedy}` });
  }
}
