/** The side of the container: runs the task of its index through the same function as every worker. */

import { hostname } from 'node:os';
import { asNlpflowError, EXIT, type ExitCode, NlpflowError } from '../../errors.ts';
import { runTask, type TaskResult } from '../../flow/task.ts';
import type { Progress } from '../../native/stages.ts';
import type { Store } from '../../store/store.ts';
import { measureUsage } from '../usage.ts';
import { pathsOf, readManifest, type TaskState } from './manifest.ts';
import { withTableHere } from './table.ts';

/** What a container is told by its environment. */
export interface Assignment {
  /** Path of the manifest in the store. */
  readonly manifest: string;
  readonly index: number;
  readonly attempt: number;
}

/** The assignment of this process. */
export function assignmentOf(env: NodeJS.ProcessEnv, manifest: string): Assignment {
  const number = (name: string, fallback: number): number => Number(env[name] ?? fallback);
  return {
    manifest,
    // A plain job has no index: its manifest holds one task.
    index: number('AWS_BATCH_JOB_ARRAY_INDEX', 0),
    attempt: number('AWS_BATCH_JOB_ATTEMPT', 1),
  };
}

/** Runs the assignment of this process until it is done or Batch ends it: SIGTERM stops the task cleanly. */
export async function serveAssignment(assignment: Assignment, store: Store): Promise<ExitCode> {
  const stop = new AbortController();
  const abort = (): void => stop.abort();
  process.on('SIGTERM', abort);
  try {
    return await runAssignment(assignment, store, stop.signal);
  } finally {
    process.off('SIGTERM', abort);
  }
}

async function runAssignment(assignment: Assignment, store: Store, signal: AbortSignal): Promise<ExitCode> {
  const manifest = await readManifest(store, assignment.manifest);
  const task = manifest.tasks[assignment.index];
  const submission = assignment.manifest.split('/').at(-2) ?? '';
  if (!task) {
    throw new NlpflowError(
      'USAGE',
      `${assignment.manifest} has ${manifest.tasks.length} tasks, none with index ${assignment.index}`,
    );
  }
  const state = new StateFile(store, pathsOf(manifest.run, submission).state(assignment.index), assignment.attempt);
  await state.write({ state: 'running' });
  const stopBeating = state.beat(manifest.beat * 1000);
  let result: TaskResult;
  try {
    const progress = (value: Progress): void => state.progress(value, manifest.beat * 1000);
    result = await runTask(await withTableHere(task, store), store, { signal, progress, threads: manifest.threads });
  } catch (error) {
    await stopBeating();
    if (signal.aborted) {
      await state.write({ state: 'stopped' });
      return EXIT.interrupted;
    }
    const { code, message, exitCode } = asNlpflowError(error);
    await state.write({ state: 'failed', code, message });
    return manifest.failures === 'record' ? EXIT.ok : exitCode;
  }
  await stopBeating();
  await state.write({ state: 'done', reused: result.reused });
  return EXIT.ok;
}

/** The state of one attempt on the store; writes follow each other and the last one wins. */
class StateFile {
  readonly #store: Store;
  readonly #path: string;
  readonly #attempt: number;
  readonly #started = Date.now();
  readonly #usage = measureUsage();
  #progress: Progress | undefined;
  #written = 0;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(store: Store, path: string, attempt: number) {
    this.#store = store;
    this.#path = path;
    this.#attempt = attempt;
  }

  async write(what: Pick<TaskState, 'state' | 'reused' | 'code' | 'message'>): Promise<void> {
    await this.#busy.catch(() => {});
    const state: TaskState = {
      ...what,
      attempt: this.#attempt,
      started: new Date(this.#started).toISOString(),
      updated: new Date().toISOString(),
      seconds: (Date.now() - this.#started) / 1000,
      host: hostname(),
      ...(what.state === 'running' ? {} : { usage: this.#usage() }),
      ...(this.#progress ? { progress: this.#progress } : {}),
    };
    await this.#store.put(this.#path, JSON.stringify(state));
  }

  /** Keeps progress; writes it at once the first time, later when the last write is a beat ago. */
  progress(value: Progress, every: number): void {
    const isFirst = this.#progress === undefined;
    this.#progress = value;
    if (isFirst || Date.now() - this.#written >= every) this.#inBackground();
  }

  /** A sign of life now and then; the function that it returns ends them and waits for the last one. */
  beat(every: number): () => Promise<void> {
    const timer = setInterval(() => this.#inBackground(), every);
    return async () => {
      clearInterval(timer);
      await this.#busy.catch(() => {});
    };
  }

  /** A sign of life that cannot be written must not cost the task. */
  #inBackground(): void {
    this.#written = Date.now();
    this.#busy = this.write({ state: 'running' }).catch(() => {});
  }
}
