/**
 * The index: all that a list of runs shows, without reading the runs.
 *
 * `index/runs/<id>.json` is written by whoever changes a run, from the run's record and labels: it takes the entry's etag, reads
 * both, and writes only over that etag, so the last entry always follows the last change. `index/cache.json` holds
 * all entries with their etags. It is a cache and nothing else: a reader believes of it what the listing confirms, and
 * may replace it. A run without an entry (of an older nlpflow, or of one that was killed) gets it from the first reader.
 */

import { NlpflowError } from '../errors.ts';
import type { Owner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';
import { type Labels, readLabels } from './labels.ts';
import { parseRun, type RunRecord } from './manifest.ts';
import { inParallel } from './parallel.ts';

/** The record of each run. */
export const RUN_FILE = 'run.json';

const ENTRIES = 'index/runs/';
const CACHE = 'index/cache.json';
const FORMAT = 1;
const ATTEMPTS = 50;
/** Requests at once. */
const WIDTH = 32;
/** The cache is written again when so many entries, or this share of them, had to be read. */
const STALE = { entries: 20, share: 0.02 };

/** A run as the list shows it. */
export interface RunEntry extends Omit<Labels, 'name'> {
  readonly id: string;
  readonly name: string;
  readonly status: RunRecord['status'];
  readonly until: RunRecord['until'];
  readonly created: string;
  readonly finished?: string;
  readonly seconds: number;
  readonly configurations: number;
  readonly best?: { readonly metric: string; readonly mean: number | null; readonly std_err: number | null };
  readonly failures: number;
  /** Digest of the table. */
  readonly data: string;
  readonly outcome: string;
  /** Speed of the boosters, for estimates. */
  readonly pace?: number;
  readonly process: Owner;
}

interface Indexed {
  readonly entry: RunEntry;
  /** Undefined when it could not be written. */
  readonly etag?: string;
}

/** All runs of a store, oldest first, with the status that they wrote last. */
export async function listEntries(store: Store): Promise<RunEntry[]> {
  const [ids, cache, listed] = await Promise.all([store.listRuns(), readCache(store), listEtags(store)]);
  const kept: Record<string, [etag: string, entry: RunEntry]> = {};
  let stale = Object.keys(cache).length > ids.length ? 1 : 0;
  const entries = await inParallel(ids, WIDTH, async (id) => {
    const etag = listed.get(id);
    const cached = cache[id];
    if (etag !== undefined && cached?.[0] === etag) {
      kept[id] = cached;
      return cached[1];
    }
    stale += 1;
    const found = (etag === undefined ? undefined : await readEntry(store, id)) ?? (await adopt(store, id));
    if (found?.etag !== undefined) kept[id] = [found.etag, found.entry];
    return found?.entry;
  });
  if (stale >= Math.min(STALE.entries, Math.max(1, ids.length * STALE.share))) await writeCache(store, kept);
  return entries.filter((entry) => entry !== undefined);
}

/** Brings a run's entry up to date with its record and labels. */
export async function indexRun(store: Store, id: string): Promise<Indexed | undefined> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = await store.get(entryPath(id));
    const [current, labels] = await Promise.all([readRecord(store, id), readLabels(store, id)]);
    if (!current) return undefined;
    const entry = entryOf(current, labels);
    const text = textOf(entry);
    if (before?.bytes.toString('utf8') === text) return { etag: before.etag, entry };
    const etag = await store.put(entryPath(id), text, before ? { etag: before.etag } : { absent: true });
    if (etag !== null) return { etag, entry };
  }
  throw new NlpflowError('STORE_NOT_WRITABLE', `the entry of run ${id} is written by others all the time; try again`);
}

/** Takes a run out of the index; its record must be gone before. */
export async function forgetRun(store: Store, id: string): Promise<void> {
  await store.delete(entryPath(id));
}

/** Removes entries of runs that are gone. */
export async function tidyIndex(store: Store): Promise<void> {
  const listed = await listEtags(store);
  const ids = new Set(await store.listRuns());
  for (const id of listed.keys()) if (!ids.has(id)) await forgetRun(store, id);
}

