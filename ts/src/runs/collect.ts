/** Removes runs that are not kept, and then the results that no remaining run refers to. */

import { NlpflowError } from '../errors.ts';
import { STAGES, type StageName } from '../events.ts';
import { TABLES } from '../executors/batch/table.ts';
import { CALIBRATIONS } from '../flow/calibration.ts';
import { CHECKPOINTS } from '../flow/checkpoint.ts';
import type { Store } from '../store/store.ts';
import { forgetRun, RUN_FILE, type RunEntry, readRecord, tidyIndex } from './entries.ts';
import { listRuns } from './index.ts';
import { PLAN_FILE } from './journal.ts';
import { readLabelsStrictly } from './labels.ts';
import type { RunRecord } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { withPresentStatus } from './presence.ts';
import { parseTasks } from './rerun.ts';
import { sweeping } from './sweeplock.ts';

/** A result younger than this is never removed: whoever wrote it may not have written down yet that it is used. */
const GRACE_MS = 3_600_000;
const WIDTH = 16;

/** What to keep: `best` of each table, outcome and metric; `tagged`; `last` of each name; `tag:NAME`. */
export type Keep = 'best' | 'tagged' | 'last' | `tag:${string}`;

export interface CollectOptions {
  readonly olderThanMs: number;
  readonly keep: readonly Keep[];
  readonly dryRun: boolean;
  /** Whether a higher value of a metric is better. */
  readonly higherIsBetter: (metric: string) => boolean;
  readonly graceMs?: number;
  readonly now?: number;
}

/** What was removed, or would be. */
export interface Collected {
  readonly runs: readonly { readonly id: string; readonly name: string; readonly bytes: number }[];
  readonly results: readonly { readonly stage: StageName; readonly key: string; readonly bytes: number }[];
  /** Trainings that were stopped and that no run goes on with. */
  readonly checkpoints: readonly { readonly path: string; readonly bytes: number }[];
  /** Tables that were uploaded and that no run reads. */
  readonly tables: readonly { readonly path: string; readonly bytes: number }[];
  readonly bytes: number;
  /** Runs that stay. */
  readonly kept: number;
  /** Runs that stay because it could not be found out whether they still go on. */
  readonly unconfirmed: readonly { readonly id: string; readonly why: string }[];
}

interface Found {
  readonly stage: StageName;
  readonly key: string;
  bytes: number;
  modified: number;
}

/** Collects what is not needed any more; a dry run only looks. */
export async function collect(store: Store, options: CollectOptions): Promise<Collected> {
  if (options.dryRun) return sweep(store, options, async () => {});
  return sweeping(store, (still) => sweep(store, options, still));
}

/** Removes the files of a run; what it refers to is left to `collect`. Refuses a run that goes on, and one of a newer nlpflow, which may. */
export async function removeRun(store: Store, id: string): Promise<void> {
  const record = await readUnlessDamaged(store, id);
  const [now] = record ? await withPresentStatus(store, [record]) : [];
  if (now?.status === 'running') {
    const why =
      now.unconfirmed === undefined
        ? `is going on on ${now.process.host}; stop it first`
        : `may still go on: ${now.unconfirmed}; where its jobs can be asked for, nlpflow cancel ${id} ends it`;
    throw new NlpflowError('RUN_ACTIVE', `run ${id} ${why}`);
  }
  // Without its record it is no run any more; the rest can be taken up by another removal.
  await store.delete(`runs/${id}/${RUN_FILE}`);
  const paths: string[] = [];
  for await (const { path } of store.list(`runs/${id}/`)) paths.push(path);
  await inParallel(paths, WIDTH, (path) => store.delete(path));
  await forgetRun(store, id);
}

