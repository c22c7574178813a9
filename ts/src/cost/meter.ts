/**
 * Stands before an executor and counts what its tasks cost. With a limit it starts only what is likely to fit below it, and ends
 * what runs when the money is spent: at a checkpoint, as every task that is stopped.
 */

import { asNlpflowError, NlpflowError } from '../errors.ts';
import type { Emit, Event, StageName } from '../events.ts';
import type { Executor, ExecutorRun, SeenAttempt, TaskOutcome } from '../executors/executor.ts';
import type { Task } from '../flow/task.ts';
import { boosterOfTask } from '../flow/tasks.ts';
import { inDollars } from './dollars.ts';
import { Ledger, type Spent } from './ledger.ts';
import { type Range, sum } from './range.ts';
import { costOf, foretoldCost, type Tariff } from './tariff.ts';

/** Milliseconds between two looks at what running tasks have cost. */
const LOOK = 200;
/** The final fit gets this much more than it is likely to cost. */
const RESERVE = 1.25;

export interface MeterOptions {
  /** Dollars that the run may cost. */
  readonly limit?: number;
  /** Attempts of an earlier process of the run. */
  readonly spent?: readonly Spent[];
}

export class Meter implements Executor {
  readonly #inner: Executor;
  readonly #options: MeterOptions;
  readonly #ledger: Ledger;
  /** Seconds that each task will take, and the final fit. */
  #expected: ReadonlyMap<string, Range> = new Map();
  #fit: Range | undefined;
  /** Dollars that ended tasks cost, and what had been expected of them. */
  readonly #so = { far: 0, expected: 0 };
  readonly #leftOut: Task[] = [];
  #isTold = false;

  constructor(inner: Executor, options: MeterOptions) {
    this.#inner = inner;
    this.#options = options;
    this.#ledger = new Ledger(options.spent);
  }

  /** Dollars so far, running tasks included. */
  get spent(): number {
    return this.#ledger.dollars;
  }

  get limit(): number | undefined {
    return this.#options.limit;
  }

  /** Boosters that were not trained because of the limit. */
  get leftOut(): readonly Task[] {
    return this.#leftOut;
  }

  /** What tasks will take: what is started below a limit, and what is kept for the fit, follows from it. */
  expect(times: ReadonlyMap<string, Range>, fit: Range | undefined): void {
    this.#expected = times;
    this.#fit = fit;
  }

  slots(stage: StageName): number | undefined {
    return this.#inner.slots?.(stage);
  }

  async tariff(stage: StageName, threads: number): Promise<Tariff | undefined> {
    return this.#inner.tariff?.(stage, threads);
  }

