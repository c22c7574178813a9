/** Memory that a new process can have without taking it from others. */

import { execFileSync } from 'node:child_process';
import { freemem, totalmem } from 'node:os';

/** What is asked of the system. */
export interface MemoryReader {
  readonly platform: NodeJS.Platform;
  /** Bytes that Node calls free. */
  readonly free: () => number;
  readonly total: () => number;
  /** What `vm_stat` of macOS prints. */
  readonly vmStat: () => string;
}

/** Share of a Mac's memory that is taken as free where `vm_stat` cannot be read. */
const SHARE = 0.5;

const SYSTEM: MemoryReader = {
  platform: process.platform,
  free: freemem,
  total: totalmem,
  vmStat: () => execFileSync('/usr/bin/vm_stat', { encoding: 'utf8', timeout: 5_000 }),
};

/** Bytes of memory that are free for us on this machine. macOS fills memory with what it can drop at need, and Node does not count that as free. */
export function freeMemory(reader: MemoryReader = SYSTEM): number {
  if (reader.platform !== 'darwin') return reader.free();
  let pages: number | undefined;
  try {
    pages = parseVmStat(reader.vmStat());
  } catch {
    // Not to be run here, as in a sandbox.
  }
  return Math.max(reader.free(), Math.min(pages ?? reader.total() * SHARE, reader.total()));
}

/**
 * Bytes that `vm_stat` says can be given out: free pages, those read ahead, those that were not used lately, and those that
 * programs allowed to be dropped. Undefined for another text.
 */
function parseVmStat(text: string): number | undefined {
  const size = Number(/page size of (\d+) bytes/.exec(text)?.[1]);
  const pages = (name: string): number => Number(new RegExp(`^Pages ${name}:\\s+(\\d+)\\.`, 'm').exec(text)?.[1]);
  const [free, inactive] = [pages('free'), pages('inactive')];
  const more = [pages('speculative'), pages('purgeable')].reduce((sum, one) => sum + (one || 0), 0);
  const bytes = (free + inactive + more) * size;
  return Number.isFinite(bytes) ? Math.floor(bytes) : undefined;
}
