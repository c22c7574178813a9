/** What can be done about a run's jobs from another process: look, end them, find out why they wait. */

import type { Prices } from '../../cost/prices.ts';
import { NlpflowError } from '../../errors.ts';
import type { RunRecord, RunUsage } from '../../runs/manifest.ts';
import type { Store } from '../../store/store.ts';
import { Bills } from './bills.ts';
import { type Clock, WALL_CLOCK } from './clock.ts';
import { isOver, jobsOf, livingOf } from './jobs.ts';
import { CANCELLED_BY } from './lastjob.ts';
import { finishPath, readJson, settingsPath } from './manifest.ts';
import { BatchService } from './service.ts';
import type { BatchSettings } from './settings.ts';
import { QueueTariffs } from './tariff.ts';
import { type Cause, explainWaiting } from './waiting.ts';

/** How a run's tasks are submitted. Throws `BATCH_SETTINGS` for a run that never was on AWS Batch. */
export async function settingsOf(run: string, store: Store): Promise<BatchSettings> {
  const settings = await readJson<BatchSettings>(store, settingsPath(run));
  if (settings) return settings;
  throw new NlpflowError(
    'BATCH_SETTINGS',
    `run ${run} has no jobs on AWS Batch: it was started without --on batch; nlpflow run ${run} goes on with it here`,
  );
}

/** Whether a run was left to itself. */
export async function isDetached(run: string, store: Store): Promise<boolean> {
  return (await readJson(store, finishPath(run))) !== null;
}

/** Ends every job of a run, with all their children, in whatever queue and whether it was noted or not; returns how many there were. */
export async function endJobs(
  { id: run }: Pick<RunRecord, 'id'>,
  store: Store,
  clock: Clock = WALL_CLOCK,
): Promise<number> {
  await settingsOf(run, store);
  return withService(async (service) => {
    const living = await livingOf(await jobsOf({ run, store, service, clock }), service);
    await Promise.all(living.map(({ id }) => service.terminate(id, CANCELLED_BY)));
    return living.length;
  });
}

/** What all jobs of a run were paid for, as AWS Batch tells; jobs that it has forgotten are not in it, nor is what still runs. */
export async function costOfRun(
  { id }: Pick<RunRecord, 'id'>,
  store: Store,
  prices: Prices,
): Promise<Required<Pick<RunUsage, 'dollars' | 'vcpu_hours'>> & { readonly isWhole: boolean }> {
  const settings = await settingsOf(id, store);
  return withService(async (service) => {
    const tariffs = new QueueTariffs(prices, settings, service, () => {});
    const paid = new Bills({ run: id, store, service, tariffs });
    const bills = await paid.ended();
    const hours = bills.map(({ started, ended, vcpus }) => ((Date.parse(ended) - Date.parse(started)) / 3.6e6) * vcpus);
    return {
      dollars: bills.reduce((sum, { cost }) => sum + cost, 0),
      vcpu_hours: hours.reduce((sum, one) => sum + one, 0),
      isWhole: paid.isSettled,
    };
  });
}

/** A job that waits, and why. */
export interface WaitingJob {
  readonly job: string;
  readonly status: string;
  /** Undefined when no cause was found. */
  readonly cause: Cause | undefined;
}

/** The jobs of a run that wait, each with its cause; those that run or are over are not among them. */
export async function waitingJobs({ id: run }: RunRecord, store: Store): Promise<WaitingJob[]> {
  await settingsOf(run, store);
  return withService(async (service) => {
    const jobs = await jobsOf({ run, store, service });
    const waiting: WaitingJob[] = [];
    for (const job of await service.describe(jobs.map(({ id }) => id))) {
      const counts = job.arrayProperties?.statusSummary;
      const moves = counts ? (counts['RUNNING'] ?? 0) + (counts['STARTING'] ?? 0) > 0 : false;
      if (isOver(job.status) || moves || job.status === 'RUNNING' || job.status === 'STARTING') continue;
      const cause = await explainWaiting(job, service);
      waiting.push({ job: job.jobName ?? '', status: job.status ?? '', cause });
    }
    return waiting;
  });
}

async function withService<Value>(work: (service: BatchService) => Promise<Value>): Promise<Value> {
  const service = new BatchService();
  try {
    return await work(service);
  } finally {
    service.close();
  }
}
