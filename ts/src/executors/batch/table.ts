/** The table of a run on its way to a container: once into the store, under the digest of its bytes. */

import { basename } from 'node:path';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';

/** The tables of the store, each below the digest of its bytes. */
export const TABLES = 'data/';
/** What stands before a path in the store where a task names a file. */
const IN_STORE = 'store:';

/** The task with its table in the store; tasks of other stages read no table. */
export async function withTableInStore(task: Task, store: Store): Promise<Task> {
  const { input } = task.options;
  if (typeof input !== 'string' || input.startsWith(IN_STORE)) return task;
  // The name is kept, since its extension says how the table is read.
  const path = `${TABLES}${String(task.explain['data'])}/${basename(input)}`;
  if ((await store.digest(path)) === null) await store.putFile(path, input);
  return { ...task, options: { ...task.options, input: `${IN_STORE}${path}` } };
}

/** The task with its table as a file of this machine. */
export async function withTableHere(task: Task, store: Store): Promise<Task> {
  const { input } = task.options;
  if (typeof input !== 'string' || !input.startsWith(IN_STORE)) return task;
  return { ...task, options: { ...task.options, input: await store.local(input.slice(IN_STORE.length)) } };
}
