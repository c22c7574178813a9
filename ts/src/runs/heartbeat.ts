/** A sign of life of a running run: tells one that goes on elsewhere from one that was killed. */

import { lifeOf, type Owner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';

const HEARTBEAT_FILE = 'heartbeat.json';
/** A run gives a sign this often. */
export const BEAT_MS = 60_000;
/** Without a sign for so long a run is dead: generous, since clocks of machines differ. */
const DEAD_AFTER_MS = 30 * 60_000;

/** What a record has as the host of a run that no process works on until its last job starts on AWS Batch. */
export const NO_HOST = 'AWS Batch';

/** A process that gave no sign for so long may have been killed, and its run may be taken over. */
export const SILENT_MS = 3 * BEAT_MS;

/** Seconds since a run gave its last sign; undefined for one that gives none. */
export async function secondsSinceSign(
  store: Store,
  id: string,
  now: number = Date.now(),
): Promise<number | undefined> {
  const found = await store.get(path(id));
  const time = /"time":"(?<time>[^"]+)"/.exec(found?.bytes.toString('utf8') ?? '')?.groups?.['time'];
  return time === undefined ? undefined : (now - Date.parse(time)) / 1000;
}

/** Gives a sign. */
export async function beat(store: Store, id: string): Promise<void> {
  await store.put(path(id), `${JSON.stringify({ time: new Date().toISOString() })}\n`);
}

/** The run is over. */
export async function stopBeating(store: Store, id: string): Promise<void> {
  await store.delete(path(id));
}

/** Whether a run whose record says `running` still does. One that gives no signs (of an older nlpflow) is believed. */
export async function isBeating(
  store: Store,
  { id, process }: { readonly id: string; readonly process: Owner },
  now: number = Date.now(),
): Promise<boolean> {
  if (lifeOf(process) === 'gone') return false;
  const silent = await secondsSinceSign(store, id, now);
  // A process that was killed while it handed its run over left no job behind that gives signs.
  if (silent === undefined) return process.host !== NO_HOST;
  return silent * 1000 < DEAD_AFTER_MS;
}

function path(id: string): string {
  return `runs/${id}/${HEARTBEAT_FILE}`;
}
