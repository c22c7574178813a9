/** Objects in a folder: files that appear and change at once, with etags and conditions as S3 has them. */

import type { BigIntStats } from 'node:fs';
import { type FileHandle, link, open, readdir, rename, rm, rmdir, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ensureFolder, syncFile, syncFolder } from './durable.ts';
import { OPEN_FILES } from './gate.ts';
import { underLock } from './lock.ts';
import { checkedPath, checkedPrefix } from './paths.ts';
import { systemCode } from './problems.ts';
import type { Condition, StoreObject } from './store.ts';

/** Some file systems know no hard links, others end them at a device's border. */
const NO_LINKS: ReadonlySet<string> = new Set(['EXDEV', 'EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK']);

/** Times that a folder may go away under a writer. */
const FOLDER_ATTEMPTS = 20;

/** Files of a listing that are looked at together. */
const AHEAD = 256;

/** Whether an error says that nothing is there. */
export function isAbsent(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '');
}

/** Whether an error says that a hard link cannot be had here. */
export function hasNoLinks(error: unknown): boolean {
  return NO_LINKS.has(systemCode(error) ?? '');
}

/** The files below a root as objects; `temporary` makes an empty folder on the same file system, in one parent for all. */
export class FolderObjects {
  readonly #root: string;
  readonly #temporary: () => Promise<string>;

  constructor(root: string, temporary: () => Promise<string>) {
    this.#root = root;
    this.#temporary = temporary;
  }

  /** Writes an object aside, then shows it when the condition holds; `write` fills the path it is given. */
  async put(path: string, write: (aside: string) => Promise<void>, condition?: Condition): Promise<string | null> {
    const target = join(this.#root, checkedPath(path));
    const aside = await this.#temporary();
    try {
      const written = join(aside, basename(target));
      await write(written);
      await syncFile(written);
      if (condition && 'absent' in condition) {
        try {
          await intoFolder(target, () => link(written, target));
          return await this.#etag(written);
        } catch (error) {
          if (systemCode(error) === 'EEXIST') return null;
          if (!hasNoLinks(error)) throw error;
        }
      }
      return await underLock(dirname(aside), path, async () => {
        const before = await versionOf(target);
        if (condition && 'absent' in condition && before !== null) return null;
        if (condition && 'etag' in condition && (before === null || etagOf(before) !== condition.etag)) return null;
        if (before !== null) await makeNewer(written, before);
        const etag = await this.#etag(written);
        await intoFolder(target, () => rename(written, target));
        return etag;
      });
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  }

  get(path: string): Promise<{ bytes: Buffer; etag: string } | null> {
    return OPEN_FILES.run(() => this.#read(path));
  }

  async #read(path: string): Promise<{ bytes: Buffer; etag: string } | null> {
    let file: FileHandle;
    try {
      file = await open(join(this.#root, checkedPath(path)));
    } catch (error) {
      if (isAbsent(error)) return null;
      throw error;
    }
    try {
      // Files are replaced, never changed: the bytes belong to the etag, whatever happens meanwhile.
      const found = await file.stat({ bigint: true });
      if (found.isDirectory()) return null;
      return { bytes: await file.readFile(), etag: etagOf(found) };
    } finally {
      await file.close();
    }
  }

  async *list(prefix: string): AsyncGenerator<StoreObject> {
    const below = checkedPrefix(prefix).slice(0, prefix.lastIndexOf('/') + 1);
    yield* this.#walk(below, prefix);
  }

  async delete(path: string): Promise<void> {
    const target = join(this.#root, checkedPath(path));
    if ((await versionOf(target)) === null) return;
    const aside = await this.#temporary();
    try {
      await underLock(dirname(aside), path, () => rm(target, { force: true }));
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
    // Folders are no objects: an empty one goes with its last file. A writer makes it again (`intoFolder`).
    for (let folder = dirname(target); folder.startsWith(join(this.#root, '/')); folder = dirname(folder)) {
      const isEmpty = await rmdir(folder).then(
        () => true,
        () => false,
      );
      if (!isEmpty) return;
    }
  }

  async *#walk(folder: string, prefix: string): AsyncGenerator<StoreObject> {
    const entries = await readdir(join(this.#root, folder), { withFileTypes: true }).catch((error: unknown) => {
      if (isAbsent(error)) return [];
      throw error;
    });
    // A folder sorts as its files do, with the slash: the order of whole paths, by their bytes.
    const named = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
    named.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    // Asking for one file after the other would make a listing of thousands wait for the system each time.
    const ahead = new Map<string, BigIntStats | null>();
    for (const [index, name] of named.entries()) {
      const path = folder + name;
      if (path === 'tmp/') continue;
      if (name.endsWith('/')) {
        if (path.startsWith(prefix) || prefix.startsWith(path)) yield* this.#walk(path, prefix);
      } else if (path.startsWith(prefix)) {
        if (!ahead.has(path)) {
          ahead.clear();
          const files = named.slice(index, index + AHEAD).filter((one) => !one.endsWith('/'));
          const found = files.map(
            async (one) => [folder + one, await versionOf(join(this.#root, folder, one))] as const,
          );
          for (const [one, version] of await Promise.all(found)) ahead.set(one, version);
        }
        const found = ahead.get(path) ?? null;
        if (found === null) continue;
        yield { path, bytes: Number(found.size), etag: etagOf(found), modified: new Date(Number(found.mtimeMs)) };
      }
    }
  }

  async #etag(path: string): Promise<string> {
    return etagOf(await stat(path, { bigint: true }));
  }
}

/** Shows a file in its folder, which is made where it is not there; who removes the last file of it may remove it at any time,
 * also while the folders below it are made. */
async function intoFolder(target: string, show: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      await ensureFolder(dirname(target));
      await show();
      return await syncFolder(dirname(target));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' || attempt === FOLDER_ATTEMPTS) throw error;
    }
  }
}

async function versionOf(path: string): Promise<BigIntStats | null> {
  try {
    const found = await stat(path, { bigint: true });
    return found.isDirectory() ? null : found;
  } catch (error) {
    if (isAbsent(error)) return null;
    throw error;
  }
}

function etagOf(version: BigIntStats): string {
  return `${version.ino.toString(16)}-${version.size.toString(16)}-${version.mtimeNs.toString(16)}`;
}

/** File systems count time in ticks of some milliseconds and use inodes again: a version must be newer than the one before. */
async function makeNewer(path: string, before: BigIntStats): Promise<void> {
  const { mtimeNs } = await stat(path, { bigint: true });
  if (mtimeNs > before.mtimeNs) return;
  const seconds = (Number(before.mtimeNs / 1000n) + 10) / 1e6;
  await utimes(path, seconds, seconds);
}

/** What `put` writes. */
export function writing(bytes: Uint8Array | string): (aside: string) => Promise<void> {
  return (aside) => OPEN_FILES.run(() => writeFile(aside, bytes));
}
