/**
 * How fast boosters train on this machine: some rounds of the cheapest, of the dearest and of some in between, on real features.
 * What was measured is kept beside the features' key, `calibrations/<key>/<machine>.json`, and never part of a result.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runStage } from '../native/binding.ts';
import type { BoostOptions } from '../native/stages.ts';
import type { Store } from '../store/store.ts';
import { keyOf } from './keys.ts';
import type { Task } from './task.ts';

/** Where calibrations are in a store. */
export const CALIBRATIONS = 'calibrations/';

/** Seconds of all measurements together. */
const LONGEST = 15;
/** A measurement of one booster ends after so many rounds in so many seconds. */
const ENOUGH = { rounds: 3, shortest: 0.3, longest: 1.5 };

/** So many times longer than its slice a measurement may take where the processor is busy otherwise. */
const PATIENCE = 2.5;
/** Reports of progress that are left out, when there are more than three times as many. */
const WARM_UP = 3;

/** The pace of one booster. */
export interface Pace {
  /** Seconds before the first round. */
  readonly setup: number;
  /** Seconds of a round. */
  readonly round: number;
  /** Share of a processor that it had meanwhile: less than 1 on a machine that does other things, too. */
  readonly busy: number;
}

/** A booster to measure, on the features of one fold. */
export interface Candidate {
  readonly task: Task;
  /** Work of a round; see `flow/foretell.ts`. */
  readonly work: number;
}

export interface Calibration {
  /** By what `paceKey` says of a task. */
  readonly paces: ReadonlyMap<string, Pace>;
  /** Seconds that were spent now; 0 when all was known. */
  readonly seconds: number;
  readonly rounds: number;
}

interface Kept {
  readonly paces?: Readonly<Record<string, Pace>>;
}

/** What a pace depends on beside the features: engine, version, parameters. */
export function paceKey(task: Task, versions: Readonly<Record<string, string>>): string {
  const { engine, parameters } = task.options as unknown as BoostOptions;
  return keyOf({ engine, version: versions[engine] ?? null, parameters }).slice(0, 16);
}

/** Paces that were measured on this machine before. */
export async function knownPaces(features: string, store: Store): Promise<Map<string, Pace>> {
  const found = await store.get(pathOf(features)).catch(() => null);
  try {
    const { paces } = JSON.parse(found?.bytes.toString('utf8') ?? '{}') as Kept;
    return new Map(Object.entries(paces ?? {}).filter(([, { setup, round }]) => setup >= 0 && round > 0));
  } catch {
    return new Map();
  }
}

/**
 * Measures candidates of one matrix within so many seconds, at most 15: the dearest, the cheapest, then those between them as
 * far as the time goes. Known ones are not measured again.
 */
export async function calibrate(
  candidates: readonly Candidate[],
  within: number,
  context: { store: Store; signal: AbortSignal; versions: Readonly<Record<string, string>> },
): Promise<Calibration> {
  const { store, signal, versions } = context;
  const features = candidates[0]?.task.inputs['features'];
  if (!features) return { paces: new Map(), seconds: 0, rounds: 0 };
  const paces = await knownPaces(features.key, store);
  const open = candidates.filter(({ task }) => !paces.has(paceKey(task, versions)));
  const budget = Math.min(LONGEST, within);
  const chosen = spread(open, Math.max(2, Math.floor(budget / ENOUGH.shortest)));
  const slice = Math.min(ENOUGH.longest, Math.max(ENOUGH.shortest, budget / Math.max(1, chosen.length)));
  const started = performance.now();
  let rounds = 0;
  for (const { task } of chosen) {
    const left = LONGEST - (performance.now() - started) / 1000;
    if (left <= 0) break;
    const measured = await measure(task, slice, left, store, signal);
    if (!measured) continue;
    rounds += measured.rounds;
    paces.set(paceKey(task, versions), measured.pace);
  }
  if (rounds > 0) {
    const kept: Kept = { paces: Object.fromEntries(paces) };
    // An estimate that cannot be kept is made again.
    await store.put(pathOf(features.key), JSON.stringify(kept)).catch(() => {});
  }
  return { paces, seconds: chosen.length === 0 ? 0 : (performance.now() - started) / 1000, rounds };
}

/** So many candidates, spread over their work; both ends are among them, the dearest first. */
function spread(candidates: readonly Candidate[], count: number): Candidate[] {
  const sorted = candidates.toSorted((a, b) => b.work - a.work);
  if (sorted.length <= count) return sorted;
  const step = (sorted.length - 1) / (count - 1);
  return Array.from({ length: count }, (_, index) => sorted[Math.round(index * step)] as Candidate);
}

/** Trains a booster for a moment and drops it. */
async function measure(
  task: Task,
  slice: number,
  longest: number,
  store: Store,
  signal: AbortSignal,
): Promise<{ pace: Pace; rounds: number } | undefined> {
  const from = task.inputs['features'];
  if (!from) return undefined;
  const enough = new AbortController();
  const timer = setTimeout(() => enough.abort(), longest * 1000);
  const reports: Report[] = [];
  const out = await mkdtemp(join(tmpdir(), 'nlpflow-calibration-'));
  const features = await store.folder(from.stage, from.key);
  const started = performance.now();
  try {
    const options = { ...(task.options as unknown as BoostOptions), features, out, threads: 1 };
    await runStage('boost', options, {
      signal: AbortSignal.any([signal, enough.signal]),
      progress: ({ done, unit }) => {
        if (unit !== 'rounds') return;
        reports.push({ done, at: performance.now(), processor: processorMs() });
        const { rounds, seconds, busy } = between(reports);
        // On a machine that does other things, too, a slice of processor time takes longer.
        const isLong = seconds * busy >= slice || seconds >= slice * PATIENCE;
        if (rounds >= ENOUGH.rounds && isLong) enough.abort();
      },
    });
  } catch (error) {
    // What is wrong with the booster is told by its own task.
    if (signal.aborted) throw error;
  } finally {
    clearTimeout(timer);
    await rm(out, { recursive: true, force: true });
  }
  const { rounds, seconds, busy } = between(reports);
  const [first] = reports;
  if (!first || rounds === 0 || seconds <= 0) return undefined;
  const round = seconds / rounds;
  return { pace: { setup: Math.max(0, (first.at - started) / 1000 - first.done * round), round, busy }, rounds };
}

interface Report {
  readonly done: number;
  readonly at: number;
  /** Milliseconds of processor time. */
  readonly processor: number;
}

/** From the first report to the last, without the time before the first round; a few rounds to warm up are left out, too. */
function between(reports: readonly Report[]): { rounds: number; seconds: number; busy: number } {
  const [first, last] = [reports[reports.length > 3 * WARM_UP ? WARM_UP : 0], reports.at(-1)];
  const ms = first && last ? last.at - first.at : 0;
  if (!first || !last || ms <= 0) return { rounds: 0, seconds: 0, busy: 1 };
  return {
    rounds: last.done - first.done,
    seconds: ms / 1000,
    busy: Math.min(1, (last.processor - first.processor) / ms),
  };
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

function pathOf(features: string): string {
  const machine = keyOf({ host: hostname(), processor: cpus()[0]?.model ?? '' }).slice(0, 12);
  return `${CALIBRATIONS}${features}/${machine}.json`;
}
