/** The deciding metric over boosting rounds, from what each booster wrote beside its result. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan } from '../flow/plan.ts';
import { summarise } from '../flow/summary.ts';
import { boostTaskId } from '../flow/tasks.ts';
import type { MetricValues } from '../native/stages.ts';
import type { ResultRow } from '../runs/manifest.ts';
import { inParallel } from '../runs/parallel.ts';
import type { Store } from '../store/store.ts';
import type { Curve, CurvePoint, Curves } from './data.ts';

/** Metrics by the number of trees, as `metrics.json` (asked numbers) and `curve.json` (every few rounds) hold them. */
export type Rounds = readonly { readonly trees: number; readonly metrics: MetricValues }[];

/** Folds of a booster that are read at once. */
const WIDTH = 8;

/** Reads the curves of the boosters whose configurations are the best. */
export async function readCurves(
  planned: Plan,
  results: readonly ResultRow[],
  metric: { readonly name: string; readonly maximize: boolean },
  store: Store,
  shown: number,
): Promise<Curves> {
  const ranked = rankBoosters(planned, results, metric);
  const curves = await Promise.all(
    ranked.slice(0, shown).map(async (id): Promise<Curve> => {
      const ids = Array.from({ length: planned.folds }, (_, index) => boostTaskId(id, index + 1));
      const folds = await inParallel(ids, WIDTH, (fold) => readRounds(planned, fold, store));
      const values = planned.boosters.find((booster) => booster.id === id)?.values ?? {};
      return { booster: id, values, points: curvePoints(folds, metric.name) };
    }),
  );
  return { curves: curves.filter(({ points }) => points.length > 0), of: ranked.length };
}

/** Boosters by their best configuration's mean, the best first; those without any result are left out. */
export function rankBoosters(
  planned: Pick<Plan, 'configurations'>,
  results: readonly ResultRow[],
  metric: { readonly name: string; readonly maximize: boolean },
): string[] {
  const sign = metric.maximize ? -1 : 1;
  const rows = results.filter((row) => row.metric === metric.name && row.mean !== null);
  const order = rows.toSorted(
    (a, b) => Number(b.complete) - Number(a.complete) || sign * ((a.mean as number) - (b.mean as number)),
  );
  const boosters = new Map(planned.configurations.map(({ id, booster }) => [id, booster]));
  return [...new Set(order.flatMap(({ configuration }) => boosters.get(configuration) ?? []))];
}

/** Mean and standard error over the folds at each number of trees that any fold has. */
export function curvePoints(folds: readonly Rounds[], metric: string): CurvePoint[] {
  const byTrees = new Map<number, (number | null | undefined)[]>();
  for (const { trees, metrics } of folds.flat()) {
    byTrees.set(trees, [...(byTrees.get(trees) ?? []), metrics[metric]]);
  }
  return [...byTrees]
    .sort(([a], [b]) => a - b)
    .flatMap(([trees, values]) => {
      const { mean, n, std_err } = summarise(values);
      return mean === null ? [] : [{ trees, mean, n, std_err }];
    });
}

async function readRounds(planned: Plan, id: string, store: Store): Promise<Rounds> {
  const task = planned.tasks.find((candidate) => candidate.id === id);
  if (!task || !(await store.has('boost', task.key))) return [];
  const folder = await store.folder('boost', task.key);
  // The number of trees that a configuration asks for need not be one at which the curve was measured.
  const [curve, asked] = await Promise.all([rounds(join(folder, 'curve.json')), rounds(join(folder, 'metrics.json'))]);
  const known = new Set(curve.map(({ trees }) => trees));
  return [...curve, ...asked.filter(({ trees }) => !known.has(trees))];
}

async function rounds(path: string): Promise<Rounds> {
  const text = await readFile(path, 'utf8').catch(() => '[]');
  const parsed: unknown = JSON.parse(text);
  return Array.isArray(parsed) ? (parsed as Rounds) : [];
}
