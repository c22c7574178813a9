/** An attempt in a container as the run's trace knows attempts. */

import type { JobDetail } from '@aws-sdk/client-batch';
import type { TaskAttempt } from '../../events.ts';
import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import type { SeenAttempt } from '../executor.ts';
import { UNKNOWN_USAGE } from '../usage.ts';
import {
  indexOfState,
  type Manifest,
  pathsOf,
  readJson,
  type SubmittedJob,
  submissionsOf,
  type TaskState,
} from './manifest.ts';

/** Documents of the store that are read at once. */
const AT_ONCE = 32;

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

/** The attempts of a job that is over, as AWS Batch knows them. */
export function lostAttempts({ id }: Task, { jobId, attempts = [] }: JobDetail): SeenAttempt[] {
  return attempts.flatMap(({ startedAt, stoppedAt }, index) =>
    startedAt === undefined || stoppedAt === undefined
      ? []
      : [
          {
            task: id,
            attempt: index + 1,
            ...(jobId === undefined ? {} : { job: jobId }),
            started: new Date(startedAt).toISOString(),
            seconds: (stoppedAt - startedAt) / 1000,
            isOver: true,
          },
        ],
  );
}

/** What containers of a run noted of their tasks' last attempts, where nobody listened to them. */
export async function untoldAttempts(run: string, store: Store): Promise<TaskAttempt[]> {
  const states: { submission: string; index: number; path: string }[] = [];
  for await (const { path } of store.list(submissionsOf(run))) {
    const index = indexOfState(path);
    if (index !== undefined) states.push({ submission: path.split('/').at(-2) ?? '', index, path });
  }
  const manifests = new Map<string, [Manifest | null, SubmittedJob | null]>();
  for (const name of new Set(states.map(({ submission }) => submission))) {
    const { manifest, job } = pathsOf(run, name);
    manifests.set(name, [await readJson<Manifest>(store, manifest), await readJson<SubmittedJob>(store, job)]);
  }
  const attempts = await inParallel(states, AT_ONCE, async ({ submission, index, path }) => {
    const state = await readJson<TaskState>(store, path);
    const [manifest, job] = manifests.get(submission) ?? [];
    const task = manifest?.tasks[index];
    if (!state || !task) return undefined;
    const attempt = attemptOf(task, job?.submitted ?? state.started, state);
    return { ...attempt, ...(job?.vcpus ? { vcpus: job.vcpus } : {}) };
  });
  return attempts.filter((attempt) => attempt !== undefined).sort((a, b) => (a.ended < b.ended ? -1 : 1));
}
