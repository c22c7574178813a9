/**
 * Gives files and folders their names so that a power cut leaves them whole or absent: what is in them reaches the disk before
 * the name does, and the name before anybody is told that it is there. All that is published in stores and outputs goes
 * through here.
 */

import { constants } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { inParallel } from '../runs/parallel.ts';
import { OPEN_FILES } from './gate.ts';
import { systemCode } from './problems.ts';

/** File systems and devices that cannot be synchronised have nothing to lose by it. */
const CANNOT: ReadonlySet<string> = new Set(['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']);
/** A folder may be gone by now, or be none that this system opens. */
const NO_FOLDER: ReadonlySet<string> = new Set([...CANNOT, 'ENOENT', 'EISDIR', 'EPERM', 'EACCES', 'EBADF']);

/** Files that are synchronised at once. */
const WIDTH = 8;

/** Renames a finished file. */
export async function publishFile(from: string, to: string): Promise<void> {
  await syncFile(from);
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Renames a folder of finished files. */
export async function publishFolder(from: string, to: string): Promise<void> {
  // Together, since a disk that writes for one of them writes for all.
  await inParallel(await readdir(from), WIDTH, (name) => syncFile(join(from, name)));
  await syncFolder(from);
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Makes a folder and those above it. */
export async function ensureFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let made = path; ; made = dirname(made)) {
    await syncFolder(dirname(made));
    if (made === first || made === dirname(made)) return;
  }
}

/** Brings what is in a file to the disk. */
export function syncFile(path: string): Promise<void> {
  // Windows flushes only what was opened for writing.
  return sync(path, process.platform === 'win32' ? constants.O_RDWR : constants.O_RDONLY, CANNOT);
}

/** Brings the names in a folder to the disk. */
export function syncFolder(path: string): Promise<void> {
  return sync(path, constants.O_RDONLY, NO_FOLDER);
}

async function sync(path: string, flags: number, harmless: ReadonlySet<string>): Promise<void> {
  await OPEN_FILES.run(async () => {
    try {
      const opened = await open(path, flags);
      try {
        await opened.sync();
      } finally {
        await opened.close();
      }
    } catch (error) {
      if (!harmless.has(systemCode(error) ?? '')) throw error;
    }
  });
}
