/**
 * Keeps `gc` and runs out of each other's way.
 *
 * `gc` first puts `index/gc.json`, then reads what runs refer to. A run first puts its plan, which names all results that it
 * may use, then looks for that object and waits until it is gone, and only then asks which results are there. So `gc` either sees the
 * plan, or the run sees `gc`. A `gc` without a sign for ten minutes counts as dead, so it must stop by itself well before.
 */

import { setTimeout as delay } from 'node:timers/promises';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import { lifeOf, type Owner, ownOwner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';

const PATH = 'index/gc.json';
/** A sweep gives a sign this often, and counts as dead without one after the second time. */
const SIGN_MS = 20_000;
const DEAD_AFTER_MS = 10 * 60_000;
/** A sweep stops when its own last sign is older: clocks differ, and what it is about to do takes a while, too. */
const STOP_AFTER_MS = DEAD_AFTER_MS / 2;
const POLL_MS = 500;

interface Holder extends Owner {
  readonly time: string;
}

/**
 * Sweeps while runs wait, and gives signs all the time. `still` must be called before each removal; it throws when the lock
 * was lost, or may count as lost, as on a machine that slept.
 */
export async function sweeping<Value>(
  store: Store,
  work: (still: () => Promise<void>) => Promise<Value>,
): Promise<Value> {
  const lock = new Lock(store, await acquire(store));
  const timer = setInterval(() => void lock.sign().catch(() => {}), SIGN_MS);
  try {
    return await work(() => lock.check());
  } finally {
    clearInterval(timer);
    await lock.release();
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

/** The lock of a sweep of this process. */
class Lock {
  readonly #store: Store;
  #etag: string;
  #signed: number;
  #isLost = false;
  #signing: Promise<void> = Promise.resolve();

  constructor(store: Store, taken: { etag: string; time: number }) {
    this.#store = store;
    this.#etag = taken.etag;
    this.#signed = taken.time;
  }

  /** Gives a sign when the last one is old enough. A lock that was silent for too long gets none: others may have passed it. */
  sign(): Promise<void> {
    this.#signing = this.#signing
      .catch(() => {})
      .then(async () => {
        const time = Date.now();
        this.#isLost ||= this.#isSilent();
        if (this.#isLost || time - this.#signed < SIGN_MS) return;
        const next = await this.#store.put(PATH, own(time), { etag: this.#etag });
        if (next === null) this.#isLost = true;
        else [this.#etag, this.#signed] = [next, time];
      });
    return this.#signing;
  }

  /** Throws when the lock is not ours any more for certain. */
  async check(): Promise<void> {
    let trouble: unknown;
    await this.sign().catch((error: unknown) => {
      trouble = error;
    });
    if (!this.#isLost && !this.#isSilent()) return;
    const why = trouble === undefined ? '' : `: ${asNlpflowError(trouble).message}`;
    throw new NlpflowError(
      'STORE_NOT_WRITABLE',
      `nlpflow gc gave no sign for a while, as on a machine that slept, or another one took over${why}; what was removed so far was not needed: start it again`,
    );
  }

  async release(): Promise<void> {
    await this.#signing.catch(() => {});
    if ((await this.#store.get(PATH))?.etag === this.#etag) await this.#store.delete(PATH);
  }

  #isSilent(): boolean {
    return Date.now() - this.#signed > STOP_AFTER_MS;
  }
}

async function acquire(store: Store): Promise<{ etag: string; time: number }> {
  const time = Date.now();
  const fresh = await store.put(PATH, own(time), { absent: true });
  if (fresh !== null) return { etag: fresh, time };
  const found = await store.get(PATH);
  const taken = !found
    ? await store.put(PATH, own(time), { absent: true })
    : isDead(found.bytes)
      ? await store.put(PATH, own(time), { etag: found.etag })
      : null;
  if (taken !== null) return { etag: taken, time };
  throw new NlpflowError('STORE_NOT_WRITABLE', `another nlpflow gc works on ${store.url}; try again when it is done`);
}

function own(time: number): string {
  return JSON.stringify({ time: new Date(time).toISOString(), ...ownOwner() } satisfies Holder);
}

function isDead(bytes: Buffer): boolean {
  try {
    const { time, ...owner } = JSON.parse(bytes.toString('utf8')) as Holder;
    if (lifeOf(owner) === 'gone') return true;
    return !(Date.now() - Date.parse(time) < DEAD_AFTER_MS);
  } catch {
    return true;
  }
}
