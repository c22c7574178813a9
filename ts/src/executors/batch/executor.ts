/** The executor of AWS Batch: a stage is an array job, and results come back through the store. */

import type { StageName } from '../../events.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import type { Executor, ExecutorRun, TaskOutcome } from '../executor.ts';
import { type Clock, WALL_CLOCK } from './clock.ts';
import { Fanout } from './fanout.ts';
import { chooseMemory, memoryInWords } from './memory.ts';
import { BatchService } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { Submitter } from './submission.ts';

/** What is near the table, which lies on this machine, and takes seconds. */
const AT_THE_TABLE: ReadonlySet<StageName> = new Set(['corpus', 'split']);

export interface BatchOptions {
  readonly clock?: Clock;
  /** Runs the stages that read the table; without it they too go to AWS Batch. */
  readonly here?: Executor;
  /** Jobs go on when this process leaves them: the run does not need it. */
  readonly keep?: boolean;
}

/** What leads to AWS. */
interface Link {
  readonly service: BatchService;
  readonly submitter: Submitter;
  /** What a person should know, and was not told yet. */
  readonly notes: string[];
}

export class BatchExecutor implements Executor {
  readonly #store: Store;
  readonly #settings: BatchSettings;
  readonly #run: string;
  readonly #clock: Clock;
  readonly #here: Executor | undefined;
  readonly #keep: boolean;
  #link: Promise<Link> | undefined;

  /** `run` is the run that the jobs belong to: its folder on the store holds what goes to and fro. */
  constructor(store: Store, settings: BatchSettings, run: string, options: BatchOptions = {}) {
    this.#store = store;
    this.#settings = settings;
    this.#run = run;
    this.#clock = options.clock ?? WALL_CLOCK;
    this.#here = options.here;
    this.#keep = options.keep ?? false;
  }

  slots(stage: StageName): number | undefined {
    return this.#isHere(stage) ? undefined : this.#settings.maxParallel;
  }

  async *run(tasks: readonly Task[], run: ExecutorRun): AsyncGenerator<TaskOutcome, void, void> {
    const stage = tasks[0]?.stage;
    if (stage !== undefined && this.#here && this.#isHere(stage)) {
      yield* this.#here.run(tasks, run);
      return;
    }
    const { service, submitter, notes } = await this.#connect();
    for (const message of notes.splice(0)) run.emit({ event: 'warning', message });
    const { queue, room } = await submitter.target(this.#settings.queue);
    const of = { platform: queue.platform, room };
    const memory = await chooseMemory(tasks, this.#store, this.#settings, of);
    const words = stage === undefined ? undefined : memoryInWords(memory);
    if (words !== undefined) run.emit({ event: 'note', message: `${stage}: ${words}` });
    const parts = {
      run: this.#run,
      store: this.#store,
      settings: this.#settings,
      clock: this.#clock,
      keep: this.#keep,
      service,
      submitter,
    };
    yield* new Fanout(tasks, memory, run, parts).outcomes();
  }

  async close(): Promise<void> {
    const link = await this.#link?.catch(() => undefined);
    link?.service.close();
    await this.#here?.close();
  }

  #isHere(stage: StageName): boolean {
    return this.#here !== undefined && AT_THE_TABLE.has(stage);
  }

  #connect(): Promise<Link> {
    this.#link ??= (async () => {
      const service = new BatchService();
      const submitter = new Submitter(this.#store, service, this.#settings, this.#run);
      return { service, submitter, notes: await submitter.prepare() };
    })();
    return this.#link;
  }
}