async function sweep(store: Store, options: CollectOptions, still: () => Promise<void>): Promise<Collected> {
  const now = options.now ?? Date.now();
  const entries = await listRuns(store);
  const found = await findResults(store);
  const going = leaving(entries, options, now);
  // Before anything is removed: a run that cannot be read stops all of it.
  const used = new Set<string>();
  const ids = new Set(going.map(({ id }) => id));
  const staying = (await store.listRuns()).filter((id) => !ids.has(id));
  await inParallel(staying, WIDTH, (id) => addReferences(used, store, id));
  await inParallel([...ids], WIDTH, (id) => readUnlessDamaged(store, id));
  const runs: Collected['runs'][number][] = [];
  for (const { id, name } of going) {
    const bytes = await sizeOf(store, id);
    if (!options.dryRun) {
      // Somebody may have tagged it since it was listed.
      if (options.keep.includes('tagged') && (await isTagged(store, id))) {
        await addReferences(used, store, id);
        continue;
      }
      await still();
      await removeRun(store, id);
    }
    runs.push({ id, name, bytes });
  }
  const old = now - (options.graceMs ?? GRACE_MS);
  const unused = [...found.values()].filter(
    ({ stage, key, modified }) => !used.has(`${stage}/${key}`) && modified < old,
  );
  await inParallel(options.dryRun ? [] : unused, WIDTH, async ({ stage, key }) => {
    await still();
    await store.remove(stage, key);
  });
  // A checkpoint whose result is there was left by a process that was killed in between.
  const checkpoints = await objectsBelow(store, CHECKPOINTS, old, (id) => found.has(id) || !used.has(id));
  const tables = await objectsBelow(store, TABLES, old, (path) => !used.has(TABLES + path.split('/')[0]));
  await inParallel(options.dryRun ? [] : [...checkpoints, ...tables], WIDTH, async ({ path }) => {
    await still();
    await store.delete(path);
  });
  for await (const { path, modified } of options.dryRun ? [] : store.list(CALIBRATIONS)) {
    // What was measured on features is of no use without them; it is small, and not spoken of.
    const features = `features/${path.split('/')[1]}`;
    if (modified.getTime() >= old || (found.has(features) && used.has(features))) continue;
    await still();
    await store.delete(path);
  }
  if (!options.dryRun) await tidyIndex(store);
  const results = unused.map(({ stage, key, bytes }) => ({ stage, key, bytes }));
  const bytes = [...runs, ...results, ...checkpoints, ...tables].reduce((sum, one) => sum + one.bytes, 0);
  const unconfirmed = entries.flatMap(({ id, unconfirmed: why }) => (why === undefined ? [] : [{ id, why }]));
  return { runs, results, checkpoints, tables, bytes, kept: entries.length - runs.length, unconfirmed };
}

/** The runs that go: over, old enough, and kept by nothing. */
function leaving(entries: readonly RunEntry[], options: CollectOptions, now: number): RunEntry[] {
  const kept = new Set<string>();
  for (const keep of options.keep) for (const id of keptBy(keep, entries, options)) kept.add(id);
  return entries.filter(({ id, status, created, finished }) => {
    return status !== 'running' && !kept.has(id) && now - Date.parse(finished ?? created) > options.olderThanMs;
  });
}

/** Ids that a rule keeps; `entries` newest first. */
function keptBy(keep: Keep, entries: readonly RunEntry[], { higherIsBetter }: CollectOptions): string[] {
  if (keep === 'tagged') return entries.filter(({ tags }) => tags.length > 0).map(({ id }) => id);
  if (keep === 'last') return firstOf(entries, ({ name }) => name);
  if (keep === 'best') {
    const value = ({ best }: RunEntry): number => (higherIsBetter(best?.metric ?? '') ? -1 : 1) * (best?.mean ?? 0);
    const judged = entries.filter(({ best, status }) => status === 'done' && typeof best?.mean === 'number');
    const sorted = judged.toSorted((a, b) => value(a) - value(b));
    // Values of other metrics or of other data cannot be compared.
    return firstOf(sorted, ({ best, data, outcome }) => JSON.stringify([best?.metric, data, outcome]));
  }
  return entries.filter(({ tags }) => tags.includes(keep.slice('tag:'.length))).map(({ id }) => id);
}

