/**
 * How long boosters will take here: by a calibration on their features, by the pace of an earlier run on this machine, or
 * roughly, by the amount of their work. A rough guess is good for a wide range only, and no time is told by it.
 */

import { hostname } from 'node:os';
import { type Range, times } from '../cost/range.ts';
import type { BoostOptions, FeaturesSummary } from '../native/stages.ts';
import { listEntries, readRecord } from '../runs/entries.ts';
import { schemeOf } from '../store/open.ts';
import type { Store } from '../store/store.ts';
import { type Candidate, calibrate, knownPaces, type Pace, paceKey } from './calibration.ts';
import type { Task } from './task.ts';

/** Work a second of one core, by order of magnitude. */
const ROUGH_PACES: Readonly<Record<string, number>> = { native: 1.5e10 };
const ROUGH_PACE = 1e9;
/** Boosters that are done sooner are not calibrated for. */
const WORTH_SECONDS = 20;
/** A calibration takes this share of the time that it foretells. */
const SHARE = 0.05;
/** A matrix with more values is not brought to this machine for a calibration, if it is elsewhere. */
const LARGEST = 5e7;
/** Earlier runs that are looked at. */
const EARLIER = 5;
/** What XGBoost takes when none is given. */
const DEFAULT_DEPTH = 6;
const DEFAULT_BINS = 256;

/** How far off a time may be. */
const TRUST: Readonly<Record<Basis, Range>> = {
  calibration: { low: 0.8, likely: 1, high: 1.45 },
  earlier: { low: 0.65, likely: 1, high: 1.6 },
  rough: { low: 0.2, likely: 1, high: 5 },
  // Neither the pace nor the size of the matrix is known.
  guess: { low: 0.05, likely: 1, high: 15 },
};
/** Starting and ending a task, in seconds. */
const AROUND = 0.03;

export type Basis = 'calibration' | 'earlier' | 'rough' | 'guess';

/** As much of a matrix as decides how long a booster takes. */
export type MatrixSize = Pick<FeaturesSummary, 'entries' | 'analysis' | 'columns'>;

/** What is said of the time. */
export interface Foretold {
  /** Work of all tasks: rounds × (depth × (values + rows) + nodes × columns × bins / 2). */
  readonly work: number;
  /** The engine of the largest booster. */
  readonly engine?: string;
  /** Elapsed time; absent when only a rough guess is at hand. */
  readonly seconds?: number;
  readonly basis: string;
  /** On what the times rest. */
  readonly kind: Basis;
  /** Seconds of each task, by its id. */
  readonly times: ReadonlyMap<string, Range>;
  /** Share of a processor that a calibration had; 1 where that is not known. A machine of its own takes so much less time. */
  readonly busy: number;
}

export interface ForetellContext {
  readonly store: Store;
  readonly signal: AbortSignal;
  readonly versions: Readonly<Record<string, string>>;
  /** `never` measures nothing; `always` also what is short. Default: what is worth it. */
  readonly measure?: 'never' | 'always';
  /** The matrix of a task whose features are not there yet. */
  readonly guess?: (task: Task) => MatrixSize | undefined;
}

/** A task with what it is made of. */
interface Sized {
  readonly task: Task;
  readonly rounds: number;
  /** Work of a round. */
  readonly work: number;
  /** Whether its features are there. */
  readonly isKnown: boolean;
  readonly entries: number;
}

