/** Runs on AWS Batch from afar: `attach`, `cancel` and `why`. */

import { type PriceArguments, type Prices, readPrices } from '../cost/prices.ts';
import { asNlpflowError, EXIT, EXIT_OF_CODE, type ExitCode, NlpflowError } from '../errors.ts';
import { costOfRun, endJobs, isDetached, settingsOf, waitingJobs } from '../executors/batch/away.ts';
import { WALL_CLOCK } from '../executors/batch/clock.ts';
import { BatchExecutor } from '../executors/batch/executor.ts';
import type { Executor } from '../executors/executor.ts';
import { LocalExecutor } from '../executors/local.ts';
import { runFlow } from '../flow/run.ts';
import { changeRecord } from '../runs/change.ts';
import { SILENT_MS, secondsSinceSign } from '../runs/heartbeat.ts';
import { findRun } from '../runs/index.ts';
import { configOf } from '../runs/lineage.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { viewing } from '../store/viewing.ts';
import { reportRun } from '../ui/report.ts';
import type { Context } from './command.ts';
import { reportPlaces } from './flow.ts';

/** Milliseconds between two looks at the record of a run whose tasks are done. */
const LOOK = 3_000;
/** Of a run that failed before it measured anything. */
const NOTHING_MEASURED = { seconds: 0, peak_memory: null, cpu_seconds: 0, pace: null };
/** Looks at a last job that has written the end of its run, and is about to end itself. */
const LAST_LOOKS = 20;

/** Watches a run that was left to itself, or goes on with one whose process is gone; shows its result at the end. */
export async function attachRun(wanted: string, args: PriceArguments, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const prices = await readPrices(args, context.cwd);
  const isAway = await isDetached(record.id, store);
  if (isAway && record.status === 'running') await watchRun(record, store, prices, context);
  if (!isAway && record.status !== 'done') await takeOver(record, store, prices, context);
  if (isAway) await noteCost(record.id, store, prices, context);
  context.settle();
  const ended = await findRun(store, record.id);
  reportRun(ended, reportPlaces(ended.id, store, context), context.out);
  if (ended.status === 'done') return EXIT.ok;
  if (ended.error)
    throw new NlpflowError(ended.error.code, `run ${ended.id} is ${ended.status}: ${ended.error.message}`);
  return EXIT.tasks;
}

/** Goes on with a run whose process is gone. Throws `RUN_ACTIVE` where it is not: two processes would write one record. */
async function takeOver(record: RunRecord, store: Store, prices: Prices, context: Context): Promise<void> {
  const settings = await settingsOf(record.id, store);
  const sign = record.status === 'running' ? await secondsSinceSign(store, record.id) : undefined;
  if (sign !== undefined && sign * 1000 < SILENT_MS) {
    const { pid, host } = record.process;
    throw new NlpflowError(
      'RUN_ACTIVE',
      `run ${record.id} is going on: process ${pid} on ${host} gave a sign ${Math.round(sign)} s ago; stop it there, or wait ${SILENT_MS / 60_000} minutes after its last sign`,
    );
  }
  const here = new LocalExecutor(store, context.worker);
  await followFlow(record, store, { store, prices, keep: false, ...(settings.uploadData ? {} : { here }) }, context);
}

/**
 * Watches a run that its last job writes, and writes nothing of it. That what leads to the end cannot be followed, as where a
 * task failed, does not end the watch: the last job decides.
 */
async function watchRun(record: RunRecord, store: Store, prices: Prices, context: Context): Promise<void> {
  const { signal } = context;
  const clock = context.clock ?? WALL_CLOCK;
  try {
    await followFlow(record, store, { store: viewing(store), prices, keep: true }, context);
  } catch (error) {
    const { code } = asNlpflowError(error);
    const isOfTasks = EXIT_OF_CODE.get(code) === EXIT.tasks && !code.startsWith('AWS_');
    if (!signal.aborted && !isOfTasks && (await findRun(store, record.id)).status === 'running') throw error;
  }
  for (;;) {
    const { status, seconds, unconfirmed } = await findRun(store, record.id);
    if (status !== 'running') {
      context.emit({ event: 'run.done', run: record.id, seconds, status });
      return;
    }
    if (unconfirmed !== undefined)
      throw new NlpflowError('AWS_UNREACHABLE', `run ${record.id} may be over: ${unconfirmed}`);
    if (signal.aborted) {
      throw new NlpflowError(
        'INTERRUPTED',
        `run ${record.id} goes on without you; nlpflow cancel ${record.id} ends it`,
      );
    }
    await clock.sleep(LOOK, signal);
  }
}