function firstOf(entries: readonly RunEntry[], group: (entry: RunEntry) => string): string[] {
  const first = new Map<string, string>();
  for (const entry of entries) if (!first.has(group(entry))) first.set(group(entry), entry.id);
  return [...first.values()];
}

/** Objects below a folder that are old enough and of no use, by what follows the folder in their path. */
async function objectsBelow(
  store: Store,
  folder: string,
  old: number,
  isUseless: (path: string) => boolean,
): Promise<{ path: string; bytes: number }[]> {
  const useless: { path: string; bytes: number }[] = [];
  for await (const { path, bytes, modified } of store.list(folder)) {
    if (modified.getTime() < old && isUseless(path.slice(folder.length))) useless.push({ path, bytes });
  }
  return useless;
}

/** Adds what a run refers to: `stage/key` of the tasks of its plan and of its record, `data/digest` of the table that it reads. */
async function addReferences(used: Set<string>, store: Store, id: string): Promise<void> {
  const tasks = parseTasks(await store.getRun(id, PLAN_FILE));
  const record = await readUnlessDamaged(store, id);
  // A run that has just begun has a plan and no record yet. What cannot be read could refer to anything.
  if (record === null || (tasks.length === 0 && record)) {
    throw new NlpflowError(
      'ARTIFACT_DAMAGED',
      `run ${id} cannot be read, so what it refers to is not known, and nothing was removed; restore its files from a copy, or remove it with nlpflow runs rm ${id}`,
    );
  }
  for (const { stage, key, explain } of tasks) {
    used.add(`${stage}/${key}`);
    // An upload may not be in the record yet: the plan comes before it.
    if (typeof explain['data'] === 'string') used.add(TABLES + explain['data']);
  }
  if (record) used.add(TABLES + record.data.digest);
  const { corpus, split, final, fit } = record?.keys ?? {};
  for (const [stage, key] of [
    ['corpus', corpus],
    ['split', split],
    ['features', final],
    ['fit', fit],
  ] as const) {
    if (key !== undefined) used.add(`${stage}/${key}`);
  }
}

/** Whether a run has tags; labels that cannot be read could hold some. */
async function isTagged(store: Store, id: string): Promise<boolean> {
  try {
    return (await readLabelsStrictly(store, id)).tags.length > 0;
  } catch (error) {
    if (error instanceof NlpflowError && ['STORE_FORMAT_NEWER', 'ARTIFACT_DAMAGED'].includes(error.code)) return true;
    throw error;
  }
}

/** The record of a run; undefined when there is none, null when it is damaged. Throws `STORE_FORMAT_NEWER`: another nlpflow can read it. */
async function readUnlessDamaged(store: Store, id: string): Promise<RunRecord | undefined | null> {
  try {
    return await readRecord(store, id);
  } catch (error) {
    if (error instanceof NlpflowError && error.code === 'ARTIFACT_DAMAGED') return null;
    throw error;
  }
}

/** All results with their size and the time of their newest object. */
async function findResults(store: Store): Promise<Map<string, Found>> {
  const results = new Map<string, Found>();
  for await (const { path, bytes, modified } of store.list('stages/')) {
    const [, stage = '', key = ''] = path.split('/');
    if (!(STAGES as readonly string[]).includes(stage) || key === '') continue;
    const found = results.get(`${stage}/${key}`) ?? { stage: stage as StageName, key, bytes: 0, modified: 0 };
    found.bytes += bytes;
    found.modified = Math.max(found.modified, modified.getTime());
    results.set(`${stage}/${key}`, found);
  }
  return results;
}

async function sizeOf(store: Store, id: string): Promise<number> {
  let bytes = 0;
  for await (const object of store.list(`runs/${id}/`)) bytes += object.bytes;
  return bytes;
}
