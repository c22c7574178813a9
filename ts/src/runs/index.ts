/** The runs of a store: listing them and finding the one that a person means. */

import { NlpflowError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { listEntries, type RunEntry, readRecord } from './entries.ts';
import { readLabels } from './labels.ts';
import type { RunRecord } from './manifest.ts';
import { type Presence, withPresentStatus } from './presence.ts';

/** All runs of a store with their present status, newest first; one that cannot be read is left out. */
export async function listRuns(store: Store): Promise<(RunEntry & Presence)[]> {
  const entries = await withPresentStatus(store, await listEntries(store));
  return entries.sort((a, b) => (a.created < b.created ? 1 : a.created > b.created ? -1 : a.id < b.id ? 1 : -1));
}

/**
 * The run that an id, a name (the newest of that name), an unambiguous start of an id or `last` means.
 * Throws `RUN_NOT_FOUND`. Who looks for several gives a `list` of their own.
 */
export async function findRun(
  store: Store,
  wanted: string,
  list: () => Promise<RunEntry[]> = () => listRuns(store),
): Promise<RunRecord & Presence> {
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

/** The record of a run with its present status and name. */
async function present(store: Store, id: string): Promise<(RunRecord & Presence) | undefined> {
  const record = await readRecord(store, id);
  if (!record) return undefined;
  const { name } = await readLabels(store, id);
  return (await withPresentStatus(store, [name === undefined ? record : { ...record, name }]))[0];
}

/** An id is one folder's name; anything else must not reach the store. */
function isId(wanted: string): boolean {
  return /^[A-Za-z0-9._-]+$/.test(wanted) && !/^\.+$/.test(wanted);
}

function missing(wanted: string, store: Store, why: string): NlpflowError {
  return new NlpflowError('RUN_NOT_FOUND', `there is no run ${wanted} in ${store.url}: ${why}`);
}
