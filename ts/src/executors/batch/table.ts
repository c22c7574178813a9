/** The table of a run on its way to a container: once into the store, under the digest of its bytes. */

import { basename } from 'node:path';
import { NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';

/** The tables of the store, each below the digest of its bytes. */
export const TABLES = 'data/';
/** What stands before a path in the store where a task names a file. */
const IN_STORE = 'store:';

/**
 * The task with its table in the store; tasks of other stages read no table. Throws `INPUT_CHANGED` when the file has no longer
 * the bytes of the digest that the run began with: nothing stays in the store then.
 */
export async function withTableInStore(task: Task, store: Store): Promise<Task> {
  const { input } = task.options;
  if (typeof input !== 'string' || input.startsWith(IN_STORE)) return task;
  const digest = String(task.explain['data']);
  // The name is kept, since its extension says how the table is read.
  const path = `${TABLES}${digest}/${basename(input)}`;
  if ((await store.digest(path)) !== digest) {
    await store.putFile(path, input);
    if ((await store.digest(path)) !== digest) {
      await store.delete(path);
      throw new NlpflowError(
        'INPUT_CHANGED',
        `${input} changed before it was sent; wait until nothing writes to it, then give the command again`,
      );
    }
  }
  return { ...task, options: { ...task.options, input: `${IN_STORE}${path}` } };
}

/** The task with its table as a file of this machine. */
export async function withTableHere(task: Task, store: Store): Promise<Task> {
  const { input } = task.options;
  if (typeof input !== 'string' || !input.startsWith(IN_STORE)) return task;
  return { ...task, options: { ...task.options, input: await store.local(input.slice(IN_STORE.length)) } };
}
