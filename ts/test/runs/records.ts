/** Records of runs for tests. */

import { hostname } from 'node:os';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { CONFIG } from '../flow/fixture.ts';

/** Ids in the order of time. */
export function runId(number: number): string {
  return `20261124-${String(number).padStart(6, '0')}-aaaa`;
}

/** A run that is done. */
export function record(id: string, change: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 2,
    id,
    name: 'debian',
    status: 'done',
    until: 'fit',
    created: new Date(Date.UTC(2026, 10, 24) + Number(id.slice(9, 15)) * 1000).toISOString(),
    folder: '..',
    config: CONFIG,
    config_path: 'nlpflow.yaml',
    data: { digest: 'd', bytes: 1 },
    versions: {},
    lineage: null,
    plan: { configurations: 1, boosters: 1, folds: 2, recipes: 1 },
    keys: {},
    summaries: {},
    failures: [],
    seconds: 1,
    process: { pid: process.pid, host: hostname() },
    ...change,
  };
}
