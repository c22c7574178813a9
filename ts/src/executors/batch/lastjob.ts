/** The job that ends a run which was left to itself: what AWS Batch says of it, of many runs with one call. */

import type { JobDetail } from '@aws-sdk/client-batch';
import { asNlpflowError } from '../../errors.ts';
import type { Store } from '../../store/store.ts';
import { judge } from './failures.ts';
import { finishPath, readJson, type SubmittedJob } from './manifest.ts';

/** The reason that `nlpflow cancel` gives for ending a job. */
export const CANCELLED_BY = 'nlpflow cancel';

/** What `finish.json` says. */
export interface LastJob extends SubmittedJob {
  /** Where the job is, by the ARN of its definition; older notes do not say. */
  readonly region?: string;
  readonly account?: string;
}

/** What is known of it. */
export type LastJobState =
  | { readonly kind: 'alive' }
  | {
      readonly kind: 'over';
      readonly status: 'failed' | 'interrupted';
      readonly code: string;
      readonly message: string;
      /** ISO time. */
      readonly ended: string;
    }
  /** AWS Batch could not be asked, or its answer does not tell. */
  | { readonly kind: 'unknown'; readonly why: string };

/** Milliseconds for which an answer holds, for those who ask again and again. */
const FRESH_MS = 5_000;
/** AWS Batch keeps what it knows of a job for this many days at least after its end. */
const REMEMBERED_MS = 7 * 86_400_000;

const answers = new WeakMap<Store, Map<string, { readonly at: number; readonly state: LastJobState }>>();

/** Region and account of an ARN, for the note of a job. */
export function placeOf(arn: string): Pick<LastJob, 'region' | 'account'> {
  const [, , , region, account] = arn.split(':');
  return region && account ? { region, account } : {};
}

/** The last job of a run, or null for a run that was not left to itself. */
export async function lastJobOf(run: string, store: Store): Promise<LastJob | null> {
  return readJson<LastJob>(store, finishPath(run));
}

/** What became of the last jobs of runs, by the runs' ids; those that were not left to themselves are not in it. */
export async function lastJobStates(runs: readonly string[], store: Store): Promise<Map<string, LastJobState>> {
  const jobs = new Map<string, LastJob>();
  for (const run of runs) {
    const job = await lastJobOf(run, store);
    if (job) jobs.set(run, job);
  }
  const known = answers.get(store) ?? new Map<string, { at: number; state: LastJobState }>();
  answers.set(store, known);
  const now = Date.now();
  const open = [...jobs.values()].filter(({ id }) => now - (known.get(id)?.at ?? 0) >= FRESH_MS);
  for (const region of new Set(open.map((job) => job.region))) {
    const group = open.filter((job) => job.region === region);
    for (const [id, state] of await ask(group, region)) known.set(id, { at: now, state });
  }
  return new Map(
    [...jobs].map(([run, { id }]) => [run, known.get(id)?.state ?? { kind: 'unknown', why: 'it was not asked for' }]),
  );
}

/** States by job id. Who asks may be offline, so that long patience is no help. */
async function ask(jobs: readonly LastJob[], region: string | undefined): Promise<Map<string, LastJobState>> {
  try {
    const { BatchService } = await import('./service.ts');
    const service = new BatchService({ maxAttempts: 2, ...(region === undefined ? {} : { region }) });
    try {
      const details = await service.describe(jobs.map(({ id }) => id));
      const found = new Map(details.map((detail) => [detail.jobId, detail]));
      const states = jobs.map(async (job) => {
        const detail = found.get(job.id);
        return [job.id, detail ? stateOf(detail) : await forgotten(job)] as const;
      });
      return new Map(await Promise.all(states));
    } finally {
      service.close();
    }
  } catch (error) {
    const why = `AWS Batch cannot be asked about its last job: ${asNlpflowError(error).message}`;
    return new Map(jobs.map(({ id }) => [id, { kind: 'unknown', why }]));
  }
}

/** What a job says that writes the end of its run before it ends: over, it can only have died. */
function stateOf(detail: JobDetail): LastJobState {
  const { status, statusReason = '', stoppedAt } = detail;
  if (status !== 'SUCCEEDED' && status !== 'FAILED') return { kind: 'alive' };
  const ended = new Date(stoppedAt ?? Date.now()).toISOString();
  if (statusReason === CANCELLED_BY) {
    const message = 'ended by nlpflow cancel; finished work is kept';
    return { kind: 'over', status: 'interrupted', code: 'CANCELLED', message, ended };
  }
  const { code, why } = whyOver(detail);
  const message = `the last job of the run ${why}; finished work is kept`;
  return { kind: 'over', status: 'failed', code, message, ended };
}

function whyOver(detail: JobDetail): { code: string; why: string } {
  const { status, statusReason = '', attempts = [] } = detail;
  if (status === 'SUCCEEDED') return { code: 'TASK_LOST', why: 'ended without noting what came of it' };
  if (attempts.length === 0 && /^Dependent Job/i.test(statusReason)) {
    return { code: 'TASK_ENDED', why: `never started, since a job before it failed (${statusReason})` };
  }
  const verdict = judge(detail, { moreMemory: true, onDemand: true, hasOnDemand: true });
  if (verdict.again !== undefined) return { code: 'TASK_ENDED', why: verdict.why };
  if (verdict.code === 'TASK_TIMEOUT') return { code: verdict.code, why: 'took longer than its timeout allows' };
  return { code: verdict.code, why: verdict.message };
}

/** A job that AWS Batch does not know: it was forgotten, unless it is another account's. */
async function forgotten({ id, account, submitted }: LastJob): Promise<LastJobState> {
  const unknown = (why: string): LastJobState => ({ kind: 'unknown', why });
  if (account === undefined || Date.now() - Date.parse(submitted) < REMEMBERED_MS) {
    const owner = account === undefined ? 'another account or region' : `account ${account}`;
    return unknown(`AWS Batch knows no job ${id} with these credentials; it belongs to ${owner}, or was forgotten`);
  }
  const { whoAsks } = await import('../../aws/account.ts');
  const asking = await whoAsks();
  if (asking.account !== account) {
    return unknown(`its jobs are in account ${account}, and these credentials are of ${asking.account}`);
  }
  const message = 'the last job of the run ended so long ago that AWS Batch has forgotten how; finished work is kept';
  return { kind: 'over', status: 'failed', code: 'TASK_LOST', message, ended: new Date().toISOString() };
}
