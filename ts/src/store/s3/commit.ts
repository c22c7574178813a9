/**
 * How a stage's result gets into a bucket, which knows no renaming of folders.
 *
 * Each file is written only where none is. A file that is there already with the same checksum is used: left by a writer that
 * was killed, or written by another one at this moment. With another checksum, its writer gets time to finish; when it does
 * not, it is dead and its file is replaced. `stage.json` comes last, again only where none is, and then the files are
 * looked at once more: should one have been replaced meanwhile, `stage.json` is taken back and all is done again.
 */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { SENT } from '../../events.ts';
import type { Progress } from '../../native/stages.ts';
import { digestOfFile } from '../digest.ts';
import { fileSizes } from '../files.ts';
import { type KeptMeta, META_FILE, parseMeta, serialiseMeta } from '../meta.ts';
import type { StageMeta } from '../store.ts';
import { PART_BYTES, upload } from './files.ts';
import type { S3Objects } from './objects.ts';
import { TransferProblem } from './problems.ts';

/** A writer that is at work writes its `stage.json` within this time. */
const PATIENCE_MS = 30_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 2_000;

export interface CommitOptions {
  /** Whether the result is there, whoever wrote it. */
  readonly isThere: () => Promise<boolean>;
  readonly progress?: (progress: Progress) => void;
  /** How long to wait for another writer that has written a different file under the same key. */
  readonly patienceMs?: number | undefined;
}

/** Writes a folder's files below `target`; resolves to what was kept, or to null when another writer was first. */
export function commitStage(
  objects: S3Objects,
  target: string,
  folder: string,
  meta: StageMeta,
  options: CommitOptions,
): Promise<KeptMeta | null> {
  return objects.sending(`${target}/${META_FILE}`, async () => {
    const files = await fileSizes(folder);
    const digests: Record<string, string> = {};
    for (const file of Object.keys(files)) digests[file] = await digestOfFile(join(folder, file));
    const meter = new Meter(files, options.progress);
    const etags = new Map<string, string>();
    const write = async (file: string): Promise<boolean> => {
      const from = { file: join(folder, file), digest: digests[file] ?? '', bytes: files[file] ?? 0 };
      const etag = await place(objects, `${target}/${file}`, from, options, (bytes) => meter.set(file, bytes));
      if (etag !== null) etags.set(`${target}/${file}`, etag);
      return etag !== null;
    };
    const isLarge = (file: string): boolean => (files[file] ?? 0) > PART_BYTES;
    // A large file uses the memory of several parts: one after the other.
    const small = await Promise.all(
      Object.keys(files)
        .filter((file) => !isLarge(file))
        .map(write),
    );
    if (!small.every(Boolean)) return null;
    for (const file of Object.keys(files).filter(isLarge)) {
      if (!(await write(file))) return null;
    }
    const text = serialiseMeta(meta, files, digests);
    const closing = `${target}/${META_FILE}`;
    if ((await objects.put(closing, text, { absent: true })) === null) {
      if (await isSound(objects, target)) return null;
      // An old result that lost a file, which is ours now.
      await objects.delete(closing);
      throw new TransferProblem('the result of another process lacks files');
    }
    const now = new Map<string, string>();
    for await (const { path, etag } of objects.list(`${target}/`)) now.set(path, etag);
    if ([...etags].some(([path, etag]) => now.get(path) !== etag)) {
      await objects.delete(closing);
      throw new TransferProblem('another process replaced files of the same result');
    }
    await writeFile(join(folder, META_FILE), text);
    return parseMeta(text, closing);
  });
}

/** Whether a finished result has the files that it names. */
async function isSound(objects: S3Objects, target: string): Promise<boolean> {
  const closing = `${target}/${META_FILE}`;
  const found = await objects.get(closing);
  const digests = found && parseMeta(found.bytes.toString('utf8'), closing)?.digests;
  if (!digests) return false;
  const same = Object.entries(digests).map(async ([file, digest]) => {
    return (await objects.head(`${target}/${file}`))?.digest === digest;
  });
  return (await Promise.all(same)).every(Boolean);
}

/** Sees to it that an object has a file's content; null when another writer finished the whole result. */
async function place(
  objects: S3Objects,
  path: string,
  from: { file: string; digest: string; bytes: number },
  { isThere, patienceMs = PATIENCE_MS }: CommitOptions,
  done: (bytes: number) => void,
): Promise<string | null> {
  const send = (condition: { absent: true } | { etag: string }): Promise<string | null> =>
    upload(objects, path, from.file, from.digest, { condition, done });
  let began: number | undefined;
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    // What is large is not sent in vain.
    const before = from.bytes > PART_BYTES ? await objects.head(path) : null;
    if (before === null) {
      const etag = await send({ absent: true });
      if (etag !== null) return etag;
    }
    const found = before ?? (await objects.head(path));
    if (found?.digest === from.digest && found.bytes === from.bytes) {
      done(from.bytes);
      return found.etag;
    }
    if (found !== null && (await isThere())) return null;
    began ??= Date.now();
    if (found !== null && Date.now() - began > patienceMs) {
      const etag = await send({ etag: found.etag });
      if (etag !== null) return etag;
    }
    await delay(Math.random() * pause);
  }
}

/** Adds up the bytes of several files. */
class Meter {
  readonly #sent = new Map<string, number>();
  readonly #total: number;
  readonly #progress: ((progress: Progress) => void) | undefined;

  constructor(files: Readonly<Record<string, number>>, progress: ((progress: Progress) => void) | undefined) {
    this.#total = Object.values(files).reduce((sum, bytes) => sum + bytes, 0);
    // What is sent in a moment needs no words.
    this.#progress = this.#total > PART_BYTES ? progress : undefined;
  }

  set(file: string, bytes: number): void {
    // A part that is sent again does not count twice, nor takes away.
    this.#sent.set(file, Math.max(bytes, this.#sent.get(file) ?? 0));
    const done = [...this.#sent.values()].reduce((sum, one) => sum + one, 0);
    this.#progress?.({ done, total: this.#total, unit: SENT });
  }
}
