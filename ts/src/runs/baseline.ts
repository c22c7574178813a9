/** What the baseline of a run is, in words. */

import type { Constant, SplitSummary } from '../native/stages.ts';
import type { RunRecord } from './manifest.ts';

/** The constant that a metric of the run is compared with. */
export function constantOf({ summaries }: RunRecord, metric: string): Constant {
  const split = summaries.split as SplitSummary | undefined;
  return split?.baseline?.constants?.[metric] ?? 'mean';
}

/** `always predicting the mean outcome of the training rows; for mae, the median; for mape, the weighted median`. */
export function baselineWords(record: RunRecord): string {
  const { metrics } = record.config.tune;
  const [first = 'mean', ...others] = new Set(metrics.map((metric) => constantOf(record, metric)));
  const rest = others.map((constant) => {
    return `; for ${inSentence(metrics.filter((metric) => constantOf(record, metric) === constant))}, the ${constant}`;
  });
  return `always predicting the ${first} outcome of the training rows${rest.join('')}`;
}

function inSentence(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
