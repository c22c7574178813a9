/**
 * Objects of a distant store on this machine, so that the native side can map them into memory.
 *
 * `entries/<name>/` holds a folder each, complete or absent; `used/<name>/` a file for each process that reads it; `tmp/` what
 * is being filled. When the limit is reached the entry that was used longest ago goes, never one that a living process uses.
 */

import { rmSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { NlpflowError } from '../errors.ts';
import { inParallel } from '../runs/parallel.ts';
import { publishFolder } from './durable.ts';
import { fileSizes, hasFiles } from './files.ts';
import { underLock } from './lock.ts';
import { systemCode } from './problems.ts';
import { isStale, keepSigned, makeStaging, ownName, sweepStaging } from './staging.ts';

const DEFAULT_LIMIT = '20GiB';
/** How long one process waits for another that fetches the same. */
const FETCH_PATIENCE_MS = 24 * 3_600_000;
/** Entries that are looked at together. */
const WIDTH = 16;

/** Files by name with their sizes: what an entry must have to be whole. */
type Files = Readonly<Record<string, number>>;

/** Marks of this process, taken away when it ends; those of killed ones are told by their names. */
const marks = new Set<string>();
process.once('exit', () => {
  for (const mark of marks) rmSync(mark, { force: true });
});

/** The cache that the environment names: `NLPFLOW_CACHE` (default `~/.cache/nlpflow`) and `NLPFLOW_CACHE_LIMIT`. */
export function openCache(env: NodeJS.ProcessEnv = process.env): ObjectCache {
  const parent = env['NLPFLOW_CACHE'] || join(env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nlpflow');
  return new ObjectCache(join(parent, 'objects'), parseLimit(env['NLPFLOW_CACHE_LIMIT'] || DEFAULT_LIMIT));
}

/** A size such as `20GiB`, `500 MB` or a number of bytes. Throws `USAGE`. */
export function parseLimit(text: string): number {
  const [, number = '', unit = ''] = /^\s*([0-9.]+)\s*([kmgt]i?)?b?\s*$/i.exec(text) ?? [];
  const power = 'kmgt'.indexOf(unit.charAt(0).toLowerCase() || '-') + 1;
  const bytes = Number(number || Number.NaN) * (unit.length === 2 ? 1024 : 1000) ** power;
  if (Number.isFinite(bytes)) return bytes;
  throw new NlpflowError('USAGE', `NLPFLOW_CACHE_LIMIT must be a size such as ${DEFAULT_LIMIT}, not ${text}`);
}

/** Folders by name, with a limit on what they hold together. */
export class ObjectCache {
  readonly #root: string;
  readonly #limit: number;
  readonly #marked = new Map<string, string>();
  #ready: Promise<unknown> | undefined;

  constructor(root: string, limit: number) {
    this.#root = root;
    this.#limit = limit;
  }

  /** An empty folder on the cache's file system. */
  async temporary(): Promise<string> {
    return this.#guard(async () => {
      await this.#prepare();
      return makeStaging(this.#path('tmp'));
    });
  }

  /** The entry of a name, for as long as this process lives; `fill` makes it where it is not there. */
  async folder(name: string, files: Files, fill: (path: string) => Promise<void>): Promise<string> {
    return this.#guard(async () => {
      await this.#prepare();
      const there = await this.#take(name, files);
      if (there !== undefined) return there;
      const fetch = async (): Promise<string> => {
        const meanwhile = await this.#take(name, files);
        if (meanwhile !== undefined) return meanwhile;
        await this.#makeRoom(Object.values(files).reduce((sum, bytes) => sum + bytes, 0));
        const path = await makeStaging(this.#path('tmp'));
        try {
          await fill(path);
          await this.#show(name, path);
        } finally {
          await rm(path, { recursive: true, force: true });
        }
        const taken = await this.#take(name, files);
        if (taken !== undefined) return taken;
        throw new NlpflowError('ARTIFACT_DAMAGED', `what was fetched for ${name} lacks files or bytes of them`);
      };
      return underLock(this.#path('tmp'), `fetch ${name}`, fetch, FETCH_PATIENCE_MS);
    });
  }

  /** Moves a finished temporary folder in, so that it need not be fetched; it may be evicted at any time. */
  async adopt(name: string, path: string): Promise<void> {
    await this.#guard(async () => {
      const bytes = Object.values(await fileSizes(path)).reduce((sum, size) => sum + size, 0);
      if (bytes > this.#limit) return;
      await this.#makeRoom(bytes);
      await this.#show(name, path);
    });
  }

  /** Marks an entry as used and returns it when it is whole; a broken one is taken away. */
  #take(name: string, files: Files): Promise<string | undefined> {
    return underLock(this.#path('tmp'), name, async () => {
      const path = this.#path('entries', name);
      await this.#mark(name);
      if (await hasFiles(path, files)) {
        const now = new Date();
        await utimes(path, now, now).catch(() => {});
        return path;
      }
      await this.#drop(path);
      return undefined;
    });
  }

  async #show(name: string, path: string): Promise<void> {
    await underLock(this.#path('tmp'), name, async () => {
      try {
        await publishFolder(path, this.#path('entries', name));
      } catch (error) {
        // Another process was first.
        if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '')) throw error;
      }
    });
  }

  async #mark(name: string): Promise<void> {
    if (this.#marked.has(name)) return;
    const parent = this.#path('used', name);
    const mark = join(parent, ownName());
    await mkdir(parent, { recursive: true });
    await writeFile(mark, '');
    marks.add(mark);
    keepSigned(mark);
    this.#marked.set(name, mark);
  }

  /** Evicts what was used longest ago until so much fits. What living processes use stays, even above the limit. */
  async #makeRoom(bytes: number): Promise<void> {
    const found = await inParallel(await readdir(this.#path('entries')), WIDTH, (name) => this.#weigh(name));
    const entries = found.filter((entry) => entry !== undefined).sort((a, b) => a.used - b.used);
    let total = entries.reduce((sum, entry) => sum + entry.bytes, bytes);
    for (const entry of entries) {
      if (total <= this.#limit) return;
      if (await this.#evict(entry.name)) total -= entry.bytes;
    }
  }

  async #weigh(name: string): Promise<{ name: string; bytes: number; used: number } | undefined> {
    try {
      const path = this.#path('entries', name);
      const bytes = Object.values(await fileSizes(path)).reduce((sum, size) => sum + size, 0);
      return { name, bytes, used: (await stat(path)).mtimeMs };
    } catch {
      // Another process evicts it now.
      return undefined;
    }
  }

  #evict(name: string): Promise<boolean> {
    return underLock(this.#path('tmp'), name, async () => {
      const parent = this.#path('used', name);
      for (const mark of await readdir(parent).catch(() => [])) {
        const path = join(parent, mark);
        const isGone = await isStale(mark, path).catch(() => true);
        if (!isGone) return false;
        await rm(path, { force: true });
      }
      await rmdir(parent).catch(() => {});
      await this.#drop(this.#path('entries', name));
      return true;
    });
  }

  /** Takes a folder out of sight in one step, then removes it. */
  async #drop(path: string): Promise<void> {
    const aside = await makeStaging(this.#path('tmp'));
    await rename(path, join(aside, 'dropped')).catch((error: unknown) => {
      if (systemCode(error) !== 'ENOENT') throw error;
    });
    await rm(aside, { recursive: true, force: true });
  }

  #prepare(): Promise<unknown> {
    this.#ready ??= (async () => {
      await mkdir(this.#path('entries'), { recursive: true });
      await mkdir(this.#path('tmp'), { recursive: true });
      await sweepStaging(this.#path('tmp'));
    })();
    return this.#ready;
  }

  #path(...parts: readonly string[]): string {
    return join(this.#root, ...parts);
  }

  async #guard<Value>(work: () => Promise<Value>): Promise<Value> {
    try {
      return await work();
    } catch (error) {
      const code = systemCode(error);
      if (error instanceof NlpflowError || code === undefined) throw error;
      if (['ENOSPC', 'EDQUOT', 'EFBIG'].includes(code)) {
        throw new NlpflowError(
          'DISK_FULL',
          `the disk that holds the cache ${this.#root} is full (${code}); make room, lower NLPFLOW_CACHE_LIMIT or choose another folder with NLPFLOW_CACHE`,
          { cause: error },
        );
      }
      throw new NlpflowError(
        'STORE_NOT_WRITABLE',
        `the cache ${this.#root} cannot be used (${code}); choose another folder with NLPFLOW_CACHE`,
        { cause: error },
      );
    }
  }
}
