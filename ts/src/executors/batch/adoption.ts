/** Finds the jobs that an earlier process of the same run left behind, so that nothing is submitted twice. */

import { finishedTasks } from '../../flow/finished.ts';
import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import { finishPath, type Manifest, pathsOf, readJson, type SubmittedJob, submissionsOf } from './manifest.ts';
import type { BatchService } from './service.ts';
import { jobName, Submission } from './submission.ts';

/** Jobs that are looked for at once. */
const WIDTH = 16;

/** Jobs of the run, with the names of their submissions, oldest first. */
export async function jobsOf(run: string, store: Store, service: BatchService, queue: string): Promise<SubmittedJob[]> {
  const names = new Set<string>();
  for await (const { path } of store.list(submissionsOf(run))) {
    const name = path.split('/').at(-2);
    if (name !== undefined && path.endsWith('/manifest.json')) names.add(name);
  }
  const jobs = await inParallel([...names], WIDTH, (name) => jobOf(run, name, store, service, queue));
  return jobs
    .filter((job) => job !== undefined)
    .sort((a, b) => (a.submitted < b.submitted ? -1 : a.submitted > b.submitted ? 1 : 0));
}

/**
 * Submissions that still live and hold some of the tasks; a task that is in several belongs to the newest.
 * What no submission holds is left to the job that ends the run, `finish`, where one is alive. `done` are tasks that ended meanwhile.
 */
export async function adopt(
  tasks: readonly Task[],
  of: { run: string; store: Store; service: BatchService; queue: string },
): Promise<{ submissions: Submission[]; done: Task[]; finish?: Submission }> {
  const { run, store, service } = of;
  const jobs = await jobsOf(run, store, service, of.queue);
  const finish = await readJson<SubmittedJob>(store, finishPath(run));
  if (jobs.length === 0 && !finish) return { submissions: [], done: [] };
  const alive = new Set(
    (await service.describe([...jobs, ...(finish ? [finish] : [])].map(({ id }) => id)))
      .filter(({ status }) => status !== 'SUCCEEDED' && status !== 'FAILED')
      .map(({ jobId }) => jobId),
  );
  const left = new Map(tasks.map((task) => [task.key, task]));
  const finished = await finishedTasks(tasks, store);
  const done = tasks.filter(({ id, key }) => finished.has(id) && left.delete(key));
  const submissions: Submission[] = [];
  for (const job of jobs.filter(({ id }) => alive.has(id)).reverse()) {
    const manifest = await readJson<Manifest>(store, pathsOf(run, job.name).manifest);
    const open = new Map<number, Task>();
    for (const [index, { key }] of (manifest?.tasks ?? []).entries()) {
      const task = left.get(key);
      if (task && left.delete(key)) open.set(index, task);
    }
    if (open.size > 0) submissions.push(new Submission(run, job.name, job, open));
  }
  if (!finish || !alive.has(finish.id)) return { submissions, done };
  const open = new Map([...left.values()].map((task, index) => [index, task]));
  const last = new Submission(run, finish.name, finish, open, true);
  if (open.size > 0) submissions.push(last);
  return { submissions, done, finish: last };
}

/** The job of a submission; one that was submitted just before its process died is found by its name. */
async function jobOf(
  run: string,
  name: string,
  store: Store,
  service: BatchService,
  queue: string,
): Promise<SubmittedJob | undefined> {
  const paths = pathsOf(run, name);
  const known = await readJson<SubmittedJob>(store, paths.job);
  if (known) return known;
  const [found] = await service.named(queue, jobName(run, name));
  if (!found?.jobId) return undefined;
  const manifest = await readJson<Manifest>(store, paths.manifest);
  const submitted = new Date(found.createdAt ?? 0).toISOString();
  return { id: found.jobId, name, queue, size: manifest?.tasks.length ?? 1, memory: 0, vcpus: 0, submitted };
}
