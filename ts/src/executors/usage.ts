/** What a task costs its worker: memory and processor time. */

import { readFileSync, writeFileSync } from 'node:fs';

/** Measured by a worker around one task. */
export interface Usage {
  /** Largest resident memory in bytes. */
  readonly peak_memory: number | null;
  readonly cpu_seconds: number | null;
}

/** Used where a worker could not tell any more. */
export const UNKNOWN_USAGE: Usage = { peak_memory: null, cpu_seconds: null };

/** Begins a measurement; the function that comes back ends it. */
export function measureUsage(): () => Usage {
  const isolated = forgetPeak();
  const before = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(before);
    return { peak_memory: peak(isolated), cpu_seconds: (user + system) / 1e6 };
  };
}

/** Linux can forget the peak of earlier tasks; elsewhere a task is charged with the largest one of its worker so far. */
function forgetPeak(): boolean {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
    return true;
  } catch {
    return false;
  }
}

function peak(isolated: boolean): number {
  if (isolated) {
    const kibibytes = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kibibytes !== undefined) return Number(kibibytes) * 1024;
  }
  return process.resourceUsage().maxRSS * 1024;
}
