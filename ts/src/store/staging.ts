/** Temporary folders and tickets of a store: named after the process that they belong to, so that those of dead processes can be swept. */

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { systemCode } from './problems.ts';

/** A folder of a dead process on this host is swept after this time: a process that shares the host name may be in another container. */
const DEAD_AFTER_MS = 60_000;
/** A folder of another host is swept after this time: its process cannot be asked. */
const FOREIGN_AFTER_MS = 7 * 24 * 3_600_000;

/** Makes an empty folder of this process below `parent`. */
export async function makeStaging(parent: string): Promise<string> {
  const path = join(parent, ownName());
  await mkdir(path, { recursive: true });
  return path;
}

/** A new name that says which process it belongs to. */
export function ownName(): string {
  return `${hostLabel()}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** Removes the folders below `parent` whose processes are gone; returns how many. Trouble with one of them is left for the next sweep. */
export async function sweepStaging(parent: string, now: number = Date.now()): Promise<number> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const swept = await Promise.all(
    names.map(async (name) => {
      const path = join(parent, name);
      try {
        if (!(await isStale(name, path, now))) return false;
        await rm(path, { recursive: true, force: true });
        return true;
      } catch {
        return false;
      }
    }),
  );
  return swept.filter(Boolean).length;
}

/** Whether the process that a file or folder is named after is gone; `false` for other names. */
export async function isStale(name: string, path: string, now: number = Date.now()): Promise<boolean> {
  const owner = /^(?:lock-[0-9a-f]{16}-)?(?<host>.+)-(?<pid>\d+)-[0-9a-f]{12}$/.exec(name)?.groups;
  if (!owner) return false;
  const age = now - (await stat(path)).mtimeMs;
  if (owner['host'] !== hostLabel()) return age > FOREIGN_AFTER_MS;
  return age > DEAD_AFTER_MS && !isAlive(Number(owner['pid']));
}

/** Whether a process of this host is there. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM';
  }
}

/** This machine's name as it stands in names of files. */
export function hostLabel(): string {
  return hostname().replace(/[^A-Za-z0-9.]/g, '_') || 'host';
}
