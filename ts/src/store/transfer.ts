/** Copies a run from one store to another: the stage results that it names, then its files, `run.json` last. */

import { constants, copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NlpflowError } from '../errors.ts';
import { STAGES, type StageName } from '../events.ts';
import type { Progress } from '../native/stages.ts';
import { indexRun } from '../runs/entries.ts';
import type { RunRecord } from '../runs/manifest.ts';
import { META_FILE, parseMeta } from './meta.ts';
import type { Store } from './store.ts';

/** Which stage results go with a run: all of its plan, those that its model and matrix need, or none. */
export type WithStages = 'all' | 'final' | 'none';

/** Objects and their bytes. */
export interface Amount {
  readonly objects: number;
  readonly bytes: number;
}

/** What a transfer did. */
export interface Transferred {
  readonly moved: Amount;
  /** What was there already, unchanged. */
  readonly skipped: Amount;
  /** Results that the plan names and the source does not have. */
  readonly absent: number;
}

export interface TransferOptions {
  readonly stages: WithStages;
  readonly signal: AbortSignal;
  /** Bytes of the object that is on its way. */
  readonly progress: (progress: Progress) => void;
}

interface Ref {
  readonly stage: StageName;
  readonly key: string;
}

/** Copies a run; what is there already is not sent again, so a transfer that was interrupted goes on where it stopped. */
export async function transferRun(
  record: RunRecord,
  from: Store,
  to: Store,
  options: TransferOptions,
): Promise<Transferred> {
  const tally = new Tally();
  for (const ref of await resultsOf(record, from, options.stages)) {
    throwIfStopped(options.signal);
    await transferResult(ref, from, to, options, tally);
  }
  const below = `runs/${record.id}/`;
  const files: { path: string; bytes: number }[] = [];
  for await (const { path, bytes } of from.list(below)) files.push({ path, bytes });
  const there = new Map<string, number>();
  for await (const { path, bytes } of to.list(below)) there.set(path, bytes);
  // A run exists when its record does.
  const isRecord = ({ path }: { path: string }): boolean => path === `${below}run.json`;
  for (const file of [...files.filter((one) => !isRecord(one)), ...files.filter(isRecord)]) {
    throwIfStopped(options.signal);
    const isSame =
      there.get(file.path) === file.bytes && (await to.digest(file.path)) === (await from.digest(file.path));
    if (!isSame) await transferFile(file.path, record, from, to, options);
    tally.add(isSame, 1, file.bytes);
  }
  await indexRun(to, record.id);
  return tally;
}

/** The results that a run names, in the order in which they were made. */
async function resultsOf({ id, keys }: RunRecord, from: Store, which: WithStages): Promise<Ref[]> {
  if (which === 'none') return [];
  const own = Object.entries(keys).map(([part, key]) => ({
    stage: (part === 'final' ? 'features' : part) as StageName,
    key,
  }));
  const planned = which === 'all' ? plannedResults(await from.getRun(id, 'plan.json')) : [];
  const refs = new Map([...planned, ...own].map((ref) => [`${ref.stage}/${ref.key}`, ref]));
  return [...refs.values()].sort((a, b) => STAGES.indexOf(a.stage) - STAGES.indexOf(b.stage));
}

/** The results that a plan names; the plan may come from someone else's store. */
function plannedResults(text: Buffer | null): Ref[] {
  if (text === null) return [];
  try {
    const { tasks = [] } = JSON.parse(text.toString('utf8')) as { tasks?: { stage: StageName; key: string }[] };
    return tasks
      .filter(({ stage, key }) => STAGES.includes(stage) && typeof key === 'string')
      .map(({ stage, key }) => ({ stage, key }));
  } catch (error) {
    throw new NlpflowError('ARTIFACT_DAMAGED', 'plan.json of the run is not JSON; --stages final does without it', {
      cause: error,
    });
  }
}

async function transferResult(
  { stage, key }: Ref,
  from: Store,
  to: Store,
  options: TransferOptions,
  tally: Tally,
): Promise<void> {
  const path = `stages/${stage}/${key}/${META_FILE}`;
  const text = (await from.has(stage, key)) ? await from.get(path) : null;
  const meta = text && parseMeta(text.bytes.toString('utf8'), path);
  if (!meta) {
    tally.absent += 1;
    return;
  }
  const files = Object.keys(meta.files);
  const bytes = Object.values(meta.files).reduce((sum, size) => sum + size, 0);
  const isThere = await to.has(stage, key);
  tally.add(isThere, files.length, bytes);
  if (isThere) return;
  const folder = await from.folder(stage, key);
  const staging = await to.begin(stage, key);
  try {
    // A second copy, which costs nothing where the file system can share blocks: the first may be evicted.
    for (const file of files) await copyFile(join(folder, file), join(staging.path, file), constants.COPYFILE_FICLONE);
    const { explain, summary } = meta;
    await staging.commit({ stage, key, explain, summary }, options.progress);
  } finally {
    await staging.discard();
  }
}

/** A model is in its stage's result, too: where that is at the target, nothing is sent. */
async function transferFile(
  path: string,
  { id, keys }: RunRecord,
  from: Store,
  to: Store,
  options: TransferOptions,
): Promise<void> {
  const file = path.slice(`runs/${id}/`.length);
  if (keys.fit !== undefined) {
    const twin = await to.digest(`stages/fit/${keys.fit}/${file}`);
    if (twin !== null && twin === (await from.digest(path)) && (await to.has('fit', keys.fit))) {
      await to.linkRun(id, file, { stage: 'fit', key: keys.fit, file });
      return;
    }
  }
  await to.putFile(path, await from.local(path), options.progress);
}

function throwIfStopped(signal: AbortSignal): void {
  if (!signal.aborted) return;
  throw new NlpflowError('INTERRUPTED', 'interrupted; what was copied stays: give the same command again to continue');
}

class Tally implements Transferred {
  moved: Amount = { objects: 0, bytes: 0 };
  skipped: Amount = { objects: 0, bytes: 0 };
  absent = 0;

  add(wasThere: boolean, objects: number, bytes: number): void {
    const kind = wasThere ? 'skipped' : 'moved';
    this[kind] = { objects: this[kind].objects + objects, bytes: this[kind].bytes + bytes };
  }
}
