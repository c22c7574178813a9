/** The runs of a store: listing them and finding the one that a person means. */

import { hostname } from 'node:os';
import { NlpflowError } from '../errors.ts';
import { isAlive } from '../store/staging.ts';
import type { Store } from '../store/store.ts';
import { parseRun, type RunRecord } from './manifest.ts';

/** The record of each run. */
export const RUN_FILE = 'run.json';

/** All runs of a store, newest first; a run whose process is gone is shown as interrupted, one that cannot be read is left out. */
export async function listRuns(store: Store): Promise<RunRecord[]> {
  const records = await Promise.all((await store.listRuns()).map((id) => readable(store, id)));
  return records
    .filter((record) => record !== undefined)
    .sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? 1 : -1));
}

/**
 * The run that an id, a name (the newest of that name), an unambiguous start of an id or `last` means.
 * Throws `RUN_NOT_FOUND`.
 */
export async function findRun(store: Store, wanted: string): Promise<RunRecord> {
  const exact = await read(store, wanted);
  if (exact) return exact;
  const runs = await listRuns(store);
  const newest = runs[0];
  if (!newest) throw missing(wanted, store, 'the store has no runs yet');
  if (wanted === 'last') return newest;
  const named = runs.find(({ name }) => name === wanted);
  if (named) return named;
  const starting = runs.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  const [only, ...others] = starting;
  if (only && others.length === 0) return only;
  const why = only
    ? `${starting.length} runs start with it: ${starting
        .slice(0, 3)
        .map(({ id }) => id)
        .join(', ')}`
    : `the newest is ${newest.id} (${newest.name}); nlpflow runs lists all`;
  throw missing(wanted, store, why);
}

async function read(store: Store, id: string): Promise<RunRecord | undefined> {
  // An id is one folder's name; anything else must not reach the file system.
  if (!/^[A-Za-z0-9._-]+$/.test(id) || /^\.+$/.test(id)) return undefined;
  const bytes = await store.getRun(id, RUN_FILE);
  return bytes ? withPresentStatus(parseRun(bytes, store.runPath(id, RUN_FILE))) : undefined;
}

/** A damaged record must not hide all the others. */
async function readable(store: Store, id: string): Promise<RunRecord | undefined> {
  try {
    return await read(store, id);
  } catch (error) {
    if (error instanceof NlpflowError) return undefined;
    throw error;
  }
}

/** A record says `running` for ever when its process was killed. */
function withPresentStatus(record: RunRecord): RunRecord {
  if (record.status !== 'running' || record.process.host !== hostname() || isAlive(record.process.pid)) return record;
  return { ...record, status: 'interrupted' };
}

function missing(wanted: string, store: Store, why: string): NlpflowError {
  return new NlpflowError('RUN_NOT_FOUND', `there is no run ${wanted} in ${store.url}: ${why}`);
}
