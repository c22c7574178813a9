/**
 * How long the boosters will take: from the pace of an earlier run on this machine or, when there is none and the wait is worth it,
 * from a short calibration. A guess that rests on neither is not told.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStage } from '../native/binding.ts';
import type { BoostOptions, FeaturesSummary } from '../native/stages.ts';
import { listEntries, readRecord } from '../runs/entries.ts';
import type { Store } from '../store/store.ts';
import type { Task } from './task.ts';

/** Work a second of one core, by order of magnitude: decides only whether a calibration is worth its time. */
const ROUGH_PACE = 4e8;
/** Boosters that are done sooner are not calibrated for. */
const WORTH_SECONDS = 20;
/** A calibration ends after so many rounds in so much time, or after the last of the booster. */
const CALIBRATION = { rounds: 3, ms: 1_000 };
/** Earlier runs that are looked at. */
const EARLIER = 5;
/** Depth that XGBoost takes when none is given. */
const DEFAULT_DEPTH = 6;

/** What is said of the time. */
export interface Foretold {
  /** Work of all tasks: rounds × depth × (values + rows). */
  readonly work: number;
  readonly seconds?: number;
  readonly basis: string;
}

/** Foretells the time that tasks take with so many workers, each with one thread. */
export async function foretell(
  tasks: readonly Task[],
  workers: number,
  context: { readonly store: Store; readonly signal: AbortSignal; readonly versions: Readonly<Record<string, string>> },
): Promise<Foretold> {
  const works = await Promise.all(tasks.map((task) => workOf(task, context.store)));
  const work = works.reduce((sum, one) => sum + one, 0);
  // Workers share the tasks; the longest one cannot be shared.
  const path = Math.max(work / workers, ...works);
  const largest = tasks[works.indexOf(Math.max(...works))];
  if (!largest) return { work, basis: 'nothing to do' };
  const earlier = await earlierPace(largest, context);
  if (earlier) return { work, seconds: path / earlier.pace, basis: `the pace of run ${earlier.run}` };
  if (path / ROUGH_PACE < WORTH_SECONDS) return { work, basis: 'too short for a calibration' };
  const measured = await calibrate(largest, context);
  if (!measured) return { work, basis: 'a calibration that was too short' };
  const { rounds, seconds } = measured;
  const pace = ((Math.max(...works) / roundsOf(largest)) * rounds) / seconds;
  return { work, seconds: path / pace, basis: `a calibration of ${rounds} rounds in ${seconds.toFixed(1)} s` };
}

/** Each round passes over all values once a level. */
async function workOf(task: Task, store: Store): Promise<number> {
  const from = task.inputs['features'];
  if (!from) return 0;
  const { entries, analysis } = (await store.summary(from.stage, from.key)) as FeaturesSummary;
  const depth = Number(optionsOf(task).parameters['max_depth'] ?? DEFAULT_DEPTH);
  return roundsOf(task) * (depth > 0 ? depth : DEFAULT_DEPTH) * (entries + analysis);
}

function roundsOf(task: Task): number {
  return Math.max(...optionsOf(task).trees);
}

function optionsOf(task: Task): Omit<BoostOptions, 'features' | 'out'> {
  return task.options as unknown as BoostOptions;
}

/** The pace of the newest run that trained on this machine with the same engine. */
async function earlierPace(
  task: Task,
  { store, versions }: { store: Store; versions: Readonly<Record<string, string>> },
): Promise<{ run: string; pace: number } | undefined> {
  const { engine } = optionsOf(task);
  const runs = (await listEntries(store)).filter(
    ({ pace, process }) => pace !== undefined && process.host === hostname(),
  );
  for (const { id, pace } of runs.slice(-EARLIER).reverse()) {
    const record = await readRecord(store, id).catch(() => undefined);
    const isSame = record?.config.model.engine === engine && record.versions[engine] === versions[engine];
    if (isSame && pace !== undefined && pace > 0) return { run: id, pace };
  }
  return undefined;
}

/** Trains a booster for about a second and drops it. */
async function calibrate(
  task: Task,
  { store, signal }: { store: Store; signal: AbortSignal },
): Promise<{ rounds: number; seconds: number } | undefined> {
  const from = task.inputs['features'];
  if (!from) return undefined;
  const enough = new AbortController();
  const reports: { done: number; at: number }[] = [];
  const out = await mkdtemp(join(tmpdir(), 'nlpflow-calibration-'));
  try {
    const features = await store.folder(from.stage, from.key);
    const options = { ...optionsOf(task), features, out };
    await runStage('boost', options, {
      signal: AbortSignal.any([signal, enough.signal]),
      progress: ({ done, unit }) => {
        if (unit !== 'rounds') return;
        reports.push({ done, at: performance.now() });
        const { rounds, seconds } = between(reports);
        if (rounds >= CALIBRATION.rounds && seconds * 1000 >= CALIBRATION.ms) enough.abort();
      },
    });
  } catch (error) {
    // What is wrong with the booster is told by its own task.
    if (signal.aborted) throw error;
  } finally {
    await rm(out, { recursive: true, force: true });
  }
  const measured = between(reports);
  return measured.rounds > 0 && measured.seconds > 0 ? measured : undefined;
}

/** From the first report to the last: the time before the first round is no part of a pace. */
function between(reports: readonly { done: number; at: number }[]): { rounds: number; seconds: number } {
  const [first, last] = [reports[0], reports.at(-1)];
  return first && last
    ? { rounds: last.done - first.done, seconds: (last.at - first.at) / 1000 }
    : { rounds: 0, seconds: 0 };
}
