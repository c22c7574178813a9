/** Reads records of earlier formats: one step a format, each from one to the next. */

import { RUN_FORMAT } from './format.ts';

/** A record of which only the version is known. */
export interface OldRecord {
  readonly format: number;
  readonly [field: string]: unknown;
}

const STEPS: Readonly<Record<number, (record: OldRecord) => OldRecord>> = {
  // Paths were absolute, and where a run came from was not written down.
  1: (record) => ({ ...record, format: 2, folder: null, lineage: null }),
};

/** The record in the present format; what is of no known format comes back as it is. */
export function upgradeRun(record: OldRecord): OldRecord {
  let upgraded = record;
  while (upgraded.format < RUN_FORMAT) {
    const step = STEPS[upgraded.format];
    if (!step) return upgraded;
    upgraded = step(upgraded);
  }
  return upgraded;
}
