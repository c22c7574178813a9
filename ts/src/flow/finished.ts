/**
 * Which tasks are done. Usually a task is done when its result is in the store. A task of a run with `--fresh` is done when
 * that run has made the result: a mark of the run says so, `runs/<run>/fresh/<stage>/<key>`, and what others made stays in
 * place until an equal or a better one is there.
 */

import type { StageName } from '../events.ts';
import { inParallel } from '../runs/parallel.ts';
import type { Store } from '../store/store.ts';
import type { Task } from './task.ts';

const WIDTH = 16;

/** Summaries of the tasks that are done, by their ids. */
export async function finishedTasks(tasks: readonly Task[], store: Store): Promise<Map<string, unknown>> {
  const summaries = new Map<string, unknown>();
  for (const stage of new Set(tasks.map((task) => task.stage))) {
    const own = tasks.filter((task) => task.stage === stage);
    const made = await marksOf(own, stage, store);
    const open = own.filter(({ fresh, key }) => fresh === undefined || made.has(`${fresh} ${key}`));
    const keys = [...new Set(open.map(({ key }) => key))];
    const found = await store.summaries(stage, keys);
    for (const { id, key } of open) if (found.has(key)) summaries.set(id, found.get(key));
  }
  return summaries;
}

/** Whether a task is done. */
export async function isFinished({ stage, key, fresh }: Task, store: Store): Promise<boolean> {
  if (fresh !== undefined && (await store.get(markPath(fresh, stage, key))) === null) return false;
  return store.has(stage, key);
}

/** Notes that a run has made a result anew. */
export async function markFinished({ stage, key, fresh }: Task, store: Store): Promise<void> {
  if (fresh !== undefined) await store.put(markPath(fresh, stage, key), '');
}

/** A task that a run makes anew, whatever is in the store. */
export function madeAnew(task: Task, run: string): Task {
  return { ...task, fresh: run };
}

/** Removes the marks of a run that nobody looks at any more. */
export async function removeMarks(run: string, store: Store): Promise<void> {
  const paths: string[] = [];
  for await (const { path } of store.list(marksBelow(run))) paths.push(path);
  await inParallel(paths, WIDTH, (path) => store.delete(path));
}

/** `run key` of the marks that tasks of a stage may have. */
async function marksOf(tasks: readonly Task[], stage: StageName, store: Store): Promise<Set<string>> {
  const made = new Set<string>();
  for (const run of new Set(tasks.flatMap(({ fresh }) => fresh ?? []))) {
    const below = `${marksBelow(run)}${stage}/`;
    for await (const { path } of store.list(below)) made.add(`${run} ${path.slice(below.length)}`);
  }
  return made;
}

function markPath(run: string, stage: StageName, key: string): string {
  return `${marksBelow(run)}${stage}/${key}`;
}

function marksBelow(run: string): string {
  return `runs/${run}/fresh/`;
}
