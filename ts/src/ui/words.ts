/** Events in words, shared by the plain and the live display. */

import { inDollars } from '../cost/dollars.ts';
import type { Range } from '../cost/range.ts';
import type { Event, StageName } from '../events.ts';
import type { Forecast } from '../flow/forecast.ts';
import type { CorpusSummary, FeaturesSummary, FitSummary, SplitSummary } from '../native/stages.ts';
import { bytes, count, duration, metric, plural } from './format.ts';
import { rate, type StageProgress, settled, timeLeft } from './progress.ts';

type Of<Name extends Event['event']> = Extract<Event, { event: Name }>;

/** `16 configurations = 8 boosters × 5 folds = 40 booster tasks and 5 feature tasks, then the final fit`. */
export function planWords(plan: Omit<Of<'plan'>, 'event'>): string {
  const { configurations, boosters, folds, recipes, tasks } = plan;
  if (tasks.boost === 0) {
    return tasks.fit > 0 ? 'one configuration, fitted without cross-validation' : 'the features of the final recipe';
  }
  const grid = `${plural(configurations, 'configuration')} = ${plural(boosters, 'booster')} × ${plural(folds, 'fold')}`;
  const end = tasks.fit > 0 ? ', then the final fit' : '';
  return `${grid} = ${plural(tasks.boost, 'booster task')} and ${plural(recipes * folds, 'feature task')}${end}`;
}

/** Workers and why so many, and the time that the boosters will take: `2 workers: one a core (…), about 3 min 20 s by …`. */
export function estimateWords({ reason, seconds, basis }: Of<'estimate'>): string {
  return seconds === undefined ? reason : `${reason}; about ${duration(seconds)} by ${basis}`;
}

/** What the whole run takes: `about 12 min 3 s (9 min to 20 min), 2.1 vCPU-hours, $0.15 ($0.11 to $0.31)`. */
export function forecastWords({ hours, vcpu_hours, dollars }: Omit<Of<'forecast'>, 'event'>): string {
  const time = between(hours, (value) => duration(value * 3600));
  const money = dollars ? `, ${between(dollars, inDollars)}` : '';
  return `the run takes about ${time}, ${between(vcpu_hours, hoursInWords)} vCPU-hours${money}`;
}

/** A run that costs nothing and is over soon needs no words. */
export function isWorthSaying({ hours, dollars }: Omit<Of<'forecast'>, 'event'>): boolean {
  return dollars !== null || hours.likely * 3600 >= 120;
}

/** The same as rows of a table: what, low, likely, high. */
export function forecastRows({ hours, vcpu_hours, dollars }: Forecast): string[][] {
  const row = (name: string, { low, likely, high }: Range, words: (value: number) => string): string[] => [
    name,
    words(low),
    words(likely),
    words(high),
  ];
  return [
    row('time', hours, (value) => duration(value * 3600)),
    row('vCPU-hours', vcpu_hours, hoursInWords),
    ...(dollars ? [row('cost', dollars, inDollars)] : []),
  ];
}

/** The memory of a task, and on what a forecast rests. */
export function forecastSource({ basis, prices, memory }: Forecast): string {
  const need = memory === null ? 'the memory of a task is not known' : `a task needs up to ${bytes(memory)} of memory`;
  return `${need}; by ${basis}${prices === null ? '' : `; ${prices}`}`;
}

/** Hours with two digits that count. */
export function hoursInWords(value: number): string {
  return value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toPrecision(2) : value.toFixed(4);
}

function between({ low, likely, high }: Range, words: (value: number) => string): string {
  return `${words(likely)} (${words(low)} to ${words(high)})`;
}

/** Counts of a stage that runs: `24 of 40, 2 running, 8 reused, 1 failed`. */
export function stageCounts(stage: StageProgress): string {
  const parts = [`${count(settled(stage))} of ${count(stage.total)}`];
  if (stage.running.size > 0) {
    parts.push(`${count(stage.running.size)} running`);
  }
  if (stage.reused > 0) {
    parts.push(`${count(stage.reused)} reused`);
  }
  if (stage.failed > 0) {
    parts.push(`${count(stage.failed)} failed`);
  }
  return parts.join(', ');
}

/** Pace of a stage that runs: `412 rounds/s, 1 min 20 s left`; empty before there is a measurement. */
export function stagePace(stage: StageProgress, now: number): string {
  const parts: string[] = [];
  const measured = rate(stage, now);
  if (measured) {
    parts.push(
      measured.unit === 'bytes' ? `${bytes(measured.perSecond)}/s` : `${count(measured.perSecond)} ${measured.unit}/s`,
    );
  }
  const left = timeLeft(stage, now);
  if (left !== undefined) {
    parts.push(`${duration(left)} left`);
  }
  return parts.join(', ');
}

/** How a stage ended: `40 done in 1 min 2 s`, `all 40 reused`. */
export function stageEnd(event: Of<'stage.done'>): string {
  if (event.done === 0 && event.failed === 0) {
    return event.reused === 1 ? 'reused' : `all ${count(event.reused)} reused`;
  }
  const parts = [`${count(event.done)} done in ${duration(event.seconds)}`];
  if (event.reused > 0) {
    parts.push(`${count(event.reused)} reused`);
  }
  if (event.failed > 0) {
    parts.push(`${count(event.failed)} failed`);
  }
  return parts.join(', ');
}

/** What a task found, for stages that have one result to speak of; undefined for the others. */
export function summaryWords(stage: StageName, summary: unknown): string | undefined {
  if (typeof summary !== 'object' || summary === null) {
    return undefined;
  }
  switch (stage) {
    case 'corpus': {
      const { records, documents, tokens, terms, bad_rows } = summary as CorpusSummary;
      const bad = bad_rows > 0 ? `, ${plural(bad_rows, 'bad row')} skipped` : '';
      return `${count(documents)} of ${plural(records, 'row')}, ${plural(tokens, 'token')}, ${count(terms)} different${bad}`;
    }
    case 'split': {
      const { train, test, folds } = summary as SplitSummary;
      return `${plural(train, 'training row')} in ${plural(folds.length, 'fold')}, ${plural(test, 'test row')}`;
    }
    case 'features': {
      const { columns, entries } = summary as FeaturesSummary;
      return `${plural(columns, 'column')}, ${count(entries)} values`;
    }
    case 'fit':
      return `${plural((summary as FitSummary).rounds, 'tree')}`;
    case 'boost':
      return undefined;
  }
}

/** `predictions are on the scale of log1p(size)`. */
export function scaleWords(scale: string): string {
  return `predictions are on the scale of ${scale}`;
}

/** `trees 500, tree_depth 6: rmse 1.2345 (standard error 0.0123)`. */
export function bestWords(event: Of<'best'>): string {
  const values = Object.entries(event.configuration).map(([name, value]) => `${name} ${String(value)}`);
  const error = event.std_err === null ? '' : ` (standard error ${metric(event.std_err)})`;
  return `${values.length > 0 ? `${values.join(', ')}: ` : ''}${event.metric} ${metric(event.mean)}${error}`;
}
