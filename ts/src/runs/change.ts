/** Changes the record of a run whose own process is gone: over the version that was read, and over no other. */

import { NlpflowError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { indexRun, RUN_FILE } from './entries.ts';
import { parseRun, type RunRecord, serialiseRun } from './manifest.ts';

/** A writer that loses every race so often meets a process that writes the record all the time. */
const ATTEMPTS = 50;

/**
 * Writes what `change` makes of the present record, as often as it takes for nobody to write in between; undefined leaves it
 * as it is. Returns the record that is there now, or undefined for a run that is gone.
 */
export async function changeRecord(
  store: Store,
  id: string,
  change: (record: RunRecord) => RunRecord | undefined,
): Promise<RunRecord | undefined> {
  const path = `runs/${id}/${RUN_FILE}`;
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await store.get(path);
    if (!found) return undefined;
    const record = parseRun(found.bytes, store.runPath(id, RUN_FILE));
    const changed = change(record);
    if (!changed) return record;
    if ((await store.putRun(id, RUN_FILE, serialiseRun(changed), { etag: found.etag })) === null) continue;
    await indexRun(store, id);
    return changed;
  }
  throw new NlpflowError('STORE_NOT_WRITABLE', `the record of run ${id} is changed by others all the time; try again`);
}
