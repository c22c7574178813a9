/** Other runs whose jobs may hold the tasks of this one: those that came to no end and read the same table. */

import { readRecord } from '../../runs/entries.ts';
import { listRuns } from '../../runs/index.ts';
import type { Store } from '../../store/store.ts';

/** The newest so many are asked about: each costs a listing of the store and one of each queue. */
const MOST = 20;

export interface OtherRun {
  readonly id: string;
  /** Its process lives as far as can be told, or it was left to itself. */
  readonly goesOn: boolean;
}

/** One object an executor, since runs without jobs are asked about once. */
export class OtherRuns {
  readonly #run: string;
  readonly #store: Store;
  readonly #without = new Set<string>();

  constructor(run: string, store: Store) {
    this.#run = run;
    this.#store = store;
  }

  /** Runs whose jobs may matter, newest first. */
  async list(): Promise<OtherRun[]> {
    const own = await readRecord(this.#store, this.#run);
    if (!own) return [];
    const runs = await listRuns(this.#store);
    return runs
      .filter(({ id, status, data }) => id !== this.#run && status !== 'done' && data === own.data.digest)
      .slice(0, MOST)
      .filter(({ id }) => !this.#without.has(id))
      .map(({ id, status }) => ({ id, goesOn: status === 'running' }));
  }

  /** A run that has no living jobs gets none any more, unless it goes on. */
  leaveOut({ id, goesOn }: OtherRun): void {
    if (!goesOn) this.#without.add(id);
  }
}
