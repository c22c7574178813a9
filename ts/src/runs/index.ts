/** The runs of a store: listing them and finding the one that a person means. */

import { NlpflowError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { listEntries, type RunEntry, readRecord } from './entries.ts';
import { isBeating } from './heartbeat.ts';
import { readLabels } from './labels.ts';
import type { RunRecord } from './manifest.ts';
import { inParallel } from './parallel.ts';

/** Runs whose signs of life are looked at together. */
const WIDTH = 32;

/** All runs of a store, newest first; a run whose process is gone is shown as interrupted, one that cannot be read is left out. */
export async function listRuns(store: Store): Promise<RunEntry[]> {
  const entries = await inParallel(await listEntries(store), WIDTH, (entry) => withPresentStatus(store, entry));
  return entries.sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? 1 : -1));
}

/**
 * The run that an id, a name (the newest of that name), an unambiguous start of an id or `last` means.
 * Throws `RUN_NOT_FOUND`. Who looks for several gives a `list` of their own.
 */
export async function findRun(store: Store, wanted: string, list = () => listRuns(store)): Promise<RunRecord> {
  const exact = isId(wanted) ? await present(store, wanted) : undefined;
  if (exact) return exact;
  const runs = await list();
  const newest = runs[0];
  if (!newest) throw missing(wanted, store, 'the store has no runs yet');
  const starting = runs.filter(({ id }) => wanted !== '' && id.startsWith(wanted));
  const found =
    wanted === 'last'
      ? newest
      : (runs.find(({ name }) => name === wanted) ?? (starting.length === 1 ? starting[0] : undefined));
  const record = found ? await present(store, found.id) : undefined;
  if (record) return record;
  const why =
    starting.length > 1
      ? `${starting.length} runs start with it: ${starting
          .slice(0, 3)
          .map(({ id }) => id)
          .join(', ')}`
      : `the newest is ${newest.id} (${newest.name}); nlpflow runs lists all`;
  throw missing(wanted, store, why);
}

async function present(store: Store, id: string): Promise<RunRecord | undefined> {
  const record = await readRecord(store, id);
  if (!record) return undefined;
  const { name } = await readLabels(store, id);
  return withPresentStatus(store, name === undefined ? record : { ...record, name });
}

/** An id is one folder's name; anything else must not reach the store. */
function isId(wanted: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(wanted) && !/^\.+$/.test(wanted);
}

/** A record says `running` for ever when its process was killed. */
async function withPresentStatus<Run extends Pick<RunEntry, 'id' | 'status' | 'process'>>(
  store: Store,
  run: Run,
): Promise<Run> {
  if (run.status !== 'running' || (await isBeating(store, run))) return run;
  return { ...run, status: 'interrupted' };
}

function missing(wanted: string, store: Store, why: string): NlpflowError {
  return new NlpflowError('RUN_NOT_FOUND', `there is no run ${wanted} in ${store.url}: ${why}`);
}
