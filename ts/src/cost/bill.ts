/** An attempt of a task as it is paid for. */

import type { StageName } from '../events.ts';

export interface Bill {
  readonly stage: StageName;
  readonly task: string;
  readonly label: string;
  /** From 1, in its job. */
  readonly attempt: number;
  /** Id of the job on AWS Batch; older bills do not say. */
  readonly job?: string;
  /** ISO times. */
  readonly queued: string;
  readonly started: string;
  readonly ended: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
  readonly spot: boolean;
  readonly cost: number;
  /** Why it ended, when it did not end by itself. */
  readonly reason?: string;
}

/** An attempt, as far as it takes to tell which bill is its own. */
export type Attempted = Pick<Bill, 'task' | 'attempt' | 'job' | 'started' | 'ended'>;

/** Clocks of hosts and of AWS Batch differ by less, in milliseconds. */
const SKEW = 5_000;

/**
 * The bill of each attempt, where there is one. Neither the outcome nor the attempt's number tell: a container that notes
 * a failure ends well, and a task that went to another job begins at 1 again. So the job decides, or else the times.
 */
export function matchBills<A extends Attempted, B extends Attempted>(
  attempts: readonly A[],
  bills: readonly B[],
): Map<A, B> {
  const found = new Map<A, B>();
  const open = new Map<string, B[]>();
  for (const bill of bills) open.set(bill.task, [...(open.get(bill.task) ?? []), bill]);
  const pairs = attempts.flatMap((attempt) =>
    (open.get(attempt.task) ?? []).flatMap((bill) => {
      const distance = distanceOf(attempt, bill);
      return distance === undefined ? [] : [{ attempt, bill, distance }];
    }),
  );
  const taken = new Set<B>();
  for (const { attempt, bill } of pairs.sort((a, b) => a.distance - b.distance)) {
    if (found.has(attempt) || taken.has(bill)) continue;
    found.set(attempt, bill);
    taken.add(bill);
  }
  return found;
}

/** How far apart the beginnings of an attempt and a bill are that may belong together: -1 where they do, undefined where they cannot. */
function distanceOf(attempt: Attempted, bill: Attempted): number | undefined {
  if (attempt.attempt !== bill.attempt) return undefined;
  if (attempt.job !== undefined && bill.job !== undefined) return attempt.job === bill.job ? -1 : undefined;
  const [begun, ended] = [Date.parse(attempt.started), Date.parse(attempt.ended)];
  const [from, to] = [Date.parse(bill.started), Date.parse(bill.ended)];
  return begun <= to + SKEW && ended >= from - SKEW ? Math.abs(begun - from) : undefined;
}
