/** The side of the container: runs the task of its index through the same function as every worker. */

import { asNlpflowError, EXIT, type ExitCode, NlpflowError } from '../../errors.ts';
import { runTask, type Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import { onEnding } from '../ending.ts';
import { defaultWorker } from '../local.ts';
import { TaskError, WorkerDied, WorkerProcess } from '../process.ts';
import { ATTEMPTS } from './definition.ts';
import { MORE_MEMORY } from './failures.ts';
import { type Manifest, pathsOf, readJson, readManifest, type TaskState } from './manifest.ts';
import { StateFile } from './state.ts';
import { withTableHere } from './table.ts';

/** A task whose container ended so often without a word needs more memory or a host that stays. */
const VANISHED_OFTEN = 2;

/** What a container is told by its environment. */
export interface Assignment {
  /** Path of the manifest in the store. */
  readonly manifest: string;
  readonly index: number;
  readonly attempt: number;
  /** Id of this container's job. */
  readonly job: string | undefined;
}

/** The assignment of this process. */
export function assignmentOf(env: NodeJS.ProcessEnv, manifest: string): Assignment {
  const number = (name: string, fallback: number): number => Number(env[name] ?? fallback);
  return {
    manifest,
    // A plain job has no index: its manifest holds one task.
    index: number('AWS_BATCH_JOB_ARRAY_INDEX', 0),
    attempt: number('AWS_BATCH_JOB_ATTEMPT', 1),
    job: env['AWS_BATCH_JOB_ID'],
  };
}

/** Runs the assignment of this process until it is done or Batch ends it: SIGTERM stops the task cleanly. `print` takes lines. */
export async function serveAssignment(
  assignment: Assignment,
  store: Store,
  print: (text: string) => void,
): Promise<ExitCode> {
  const stop = new AbortController();
  const stopListening = onEnding(() => stop.abort());
  try {
    return await runAssignment(assignment, store, stop.signal, print);
  } finally {
    stopListening();
  }
}

async function runAssignment(
  { manifest: path, index, attempt, job }: Assignment,
  store: Store,
  signal: AbortSignal,
  print: (text: string) => void,
): Promise<ExitCode> {
  const manifest = await readManifest(store, path);
  const task = manifest.tasks[index];
  const submission = path.split('/').at(-2) ?? '';
  if (!task) {
    throw new NlpflowError('USAGE', `${path} has ${manifest.tasks.length} tasks, none with index ${index}`);
  }
  const place = pathsOf(manifest.run, submission).state(index);
  const before = attempt > 1 ? await readJson<TaskState>(store, place) : null;
  const vanished = (before?.vanished ?? 0) + (before?.state === 'running' ? 1 : 0);
  const state = new StateFile({ store, path: place, run: manifest.run, task, attempt, job, vanished, print });
  const records = manifest.failures === 'record';
  if (records && vanished >= VANISHED_OFTEN) {
    return leave(state, 'TASK_RECLAIMED', `its container vanished ${vanished} times without a word`);
  }
  await state.begin();
  const stopBeating = state.beat(manifest.beat * 1000);
  try {
    const perform = records ? performInChild : performHere;
    const result = await perform(await withTableHere(task, store), { manifest, store, signal, state });
    await stopBeating();
    await state.write({ state: 'done', reused: result.reused });
    return EXIT.ok;
  } catch (error) {
    await stopBeating();
    if (signal.aborted) {
      if (records && attempt >= ATTEMPTS) return leave(state, 'TASK_RECLAIMED', 'its last host was taken away, too');
      await state.write({ state: 'stopped' });
      return EXIT.interrupted;
    }
    // Where memory ends the system kills the largest process, and that is not this one.
    if (records && error instanceof WorkerDied && error.signal === 'SIGKILL') {
      return leave(state, 'MEMORY_TOO_SMALL', 'its process was killed, as the system does when memory runs out');
    }
    const { code, message, exitCode } = asNlpflowError(error);
    await state.write({ state: 'failed', code, message });
    return records ? EXIT.ok : exitCode;
  }
}

/** Nobody is there who could submit the task anew: it is left to the job that ends the run, which has more memory and a host that stays. */
async function leave(state: StateFile, code: string, why: string): Promise<ExitCode> {
  const message = `${why}: the job that ends the run does it, with ${MORE_MEMORY} times the memory`;
  await state.write({ state: 'left', code, message });
  return EXIT.ok;
}

/** What a performance needs. */
interface Stage {
  readonly manifest: Manifest;
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly state: StateFile;
}

/** In this process: whoever watches the job sees what becomes of it. */
async function performHere(task: Task, { manifest, store, signal, state }: Stage): Promise<{ reused: boolean }> {
  const { threads, beat } = manifest;
  return runTask(task, store, {
    signal,
    threads,
    progress: (value) => state.progress(value, beat * 1000),
    note: (message) => state.say(`${message}\n`),
  });
}

/** In a process of its own, whose end this one outlives and can tell of. */
async function performInChild(task: Task, { manifest, store, signal, state }: Stage): Promise<{ reused: boolean }> {
  const { threads, beat } = manifest;
  const worker = new WorkerProcess(defaultWorker());
  try {
    const { usage, ...result } = await worker.run({ store: store.url, task, threads }, signal, {
      progress: (value) => state.progress(value, beat * 1000),
      note: (message) => state.say(`${message}\n`),
      output: (text) => state.say(text),
    });
    state.spent(usage);
    return result;
  } catch (error) {
    if (error instanceof TaskError) state.spent(error.usage);
    throw error;
  } finally {
    await worker.close();
  }
}
