/** Jobs that are yet to be placed. */

import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import { Submission } from './job.ts';
import { type MemoryChoice, pathsOf, type SubmittedJob } from './manifest.ts';
import type { Placement } from './placement.ts';
import { isPassing } from './problems.ts';

/** A job that is yet to be placed. */
export interface JobDraft {
  readonly job: Omit<SubmittedJob, 'id' | 'submitted'>;
  readonly placement: Placement;
}

/** Tasks whose manifest is on the store, and whose job is yet to be placed. */
export class Draft {
  readonly tasks: readonly Task[];
  readonly #run: string;
  readonly #store: Store;
  readonly #draft: JobDraft;
  readonly #memory: MemoryChoice;

  constructor(run: string, store: Store, draft: JobDraft, tasks: readonly Task[], memory: MemoryChoice) {
    this.#run = run;
    this.#store = store;
    this.#draft = draft;
    this.tasks = tasks;
    this.#memory = memory;
  }

  get placement(): Placement {
    return this.#draft.placement;
  }

  /** Submits the job, or finds it where an answer was lost. May be called again after an error. */
  async place(signal?: AbortSignal): Promise<Submission> {
    const { job, placement } = this.#draft;
    const id = await placement.place(signal);
    const { mebibytes, from } = this.#memory;
    const submitted = new Date().toISOString();
    const noted = { ...job, id, submitted, memory: mebibytes, ...(from === 'more' ? { more: true } : {}) };
    // The job is there, whether it can be noted or not: without a note it is found by its name.
    await this.#store.put(pathsOf(this.#run, job.name).job, JSON.stringify(noted)).catch((error: unknown) => {
      if (!isPassing(error)) throw error;
    });
    const open = new Map(this.tasks.map((task, index) => [index, task]));
    return new Submission({ run: this.#run, job: noted, open, placement });
  }

  /** Ends what may have come of it: nobody waits for its tasks any more. */
  async abandon(reason: string): Promise<void> {
    await this.#draft.placement.end(reason);
    // For a manifest without a job later commands would look in vain.
    if (!this.#draft.placement.mayExist) await this.#store.delete(pathsOf(this.#run, this.#draft.job.name).manifest);
  }
}