  async *run(tasks: readonly Task[], run: ExecutorRun): AsyncGenerator<TaskOutcome, void, void> {
    const stage = tasks[0]?.stage;
    if (stage === undefined) return;
    const tariff = await this.tariff(stage, run.threadsPerTask);
    const seen = tariff && ((attempt: SeenAttempt) => this.#ledger.seen(attempt, tariff));
    const metered = { ...run, emit: this.#listen(run, tariff), ...(seen ? { seen } : {}) };
    if (!tariff || this.limit === undefined) {
      yield* this.#inner.run(tasks, metered);
      if (tariff) await this.#bills(run.emit);
    } else if (stage === 'boost') {
      yield* this.#within(tasks, metered, tariff);
    } else {
      yield* this.#whole(stage, tasks, metered, tariff);
    }
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }

  /** A stage that is of use as a whole only. */
  async *#whole(
    stage: StageName,
    tasks: readonly Task[],
    run: ExecutorRun,
    tariff: Tariff,
  ): AsyncGenerator<TaskOutcome, void, void> {
    const ceiling = stage === 'fit' ? this.#limit : this.#limit - (await this.#reserve());
    const room = ceiling - this.spent;
    const need = stage === 'fit' && this.#fit ? foretoldCost(tariff, this.#fit).dollars.low : 0;
    if (need > room) throw this.#exceeded(stage, `it would cost ${inDollars(need)} at least`);
    let ended = 0;
    for await (const outcome of this.#guarded(tasks, run, ceiling)) {
      if (outcome.status !== 'cancelled' || run.signal.aborted) yield outcome;
      else ended += 1;
    }
    if (ended > 0) throw this.#exceeded(stage, 'it was ended, and goes on where it was');
  }

  /** Boosters one by one, each with all its folds, as many at a time as are likely to fit. */
  async *#within(tasks: readonly Task[], run: ExecutorRun, tariff: Tariff): AsyncGenerator<TaskOutcome, void, void> {
    const ceiling = this.#limit - (await this.#reserve());
    // What runs already costs, whether it fits or not: it is watched from the beginning.
    const held = (await this.#inner.underway?.(tasks)) ?? new Set();
    const isHeld = (group: readonly Task[]): boolean => group.some(({ id }) => held.has(id));
    const all = groups(tasks);
    const waiting = [...all.filter(isHeld), ...all.filter((group) => !isHeld(group))];
    const least = all.filter(isHeld).length;
    const left: Task[] = [];
    let isFirst = true;
    let isSpent = false;
    while (waiting.length > 0 && !run.signal.aborted && !isSpent) {
      const fitting = this.#fitting(waiting, ceiling - this.spent, tariff, isFirst);
      const wave = waiting.splice(0, isFirst ? Math.max(least, fitting) : fitting).flat();
      if (wave.length === 0) break;
      isFirst = false;
      const expected = sum(wave.map((task) => this.#dollars(task, tariff))).likely;
      const before = this.spent;
      for await (const outcome of this.#guarded(wave, run, ceiling)) {
        const isEnded = outcome.status === 'cancelled' && !run.signal.aborted;
        if (isEnded) left.push(outcome.task);
        else yield outcome;
        isSpent ||= isEnded;
      }
      this.#so.far += this.spent - before;
      this.#so.expected += expected;
    }
    left.push(...waiting.flat());
    if (!run.signal.aborted) this.#leftOut.push(...left);
    yield* left.map((task) => ({ task, status: 'cancelled' as const }));
  }

  /** How many groups to start: all that fit at their highest, later at what was learned; one when it is likely to fit. */
  #fitting(waiting: readonly (readonly Task[])[], room: number, tariff: Tariff, isFirst: boolean): number {
    const learned = this.#so.expected > 0 ? this.#so.far / this.#so.expected : 1;
    const costs = waiting.map((group) => sum(group.map((task) => this.#dollars(task, tariff))));
    let dollars = 0;
    let count = 0;
    for (const { likely, high } of costs) {
      dollars += isFirst ? high : likely * learned;
      if (dollars > room) break;
      count += 1;
    }
    const [first] = costs;
    return count === 0 && first && first.likely * learned <= room ? 1 : count;
  }

  /** Runs tasks until they are done or the money is spent. */
  async *#guarded(tasks: readonly Task[], run: ExecutorRun, ceiling: number): AsyncGenerator<TaskOutcome, void, void> {
    const stop = new AbortController();
    const look = setInterval(() => {
      if (this.spent >= ceiling) stop.abort();
    }, LOOK);
    try {
      yield* this.#inner.run(tasks, { ...run, signal: AbortSignal.any([run.signal, stop.signal]) });
    } finally {
      clearInterval(look);
      this.#ledger.stopped();
    }
    await this.#bills(run.emit);
  }

  /** Notes what attempts cost, and writes it on them. */
  #listen({ emit, threadsPerTask }: ExecutorRun, tariff: Tariff | undefined): Emit {
    return (event: Event) => {
      const isOver = event.event === 'task.done' || event.event === 'task.failed' || event.event === 'task.reused';
      if (isOver) this.#ledger.over(event.task);
      if (event.event !== 'task.attempt') return emit(event);
      if (!tariff) return emit({ ...event, vcpus: event.vcpus ?? threadsPerTask });
      const cost = costOf(tariff, (Date.parse(event.ended) - Date.parse(event.started)) / 1000);
      this.#ledger.told({ ...event, cost });
      emit({ ...event, vcpus: tariff.vcpus, ...(this.#inner.bills ? { spot: tariff.spot } : {}), cost });
    };
  }

  /** Brings what attempts were billed; a run whose bills cannot be read goes on with their own times. */
  async #bills(emit: Emit): Promise<void> {
    try {
      for (const bill of (await this.#inner.bills?.()) ?? []) {
        this.#ledger.billed(bill);
        emit({ event: 'task.bill', ...bill });
      }
    } catch (error) {
      if (this.#isTold) return;
      this.#isTold = true;
      const { message } = asNlpflowError(error);
      emit({ event: 'warning', message: `costs are reckoned by the tasks' own times: ${message}` });
    }
  }

  #dollars(task: Task, tariff: Tariff): Range {
    return foretoldCost(tariff, this.#expected.get(task.id) ?? { low: 0, likely: 0, high: 0 }).dollars;
  }

  async #reserve(): Promise<number> {
    const tariff = this.#fit ? await this.tariff('fit', 1) : undefined;
    if (!tariff || !this.#fit) return 0;
    const { likely, high } = foretoldCost(tariff, this.#fit).dollars;
    return Math.max(likely * RESERVE, high);
  }

  get #limit(): number {
    return this.limit ?? Number.POSITIVE_INFINITY;
  }

  #exceeded(stage: StageName, what: string): NlpflowError {
    const work = stage === 'fit' ? 'the final fit' : `the stage ${stage}`;
    return new NlpflowError(
      'COST_LIMIT',
      `--max-cost ${inDollars(this.#limit)} does not cover ${work}: ${inDollars(this.spent)} are spent, and ${what}; what is done is kept: give the same command with a higher --max-cost to continue`,
    );
  }
}

/** Tasks by their booster, in order. */
function groups(tasks: readonly Task[]): Task[][] {
  const found = new Map<string, Task[]>();
  for (const task of tasks) {
    const booster = boosterOfTask(task.id) ?? task.id;
    found.set(booster, [...(found.get(booster) ?? []), task]);
  }
  return [...found.values()];
}
