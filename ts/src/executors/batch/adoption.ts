/** Finds the jobs that earlier processes left behind, of this run and of others, so that nothing is computed twice. */

import { finishedTasks } from '../../flow/finished.ts';
import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import type { Clock } from './clock.ts';
import { type Origin, Submission } from './job.ts';
import { jobsOf, livingOf } from './jobs.ts';
import { FINISH, type Manifest, pathsOf, readJson, type SubmittedJob } from './manifest.ts';
import type { OtherRuns } from './others.ts';
import type { BatchService } from './service.ts';

/** What is found. */
export interface Adopted {
  /** They live, and hold some of the tasks; a task that is in several belongs to the newest. */
  readonly submissions: Submission[];
  /** Tasks that ended meanwhile. */
  readonly done: Task[];
  /** The living job that ends the run where it was left to itself: it does what no submission holds. */
  readonly finish?: Submission;
  /** Second jobs of a name, which do what the first one does. */
  readonly twins: readonly string[];
}

/** What adoption needs; without `others` only jobs of the run itself are found. */
export interface AdoptionParts {
  readonly run: string;
  readonly store: Store;
  readonly service: BatchService;
  readonly clock: Clock;
  readonly others?: OtherRuns;
}

/** Takes over the living jobs that hold some of the tasks: those of the run, then those of other runs that came to no end. */
export async function adopt(tasks: readonly Task[], parts: AdoptionParts): Promise<Adopted> {
  const { run, store } = parts;
  const own = await livingJobs(run, parts);
  const finish = own.jobs.find(({ name }) => name === FINISH);
  const others = finish ? [] : ((await parts.others?.list()) ?? []);
  const found = await inParallel(others, 4, async (other) => ({ other, ...(await livingJobs(other.id, parts)) }));
  for (const { other, jobs } of found) if (jobs.length === 0) parts.others?.leaveOut(other);
  if (own.known === 0 && found.every(({ jobs }) => jobs.length === 0)) return { submissions: [], done: [], twins: [] };

  const left = new Map(tasks.map((task) => [task.key, task]));
  const finished = await finishedTasks(tasks, store);
  const done = tasks.filter(({ id, key }) => finished.has(id) && left.delete(key));
  const submissions: Submission[] = [];
  const twins = [...own.twins];
  const takeFrom = async (jobs: readonly SubmittedJob[], origin?: Origin): Promise<void> => {
    for (const job of jobs.filter(({ name }) => name !== FINISH).toReversed()) {
      const from = job.run ?? origin?.run ?? run;
      const manifest = await readJson<Manifest>(store, pathsOf(from, job.name).manifest);
      const open = new Map<number, Task>();
      for (const [index, { key }] of (manifest?.tasks ?? []).entries()) {
        const task = left.get(key);
        // A job of another run does not make a result anew for this one.
        if (!task || (origin && task.fresh !== undefined)) continue;
        left.delete(key);
        open.set(index, task);
      }
      if (open.size === 0) continue;
      const source = origin ?? (from === run ? undefined : { run: from, goesOn: false });
      submissions.push(new Submission({ run: from, job, open, ...(source ? { origin: source } : {}) }));
      // From now on it is a job of this run, for whoever asks what this run has.
      if (origin && !origin.goesOn) {
        await store.put(pathsOf(run, job.name).job, JSON.stringify({ ...job, run: from }));
      }
    }
  };
  await takeFrom(own.jobs);
  for (const { other, jobs, twins: second } of found) {
    // A run that was left to itself is ended by its last job, whatever its record says.
    const goesOn = other.goesOn || jobs.some(({ name }) => name === FINISH);
    const before = submissions.length;
    await takeFrom(jobs, { run: other.id, goesOn });
    if (submissions.length > before && !goesOn) twins.push(...second);
  }
  if (!finish) return { submissions, done, twins };
  const open = new Map([...left.values()].map((task, index) => [index, task]));
  const last = new Submission({ run, job: finish, open, isFinish: true });
  if (open.size > 0) submissions.push(last);
  return { submissions, done, twins, finish: last };
}

/** Ids of the tasks that `adopt` would find jobs for, as far as they are not done. */
export async function underway(tasks: readonly Task[], parts: AdoptionParts): Promise<Set<string>> {
  const { run, store } = parts;
  const keysOf = async (id: string): Promise<string[]> => {
    const { jobs } = await livingJobs(id, parts);
    const paths = jobs.map((job) => pathsOf(job.run ?? id, job.name).manifest);
    const manifests = await inParallel(paths, 4, (path) => readJson<Manifest>(store, path));
    return manifests.flatMap((manifest) => manifest?.tasks.map(({ key }) => key) ?? []);
  };
  const others = (await parts.others?.list()) ?? [];
  const own = new Set(await keysOf(run));
  const foreign = new Set((await inParallel(others, 4, ({ id }) => keysOf(id))).flat());
  // A job of another run does not make a result anew for this one.
  const held = tasks.filter(({ key, fresh }) => own.has(key) || (fresh === undefined && foreign.has(key)));
  return new Set(held.map(({ id }) => id));
}

/** The jobs of a run that are not over, one of each name; `twins` are the ids of the others. */
async function livingJobs(run: string, { store, service, clock }: AdoptionParts) {
  const known = await jobsOf({ run, store, service, clock });
  const living = await livingOf(known, service);
  const first = new Map<string, SubmittedJob>();
  for (const job of living) if (!first.has(job.name)) first.set(job.name, job);
  const jobs = [...first.values()];
  return { known: known.length, jobs, twins: living.filter((job) => first.get(job.name) !== job).map(({ id }) => id) };
}
