/**
 * Keeps `gc` and runs out of each other's way.
 *
 * `gc` first puts `index/gc.json`, then reads what runs refer to. A run first puts its plan, which names all results that it
 * may use, then looks for that object and waits until it is gone, and only then asks which results are there. So `gc` either sees the
 * plan, or the run sees `gc`.
 */

import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { NlpflowError } from '../errors.ts';
import { isAlive } from '../store/staging.ts';
import type { Store } from '../store/store.ts';

const PATH = 'index/gc.json';
/** A sweep gives a sign this often, and counts as dead without one after the second time. */
const SIGN_MS = 20_000;
const DEAD_AFTER_MS = 10 * 60_000;
const POLL_MS = 500;

interface Holder {
  readonly time: string;
  readonly pid: number;
  readonly host: string;
}

/** Sweeps while runs wait; `still` must be called before each removal and throws when the lock was lost. */
export async function sweeping<Value>(
  store: Store,
  work: (still: () => Promise<void>) => Promise<Value>,
): Promise<Value> {
  let etag = await acquire(store);
  let signed = Date.now();
  const still = async (): Promise<void> => {
    if (Date.now() - signed < SIGN_MS) return;
    const next = await store.put(PATH, own(), { etag });
    if (next === null) throw new NlpflowError('STORE_NOT_WRITABLE', 'another nlpflow gc took over; start again');
    etag = next;
    signed = Date.now();
  };
  try {
    return await work(still);
  } finally {
    if ((await store.get(PATH))?.etag === etag) await store.delete(PATH);
  }
}

/** Returns when nobody sweeps; tells once that it waits. */
export async function afterSweep(store: Store, signal: AbortSignal, waiting: () => void): Promise<void> {
  for (let told = false; !signal.aborted; told = true) {
    const found = await store.get(PATH);
    if (!found || isDead(found.bytes)) return;
    if (!told) waiting();
    await delay(POLL_MS, undefined, { signal }).catch(() => {});
  }
}

async function acquire(store: Store): Promise<string> {
  const fresh = await store.put(PATH, own(), { absent: true });
  if (fresh !== null) return fresh;
  const found = await store.get(PATH);
  const taken = !found
    ? await store.put(PATH, own(), { absent: true })
    : isDead(found.bytes)
      ? await store.put(PATH, own(), { etag: found.etag })
      : null;
  if (taken !== null) return taken;
  throw new NlpflowError('STORE_NOT_WRITABLE', `another nlpflow gc works on ${store.url}; try again when it is done`);
}

function own(): string {
  return JSON.stringify({ time: new Date().toISOString(), pid: process.pid, host: hostname() } satisfies Holder);
}

function isDead(bytes: Buffer): boolean {
  try {
    const { time, pid, host } = JSON.parse(bytes.toString('utf8')) as Holder;
    if (host === hostname() && !isAlive(pid)) return true;
    return !(Date.now() - Date.parse(time) < DEAD_AFTER_MS);
  } catch {
    return true;
  }
}
