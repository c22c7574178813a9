/** How many workers fit: cores, tasks and memory, with the reason in words. */

import { readFileSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { join } from 'node:path';
import { NlpflowError } from '../errors.ts';
import { freeMemory } from './freememory.ts';

/** Share of the available memory that boosters may take; the rest is for the system and for growth of others. */
export const SHARE_OF_MEMORY = 0.8;

/** The outcome of the calculation. */
export interface Capacity {
  readonly workers: number;
  /** Bytes that all boosters together may use. */
  readonly usable: number;
  readonly reason: string;
}

/** Workers for `tasks` tasks of which the largest needs `largest` bytes. Pure. */
export function capacity(of: {
  asked: number | 'auto';
  cores: number;
  tasks: number;
  largest: number;
  available: number;
}): Capacity {
  const usable = Math.floor(of.available * SHARE_OF_MEMORY);
  const wanted = of.asked === 'auto' ? of.cores : of.asked;
  const fitting = of.largest > 0 ? Math.max(1, Math.floor(usable / of.largest)) : wanted;
  const workers = Math.max(1, Math.min(wanted, of.tasks, fitting));
  const memory = `a booster needs up to ${bytesInWords(of.largest)}, ${bytesInWords(usable)} may be used`;
  if (workers < Math.min(wanted, of.tasks)) {
    return { workers, usable, reason: `${counted(workers)}, not ${wanted}: memory holds no more (${memory})` };
  }
  const why = workers < wanted ? `${of.tasks} left to do` : of.asked === 'auto' ? 'one a core' : 'as asked';
  return { workers, usable, reason: `${counted(workers)}: ${why} (${memory})` };
}

/** The error for a booster that does not fit even alone. */
export function tooLarge(needed: number, usable: number): NlpflowError {
  return new NlpflowError(
    'MEMORY_TOO_SMALL',
    `the booster needs about ${bytesInWords(needed)} of memory and ${bytesInWords(usable)} may be used; use a smaller tokenfilter.max_tokens, tree_depth or max_bin, a machine with more memory, or set NLPFLOW_MEMORY if the estimate of what is free is wrong`,
  );
}

/** Cores that this process may use. */
export function availableCores(): number {
  return availableParallelism();
}

/** Bytes of memory that are free for us: the machine's or the container's, or what NLPFLOW_MEMORY says. */
export function availableMemory(environment: NodeJS.ProcessEnv = process.env): number {
  const told = environment['NLPFLOW_MEMORY'];
  if (told !== undefined && told !== '') return parseBytes(told);
  const limit = process.constrainedMemory() ?? 0;
  if (limit <= 0 || limit >= totalmem()) return freeMemory();
  return Math.max(0, Math.min(freeMemory(), limit - containerUse()));
}

/** `4GiB`, `512M` or a number of bytes. */
export function parseBytes(text: string): number {
  const parts = /^\s*(?<amount>\d+(?:\.\d+)?)\s*(?<unit>[kmgt]?)(?<binary>i?)b?\s*$/i.exec(text)?.groups;
  const power = ' kmgt'.indexOf((parts?.['unit'] || ' ').toLowerCase());
  const bytes = Math.floor(Number(parts?.['amount']) * 1024 ** power);
  if (!parts || !Number.isFinite(bytes) || bytes < 1) {
    throw new NlpflowError('USAGE', `${text} is no amount of memory; write bytes or a unit, as in 4GiB or 512MiB`);
  }
  return bytes;
}

/** `1.5 GiB`, for messages. */
export function bytesInWords(bytes: number): string {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)));
  return power === 0 ? `${bytes} bytes` : `${(bytes / 1024 ** power).toFixed(1)} ${units[power]}`;
}

/** Memory that the container's processes hold and the kernel cannot take back; 0 where control groups are not to be read. */
function containerUse(): number {
  try {
    const group = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '/';
    for (const folder of [join('/sys/fs/cgroup', group), '/sys/fs/cgroup']) {
      const use = groupUse(folder);
      if (use !== undefined) return use;
    }
  } catch {
    // Not Linux, or no control groups.
  }
  return process.memoryUsage.rss();
}

function groupUse(folder: string): number | undefined {
  try {
    const held = Number(readFileSync(join(folder, 'memory.current'), 'utf8'));
    // Pages of files that were read once count as used, though the kernel gives them up at need.
    const cached = /^inactive_file (\d+)$/m.exec(readFileSync(join(folder, 'memory.stat'), 'utf8'))?.[1] ?? 0;
    return held - Number(cached);
  } catch {
    return undefined;
  }
}

function counted(workers: number): string {
  return workers === 1 ? '1 worker' : `${workers} workers`;
}
