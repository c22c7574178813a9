/**
 * A training that outlives its process: the native side keeps it in a file of this machine, which is brought from the
 * store before the training begins and put there whenever it was rewritten. It is never part of a result.
 */

import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import type { CheckpointOptions } from '../native/stages.ts';
import { digestOf } from '../store/digest.ts';
import type { Staging, Store } from '../store/store.ts';
import type { Task } from './task.ts';

/** Where checkpoints are in a store: `checkpoints/<stage>/<key>`. */
export const CHECKPOINTS = 'checkpoints/';

/** The stages that train. */
const TRAINING: ReadonlySet<StageName> = new Set(['boost', 'fit']);
/** Errors of a training that may come from the checkpoint that it began with. */
const UNFIT: ReadonlySet<string> = new Set(['CANNOT_RESUME', 'INVALID_MODEL', 'XGBOOST_FAILED', 'INTERNAL']);
/** Sending may take this share of the time. */
const SHARE = 0.05;

/** The path of a task's checkpoint in its store. A run that makes all anew goes on with its own only. */
export function checkpointPath({ stage, key, fresh }: Pick<Task, 'stage' | 'key' | 'fresh'>): string {
  return fresh === undefined ? `${CHECKPOINTS}${stage}/${key}` : `runs/${fresh}/fresh/checkpoints/${stage}/${key}`;
}

/** Brings the checkpoint of a task that trains; null for others. `note` is told what a person may want to know. */
export async function openCheckpoint(
  task: Task,
  store: Store,
  note: (message: string) => void,
): Promise<Checkpoint | null> {
  if (!TRAINING.has(task.stage)) return null;
  const every = {
    rounds: setting('NLPFLOW_CHECKPOINT_ROUNDS', 25),
    seconds: setting('NLPFLOW_CHECKPOINT_SECONDS', 60),
  };
  let folder: Staging;
  try {
    // A folder that is swept like every unfinished result, should this process be killed.
    folder = await store.begin(task.stage, task.key);
  } catch (error) {
    note(`${task.label}: ${cannotBeKept(error)}`);
    return null;
  }
  const checkpoint = new Checkpoint(task, store, folder, note, every);
  await checkpoint.bring();
  return checkpoint;
}

/** How often checkpoints are written: no part of any key. */
function setting(name: string, fallback: number): number {
  const text = process.env[name] ?? '';
  const value = text === '' ? fallback : Number(text);
  if (Number.isSafeInteger(value) && value > 0 && value < 2 ** 32) return value;
  throw new NlpflowError('USAGE', `${name} must be a whole number of at least 1, not ${text}`);
}

/** The checkpoint of one attempt of a task. Trouble with it costs what it would have saved, and never the task. */
class Checkpoint {
  readonly options: CheckpointOptions;
  /** The rounds that it saves. */
  rounds = 0;
  readonly #task: Task;
  readonly #store: Store;
  readonly #folder: Staging;
  readonly #note: (message: string) => void;
  /** The version of the file that the store has, or had when it was brought. */
  #sent = '';
  #isInStore = false;
  #sending: Promise<void> | undefined;
  #next = 0;
  #isTold = false;

  constructor(
    task: Task,
    store: Store,
    folder: Staging,
    note: (message: string) => void,
    every: Pick<CheckpointOptions, 'rounds' | 'seconds'>,
  ) {
    this.#task = task;
    this.#store = store;
    this.#folder = folder;
    this.#note = (message) => note(`${task.label}: ${message}`);
    this.options = { path: join(folder.path, 'checkpoint'), key: task.key, ...every };
  }

  async bring(): Promise<void> {
    try {
      const found = await this.#store.get(checkpointPath(this.#task));
      if (!found) return;
      this.#isInStore = true;
      this.rounds = roundsOf(found.bytes, this.#task.key);
      await writeFile(this.options.path, found.bytes);
      this.#sent = (await this.#version()) ?? '';
      this.#note(`goes on from round ${this.rounds}`);
    } catch (error) {
      await this.#ignore(asNlpflowError(error).message);
    }
  }

  /** Sends the file when it was rewritten and none is on its way; to be called often. */
  look(): void {
    if (this.#sending || performance.now() < this.#next) return;
    this.#sending = this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  /** The training stopped before its end: sends its last file. */
  async keep(): Promise<void> {
    await this.#sending;
    await this.#send();
  }

  /** Whether a training that failed should begin anew, without the checkpoint, because that may have been the reason. */
  async isRefused(error: unknown): Promise<boolean> {
    const { code, message } = asNlpflowError(error);
    if (this.rounds === 0 || !UNFIT.has(code)) return false;
    await this.#sending;
    await this.#ignore(message);
    return true;
  }

  /** The native side found it unfit and began anew. */
  wasIgnored(note: string): void {
    this.rounds = 0;
    this.#note(note);
  }

  /** It could not be written, here or to the store: the training goes on without, and this is told once. */
  wasNotKept(reason: string): void {
    if (!this.#isTold) this.#note(reason);
    this.#isTold = true;
  }

  /** The result is there. A checkpoint that cannot be removed now is left to `gc`. */
  async drop(): Promise<void> {
    await this.#sending;
    if (this.#isInStore) await this.#store.delete(checkpointPath(this.#task)).catch(() => {});
  }

  /** Removes what is on this machine, or leaves it to be swept. */
  async discard(): Promise<void> {
    await this.#sending;
    await this.#folder.discard().catch(() => {});
  }

  async #ignore(why: string): Promise<void> {
    this.rounds = 0;
    // Where it cannot be removed it cannot be read either, or the native side finds it unfit again and says so.
    await rm(this.options.path, { force: true }).catch(() => {});
    this.#note(`the checkpoint was ignored: ${why}`);
  }

  async #send(): Promise<void> {
    const started = performance.now();
    try {
      const version = await this.#version();
      if (version === undefined || version === this.#sent) return;
      // The file is replaced, never changed: what is read is whole, though it may be newer than the version.
      await this.#store.put(checkpointPath(this.#task), await readFile(this.options.path));
      this.#sent = version;
      this.#isInStore = true;
    } catch (error) {
      this.wasNotKept(cannotBeKept(error));
    }
    const now = performance.now();
    this.#next = now + (now - started) / SHARE;
  }

  async #version(): Promise<string | undefined> {
    const found = await stat(this.options.path, { bigint: true }).catch(() => undefined);
    return found && `${found.ino}-${found.mtimeNs}-${found.size}`;
  }
}

function cannotBeKept(error: unknown): string {
  return `the checkpoint cannot be kept: ${asNlpflowError(error).message}`;
}

/** The rounds of a checkpoint: a line of JSON that says what it is, then the booster. Throws what is wrong with it. */
function roundsOf(bytes: Buffer, key: string): number {
  const end = bytes.indexOf('\n');
  const header = end < 0 ? undefined : parse(bytes.toString('utf8', 0, end));
  if (!header || !Number.isSafeInteger(header.rounds)) throw new Error('it is damaged');
  if (header.key !== key) throw new Error('it belongs to another training');
  if (header.sha256 !== digestOf(bytes.subarray(end + 1))) throw new Error('its checksum does not match');
  return header.rounds as number;
}

function parse(text: string): { key?: unknown; rounds?: unknown; sha256?: unknown } | null | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