/** Foretells the time that tasks take with so many workers, each with one thread. */
export async function foretell(tasks: readonly Task[], workers: number, context: ForetellContext): Promise<Foretold> {
  const sized = await sizeUp(tasks, context);
  const work = sized.reduce((sum, one) => sum + one.rounds * one.work, 0);
  const largest = sized.toSorted((a, b) => b.rounds * b.work - a.rounds * a.work)[0];
  if (!largest) return { work, basis: 'a guess: no booster is missing', kind: 'rough', times: new Map(), busy: 1 };
  const { engine } = optionsOf(largest.task);
  const told = (kind: Basis, basis: string, secondsOf: (one: Sized) => number, busy = 1): Foretold => {
    const likely = sized.map((one) => secondsOf(one) + AROUND);
    const spreads = sized.map(({ task }, index): [string, Range] => [task.id, times(TRUST[kind], likely[index] ?? 0)]);
    // Workers share the tasks; the longest one cannot be shared.
    const seconds = Math.max(likely.reduce((sum, one) => sum + one, 0) / workers, ...likely);
    const isTold = kind === 'calibration' || kind === 'earlier';
    return { work, engine, basis, kind, times: new Map(spreads), busy, ...(isTold ? { seconds } : {}) };
  };
  const rough = (basis: string): Foretold =>
    told(sized.every(({ isKnown }) => isKnown) ? 'rough' : 'guess', basis, roughSeconds);
  const known = sized.filter(({ isKnown }) => isKnown);
  if (known.length === 0) return rough('a guess: the features are not there yet');
  const candidates = onePerBooster(known, context.versions);
  const before = await pacesOf(candidates, context);
  const earlier = before ? undefined : await earlierPace(largest.task, context);
  if (earlier && context.measure !== 'always') {
    return told('earlier', `the pace of run ${earlier.run}`, ({ rounds, work: one }) => (rounds * one) / earlier.pace);
  }
  const path = Math.max(sized.reduce((sum, one) => sum + roughSeconds(one), 0) / workers, roughSeconds(largest));
  if (!before) {
    if (context.measure === 'never') return rough('a rough guess: nothing was measured');
    if (context.measure !== 'always' && path < WORTH_SECONDS) return rough('too short for a calibration');
    if (!canBring(largest.entries, context.store)) return rough('a matrix too large to be brought here');
  }
  const fixed = before ? { paces: before, seconds: 0, rounds: 0 } : undefined;
  const measured = fixed ?? (await calibrate(candidates, budgetOf(path, context), context));
  const paceOf = interpolated(candidates, measured.paces, context.versions);
  if (!paceOf) return rough('a calibration that was too short');
  const count = measured.paces.size === 1 ? '1 booster' : `${measured.paces.size} boosters`;
  const basis =
    measured.rounds > 0
      ? `a calibration of ${count}: ${measured.rounds} rounds in ${measured.seconds.toFixed(1)} s`
      : `an earlier calibration of ${count}`;
  const shares = [...measured.paces.values()].map(({ busy }) => busy);
  const busy = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const secondsOf = (one: Sized): number => {
    const { setup, round } = paceOf(one);
    return setup + one.rounds * round;
  };
  return told('calibration', basis, secondsOf, busy > 0 ? busy : 1);
}

/** Seconds for a calibration; who asked for one gets a better one. */
function budgetOf(path: number, { measure }: ForetellContext): number {
  return measure === 'always' ? Math.max(4, 2 * SHARE * path) : Math.max(1, SHARE * path);
}

/** Each round passes over all values once a level, and for each node over the bins of all columns; half of them are derived. */
async function sizeUp(tasks: readonly Task[], { store, guess }: ForetellContext): Promise<Sized[]> {
  // Boosters of a fold share its matrix, which is asked for once.
  const keys = new Set(tasks.flatMap(({ inputs }) => inputs['features']?.key ?? []));
  const known = (await store.summaries('features', [...keys])) as Map<string, FeaturesSummary>;
  return tasks.map((task) => sizeOf(task, known.get(task.inputs['features']?.key ?? ''), guess));
}

function sizeOf(task: Task, features: FeaturesSummary | undefined, guess: ForetellContext['guess']): Sized {
  const isKnown = features !== undefined;
  const size = features ?? guess?.(task);
  const { parameters, trees } = optionsOf(task);
  const rounds = Math.max(...[trees].flat());
  if (!size) return { task, rounds, work: 0, isKnown: false, entries: 0 };
  const { entries, analysis, columns } = size;
  const depth = Number(parameters['max_depth'] ?? 0) || DEFAULT_DEPTH;
  const nodes = Math.min(2 ** depth, analysis);
  const bins = (nodes * columns * Number(parameters['max_bin'] ?? DEFAULT_BINS)) / 2;
  return { task, rounds, work: depth * (entries + analysis) + bins, isKnown, entries };
}

