/** Runs the tasks of one stage: what is there is reused, the rest goes to the executor. */

import type { Meter } from '../cost/meter.ts';
import { endsRun, NlpflowError } from '../errors.ts';
import type { Emit, StageName } from '../events.ts';
import type { Executor, TaskOutcome } from '../executors/executor.ts';
import type { TaskFailure } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { finishedTasks } from './finished.ts';
import type { Task } from './task.ts';

/** What a stage needs from its run. */
export interface StageContext {
  readonly store: Store;
  readonly executor: Executor;
  /** Counts what tasks cost; it stands before the executor. */
  readonly meter?: Meter;
  readonly signal: AbortSignal;
  readonly emit: Emit;
}

/** How many tasks at once, with how many threads each. */
export interface StagePool {
  readonly workers: number;
  readonly threads: number;
}

/** What became of a stage: the summary of each task that is there, and the failures. */
export interface StageResult {
  readonly summaries: ReadonlyMap<string, unknown>;
  readonly failures: readonly TaskFailure[];
}

/** A stage's tasks, sorted into those that are there and those to do. */
export interface StageWork {
  readonly stage: StageName;
  readonly reused: readonly Task[];
  readonly missing: readonly Task[];
  /** Those of the tasks that are there, by id. */
  readonly summaries: ReadonlyMap<string, unknown>;
}

/** Looks which results are there. */
export async function stageWork(stage: StageName, tasks: readonly Task[], store: Store): Promise<StageWork> {
  const summaries = await finishedTasks(tasks, store);
  return {
    stage,
    reused: tasks.filter(({ id }) => summaries.has(id)),
    missing: tasks.filter(({ id }) => !summaries.has(id)),
    summaries,
  };
}

/**
 * Runs what is missing. Failed tasks are recorded and the others go on; a fatal error and an interruption end the stage.
 * `refused` tasks fail without being run, with the error given.
 */
export async function runStageTasks(
  work: StageWork,
  pool: StagePool,
  context: StageContext,
  refused: ReadonlyMap<string, NlpflowError> = new Map(),
): Promise<StageResult> {
  const { executor, emit } = context;
  const { stage, reused, missing } = work;
  const started = performance.now();
  const summaries = new Map(work.summaries);
  const failures: TaskFailure[] = [];
  emit({ event: 'stage.start', stage, total: reused.length + missing.length, reused: reused.length });
  for (const task of reused) {
    emit({ event: 'task.reused', stage, task: task.id, label: task.label });
  }
  for (const task of missing) {
    const error = refused.get(task.id);
    if (!error) continue;
    failures.push(failure(task, error));
    emit({ event: 'task.failed', stage, task: task.id, label: task.label, code: error.code, message: error.message });
  }
  throwIfInterrupted(context.signal);
  const runnable = missing.filter((task) => !refused.has(task.id));
  let overtaken = 0;
  const workers = executor.slots?.(stage) ?? pool.workers;
  const run = { signal: context.signal, emit, workers, threadsPerTask: pool.threads };
  for await (const outcome of runnable.length === 0 ? [] : executor.run(runnable, run)) {
    if (outcome.status === 'done') {
      summaries.set(outcome.task.id, outcome.summary);
      overtaken += outcome.reused ? 1 : 0;
    } else if (outcome.status === 'failed') {
      failures.push(failure(outcome.task, outcome));
      // Leaving the loop stops the tasks that still run.
      if (endsRun(outcome.code)) throw fromOutcome(outcome);
    }
  }
  throwIfInterrupted(context.signal);
  emit({
    event: 'stage.done',
    stage,
    done: summaries.size - reused.length - overtaken,
    reused: reused.length + overtaken,
    failed: failures.length,
    seconds: (performance.now() - started) / 1000,
  });
  return { summaries, failures };
}

/** The error of a failed task as it was. */
export function fromFailure({ code, message }: { code: string; message: string }): NlpflowError {
  return new NlpflowError(code, message);
}

/** Ends the flow when the person asked to stop. */
export function throwIfInterrupted(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new NlpflowError('INTERRUPTED', 'interrupted; finished work is kept: give the same command again to continue');
}

function fromOutcome(outcome: Extract<TaskOutcome, { status: 'failed' }>): NlpflowError {
  return fromFailure(outcome);
}

function failure(task: Task, { code, message }: { code: string; message: string }): TaskFailure {
  return { task: task.id, label: task.label, code, message };
}
