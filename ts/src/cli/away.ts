/** Runs on AWS Batch from afar: `attach`, `cancel` and `why`. */

import { type PriceArguments, type Prices, readPrices } from '../cost/prices.ts';
import { asNlpflowError, EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import { costOfRun, endJobs, isDetached, settingsOf, waitingJobs } from '../executors/batch/away.ts';
import { BatchExecutor } from '../executors/batch/executor.ts';
import { LocalExecutor } from '../executors/local.ts';
import { runFlow } from '../flow/run.ts';
import { indexRun, RUN_FILE } from '../runs/entries.ts';
import { findRun } from '../runs/index.ts';
import { configOf } from '../runs/lineage.ts';
import { type RunRecord, serialiseRun } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { reportRun } from '../ui/report.ts';
import type { Context } from './command.ts';
import { reportPlaces } from './flow.ts';

/** Watches a run that was left to itself, or goes on with one whose process is gone; shows its result at the end. */
export async function attachRun(wanted: string, args: PriceArguments, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const prices = await readPrices(args, context.cwd);
  if (record.status !== 'done') {
    const settings = await settingsOf(record.id, store);
    const keep = await isDetached(record.id, store);
    const here = new LocalExecutor(store, context.worker);
    try {
      await runFlow(configOf(record, store, context.cwd), {
        store,
        workers: 'auto',
        until: record.until,
        signal: context.signal,
        emit: context.emit,
        resume: record,
        cwd: context.cwd,
        resample: record.resample ?? 'always',
        executor: async (run) =>
          new BatchExecutor(store, settings, run, {
            keep,
            emit: context.emit,
            prices,
            ...(context.clock ? { clock: context.clock } : {}),
            ...(settings.uploadData ? {} : { here }),
          }),
      });
    } catch (error) {
      if (!keep || asNlpflowError(error).code !== 'INTERRUPTED') throw error;
      await leaveAlone(record, store);
      throw new NlpflowError(
        'INTERRUPTED',
        `run ${record.id} goes on without you; nlpflow cancel ${record.id} ends it`,
      );
    }
  }
  context.settle();
  const ended = await findRun(store, record.id);
  if (ended.status === 'done' && (await isDetached(ended.id, store))) await noteCost(ended, store, prices);
  reportRun(ended, reportPlaces(ended.id, store, context), context.out);
  return ended.status === 'done' ? EXIT.ok : EXIT.tasks;
}

/** A run that ended by itself could not ask what its jobs cost: its containers may not. */
async function noteCost(record: RunRecord, store: Store, prices: Prices): Promise<void> {
  if (!record.usage || typeof record.usage.dollars === 'number') return;
  const cost = await costOfRun(record, store, prices).catch(() => undefined);
  // Batch forgets jobs after a week.
  if (!cost || cost.dollars === 0) return;
  record.usage = { ...record.usage, ...cost };
  await writeRecord(record, store);
}

/** Ends all jobs of a run. */
export async function cancelRun(wanted: string, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const jobs = await endJobs(record, store, context.clock);
  if (record.status === 'running') {
    const error = { code: 'CANCELLED', message: 'ended by nlpflow cancel; finished work is kept' };
    const stopped = { ...record, status: 'interrupted' as const, finished: new Date().toISOString(), error };
    await writeRecord(stopped, store);
  }
  const { out } = context;
  out.result('cancelled', { run: record.id, jobs });
  out.line(
    jobs === 0
      ? `run ${record.id} has no jobs on AWS Batch any more`
      : `run ${record.id}: ${jobs === 1 ? '1 job is' : `${jobs} jobs are`} being ended, with all their tasks; finished work is kept`,
  );
  return EXIT.ok;
}

/** Says what the jobs of a run wait for. */
export async function explainRun(wanted: string, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const waiting = await waitingJobs(record, store);
  const { out } = context;
  out.result('waiting', { run: record.id, jobs: waiting });
  if (waiting.length === 0) out.line(`run ${record.id}: nothing waits on AWS Batch; the run is ${record.status}`);
  for (const { job, status, cause } of waiting) {
    out.line(`${job} (${status})`);
    out.line(`  ${cause ? cause.cause : 'no cause was found: AWS Batch is about to start it'}`);
    if (cause) out.line(`  ${cause.remedy}`);
  }
  return EXIT.ok;
}

/** A run that was only watched is as it was before. */
async function leaveAlone(record: RunRecord, store: Store): Promise<void> {
  const now = await findRun(store, record.id);
  if (now.status !== 'done') await writeRecord(record, store);
}

async function writeRecord(record: RunRecord, store: Store): Promise<void> {
  await store.putRun(record.id, RUN_FILE, serialiseRun(record));
  await indexRun(store, record.id, record);
}
