/** The executor of AWS Batch: a stage is an array job, and results come back through the store. */

import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import type { Executor, ExecutorRun, TaskOutcome } from '../executor.ts';
import { type Clock, WALL_CLOCK } from './clock.ts';
import { Fanout } from './fanout.ts';
import { BatchService } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { Submitter } from './submission.ts';

export class BatchExecutor implements Executor {
  /** Tasks at once: machines of their own, whatever this one has. */
  readonly slots: number;
  readonly #store: Store;
  readonly #settings: BatchSettings;
  readonly #run: string;
  readonly #clock: Clock;
  #link: Promise<{ service: BatchService; submitter: Submitter }> | undefined;

  /** `run` is the run that the jobs belong to: its folder on the store holds what goes to and fro. */
  constructor(store: Store, settings: BatchSettings, run: string, clock: Clock = WALL_CLOCK) {
    this.#store = store;
    this.#settings = settings;
    this.#run = run;
    this.#clock = clock;
    this.slots = settings.maxParallel;
  }

  async *run(tasks: readonly Task[], run: ExecutorRun): AsyncGenerator<TaskOutcome, void, void> {
    const { service, submitter } = await this.#connect();
    const parts = {
      run: this.#run,
      store: this.#store,
      settings: this.#settings,
      clock: this.#clock,
      service,
      submitter,
    };
    yield* new Fanout(tasks, run, parts).outcomes();
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined);
    link?.service.close();
  }

  #connect(): Promise<{ service: BatchService; submitter: Submitter }> {
    this.#link ??= (async () => {
      const service = new BatchService();
      const submitter = new Submitter(this.#store, service, this.#settings, this.#run);
      // Queues that cannot be used are found before anything is submitted.
      const { queue, onDemandQueue } = this.#settings;
      for (const name of [queue, onDemandQueue]) if (name !== undefined) await submitter.target(name);
      return { service, submitter };
    })();
    return this.#link;
  }
}
