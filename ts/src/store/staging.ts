/** Temporary folders and tickets of a store: named after the process that they belong to, so that those of dead processes can be swept. */

import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { inParallel } from '../runs/parallel.ts';
import { type Life, lifeOf, type Owner, ownOwner } from './owner.ts';
import { systemCode } from './problems.ts';

/** What a dead process leaves is swept after this time. */
const DEAD_AFTER_MS = 60_000;
/** What a process leaves that cannot be asked is swept after this time without a sign of it. */
const UNKNOWN_AFTER_MS = 7 * 24 * 3_600_000;
/** A process touches what it has this often. */
const SIGN_MS = 10 * 60_000;
/** Folders that are looked at together. */
const WIDTH = 16;

/** What this process has in stores and caches. */
const kept = new Set<string>();
let isSigning = false;

/** Makes an empty folder of this process below `parent`. */
export async function makeStaging(parent: string): Promise<string> {
  const path = join(parent, ownName());
  await mkdir(path, { recursive: true });
  keepSigned(path);
  return path;
}

/** Touches a file or folder of this process now and then, as long as it is there: who cannot ask the process sees that it lives. */
export function keepSigned(path: string): void {
  kept.add(path);
  if (isSigning) return;
  isSigning = true;
  setInterval(() => void signKept(), SIGN_MS).unref();
}

/** Touches what this process has. */
export async function signKept(): Promise<void> {
  const now = new Date();
  await inParallel([...kept], WIDTH, async (path) => {
    const isThere = await utimes(path, now, now).then(
      () => true,
      (error: unknown) => systemCode(error) !== 'ENOENT',
    );
    if (!isThere) kept.delete(path);
  });
}

/** A new name that says which process it belongs to: host, space and beginning, PID, something random. */
export function ownName(): string {
  const { host, pid, space, began } = ownOwner();
  return `${labelOf(host)}-${space}.${began}-${pid}-${randomBytes(6).toString('hex')}`;
}

/** What is known of the process that a file or folder is named after; undefined for other names. */
export function lifeOfName(name: string): Life | undefined {
  const owner = ownerOfName(name);
  return owner && lifeOf(owner);
}

/** Removes the folders below `parent` whose processes are gone; returns how many. Trouble with one of them is left for the next sweep. */
export async function sweepStaging(parent: string, now: number = Date.now()): Promise<number> {
  const names = await readdir(parent).catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return [];
    throw error;
  });
  const swept = await inParallel(names, WIDTH, async (name) => {
    const path = join(parent, name);
    try {
      if (!(await isStale(name, path, now))) return false;
      await rm(path, { recursive: true, force: true });
      return true;
    } catch {
      return false;
    }
  });
  return swept.filter(Boolean).length;
}

/** Whether the process that a file or folder is named after is gone; `false` for other names. */
export async function isStale(name: string, path: string, now: number = Date.now()): Promise<boolean> {
  const life = lifeOfName(name);
  if (life === undefined || life === 'alive') return false;
  const age = now - (await stat(path)).mtimeMs;
  return age > (life === 'gone' ? DEAD_AFTER_MS : UNKNOWN_AFTER_MS);
}

/** A name of an older nlpflow has no space. */
function ownerOfName(name: string): Owner | undefined {
  const parts =
    /^(?:lock-[0-9a-f]{16}-)?(?<host>[^-]+)-(?:(?<space>[0-9a-f]{8})\.(?<began>\d+)-)?(?<pid>\d+)-[0-9a-f]{12}$/.exec(
      name,
    )?.groups;
  if (!parts) return undefined;
  const { host } = ownOwner();
  return {
    host: parts['host'] === labelOf(host) ? host : String(parts['host']),
    pid: Number(parts['pid']),
    space: parts['space'],
    began: Number(parts['began'] ?? 0),
  };
}

/** A machine's name as it stands in names of files. */
function labelOf(host: string): string {
  return host.replace(/[^A-Za-z0-9.]/g, '_') || 'host';
}
