/** From metrics of folds to a table, the best configuration and a verdict. Pure. */

import type { MetricSpec } from '../native/registry.ts';
import type { Baseline, MetricValues, SplitSummary } from '../native/stages.ts';
import type { BestConfiguration, FoldSummary, ResultRow } from '../runs/manifest.ts';
import type { Configuration } from './plan.ts';
import { intervalOfMean } from './student.ts';

/** The metrics of a configuration, fold by fold; null for a fold that failed. */
export interface FoldMetrics {
  readonly configuration: Configuration;
  readonly folds: readonly (MetricValues | null)[];
}

/** Mean, n and standard error (sd/√n, sd over n − 1) of the values that are defined. */
export function summarise(values: readonly (number | null | undefined)[]): FoldSummary {
  const defined = values.filter((value): value is number => typeof value === 'number' && Number.isFinite(value));
  const n = defined.length;
  if (n === 0) return { mean: null, n, std_err: null };
  const mean = defined.reduce((sum, value) => sum + value, 0) / n;
  if (n === 1) return { mean, n, std_err: null };
  const squares = defined.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, n, std_err: Math.sqrt(squares / (n - 1) / n) };
}

/** Each metric over folds. */
export function summariseFolds(
  folds: readonly (MetricValues | null)[],
  metrics: readonly string[],
): Record<string, FoldSummary> {
  return Object.fromEntries(metrics.map((name) => [name, summarise(folds.map((fold) => fold?.[name]))]));
}

/** The table of results: a row per configuration and metric, in the order of the plan, then of the metrics. */
export function resultRows(measured: readonly FoldMetrics[], metrics: readonly string[]): ResultRow[] {
  return measured.flatMap(({ configuration, folds }) => {
    const complete = folds.every((fold) => fold !== null);
    return metrics.map((metric) => ({
      configuration: configuration.id,
      values: configuration.values,
      metric,
      ...summarise(folds.map((fold) => fold?.[metric])),
      complete,
    }));
  });
}

/** The complete configuration with the best mean of a metric; equal means: the earlier in the grid. */
export function selectBest(rows: readonly ResultRow[], metric: MetricSpec): BestConfiguration | undefined {
  let best: BestConfiguration | undefined;
  for (const { configuration: id, values, mean, n, std_err, ...row } of rows) {
    if (row.metric !== metric.name || !row.complete || mean === null) continue;
    if (best === undefined || isBetter(mean, best.mean, metric))
      best = { id, values, metric: metric.name, mean, n, std_err };
  }
  return best;
}

function isBetter(mean: number, than: number | null, { direction }: MetricSpec): boolean {
  return than === null || (direction === 'minimize' ? mean < than : mean > than);
}

/** What the words of a verdict need of the split. */
interface Judge<Part extends 'folds' | 'test'> {
  readonly baseline: Pick<Baseline, 'constants' | Part>;
  readonly copies?: SplitSummary['copies'];
}

/** The share of copies from which the native side warns of them. */
const MANY_COPIES = 0.05;

/**
 * Whether the model beats the baseline, in words.
 *
 * The folds of model and baseline are the same rows, so their differences are paired: the model is better when the 95 %
 * t-interval of the mean difference lies above zero, worse when it lies below, and neither is shown when it includes
 * zero. The first metric that is defined for both is compared (the correlation of a constant prediction is not).
 */
export function verdict(
  model: readonly (MetricValues | null)[],
  { baseline, copies }: Judge<'folds'>,
  metrics: readonly MetricSpec[],
): string | undefined {
  for (const metric of metrics) {
    const pairs = model.flatMap((fold, index): [number, number][] => {
      const [ours, theirs] = [fold?.[metric.name], baseline.folds[index]?.[metric.name]];
      return typeof ours === 'number' && typeof theirs === 'number' ? [[ours, theirs]] : [];
    });
    if (pairs.length >= 2) return inWords(pairs, metric, constantOf(baseline, metric.name), caveat(copies?.folds));
  }
  return undefined;
}

/** The same question for a single test set, where there is no interval. */
export function testVerdict(
  model: MetricValues,
  { baseline, copies }: Judge<'test'>,
  metrics: readonly MetricSpec[],
): string | undefined {
  for (const metric of metrics) {
    const [ours, theirs] = [model[metric.name], baseline.test[metric.name]];
    if (typeof ours !== 'number' || typeof theirs !== 'number') continue;
    const better = isBetter(ours, theirs, metric);
    const words = `${better ? 'better' : 'no better'} on the test set than ${constantOf(baseline, metric.name)}`;
    const doubt = better ? caveat(copies?.test) : '';
    return `${words}: ${metric.name} ${rounded(ours)} against ${rounded(theirs)}${doubt}`;
  }
  return undefined;
}

/** Why being better may mean little: a model is good at texts that it has learned by heart. */
function caveat(copies: number | undefined): string {
  if (copies === undefined || copies < MANY_COPIES) return '';
  const percent = copies < 1 ? Math.min(99, Math.round(100 * copies)) : 100;
  return `; but ${percent} % of these rows have a text that the model learned from`;
}

/** What the baseline of a metric does. */
function constantOf({ constants }: Pick<Baseline, 'constants'>, metric: string): string {
  return `always predicting the ${constants?.[metric] ?? 'mean'}`;
}

function inWords(pairs: readonly [number, number][], metric: MetricSpec, baseline: string, doubt: string): string {
  const sign = metric.direction === 'minimize' ? -1 : 1;
  const gain = intervalOfMean(pairs.map(([ours, theirs]) => sign * (ours - theirs)));
  const [ours, theirs] = [summarise(pairs.map(([value]) => value)), summarise(pairs.map(([, value]) => value))];
  const means = `${metric.name} ${rounded(ours.mean)} against ${rounded(theirs.mean)} over ${pairs.length} folds`;
  const interval = `gain ${rounded(gain.mean)}, 95 % interval ${rounded(gain.low)} to ${rounded(gain.high)}`;
  return `${heading(gain)} ${baseline}: ${means} (${interval})${gain.low > 0 ? doubt : ''}`;
}

function heading({ low, high }: { low: number; high: number }): string {
  if (low > 0) return 'better than';
  return high < 0 ? 'worse than' : 'not shown to be better than';
}

function rounded(value: number | null): string {
  return value === null ? 'undefined' : String(Number(value.toPrecision(4)));
}