/** The record of a run as it was written; undefined when there is none. Throws for one that is damaged. */
export async function readRecord(store: Store, id: string): Promise<RunRecord | undefined> {
  const bytes = await store.getRun(id, RUN_FILE);
  if (!bytes) return undefined;
  const record = parseRun(bytes, store.runPath(id, RUN_FILE));
  if (record.id === id) return record;
  throw new NlpflowError(
    'ARTIFACT_DAMAGED',
    `${store.runPath(id, RUN_FILE)} is the record of another run, ${record.id}; restore it from a copy, or remove the run with nlpflow runs rm ${id}`,
  );
}

/** A damaged record must not hide all the others; a store that cannot be written can still be listed. */
async function adopt(store: Store, id: string): Promise<Indexed | undefined> {
  try {
    const before = await store.get(entryPath(id));
    const record = await readRecord(store, id);
    if (!record) return undefined;
    const entry = entryOf(record, await readLabels(store, id));
    const condition = before ? { etag: before.etag } : ({ absent: true } as const);
    const etag = await store.put(entryPath(id), textOf(entry), condition).catch(() => null);
    // Who was faster knows as much.
    return etag === null ? ((await readEntry(store, id)) ?? { entry }) : { entry, etag };
  } catch (error) {
    if (error instanceof NlpflowError) return undefined;
    throw error;
  }
}

function textOf(entry: RunEntry): string {
  return JSON.stringify({ format: FORMAT, ...entry });
}

function entryOf(record: RunRecord, labels: Labels): RunEntry {
  const { id, name, status, until, created, finished, seconds, plan, best, failures, data, usage } = record;
  return {
    id,
    name: labels.name ?? name,
    status,
    until,
    created,
    ...(finished === undefined ? {} : { finished }),
    seconds,
    configurations: plan.configurations,
    ...(best ? { best: { metric: best.metric, mean: best.mean, std_err: best.std_err } } : {}),
    failures: failures.length,
    data: data.digest,
    outcome: record.config.data.outcome,
    ...(typeof usage?.pace === 'number' ? { pace: usage.pace } : {}),
    process: ownerOf(record),
    tags: labels.tags,
    ...(labels.note === undefined ? {} : { note: labels.note }),
  };
}

function ownerOf({ process: { pid, host, space, began } }: RunRecord): Owner {
  return { pid, host, ...(space === undefined ? {} : { space }), ...(began === undefined ? {} : { began }) };
}

async function readEntry(store: Store, id: string): Promise<Indexed | undefined> {
  const found = await store.get(entryPath(id));
  const entry = found ? parseEntry(found.bytes, id) : undefined;
  return found && entry ? { etag: found.etag, entry } : undefined;
}

/** An entry of another format, or one that is damaged, counts as absent: it is made again from the run. */
function parseEntry(bytes: Buffer, id: string): RunEntry | undefined {
  try {
    const { format, ...entry } = JSON.parse(bytes.toString('utf8')) as { format: number } & RunEntry;
    return format === FORMAT && entry.id === id && Array.isArray(entry.tags) ? entry : undefined;
  } catch {
    return undefined;
  }
}

async function listEtags(store: Store): Promise<Map<string, string>> {
  const etags = new Map<string, string>();
  for await (const { path, etag } of store.list(ENTRIES)) etags.set(path.slice(ENTRIES.length, -'.json'.length), etag);
  return etags;
}

async function readCache(store: Store): Promise<Record<string, [etag: string, entry: RunEntry]>> {
  try {
    const found = await store.get(CACHE);
    const { format, entries } = JSON.parse(found?.bytes.toString('utf8') ?? '{}') as {
      format?: number;
      entries?: Record<string, [etag: string, entry: RunEntry]>;
    };
    return format === FORMAT && entries ? entries : {};
  } catch {
    return {};
  }
}

async function writeCache(store: Store, entries: Record<string, [etag: string, entry: RunEntry]>): Promise<void> {
  // A list from a store that cannot be written is slower, and no failure.
  await store.put(CACHE, JSON.stringify({ format: FORMAT, entries })).catch(() => {});
}

function entryPath(id: string): string {
  return `${ENTRIES}${id}.json`;
}