function roughSeconds({ task, rounds, work }: Sized): number {
  return (rounds * work) / (ROUGH_PACES[optionsOf(task).engine] ?? ROUGH_PACE);
}

function optionsOf(task: Task): Omit<BoostOptions, 'features' | 'out'> {
  return task.options as unknown as BoostOptions;
}

/** Whether a matrix can be read here in no time: a folder is at hand, other stores bring it first. */
export function canBring(entries: number, { url }: Store): boolean {
  return entries <= LARGEST || schemeOf(url) === undefined;
}

/** Each booster once, all on one matrix as far as that goes: the folds are alike. */
function onePerBooster(sized: readonly Sized[], versions: Readonly<Record<string, string>>): Candidate[] {
  const found = new Map<string, Candidate>();
  const matrix = sized[0]?.task.inputs['features']?.key;
  for (const { task, work } of sized.toSorted((a, b) => Number(isOn(b, matrix)) - Number(isOn(a, matrix)))) {
    const key = paceKey(task, versions);
    if (!found.has(key)) found.set(key, { task, work });
  }
  return [...found.values()];
}

function isOn({ task }: Sized, matrix: string | undefined): boolean {
  return task.inputs['features']?.key === matrix;
}

/** The paces of all candidates, where an earlier calibration has measured the ends; undefined otherwise. */
async function pacesOf(
  candidates: readonly Candidate[],
  { store, versions }: ForetellContext,
): Promise<Map<string, Pace> | undefined> {
  const paces = new Map<string, Pace>();
  for (const key of new Set(candidates.map(({ task }) => task.inputs['features']?.key ?? ''))) {
    for (const [name, pace] of await knownPaces(key, store)) paces.set(name, pace);
  }
  const sorted = candidates.toSorted((a, b) => a.work - b.work);
  const ends = [sorted[0], sorted.at(-1)];
  return ends.every((end) => end && paces.has(paceKey(end.task, versions))) ? paces : undefined;
}

/** The pace of a task: its own, at its share of the work, or that of its neighbours by work. */
function interpolated(
  candidates: readonly Candidate[],
  paces: ReadonlyMap<string, Pace>,
  versions: Readonly<Record<string, string>>,
): ((one: Sized) => Omit<Pace, 'busy'>) | undefined {
  const measured = candidates.flatMap(({ task, work }) => {
    const pace = paces.get(paceKey(task, versions));
    return pace ? [{ key: paceKey(task, versions), work, pace }] : [];
  });
  if (measured.length === 0) return undefined;
  const sorted = measured.toSorted((a, b) => a.work - b.work);
  return ({ task, work }) => {
    const key = paceKey(task, versions);
    const own = sorted.find((one) => one.key === key);
    if (own) return { setup: own.pace.setup, round: own.pace.round * (own.work > 0 ? work / own.work : 1) };
    const above = sorted.find((one) => one.work >= work) ?? (sorted.at(-1) as (typeof sorted)[number]);
    const below = sorted.findLast((one) => one.work <= work) ?? (sorted[0] as (typeof sorted)[number]);
    const span = above.work - below.work;
    if (span <= 0)
      return { setup: above.pace.setup, round: above.pace.round * (above.work > 0 ? work / above.work : 1) };
    const share = (work - below.work) / span;
    const mix = (a: number, b: number): number => a + share * (b - a);
    return { setup: mix(below.pace.setup, above.pace.setup), round: mix(below.pace.round, above.pace.round) };
  };
}

/** The pace of the newest run that trained on this machine with the same engine. */
async function earlierPace(
  task: Task,
  { store, versions }: ForetellContext,
): Promise<{ run: string; pace: number } | undefined> {
  const { engine } = optionsOf(task);
  const runs = (await listEntries(store)).filter(
    ({ pace, process }) => pace !== undefined && process.host === hostname(),
  );
  for (const { id, pace } of runs.slice(-EARLIER).reverse()) {
    const record = await readRecord(store, id).catch(() => undefined);
    const isSame = record?.estimate?.engine === engine && record.versions[engine] === versions[engine];
    if (isSame && pace !== undefined && pace > 0) return { run: id, pace };
  }
  return undefined;
}
