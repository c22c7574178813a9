/** What becomes of a task whose job failed without a word of its own. Pure. */

import type { JobDetail } from '@aws-sdk/client-batch';

/** A container that ran out of memory gets this much more, once. */
export const MORE_MEMORY = 1.5;
const KILLED = 137;

/** What was tried for a task before. */
export interface Tried {
  /** It had more memory already, or there is no more to be had. */
  readonly moreMemory: boolean;
  readonly onDemand: boolean;
  readonly hasOnDemand: boolean;
}

export type Verdict =
  | { readonly again: 'memory' | 'on-demand'; readonly why: string }
  | { readonly again?: undefined; readonly code: string; readonly message: string };

/** Whether an attempt ended because its host was taken away. */
export function isReclaimed(statusReason: string | undefined): boolean {
  return /^(Host EC2|Your Spot Task)/.test(statusReason ?? '');
}

/** Judges a failed job; `log` is what its container last said. */
export function judge(job: JobDetail, tried: Tried, log: readonly string[] = []): Verdict {
  const attempts = job.attempts ?? [];
  const last = attempts.at(-1);
  const statusReason = job.statusReason ?? last?.statusReason ?? '';
  const reason = last?.container?.reason ?? job.container?.reason ?? '';
  const exitCode = last?.container?.exitCode ?? job.container?.exitCode;
  const said = log.length > 0 ? `; it said: ${log.join(' ')}` : '';
  if (/exceeded timeout/.test(statusReason)) {
    return failed(
      'TASK_TIMEOUT',
      'took longer than --timeout allows; allow more, or use fewer trees or a smaller depth',
    );
  }
  if (job.isTerminated || job.isCancelled) return failed('TASK_ENDED', `was ended on AWS Batch: ${statusReason}`);
  if (isReclaimed(last?.statusReason ?? statusReason)) {
    const times = attempts.filter((attempt) => isReclaimed(attempt.statusReason)).length;
    if (tried.hasOnDemand && !tried.onDemand) {
      return { again: 'on-demand', why: `its spot host was taken away ${times} times: it goes to the on-demand queue` };
    }
    const advice = tried.onDemand ? '' : '; give --on-demand-queue';
    return failed('TASK_RECLAIMED', `its host was taken away ${times} times (${statusReason})${advice}`);
  }
  if (/^OutOfMemory/.test(reason) || exitCode === KILLED) {
    if (!tried.moreMemory)
      return { again: 'memory', why: `it ran out of memory: it gets ${MORE_MEMORY} times as much` };
    return failed(
      'MEMORY_TOO_SMALL',
      `ran out of memory (${reason || 'exit code 137'}), and there is no more to try; give more with --memory, or allow larger instances`,
    );
  }
  if (attempts.length === 0 || /failed to start/i.test(statusReason) || exitCode === undefined) {
    return failed(
      'TASK_NOT_STARTED',
      `could not be started: ${[statusReason, reason].filter(Boolean).join(': ')}${said}`,
    );
  }
  return failed('WORKER_DIED', `the container ended with exit code ${exitCode} in the middle of its work${said}`);
}

function failed(code: string, message: string): Verdict {
  return { code, message };
}
