/** The local executor: worker processes on this machine, each with one task at a time. */

import { type Prices, TABLE_PRICES } from '../cost/prices.ts';
import { hereTariff, type Tariff } from '../cost/tariff.ts';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import type { Task, TaskResult } from '../flow/task.ts';
import type { Store } from '../store/store.ts';
import { AttemptWatch } from './attempt.ts';
import { Channel } from './channel.ts';
import type { Executor, ExecutorRun, TaskOutcome, WorkerCommand } from './executor.ts';
import { WorkerDied, WorkerProcess } from './process.ts';

/** Runs tasks in worker processes that are kept from stage to stage. */
export class LocalExecutor implements Executor {
  readonly #store: Store;
  readonly #command: WorkerCommand;
  readonly #prices: Prices;
  readonly #idle: WorkerProcess[] = [];

  constructor(store: Store, command: WorkerCommand = defaultWorker(), prices: Prices = TABLE_PRICES) {
    this.#store = store;
    this.#command = command;
    this.#prices = prices;
  }

  /** This machine costs something only when a person says what: a vCPU is a thread; memory is not counted. */
  async tariff(_: StageName, threads: number): Promise<Tariff | undefined> {
    return hereTariff(this.#prices, threads);
  }

  async *run(tasks: readonly Task[], run: ExecutorRun): AsyncGenerator<TaskOutcome, void, void> {
    const queue = [...tasks];
    const queued = new Date().toISOString();
    const outcomes = new Channel<TaskOutcome>();
    // Leaving the loop early stops the rest, as an aborted signal does.
    const left = new AbortController();
    const signal = AbortSignal.any([run.signal, left.signal]);
    const lane = async (): Promise<void> => {
      for (let task = queue.shift(); task !== undefined; task = queue.shift()) {
        const outcome = signal.aborted ? undefined : await this.#runOne(task, queued, { ...run, signal });
        outcomes.push(outcome ?? { task, status: 'cancelled' });
      }
    };
    const lanes = Promise.all(Array.from({ length: Math.min(run.workers, tasks.length) }, lane));
    void lanes.finally(() => outcomes.close());
    try {
      yield* outcomes;
    } finally {
      left.abort();
      await lanes;
    }
  }

  async close(): Promise<void> {
    await Promise.all(this.#idle.splice(0).map((worker) => worker.close()));
  }

  async #runOne(task: Task, queued: string, run: ExecutorRun): Promise<TaskOutcome> {
    const { id, stage, label } = task;
    const started = performance.now();
    run.emit({ event: 'task.start', stage, task: id, label });
    try {
      const result = await this.#attempts(task, queued, run);
      const seconds = (performance.now() - started) / 1000;
      if (result.reused) run.emit({ event: 'task.reused', stage, task: id, label });
      else run.emit({ event: 'task.done', stage, task: id, label, seconds, summary: result.summary });
      return { task, status: 'done', seconds, ...result };
    } catch (error) {
      if (run.signal.aborted) return { task, status: 'cancelled' };
      const { code, message } = asNlpflowError(error);
      run.emit({ event: 'task.failed', stage, task: id, label, code, message });
      return { task, status: 'failed', code, message };
    }
  }

  /** A worker that dies may have been killed by chance: its task gets one more. */
  async #attempts(task: Task, queued: string, run: ExecutorRun): Promise<TaskResult> {
    try {
      return await this.#attempt(task, 1, queued, run);
    } catch (error) {
      if (!(error instanceof WorkerDied) || run.signal.aborted) throw error;
      run.emit({ event: 'warning', message: `${task.label}: ${error.message}; trying once more` });
      return this.#attempt(task, 2, queued, run);
    }
  }

  async #attempt(task: Task, attempt: number, queued: string, run: ExecutorRun): Promise<TaskResult> {
    const worker = this.#worker();
    const watch = new AttemptWatch(task, attempt, queued);
    run.seen?.(watch.begun);
    const of = { stage: task.stage, task: task.id };
    try {
      const { usage, ...result } = await worker.run(
        { store: this.#store.url, task, threads: run.threadsPerTask },
        run.signal,
        {
          progress: (progress) => {
            watch.progress(progress);
            run.emit({ event: 'task.progress', ...of, ...progress });
          },
          note: (message) => run.emit({ event: 'note', message }),
          output: (text) => run.emit({ event: 'task.output', ...of, attempt, text }),
        },
      );
      run.emit({ event: 'task.attempt', ...watch.done(result, usage) });
      return result;
    } catch (error) {
      run.emit({ event: 'task.attempt', ...watch.failed(error, run.signal.aborted) });
      throw error;
    } finally {
      if (worker.alive) this.#idle.push(worker);
    }
  }

  #worker(): WorkerProcess {
    for (let worker = this.#idle.pop(); worker !== undefined; worker = this.#idle.pop()) {
      if (worker.alive) return worker;
    }
    return new WorkerProcess(this.#command);
  }
}

/** This program with the argument `worker`; NLPFLOW_WORKER names another module (tests run inside a test runner). */
export function defaultWorker(): WorkerCommand {
  const module = process.env['NLPFLOW_WORKER'] || process.argv[1];
  if (module === undefined) throw new NlpflowError('INTERNAL', 'the program of the worker processes is not known');
  return { module, args: ['worker'] };
}
