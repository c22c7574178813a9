/**
 * Which results of a stage are whole, and their summaries. For many keys the stage is listed once, in parts by the first digit
 * of the keys, and only what closes a result is read; a stage with far more results than were asked for is not listed to its end.
 */

import type { StageName } from '../../events.ts';
import { inParallel } from '../../runs/parallel.ts';
import { type KeptMeta, META_FILE, parseMeta } from '../meta.ts';
import { checkedPath } from '../paths.ts';
import type { StoreObject } from '../store.ts';
import type { S3Objects } from './objects.ts';

/** Requests at once. */
const WIDTH = 64;
/** So few keys are asked for one by one. */
const FEW = 16;
/** Results whose `stage.json` is remembered: it never changes while its etag is the same. */
const REMEMBERED = 20_000;

/** The objects of a result by their names. */
type Objects = ReadonlyMap<string, Pick<StoreObject, 'bytes' | 'etag'>>;

interface Known extends Pick<KeptMeta, 'files' | 'summary'> {
  readonly etag: string;
}

/** The results of a store on S3. */
export class S3Results {
  readonly #objects: S3Objects;
  readonly #known = new Map<string, Known>();

  constructor(objects: S3Objects) {
    this.#objects = objects;
  }

  /** Summaries by key of the results that are there and whole. */
  async summaries(stage: StageName, keys: readonly string[]): Promise<Map<string, unknown>> {
    const wanted = new Set(keys);
    const listed = wanted.size > FEW ? await this.#listed(stage, wanted) : undefined;
    const summaries = new Map<string, unknown>();
    await inParallel([...wanted], WIDTH, async (key) => {
      const objects = listed ? listed.get(key) : await this.#folder(stage, key);
      const closing = objects?.get(META_FILE);
      if (!objects || !closing) return;
      const known = await this.#meta(`${stagePath(stage, key)}/${META_FILE}`, closing.etag);
      if (known && isWhole(known.files, objects)) summaries.set(key, known.summary);
    });
    return summaries;
  }

  /** The objects of the wanted results by key; undefined when the listing grew longer than asking for each takes. */
  async #listed(stage: StageName, wanted: ReadonlySet<string>): Promise<ReadonlyMap<string, Objects> | undefined> {
    const found = new Map<string, Map<string, Pick<StoreObject, 'bytes' | 'etag'>>>();
    // Asking costs two requests a key, so a listing may take one page a key.
    let left = wanted.size * this.#objects.pageSize;
    const starts = [
      ...new Set([...wanted].map((key) => stagePath(stage, key).slice(0, `stages/${stage}/`.length + 1))),
    ];
    await inParallel(starts, WIDTH, async (start) => {
      for await (const { path, bytes, etag } of this.#objects.list(start)) {
        left -= 1;
        if (left < 0) return;
        const [, , key = '', file = ''] = path.split('/');
        if (!wanted.has(key)) continue;
        const objects = found.get(key) ?? new Map();
        found.set(key, objects.set(file, { bytes, etag }));
      }
    });
    return left < 0 ? undefined : found;
  }

  async #folder(stage: StageName, key: string): Promise<Objects> {
    const folder = `${stagePath(stage, key)}/`;
    const objects = new Map<string, Pick<StoreObject, 'bytes' | 'etag'>>();
    for await (const { path, bytes, etag } of this.#objects.list(folder)) {
      objects.set(path.slice(folder.length), { bytes, etag });
    }
    return objects;
  }

  async #meta(path: string, etag: string): Promise<Known | undefined> {
    const known = this.#known.get(path);
    if (known?.etag === etag) return known;
    const found = await this.#objects.get(path);
    const meta = found && parseMeta(found.bytes.toString('utf8'), this.#objects.url(path));
    if (!found || !meta) return undefined;
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    const { files, summary } = meta;
    const read = { etag: found.etag, files, summary };
    this.#known.set(path, read);
    return read;
  }
}

/** The folder of a result. */
export function stagePath(stage: StageName, key: string): string {
  return checkedPath(`stages/${stage}/${key}`);
}

function isWhole(files: KeptMeta['files'], objects: Objects): boolean {
  return Object.entries(files).every(([file, bytes]) => objects.get(file)?.bytes === bytes);
}
