/** The store on S3: the layout of the folder, `stage.json` last, and local copies of what is mapped into memory. */

import { rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { NlpflowError } from '../../errors.ts';
import type { StageName } from '../../events.ts';
import type { Progress } from '../../native/stages.ts';
import { type ObjectCache, openCache } from '../cache.ts';
import { digestOf, digestOfFile } from '../digest.ts';
import { isSameContent } from '../files.ts';
import { type KeptMeta, META_FILE, parseMeta } from '../meta.ts';
import { checkedPath, checkedPrefix } from '../paths.ts';
import { absentObject, absentResult } from '../problems.ts';
import type { Committed, Condition, StageMeta, Staging, Store, StoreObject } from '../store.ts';
import { parseAddress } from './address.ts';
import { connect } from './client.ts';
import { commitStage } from './commit.ts';
import { download, upload } from './files.ts';
import { S3Objects } from './objects.ts';
import { S3Results, stagePath } from './results.ts';

/** The largest object that S3 copies in one request. */
const COPY_BYTES = 5 * 2 ** 30;
/** A result without its `stage.json` is being written, or its writer died: after this time it is listed, so that it can be cleaned up. */
const ABANDONED_MS = 7 * 24 * 3_600_000;

/** What tests change. */
export interface S3StoreOptions {
  readonly cache?: ObjectCache;
  /** Objects on a page of a listing; S3's own number is 1,000. */
  readonly pageSize?: number;
  /** How long a writer waits for another one; see `commit.ts`. */
  readonly patienceMs?: number;
}

/** Opens the store at `s3://bucket/prefix`; nothing is sent yet. */
export function openS3Store(url: string, options: S3StoreOptions = {}): Store {
  const objects = new S3Objects(connect(), parseAddress(url), options.pageSize);
  return new S3Store(objects, options.cache ?? openCache(), options.patienceMs);
}

class S3Store implements Store {
  readonly url: string;
  readonly #objects: S3Objects;
  readonly #results: S3Results;
  readonly #cache: ObjectCache;
  readonly #patienceMs: number | undefined;

  constructor(objects: S3Objects, cache: ObjectCache, patienceMs?: number) {
    this.url = objects.address.url;
    this.#objects = objects;
    this.#results = new S3Results(objects);
    this.#cache = cache;
    this.#patienceMs = patienceMs;
  }

  async has(stage: StageName, key: string): Promise<boolean> {
    return (await this.summaries(stage, [key])).has(key);
  }

  summaries(stage: StageName, keys: readonly string[]): Promise<Map<string, unknown>> {
    return this.#results.summaries(stage, keys);
  }

  async folder(stage: StageName, key: string): Promise<string> {
    const meta = await this.#meta(stage, key);
    if (!meta) throw this.#absent(stage, key);
    return this.#cache.folder(entryName(stage, meta), meta.files, async (path) => {
      for (const file of Object.keys(meta.files)) {
        const from = `${stagePath(stage, key)}/${file}`;
        if (!(await download(this.#objects, from, join(path, file), meta.digests?.[file]))) {
          throw absentObject(this.#objects.url(from));
        }
      }
    });
  }

  async summary(stage: StageName, key: string): Promise<unknown> {
    const meta = await this.#meta(stage, key);
    if (!meta) throw this.#absent(stage, key);
    return meta.summary;
  }

  async begin(_stage: StageName, _key: string, { replace = false } = {}): Promise<Staging> {
    const path = await this.#cache.temporary();
    const discard = (): Promise<void> => rm(path, { recursive: true, force: true });
    const commit = async (meta: StageMeta, progress?: (progress: Progress) => void): Promise<Committed> => {
      try {
        const { stage, key } = meta;
        const there = (await this.has(stage, key)) ? await this.#meta(stage, key) : null;
        if (there) {
          if (!replace || (await isSameContent(path, there.digests))) return 'kept';
          await this.remove(stage, key);
        }
        const kept = await commitStage(this.#objects, stagePath(stage, key), path, meta, {
          isThere: () => this.has(stage, key),
          patienceMs: this.#patienceMs,
          ...(progress ? { progress } : {}),
        });
        if (!kept) return 'kept';
        await this.#cache.adopt(entryName(stage, kept), path);
        return there ? 'replaced' : 'new';
      } finally {
        await discard();
      }
    };
    return { path, commit, discard };
  }

  async remove(stage: StageName, key: string): Promise<void> {
    const folder = stagePath(stage, key);
    // Without it the result is gone, whatever is left of the rest.
    await this.#objects.delete(`${folder}/${META_FILE}`);
    const paths: string[] = [];
    for await (const { path } of this.#objects.list(`${folder}/`)) paths.push(path);
    await Promise.all(paths.map((path) => this.#objects.delete(path)));
  }

  async putRun(id: string, file: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null> {
    return this.put(`runs/${id}/${file}`, bytes, condition);
  }

  async getRun(id: string, file: string): Promise<Buffer | null> {
    return (await this.get(`runs/${id}/${file}`))?.bytes ?? null;
  }

  async linkRun(id: string, file: string, from: { stage: StageName; key: string; file: string }): Promise<void> {
    const meta = await this.#meta(from.stage, from.key);
    const bytes = meta?.files[from.file];
    if (!meta || bytes === undefined) throw this.#absent(from.stage, from.key);
    const source = `${stagePath(from.stage, from.key)}/${from.file}`;
    const target = `runs/${id}/${file}`;
    if (bytes >= COPY_BYTES) {
      await this.putFile(target, join(await this.folder(from.stage, from.key), from.file));
    } else if (!(await this.#objects.copy(source, target))) {
      throw this.#absent(from.stage, from.key);
    }
  }

  runPath(id: string, file: string): string {
    return this.#objects.url(`runs/${id}/${file}`);
  }

  async listRuns(): Promise<string[]> {
    return (await this.#objects.folders('runs/')).sort();
  }

  async put(path: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null> {
    return this.#objects.put(checkedPath(path), bytes, condition);
  }

  async get(path: string): Promise<{ bytes: Buffer; etag: string } | null> {
    return this.#objects.get(checkedPath(path));
  }

  async *list(prefix: string): AsyncGenerator<StoreObject> {
    let group: { readonly folder: string; readonly objects: StoreObject[] } | undefined;
    for await (const object of this.#objects.list(checkedPrefix(prefix))) {
      const folder = /^stages\/[^/]+\/[^/]+\//.exec(object.path)?.[0];
      if (group && group.folder !== folder) yield* this.#finished(group, prefix);
      if (group?.folder !== folder) group = folder === undefined ? undefined : { folder, objects: [] };
      if (group) group.objects.push(object);
      else yield object;
    }
    if (group) yield* this.#finished(group, prefix);
  }

  async delete(path: string): Promise<void> {
    await this.#objects.delete(checkedPath(path));
  }

  async local(path: string): Promise<string> {
    const head = await this.#objects.head(path);
    if (head === null) throw absentObject(this.#objects.url(path));
    const name = path.split('/').at(-1) ?? path;
    const entry = `object-${digestOf(head.digest ?? `${this.#objects.url(path)} ${head.etag}`).slice(0, 32)}`;
    const folder = await this.#cache.folder(entry, { [name]: head.bytes }, async (aside) => {
      const file = join(aside, name);
      if (await download(this.#objects, path, `${file}.part`, head.digest)) await rename(`${file}.part`, file);
      else throw absentObject(this.#objects.url(path));
    });
    return join(folder, name);
  }

  async putFile(path: string, file: string, progress?: (progress: Progress) => void): Promise<void> {
    const { size } = await stat(file);
    const done = (bytes: number): void => progress?.({ done: bytes, total: size, unit: 'bytes' });
    await upload(this.#objects, path, file, await digestOfFile(file), { done });
  }

  async digest(path: string): Promise<string | null> {
    const head = await this.#objects.head(path);
    if (head === null) return null;
    return head.digest ?? digestOfFile(await this.local(path));
  }

  async #meta(stage: StageName, key: string): Promise<KeptMeta | null> {
    const path = `${stagePath(stage, key)}/${META_FILE}`;
    const found = await this.#objects.get(path);
    return found && parseMeta(found.bytes.toString('utf8'), this.#objects.url(path));
  }

  /** The objects of a stage's result when it is finished. */
  async *#finished(
    { folder, objects }: { folder: string; objects: readonly StoreObject[] },
    prefix: string,
  ): AsyncGenerator<StoreObject> {
    const meta = folder + META_FILE;
    const isListed = objects.some(({ path }) => path === meta);
    // A prefix that ends inside the folder does not show the file that closes it.
    const isClosed = isListed || (prefix.length > folder.length && (await this.#objects.head(meta)) !== null);
    const newest = Math.max(...objects.map(({ modified }) => modified.getTime()));
    if (isClosed || Date.now() - newest > ABANDONED_MS) yield* objects;
  }

  #absent(stage: StageName, key: string): NlpflowError {
    return absentResult(this.#objects.url(stagePath(stage, key)));
  }
}

/** Results of equal content share an entry of the cache, whichever store they are from. */
function entryName(stage: StageName, { files, digests }: Pick<KeptMeta, 'files' | 'digests'>): string {
  const content = Object.keys(files)
    .sort()
    .map((file) => [file, files[file], digests?.[file]]);
  return `${stage}-${digestOf(JSON.stringify(content)).slice(0, 32)}`;
}
