/** What a run used, from the attempts of its tasks. */

import { hostname } from 'node:os';
import type { TaskAttempt } from '../events.ts';
import type { RunUsage } from './manifest.ts';
import { attemptsOf, type KeptEvent, traceRows } from './trace.ts';

/** The sums of a run that computed something; `work` is that of all `tasks` boosters that were missing. */
export function usageOf(
  events: readonly KeptEvent[],
  foretold: { readonly work: number; readonly tasks: number } | undefined,
): RunUsage | undefined {
  const attempts = attemptsOf(events);
  if (attempts.length === 0) return undefined;
  const boosters = attempts.filter(({ stage }) => stage === 'boost');
  // A booster that went on from a checkpoint took less time than its work needs.
  const trained = boosters.filter(({ status, resumed }) => status === 'done' && resumed === undefined);
  const peaks = boosters.map(({ peak_memory }) => peak_memory ?? 0);
  const peak = Math.max(0, ...peaks);
  // The speed of other machines says nothing about this one.
  const isHere = trained.length > 0 && trained.every(({ host }) => host === hostname());
  const spent = trained.reduce((sum, attempt) => sum + secondsOf(attempt), 0);
  const share = foretold && foretold.tasks > 0 ? Math.min(1, trained.length / foretold.tasks) : 0;
  // Of a task that was tried again each attempt counts, also one of which only its bill is known.
  const rows = traceRows(events).filter(({ attempt }) => attempt > 0);
  const costs = rows.flatMap(({ cost }) => cost ?? []);
  return {
    seconds: span(boosters),
    peak_memory: peak > 0 ? peak : null,
    cpu_seconds: attempts.reduce((sum, { cpu_seconds }) => sum + (cpu_seconds ?? 0), 0),
    pace: isHere && foretold && spent > 0 && share > 0 ? (foretold.work * share) / spent : null,
    vcpu_hours: rows.reduce((sum, row) => sum + ((row.paid_seconds ?? secondsOf(row)) * (row.vcpus ?? 1)) / 3600, 0),
    dollars: costs.length === 0 ? null : costs.reduce((sum, cost) => sum + cost, 0),
  };
}

/** From the first start to the last end. */
function span(attempts: readonly TaskAttempt[]): number {
  if (attempts.length === 0) return 0;
  const starts = attempts.map(({ started }) => Date.parse(started));
  const ends = attempts.map(({ ended }) => Date.parse(ended));
  return (least(ends, -1) - least(starts, 1)) / 1000;
}

function least(values: readonly number[], sign: 1 | -1): number {
  return values.reduce((a, b) => (sign * b < sign * a ? b : a));
}

function secondsOf({ started, ended }: Pick<TaskAttempt, 'started' | 'ended'>): number {
  return (Date.parse(ended) - Date.parse(started)) / 1000;
}