/** The flow of a run on AWS Batch, from where it is. */
async function followFlow(
  record: RunRecord,
  store: Store,
  of: { store: Store; prices: Prices; keep: boolean; here?: Executor },
  context: Context,
): Promise<void> {
  const settings = await settingsOf(record.id, store);
  const { emit, signal, clock, cwd } = context;
  await runFlow(configOf(record, store, cwd), {
    store: of.store,
    workers: 'auto',
    until: record.until,
    signal,
    emit,
    resume: record,
    watches: of.keep,
    cwd,
    resample: record.resample ?? 'always',
    executor: async (run) =>
      new BatchExecutor(of.store, settings, run, {
        keep: of.keep,
        emit,
        prices: of.prices,
        ...(clock ? { clock } : {}),
        ...(of.here ? { here: of.here } : {}),
      }),
  });
}

/** Notes what a run cost that ended by itself: its containers may not ask. Only once all its jobs are over is that the whole. */
async function noteCost(id: string, store: Store, prices: Prices, context: Context): Promise<void> {
  const { usage } = await findRun(store, id);
  if (typeof usage?.dollars === 'number') return;
  const clock = context.clock ?? WALL_CLOCK;
  for (let look = 0; look < LAST_LOOKS && !context.signal.aborted; look += 1) {
    const cost = await costOfRun({ id }, store, prices).catch(() => undefined);
    if (cost?.isWhole !== false) {
      // Batch forgets jobs after a week.
      if (!cost || cost.dollars === 0) return;
      const { isWhole: _, ...spent } = cost;
      await changeRecord(store, id, (record) =>
        record.status === 'running' || typeof record.usage?.dollars === 'number'
          ? undefined
          : { ...record, usage: { ...(record.usage ?? NOTHING_MEASURED), ...spent } },
      );
      return;
    }
    await clock.sleep(LOOK, context.signal);
  }
}

/** Ends all jobs of a run. */
export async function cancelRun(wanted: string, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const jobs = await endJobs(record, store, context.clock);
  const error = { code: 'CANCELLED', message: 'ended by nlpflow cancel; finished work is kept' };
  // Over the record as it is by now: the run may just have ended. A process that still works on it finds out, and stops.
  const now = await changeRecord(store, record.id, (present) =>
    present.status === 'running'
      ? { ...present, status: 'interrupted', finished: new Date().toISOString(), error }
      : undefined,
  );
  const { out } = context;
  out.result('cancelled', { run: record.id, jobs, status: now?.status ?? record.status });
  out.line(
    jobs === 0
      ? `run ${record.id} has no jobs on AWS Batch any more`
      : `run ${record.id}: ${jobs === 1 ? '1 job is' : `${jobs} jobs are`} being ended, with all their tasks; finished work is kept`,
  );
  if (now && now.status !== 'interrupted') {
    out.line(`it is ${now.status}${now.error ? `: ${now.error.message}` : ''}`);
  }
  return EXIT.ok;
}

/** Says what the jobs of a run wait for. */
export async function explainRun(wanted: string, context: Context): Promise<ExitCode> {
  const store = await context.openStore();
  const record = await findRun(store, wanted);
  const waiting = await waitingJobs(record, store);
  const { out } = context;
  out.result('waiting', { run: record.id, jobs: waiting });
  if (waiting.length === 0) {
    const why = record.error ? `: ${record.error.message}` : '';
    out.line(`run ${record.id}: nothing waits on AWS Batch; the run is ${record.status}${why}`);
  }
  if (record.unconfirmed !== undefined) out.line(`run ${record.id} may be over: ${record.unconfirmed}`);
  for (const { job, status, cause } of waiting) {
    out.line(`${job} (${status})`);
    out.line(`  ${cause ? cause.cause : 'no cause was found: AWS Batch is about to start it'}`);
    if (cause) out.line(`  ${cause.remedy}`);
  }
  return EXIT.ok;
}
