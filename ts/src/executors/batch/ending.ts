/** What becomes of jobs when the process that watches them stops. */

import { asNlpflowError } from '../../errors.ts';
import type { Emit } from '../../events.ts';
import type { Draft } from './draft.ts';
import type { Submission } from './job.ts';
import type { BatchService } from './service.ts';

/** Ends every child of jobs, and of what may have come of a draft; leaves what belongs to a run that goes on, and says so. */
export async function endAll(
  live: readonly Submission[],
  draft: Draft | undefined,
  { run, service, emit }: { readonly run: string; readonly service: BatchService; readonly emit: Emit },
): Promise<void> {
  const reason = 'nlpflow was stopped';
  const own = live.filter(({ origin }) => !origin?.goesOn).map((submission) => submission.end(service, reason));
  const ended = await Promise.allSettled([...own, ...(draft ? [draft.abandon(reason)] : [])]);
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) emit({ event: 'warning', message: mayStillRun(run, failed.reason) });
  for (const [other, left] of byOrigin(live.filter(({ origin }) => origin?.goesOn))) {
    const message = `${tasksOf(left)} left to run ${other}, which goes on; nlpflow cancel ${other} ends it`;
    emit({ event: 'note', message });
  }
}

/** What to say, and to do, when jobs of a run could not be ended. */
export function mayStillRun(run: string, error: unknown): string {
  return `jobs may still run on AWS Batch (${asNlpflowError(error).message}); nlpflow cancel ${run} ends them`;
}

/** Submissions by the run that they came from, undefined for this one. */
export function byOrigin(submissions: readonly Submission[]): Map<string | undefined, Submission[]> {
  const groups = new Map<string | undefined, Submission[]>();
  for (const one of submissions) groups.set(one.origin?.run, [...(groups.get(one.origin?.run) ?? []), one]);
  return groups;
}

/** How many tasks submissions owe: the beginning of a sentence. */
export function tasksOf(submissions: readonly Submission[]): string {
  const tasks = submissions.reduce((sum, { open }) => sum + open.size, 0);
  return tasks === 1 ? '1 task is' : `${tasks} tasks are`;
}
