/** A store: stage results under their keys, written once and at once, and the files of runs. */

import type { StageName } from '../events.ts';
import type { Progress } from '../native/stages.ts';

/** What is kept beside a stage's files, in `stage.json`. */
export interface StageMeta {
  readonly stage: StageName;
  readonly key: string;
  /** Each field that went into the key. */
  readonly explain: Readonly<Record<string, unknown>>;
  /** What the native stage returned. */
  readonly summary: unknown;
}

/** What a commit found: nothing, an equal result or one that stays (`kept`), or a different one in whose place it is now. */
export type Committed = 'new' | 'kept' | 'replaced';

/** A folder that is being filled; invisible until `commit`. */
export interface Staging {
  /** An existing empty folder on this machine. */
  readonly path: string;
  /** Makes the folder the stage's result, telling how far a copy over a network is; when another writer was first, its result stays and this one is dropped. */
  commit(meta: StageMeta, progress?: (progress: Progress) => void): Promise<Committed>;
  /** Drops the folder; harmless after `commit`. */
  discard(): Promise<void>;
}

/** When an object is written: only where nothing is, or only over the version with this etag. */
export type Condition = { readonly absent: true } | { readonly etag: string };

/** An object as a listing shows it. */
export interface StoreObject {
  /** Relative to the store's root, with slashes. */
  readonly path: string;
  readonly bytes: number;
  /** Changes whenever the object does. */
  readonly etag: string;
  readonly modified: Date;
}

/** Where artifacts live. Write-once: a key's content never changes after it became visible. */
export interface Store {
  readonly url: string;
  /** Whether a whole result is there. */
  has(stage: StageName, key: string): Promise<boolean>;
  /** A local folder to read a result from. */
  folder(stage: StageName, key: string): Promise<string>;
  /** The summary that the stage returned. */
  summary(stage: StageName, key: string): Promise<unknown>;
  /** Summaries by key of the results that are there and whole, with few requests for many keys. */
  summaries(stage: StageName, keys: readonly string[]): Promise<Map<string, unknown>>;
  /** With `replace`, what is committed takes the place of a result that is there and differs from it (`--fresh`). */
  begin(stage: StageName, key: string, how?: { readonly replace?: boolean }): Promise<Staging>;
  /** Takes a result out of the store; harmless when it is not there. */
  remove(stage: StageName, key: string): Promise<void>;
  /** Writes a file of a run, as `put` writes objects. */
  putRun(id: string, file: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null>;
  getRun(id: string, file: string): Promise<Buffer | null>;
  /** Gives a run a stage's file under its own name, without a second copy where the medium can. */
  linkRun(id: string, file: string, from: { stage: StageName; key: string; file: string }): Promise<void>;
  /** Where a person finds a run's file: a path, or a URL. */
  runPath(id: string, file: string): string;
  /** Ids of all runs, oldest first. */
  listRuns(): Promise<string[]>;
  /** Writes an object whole or not at all; resolves to the new etag, or to null when the condition failed. */
  put(path: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null>;
  /** The object, or null. */
  get(path: string): Promise<{ bytes: Buffer; etag: string } | null>;
  /** All objects whose paths begin with a prefix, in the order of their paths; nothing of what is still being written. */
  list(prefix: string): AsyncIterable<StoreObject>;
  /** Removes an object; harmless when it is not there. */
  delete(path: string): Promise<void>;
  /** A file on this machine with the object's content. Throws `ARTIFACT_NOT_FOUND`. */
  local(path: string): Promise<string>;
  /** Writes a file of this machine as an object, in pieces. */
  putFile(path: string, file: string, progress?: (progress: Progress) => void): Promise<void>;
  /** SHA-256 of an object's content, or null when it is not there. */
  digest(path: string): Promise<string | null>;
}
