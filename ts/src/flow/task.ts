/** A task is a small document that names artifacts by key; any machine that sees the store can run it. */

import { NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import { runStage } from '../native/binding.ts';
import type { NativeStages, Progress, TrainingNotes } from '../native/stages.ts';
import type { Store } from '../store/store.ts';
import { openCheckpoint } from './checkpoint.ts';
import { isFinished, markFinished } from './finished.ts';

/** A stage's result in a store. */
export interface ArtifactRef {
  readonly stage: StageName;
  readonly key: string;
}

/** One call of a native stage, as data. */
export interface Task {
  /** Unique in its plan and readable: `boost/b01/fold2`. */
  readonly id: string;
  readonly stage: StageName;
  readonly key: string;
  readonly label: string;
  /** Each field that went into the key. */
  readonly explain: Readonly<Record<string, unknown>>;
  /** Native option name → the result whose folder it gets. */
  readonly inputs: Readonly<Record<string, ArtifactRef>>;
  /** The native options without folders and threads. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The run that makes it anew, whatever is in the store (`--fresh`). */
  readonly fresh?: string;
}

/** How a task is run. */
export interface TaskRun {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
  readonly threads: number;
  /** Told what a person may want to know, such as where a training goes on. */
  readonly note?: (message: string) => void;
}

/** What came of a task. */
export interface TaskResult {
  readonly reused: boolean;
  /** The same whether the task went on from a checkpoint or not. */
  readonly summary: unknown;
  /** The rounds that a checkpoint saved. */
  readonly resumed?: number;
}

/**
 * Runs a task: resolves its inputs, calls the native stage, commits; a key that is already there is reused. A training goes
 * on from its checkpoint, if there is one, with the same result.
 */
export async function runTask(task: Task, store: Store, run: TaskRun): Promise<TaskResult> {
  const { stage, key } = task;
  if (await isFinished(task, store)) return { reused: true, summary: await store.summary(stage, key) };
  const folders = await Promise.all(
    Object.entries(task.inputs).map(async ([name, from]) => [name, await store.folder(from.stage, from.key)] as const),
  );
  const staging = await store.begin(stage, key, { replace: task.fresh !== undefined });
  const checkpoint = await openCheckpoint(task, store, run.note ?? (() => {}));
  const train = (): Promise<NativeStages[StageName][1]> => {
    const places = { ...(checkpoint ? { checkpoint: checkpoint.options } : {}), out: staging.path };
    const options = { ...task.options, ...Object.fromEntries(folders), ...machine(stage, run), ...places };
    const progress = (value: Progress): void => {
      run.progress(value);
      checkpoint?.look();
    };
    // Tasks are plain data: the native side checks the options and refuses unknown fields.
    const checked = options as unknown as NativeStages[StageName][0];
    return runStage(stage, checked, { signal: run.signal, progress });
  };
  try {
    const told = await train().catch(async (error: unknown) => {
      if (await checkpoint?.isRefused(error)) return train();
      throw error;
    });
    // How a result came about is no part of it.
    const { resumed: _, note, not_kept, ...summary } = told as TrainingNotes;
    if (note !== undefined) checkpoint?.wasIgnored(note);
    if (not_kept !== undefined) checkpoint?.wasNotKept(not_kept);
    const committed = await staging.commit({ stage, key, explain: task.explain, summary }, run.progress);
    if (committed === 'replaced')
      run.note?.(`${task.label}: the result differs from the earlier one, which it replaces`);
    await markFinished(task, store);
    await checkpoint?.drop();
    return { reused: false, summary, ...(checkpoint && checkpoint.rounds > 0 ? { resumed: checkpoint.rounds } : {}) };
  } catch (error) {
    await checkpoint?.keep();
    throw error;
  } finally {
    await checkpoint?.discard();
    // What cannot be removed now is swept later; it must not hide how the task ended.
    await staging.discard().catch(() => {});
  }
}

/** Options that change how fast a stage is and never what it makes. */
function machine(stage: StageName, run: TaskRun): Record<string, number> {
  const options: Record<string, number> = { threads: run.threads };
  const asked = process.env['NLPFLOW_CHUNK_BYTES'];
  if (stage === 'corpus' && asked !== undefined && asked !== '') {
    const bytes = Number(asked);
    if (!Number.isInteger(bytes) || bytes < 1) {
      throw new NlpflowError('USAGE', `NLPFLOW_CHUNK_BYTES must be a whole number of bytes, not ${asked}`);
    }
    options['chunk_bytes'] = bytes;
  }
  return options;
}
