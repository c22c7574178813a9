/** All jobs of a run, whether they were noted or not, in every queue. */

import type { JobSummary } from '@aws-sdk/client-batch';
import { asNlpflowError } from '../../errors.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import type { Clock } from './clock.ts';
import { jobName } from './job.ts';
import { finishPath, readJson, type SubmittedJob, settingsPath, submissionsOf } from './manifest.ts';
import { LOOKS } from './placement.ts';
import type { BatchService } from './service.ts';
import type { BatchSettings } from './settings.ts';

/** Milliseconds in which AWS may not show a new job. */
const NEW_MS = 60_000;
/** Requests to the store at a time. */
const AT_ONCE = 16;

/** Where the jobs of a run are looked for. */
export interface Places {
  readonly run: string;
  readonly store: Store;
  readonly service: BatchService;
  /** Waits for jobs that AWS may show late; without it one look is enough. */
  readonly clock?: Clock;
  /** Asks AWS Batch only where a note is missing: second jobs of a name may then be left out. */
  readonly briefly?: boolean;
}

/**
 * The jobs of a run, oldest first; of one name there are several where AWS did not answer a submission. A job that was noted
 * comes before others of its name.
 */
export async function jobsOf({ run, store, service, clock, briefly = false }: Places): Promise<SubmittedJob[]> {
  const { noted, unnoted, young } = await notesOf(run, store);
  const settings = await readJson<BatchSettings>(store, settingsPath(run));
  if ((!settings && noted.length === 0) || (briefly && unnoted.size === 0)) return noted;
  const own = noted.filter((job) => job.run === undefined).map(({ queue }) => queue);
  const names = [settings?.queue, settings?.onDemandQueue, ...own].filter((name) => name !== undefined);
  let listed: SubmittedJob[] = [];
  for (const pause of clock ? LOOKS : [0]) {
    await clock?.sleep(pause);
    listed = (await inParallel([...new Set(names)], AT_ONCE, (queue) => listedIn(queue, run, service))).flat();
    if ([...young].every((name) => listed.some((job) => job.name === name))) break;
  }
  const known = new Set(noted.map(({ id }) => id));
  const others = listed.filter(({ id }) => !known.has(id)).map((job) => ({ ...job, ...sizeOf(noted, job.name) }));
  return inOrder([...noted, ...others]);
}

/** Names by their oldest job, and the jobs of a name as they are given. */
function inOrder(jobs: readonly SubmittedJob[]): SubmittedJob[] {
  const since = new Map<string, string>();
  for (const { name, submitted } of jobs) {
    const before = since.get(name);
    if (before === undefined || submitted < before) since.set(name, submitted);
  }
  const time = ({ name }: SubmittedJob): string => since.get(name) ?? '';
  return jobs.toSorted((a, b) => (time(a) < time(b) ? -1 : time(a) > time(b) ? 1 : 0));
}

/** What only a note tells of a job holds for the others of its name, too. */
function sizeOf(noted: readonly SubmittedJob[], wanted: string): Partial<SubmittedJob> {
  const note = noted.find(({ name }) => name === wanted);
  if (!note) return {};
  return { memory: note.memory, vcpus: note.vcpus, ...(note.more ? { more: true } : {}) };
}

/** What the store knows of a run's jobs: notes, and the names of those that were submitted, if at all, without one. */
async function notesOf(
  run: string,
  store: Store,
): Promise<{ noted: SubmittedJob[]; unnoted: Set<string>; young: Set<string> }> {
  const notes: string[] = [finishPath(run)];
  const unnoted = new Set<string>();
  const young = new Set<string>();
  for await (const { path, modified } of store.list(submissionsOf(run))) {
    const name = path.split('/').at(-2) ?? '';
    if (path.endsWith('/job.json')) notes.push(path);
    if (!path.endsWith('/manifest.json')) continue;
    unnoted.add(name);
    if (Date.now() - modified.getTime() < NEW_MS) young.add(name);
  }
  const found = await inParallel(notes, AT_ONCE, (path) => readJson<SubmittedJob>(store, path));
  const noted = found.filter((job) => job !== null);
  for (const { name } of noted) {
    unnoted.delete(name);
    young.delete(name);
  }
  return { noted, unnoted, young };
}

/** The jobs of a run that a queue has, by their names. */
async function listedIn(queue: string, run: string, service: BatchService): Promise<SubmittedJob[]> {
  const prefix = jobName(run, '');
  try {
    return (await service.named(queue, `${prefix}*`)).map((found) => jobOf(found, prefix, queue));
  } catch (error) {
    // A queue can be deleted only when it has no jobs any more.
    if (asNlpflowError(error).code === 'AWS_REFUSED') return [];
    throw error;
  }
}

/** A job as a listing shows it; how large it is was not noted. */
function jobOf(
  { jobId = '', jobName: full = '', createdAt = 0, arrayProperties }: JobSummary,
  prefix: string,
  queue: string,
): SubmittedJob {
  const submitted = new Date(createdAt).toISOString();
  const size = arrayProperties?.size ?? 1;
  return { id: jobId, name: full.slice(prefix.length), queue, size, memory: 0, vcpus: 0, submitted };
}

/** Those that are not over, as far as AWS Batch tells. */
export async function livingOf(jobs: readonly SubmittedJob[], service: BatchService): Promise<SubmittedJob[]> {
  const details = await service.describe(jobs.map(({ id }) => id));
  const status = new Map(details.map((job) => [job.jobId, job.status]));
  return jobs.filter(({ id, submitted }) => {
    const now = status.get(id);
    return now === undefined ? Math.abs(Date.now() - Date.parse(submitted)) < NEW_MS : !isOver(now);
  });
}

/** Whether a job of this status is over. */
export function isOver(status: string | undefined): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}
