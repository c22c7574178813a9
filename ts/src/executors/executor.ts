/** An executor runs tasks somewhere; results come back only through the store. */

import type { Bill } from '../cost/bill.ts';
import type { Tariff } from '../cost/tariff.ts';
import type { Emit, StageName } from '../events.ts';
import type { Task, TaskResult } from '../flow/task.ts';

/** How a worker process is started: `node <execArgv> <module> <args>`. */
export interface WorkerCommand {
  readonly module: string;
  readonly args: readonly string[];
  readonly execArgv?: readonly string[];
}

export interface ExecutorRun {
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly workers: number;
  readonly threadsPerTask: number;
  /** Told of each attempt when it begins, or is found at work, and again at its later signs; an end with a word is an event. */
  readonly seen?: (attempt: SeenAttempt) => void;
}

/** An attempt of a task that runs. */
export interface SeenAttempt {
  readonly task: string;
  /** From 1. */
  readonly attempt: number;
  /** Id of its job, on AWS Batch. */
  readonly job?: string;
  /** ISO time on its host's clock. */
  readonly started: string;
  /** How long it had run by its last sign. */
  readonly seconds: number;
  /** It ended, perhaps without a word. */
  readonly isOver?: true;
}

/** What became of a task. */
export type TaskOutcome =
  | ({ readonly task: Task; readonly status: 'done'; readonly seconds: number } & TaskResult)
  | { readonly task: Task; readonly status: 'failed'; readonly code: string; readonly message: string }
  | { readonly task: Task; readonly status: 'cancelled' };

export interface Executor {
  /** How many tasks of a stage it takes at once, where this machine's cores and memory do not decide. */
  slots?(stage: StageName): number | undefined;
  /** What a task of a stage costs; undefined where nothing is paid. `threads` is what it uses of this machine. */
  tariff?(stage: StageName, threads: number): Promise<Tariff | undefined>;
  /** The paid attempts that have ended since this was last asked, where more is known of them than they told themselves. */
  bills?(): Promise<readonly Bill[]>;
  /** Ids of the tasks that jobs of earlier processes are at, which `run` would go on with. */
  underway?(tasks: readonly Task[]): Promise<ReadonlySet<string>>;
  /** Runs all tasks, in any order; one outcome a task. */
  run(tasks: readonly Task[], run: ExecutorRun): AsyncIterable<TaskOutcome>;
  /** Ends what still runs. */
  close(): Promise<void>;
}
