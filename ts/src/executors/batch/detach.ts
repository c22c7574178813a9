/** A run that is left to itself: all its jobs are submitted at once, each after the one before, and the last one selects and fits. */

import { NlpflowError } from '../../errors.ts';
import { type Emit, STAGES } from '../../events.ts';
import { finishedTasks } from '../../flow/finished.ts';
import type { Plan } from '../../flow/plan.ts';
import { runFlow, type Until } from '../../flow/run.ts';
import { isTuned } from '../../flow/steps.ts';
import type { Task } from '../../flow/task.ts';
import { readRecord } from '../../runs/entries.ts';
import { NO_HOST } from '../../runs/heartbeat.ts';
import { configOf } from '../../runs/lineage.ts';
import type { RunRecord } from '../../runs/manifest.ts';
import type { Store } from '../../store/store.ts';
import { onEnding } from '../ending.ts';
import { type AdoptionParts, adopt } from './adoption.ts';
import { untoldAttempts } from './attempts.ts';
import { type Clock, WALL_CLOCK } from './clock.ts';
import { byOrigin, mayStillRun, tasksOf } from './ending.ts';
import { MORE_MEMORY } from './failures.ts';
import { placeOf } from './lastjob.ts';
import { FINISH, finishPath, type MemoryChoice } from './manifest.ts';
import { chooseMemory, usualMemory } from './memory.ts';
import { OtherRuns } from './others.ts';
import type { Placement } from './placement.ts';
import { BatchService } from './service.ts';
import { type BatchSettings, LARGEST_ARRAY } from './settings.ts';
import { legalSize, type Platform } from './sizes.ts';
import { Submitter } from './submission.ts';

/** What a record says of the process of a run that needs none: it is on no host. */
export const ON_BATCH = { pid: 0, host: NO_HOST } as const;

/**
 * Submits what is missing of a run. The tasks' failures are noted on the store and fail no job, since Batch ends what
 * depends on a failed one; the last job finds them and decides. It does what the others left to it, too, as where memory ran
 * out: it has more of it, and a host that stays where there is a queue of such.
 */
export async function submitRun(
  planned: Plan,
  record: RunRecord,
  of: {
    store: Store;
    settings: BatchSettings;
    resample: 'always' | 'if needed';
    emit: Emit;
    signal: AbortSignal;
    clock?: Clock;
    /** Writes the record for the last time: it is the last job's as soon as that is submitted. */
    handOver: () => Promise<void>;
  },
): Promise<void> {
  const { store, settings, emit, signal, clock = WALL_CLOCK } = of;
  const service = new BatchService();
  /** Ends what came of each submission; the last one first, since Batch fails what depends on a job that ended. */
  const undo: ((reason: string) => Promise<void>)[] = [];
  try {
    const submitter = new Submitter(store, service, settings, record.id, clock);
    const placements: Placement[] = [];
    for (const message of await submitter.prepare()) emit({ event: 'warning', message });
    const { queue, room } = await submitter.target(settings.queue);
    const where = { platform: queue.platform, room };
    let largest = usualMemory(settings, queue.platform, room).mebibytes;
    let after: string[] = [];
    const stages = await missingStages(planned, record.until, of);
    await endDeadJobs(stages.flat(), { run: record.id, store, service, clock }, emit);
    for (const tasks of stages) {
      const wave = Math.min(settings.maxParallel, LARGEST_ARRAY);
      const memory = await memoryOfAll(tasks, store, settings, where);
      largest = Math.max(largest, memory.mebibytes);
      for (let from = 0; from < tasks.length; from += wave) {
        const wanted = { queue: settings.queue, memory };
        const draft = await submitter.draft(tasks.slice(from, from + wave), wanted, { failures: 'record', after });
        undo.unshift((reason) => draft.abandon(reason));
        placements.push(draft.placement);
        after = [(await draft.place(signal)).job.id];
      }
    }
    const last = await submitter.target(settings.onDemandQueue ?? settings.queue);
    const memory = Math.min(Math.ceil(largest * MORE_MEMORY), last.room ?? Number.POSITIVE_INFINITY);
    const { job, placement } = await submitter.jobDraft(FINISH, {
      definition: last.definition,
      queue: last.queue.name,
      size: legalSize({ ...settings.size, memory }, last.queue.platform),
      count: 1,
      tags: { 'nlpflow:stage': 'finish' },
      environment: { NLPFLOW_FINISH: record.id },
      after,
      timeoutSeconds: settings.finishTimeoutSeconds,
    });
    undo.unshift((reason) => placement.end(reason));
    placements.push(placement);
    record.process = ON_BATCH;
    await of.handOver();
    const id = await placement.place(signal);
    // Nobody watches who could end them later.
    for (const one of placements) await one.endTwins();
    const submitted = new Date().toISOString();
    await store.put(
      finishPath(record.id),
      JSON.stringify({ ...job, id, submitted, ...placeOf(last.definition), more: true }),
    );
  } catch (error) {
    await undoAll(undo, record.id, emit);
    throw error;
  } finally {
    service.close();
  }
}

