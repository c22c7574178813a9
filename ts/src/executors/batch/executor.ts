/** The executor of AWS Batch: a stage is an array job, and results come back through the store. */

import type { Bill } from '../../cost/bill.ts';
import { type Prices, TABLE_PRICES } from '../../cost/prices.ts';
import type { Tariff } from '../../cost/tariff.ts';
import type { Emit, StageName } from '../../events.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import type { Executor, ExecutorRun, TaskOutcome } from '../executor.ts';
import { underway } from './adoption.ts';
import { Bills } from './bills.ts';
import { type Clock, WALL_CLOCK } from './clock.ts';
import { Fanout } from './fanout.ts';
import { chooseMemory, memoryInWords } from './memory.ts';
import { OtherRuns } from './others.ts';
import { BatchService } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { Submitter } from './submission.ts';
import { QueueTariffs } from './tariff.ts';

/** What is near the table, which lies on this machine, and takes seconds. */
const AT_THE_TABLE: ReadonlySet<StageName> = new Set(['corpus', 'split']);

export interface BatchOptions {
  readonly clock?: Clock;
  /** Runs the stages that read the table; without it they too go to AWS Batch. */
  readonly here?: Executor;
  /** Jobs go on when this process leaves them: the run does not need it. */
  readonly keep?: boolean;
  /** What things cost; default: the built-in table. */
  readonly prices?: Prices;
  /** Told what a person should know of prices. */
  readonly emit?: Emit;
}

/** What is needed to talk to AWS Batch about a run. */
interface Link {
  readonly service: BatchService;
  readonly submitter: Submitter;
  readonly tariffs: QueueTariffs;
  readonly bills: Bills;
}

export class BatchExecutor implements Executor {
  readonly #store: Store;
  readonly #settings: BatchSettings;
  readonly #run: string;
  readonly #clock: Clock;
  readonly #here: Executor | undefined;
  readonly #keep: boolean;
  readonly #options: BatchOptions;
  readonly #others: OtherRuns;
  #link: Link | undefined;
  /** What a person should know, and was not told yet. */
  #prepared: Promise<string[]> | undefined;

  /** `run` is the run that the jobs belong to: its folder on the store holds what goes to and fro. */
  constructor(store: Store, settings: BatchSettings, run: string, options: BatchOptions = {}) {
    this.#store = store;
    this.#settings = settings;
    this.#run = run;
    this.#clock = options.clock ?? WALL_CLOCK;
    this.#here = options.here;
    this.#keep = options.keep ?? false;
    this.#options = options;
    this.#others = new OtherRuns(run, store);
  }

  slots(stage: StageName): number | undefined {
    return this.#isHere(stage) ? undefined : this.#settings.maxParallel;
  }

  async tariff(stage: StageName): Promise<Tariff | undefined> {
    return this.#isHere(stage) ? undefined : this.#connect().tariffs.of(this.#settings.queue);
  }

  async bills(): Promise<readonly Bill[]> {
    // A process that submitted nothing and took over nothing has nothing to tell.
    return this.#prepared && this.#link ? this.#link.bills.ended() : [];
  }

  async underway(tasks: readonly Task[]): Promise<ReadonlySet<string>> {
    if (tasks.every(({ stage }) => this.#isHere(stage))) return new Set();
    const { service } = this.#connect();
    return underway(tasks, { ...this.#jobs(), service });
  }

  async *run(tasks: readonly Task[], run: ExecutorRun): AsyncGenerator<TaskOutcome, void, void> {
    const stage = tasks[0]?.stage;
    if (stage !== undefined && this.#here && this.#isHere(stage)) {
      yield* this.#here.run(tasks, run);
      return;
    }
    const { service, submitter } = this.#connect();
    this.#prepared ??= submitter.prepare();
    for (const message of (await this.#prepared).splice(0)) run.emit({ event: 'warning', message });
    const { queue, room } = await submitter.target(this.#settings.queue);
    const of = { platform: queue.platform, room };
    const memory = await chooseMemory(tasks, this.#store, this.#settings, of);
    const words = stage === undefined ? undefined : memoryInWords(memory);
    if (words !== undefined) run.emit({ event: 'note', message: `${stage}: ${words}` });
    const parts = { ...this.#jobs(), settings: this.#settings, keep: this.#keep, service, submitter };
    yield* new Fanout(tasks, memory, run, parts).outcomes();
  }

  async close(): Promise<void> {
    this.#link?.service.close();
    await this.#here?.close();
  }

  /** Where the jobs of the run are, and those of others. */
  #jobs() {
    return { run: this.#run, store: this.#store, clock: this.#clock, others: this.#others };
  }

  #isHere(stage: StageName): boolean {
    return this.#here !== undefined && AT_THE_TABLE.has(stage);
  }

  #connect(): Link {
    if (this.#link) return this.#link;
    const [store, settings, run] = [this.#store, this.#settings, this.#run];
    const service = new BatchService();
    const note = (message: string): void => this.#options.emit?.({ event: 'note', message });
    const tariffs = new QueueTariffs(this.#options.prices ?? TABLE_PRICES, settings, service, note);
    const bills = new Bills({ run, store, service, tariffs });
    this.#link = { service, submitter: new Submitter(store, service, settings, run, this.#clock), tariffs, bills };
    return this.#link;
  }
}
