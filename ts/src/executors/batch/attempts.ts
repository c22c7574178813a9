/** An attempt in a container as the run's trace knows attempts. */

import type { TaskAttempt } from '../../events.ts';
import type { Task } from '../../flow/task.ts';
import { UNKNOWN_USAGE } from '../usage.ts';
import type { TaskState } from './manifest.ts';

const STATUS = { done: 'done', failed: 'failed', stopped: 'died', left: 'died', running: 'died' } as const;

/** What the last state of an attempt says; `queued` is when its job was submitted. */
export function attemptOf({ stage, id, label }: Task, queued: string, state: TaskState): TaskAttempt {
  const { progress, seconds, usage = UNKNOWN_USAGE } = state;
  const rounds = progress?.unit === 'rounds' ? (state.state === 'done' ? progress.total : progress.done) : null;
  const why =
    state.state === 'stopped'
      ? { code: 'TASK_RECLAIMED', message: 'AWS Batch ended the container: its host was taken away, or the job was' }
      : state.code === undefined
        ? {}
        : { code: state.code, message: state.message ?? '' };
  return {
    stage,
    task: id,
    label,
    status: state.reused ? 'reused' : STATUS[state.state],
    attempt: state.attempt,
    ...(state.job === undefined ? {} : { job: state.job }),
    queued,
    started: state.started,
    ended: state.updated,
    host: state.host,
    peak_memory: usage.peak_memory,
    cpu_seconds: usage.cpu_seconds,
    rounds,
    rounds_per_second: rounds === null || seconds <= 0 ? null : rounds / seconds,
    ...why,
  };
}