/**
 * Ends jobs of dead runs that hold the same tasks: what they finished and their checkpoints are used, but one that fails must
 * not stand before the jobs of this run. Of a run that goes on this is told.
 */
async function endDeadJobs(tasks: readonly Task[], parts: AdoptionParts, emit: Emit): Promise<void> {
  const others = new OtherRuns(parts.run, parts.store);
  const { submissions, twins } = await adopt(tasks, { ...parts, others });
  for (const [run, held] of byOrigin(submissions)) {
    if (run === undefined) continue;
    if (held.some(({ origin }) => origin?.goesOn)) {
      const message = `${tasksOf(held)} being done by run ${run} already, and will be done twice: nlpflow attach ${run} watches it, nlpflow cancel ${run} ends it`;
      emit({ event: 'warning', message });
    } else {
      const reason = `nlpflow: run ${parts.run} does this`;
      await Promise.all(held.map((submission) => submission.end(parts.service, reason)));
      emit({ event: 'note', message: `jobs that run ${run} left behind are ended: what they finished is kept` });
    }
  }
  for (const id of twins) await parts.service.terminate(id, 'nlpflow: another job does the same');
}

/** Ends what was submitted of a run that cannot be left to itself; says so where that fails. */
async function undoAll(undo: readonly ((reason: string) => Promise<void>)[], run: string, emit: Emit): Promise<void> {
  const ended = await Promise.allSettled(undo.map((end) => end('nlpflow could not submit the whole run')));
  const failed = ended.find((one) => one.status === 'rejected');
  if (failed) emit({ event: 'warning', message: mayStillRun(run, failed.reason) });
}

/** One size for all tasks of a stage; most of them have no estimate yet, since what they read is not there. */
async function memoryOfAll(
  tasks: readonly Task[],
  store: Store,
  settings: BatchSettings,
  where: { platform: Platform; room: number | undefined },
): Promise<MemoryChoice> {
  const usual = usualMemory(settings, where.platform, where.room);
  const keys = settings.autoMemory ? tasks.flatMap(({ inputs }) => inputs['features']?.key ?? []) : [];
  const features = await store.summaries('features', [...new Set(keys)]);
  const ready = tasks.filter(({ inputs }) => features.has(inputs['features']?.key ?? ''));
  const chosen = [...(await chooseMemory(ready, store, settings, where)).values()];
  const refused = chosen.find((one) => one instanceof NlpflowError);
  if (refused) throw refused;
  const all = [...(chosen as MemoryChoice[]), ...(ready.length < tasks.length ? [usual] : [])];
  return all.reduce((most, one) => (one.mebibytes > most.mebibytes ? one : most));
}

/** The tasks that a run needs before the last job, by stage; that job does the rest. */
async function missingStages(
  planned: Plan,
  until: Until,
  { store, resample }: { store: Store; resample: 'always' | 'if needed' },
): Promise<Task[][]> {
  // With several recipes the final features follow from the selection.
  const early = until === 'fit' && planned.recipes.length === 1;
  const isWanted = ({ stage, options }: Task): boolean => {
    if (stage === 'corpus' || stage === 'split') return true;
    return isTuned(planned, until, resample) && (early || options['fold'] !== null);
  };
  const wanted = planned.tasks.filter(isWanted);
  const finished = await finishedTasks(wanted, store);
  const missing = wanted.filter(({ id }) => !finished.has(id));
  const stages = STAGES.map((stage) => missing.filter((task) => task.stage === stage));
  return stages.filter((tasks) => tasks.length > 0);
}

/** What the last job does: the flow from where the others left it, with this container's cores. */
export async function finishRun(run: string, store: Store, emit: Emit): Promise<RunRecord> {
  const stop = new AbortController();
  const stopListening = onEnding(() => stop.abort());
  try {
    // As it was written: of this very job AWS Batch need not be asked.
    const record = await readRecord(store, run);
    if (!record) throw new NlpflowError('RUN_NOT_FOUND', `there is no run ${run} in ${store.url}`);
    const { until, resample = 'always' } = record;
    const untold = await untoldAttempts(run, store);
    // Batch starts it anew or gives it up, and whoever looks then finds out which.
    const options = { store, workers: 'auto', until, resample, resume: record, isRestarted: true, untold } as const;
    return await runFlow(configOf(record, store, process.cwd()), { ...options, signal: stop.signal, emit });
  } finally {
    stopListening();
  }
}
