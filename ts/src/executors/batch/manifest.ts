/**
 * What executor and containers say to each other, all of it through the store, below `runs/<run>/batch/<submission>/`:
 *
 * - `manifest.json`: the tasks in the order of the array's indices; written before the job is submitted;
 * - `job.json`: which job it became; written after, so that another process can take over; without a manifest beside it, it is
 *   a job of another run whose process is gone, which this run took over;
 * - `<index>.json`: how the task of an index is getting on; written by its container, newest attempt last.
 *
 * `settings.json` beside them says how the run's tasks are submitted, and `finish.json` names the job that selects and fits
 * when the run was left to itself.
 */

import { NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import type { Progress } from '../../native/stages.ts';
import type { Store } from '../../store/store.ts';
import type { Usage } from '../usage.ts';

const FORMAT = 1;

/** The tasks of a job. */
export interface Manifest {
  readonly format: typeof FORMAT;
  readonly run: string;
  readonly tasks: readonly Task[];
  /** Threads of a task that uses several. */
  readonly threads: number;
  /** Seconds between two signs of life of a container. */
  readonly beat: number;
  /**
   * `record`: a task that fails, or that needs another machine, leaves word on the store and its job succeeds, so that what
   * depends on it can decide.
   */
  readonly failures: 'exit' | 'record';
  /** MiB of each container, and what that follows from; older manifests do not say. */
  readonly memory?: MemoryChoice;
}

/** How much memory a container has, and why. */
export interface MemoryChoice {
  readonly mebibytes: number;
  /** `more`: it ran out before. */
  readonly from: 'asked' | 'estimate' | 'default' | 'more';
  /** Bytes that the most demanding of the tasks needs by its estimate. */
  readonly estimate?: number;
}

/** The job that a manifest became. */
export interface SubmittedJob {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly size: number;
  /** MiB that were asked for each container. */
  readonly memory: number;
  readonly vcpus: number;
  /** It got more memory than its tasks had before. */
  readonly more?: boolean;
  /** ISO time. */
  readonly submitted: string;
  /** The run that submitted it, where this one took it over: manifest and states are in its folder. */
  readonly run?: string;
}

/** How a task is getting on. */
export interface TaskState {
  /** `left`: to a job with more memory, on a host that stays. */
  readonly state: 'running' | 'done' | 'failed' | 'stopped' | 'left';
  /** From 1. */
  readonly attempt: number;
  /** Id of the container's job; older states do not say. */
  readonly job?: string;
  /** ISO times. */
  readonly started: string;
  readonly updated: string;
  readonly seconds: number;
  readonly progress?: Progress;
  readonly host: string;
  /** Once the attempt is over. */
  readonly usage?: Usage;
  /** Of a task that is done: it was there already. */
  readonly reused?: boolean;
  /** Of a task that failed. */
  readonly code?: string;
  readonly message?: string;
  /** Attempts before this one that ended without a word. */
  readonly vanished?: number;
  /** What was printed, once the attempt is over; a long text without its beginning. */
  readonly printed?: string;
}

/** The folder of a run's submissions. */
export function submissionsOf(run: string): string {
  return `runs/${run}/batch/`;
}

/** How a run's tasks are submitted, so that another process can go on with it. */
export function settingsPath(run: string): string {
  return `${submissionsOf(run)}settings.json`;
}

/** Whether a run has, or had, jobs on AWS Batch. */
export async function isOnBatch(run: string, store: Store): Promise<boolean> {
  return (await readJson(store, settingsPath(run))) !== null;
}

/** The name of the job that ends a run that was left to itself. */
export const FINISH = 'finish';

/** Where that job is noted. */
export function finishPath(run: string): string {
  return `${submissionsOf(run)}finish.json`;
}

/** The paths of a submission. */
export function pathsOf(run: string, submission: string) {
  const folder = `${submissionsOf(run)}${submission}/`;
  return {
    folder,
    manifest: `${folder}manifest.json`,
    job: `${folder}job.json`,
    state: (index: number): string => `${folder}${String(index).padStart(5, '0')}.json`,
  };
}

/** The index that a state's path belongs to; undefined for other objects. */
export function indexOfState(path: string): number | undefined {
  const digits = /\/(\d{5})\.json$/.exec(path)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** A manifest in its present format. */
export function newManifest(of: Omit<Manifest, 'format'>): Manifest {
  return { format: FORMAT, ...of };
}

/** Reads a document of the store; null when it is not there. */
export async function readJson<Value>(store: Store, path: string): Promise<Value | null> {
  const found = await store.get(path);
  if (!found) return null;
  try {
    return JSON.parse(found.bytes.toString('utf8')) as Value;
  } catch (cause) {
    throw new NlpflowError('ARTIFACT_DAMAGED', `${path} of ${store.url} is not JSON; remove it`, { cause });
  }
}

/** Reads a manifest. Throws `ARTIFACT_NOT_FOUND`, and `STORE_FORMAT_NEWER` when a newer nlpflow wrote it. */
export async function readManifest(store: Store, path: string): Promise<Manifest> {
  const manifest = await readJson<Manifest>(store, path);
  if (!manifest) {
    throw new NlpflowError('ARTIFACT_NOT_FOUND', `there is no manifest ${path} in ${store.url}; check NLPFLOW_STORE`);
  }
  if (manifest.format > FORMAT) {
    throw new NlpflowError(
      'STORE_FORMAT_NEWER',
      `${path} was written by a newer nlpflow (format ${manifest.format}, this one reads ${FORMAT}); build the image again`,
    );
  }
  return manifest;
}
