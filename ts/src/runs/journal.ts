/** Keeps a run's record and its events in the store while it goes on. */

import { type Emit, type Event, eventLine } from '../events.ts';
import type { Store } from '../store/store.ts';
import { RUN_FILE } from './index.ts';
import { type RunRecord, serialiseRun } from './manifest.ts';

/** The events of a run, one JSON document a line. */
const EVENTS_FILE = 'events.jsonl';

/** Writes `run.json` and `events.jsonl`; whole files, so that it works on any store. */
export class Journal {
  readonly record: RunRecord;
  readonly #store: Store;
  readonly #emit: Emit;
  readonly #lines: string[] = [];

  constructor(record: RunRecord, store: Store, emit: Emit) {
    this.record = record;
    this.#store = store;
    this.#emit = emit;
  }

  /** Passes an event on and keeps it; progress is passed on only. */
  readonly emit: Emit = (event: Event) => {
    if (event.event !== 'task.progress') this.#lines.push(eventLine(event));
    this.#emit(event);
  };

  /** Writes the present state. */
  async save(): Promise<void> {
    await this.#store.putRun(this.record.id, RUN_FILE, serialiseRun(this.record));
    await this.#store.putRun(this.record.id, EVENTS_FILE, this.#lines.join(''));
  }
}
