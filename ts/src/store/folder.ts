/** The store in a local folder: `stages/<stage>/<key>/`, `runs/<id>/`, and `tmp/` for what is being written. */

import { constants } from 'node:fs';
import { copyFile, link, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import { inParallel } from '../runs/parallel.ts';
import { digestOfFile } from './digest.ts';
import { ensureFolder, publishFolder } from './durable.ts';
import { fileSizes, hasFiles, isSameFolder } from './files.ts';
import { OPEN_FILES } from './gate.ts';
import { type KeptMeta, META_FILE, parseMeta, serialiseMeta } from './meta.ts';
import { FolderObjects, hasNoLinks, isAbsent, writing } from './objects.ts';
import { checkedPath } from './paths.ts';
import { absentObject, absentResult, storeProblem, systemCode } from './problems.ts';
import { makeStaging, sweepStaging } from './staging.ts';
import type { Committed, Condition, StageMeta, Staging, Store, StoreObject } from './store.ts';

/** Results that are looked at together. */
const WIDTH = 32;

/** Opens the store in a local folder; the folder is made at the first write. */
export function openFolderStore(path: string): Store {
  return new FolderStore(resolve(path));
}

class FolderStore implements Store {
  readonly url: string;
  readonly #objects: FolderObjects;
  #swept: Promise<unknown> | undefined;

  constructor(root: string) {
    this.url = root;
    this.#objects = new FolderObjects(root, () => this.#temporary());
  }

  async has(stage: StageName, key: string): Promise<boolean> {
    const meta = await this.#meta(stage, key);
    if (!meta) return false;
    return hasFiles(this.#stagePath(stage, key), meta.files);
  }

  async folder(stage: StageName, key: string): Promise<string> {
    if (!(await this.#meta(stage, key))) throw this.#absent(stage, key);
    return this.#stagePath(stage, key);
  }

  async summary(stage: StageName, key: string): Promise<unknown> {
    const meta = await this.#meta(stage, key);
    if (!meta) throw this.#absent(stage, key);
    return meta.summary;
  }

  async summaries(stage: StageName, keys: readonly string[]): Promise<Map<string, unknown>> {
    const summaries = new Map<string, unknown>();
    await inParallel(keys, WIDTH, async (key) => {
      const meta = await this.#meta(stage, key);
      if (meta && (await hasFiles(this.#stagePath(stage, key), meta.files))) summaries.set(key, meta.summary);
    });
    return summaries;
  }

  async begin(stage: StageName, key: string, { replace = false } = {}): Promise<Staging> {
    const path = await this.#writing(() => this.#temporary());
    const discard = (): Promise<void> => rm(path, { recursive: true, force: true });
    const commit = async (meta: StageMeta): Promise<Committed> => {
      try {
        return await this.#writing(() => this.#commit(stage, key, path, meta, replace));
      } finally {
        await discard();
      }
    };
    return { path, commit, discard };
  }

  async remove(stage: StageName, key: string): Promise<void> {
    await this.#writing(() => this.#setAside(this.#stagePath(stage, key)));
  }

  async putRun(id: string, file: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null> {
    return this.put(`runs/${id}/${file}`, bytes, condition);
  }

  async getRun(id: string, file: string): Promise<Buffer | null> {
    return (await this.get(`runs/${id}/${file}`))?.bytes ?? null;
  }

  async linkRun(id: string, file: string, from: { stage: StageName; key: string; file: string }): Promise<void> {
    const source = join(await this.folder(from.stage, from.key), from.file);
    const write = async (aside: string): Promise<void> => {
      try {
        await link(source, aside);
      } catch (error) {
        if (!hasNoLinks(error)) throw error;
        await copyFile(source, aside);
      }
    };
    await this.#writing(() => this.#objects.put(`runs/${id}/${file}`, write));
  }

  runPath(id: string, file: string): string {
    return join(this.url, checkedPath(`runs/${id}/${file}`));
  }

  async listRuns(): Promise<string[]> {
    try {
      const entries = await readdir(join(this.url, 'runs'), { withFileTypes: true });
      return entries
        .filter((entry) => entry.isDirectory())
        .map((entry) => entry.name)
        .sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw error;
    }
  }

  async local(path: string): Promise<string> {
    const file = join(this.url, checkedPath(path));
    if (!(await stat(file).catch(() => undefined))?.isFile()) throw absentObject(file);
    return file;
  }

  async putFile(path: string, file: string): Promise<void> {
    await this.#writing(() => this.#objects.put(path, (aside) => copyFile(file, aside, constants.COPYFILE_FICLONE)));
  }

  async digest(path: string): Promise<string | null> {
    try {
      return await digestOfFile(join(this.url, checkedPath(path)));
    } catch (error) {
      if (isAbsent(error) || systemCode(error) === 'EISDIR') return null;
      throw error;
    }
  }

  put(path: string, bytes: Uint8Array | string, condition?: Condition): Promise<string | null> {
    return this.#writing(() => this.#objects.put(path, writing(bytes), condition));
  }

  get(path: string): Promise<{ bytes: Buffer; etag: string } | null> {
    return this.#objects.get(path);
  }

  list(prefix: string): AsyncIterable<StoreObject> {
    return this.#objects.list(prefix);
  }

  async delete(path: string): Promise<void> {
    await this.#writing(() => this.#objects.delete(path));
  }

  #stagePath(stage: StageName, key: string): string {
    return join(this.url, checkedPath(`stages/${stage}/${key}`));
  }

  async #meta(stage: StageName, key: string): Promise<KeptMeta | null> {
    const path = join(this.#stagePath(stage, key), META_FILE);
    let text: string;
    try {
      text = await OPEN_FILES.run(() => readFile(path, 'utf8'));
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
    return parseMeta(text, path);
  }

  async #commit(stage: StageName, key: string, path: string, meta: StageMeta, replace: boolean): Promise<Committed> {
    await writeFile(join(path, META_FILE), serialiseMeta(meta, await fileSizes(path)));
    const target = this.#stagePath(stage, key);
    await ensureFolder(dirname(target));
    let committed: Committed = 'new';
    for (let attempt = 0; ; attempt += 1) {
      try {
        await publishFolder(path, target);
        return committed;
      } catch (error) {
        if (!['ENOTEMPTY', 'EEXIST'].includes(systemCode(error) ?? '') || attempt === 2) throw error;
        // Another writer was first: equal keys mean equal content, so its result stays, and with it what readers have open.
        if (await this.has(stage, key)) {
          if (!replace || (await isSameFolder(path, target))) return 'kept';
          committed = 'replaced';
        }
        await this.#setAside(target);
      }
    }
  }

  /** Takes a folder out of sight in one step, then removes it. */
  async #setAside(target: string): Promise<void> {
    const aside = await this.#temporary();
    try {
      await rename(target, join(aside, basename(target)));
    } catch (error) {
      if (!isAbsent(error)) throw error;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  async #temporary(): Promise<string> {
    const parent = join(this.url, 'tmp');
    this.#swept ??= sweepStaging(parent);
    await this.#swept;
    return makeStaging(parent);
  }

  async #writing<Value>(write: () => Promise<Value>): Promise<Value> {
    try {
      return await write();
    } catch (error) {
      throw storeProblem(error, this.url);
    }
  }

  #absent(stage: StageName, key: string): NlpflowError {
    return absentResult(this.#stagePath(stage, key));
  }
}
