/** Runs a configuration from data to model, doing only what is not there yet. */

import { stat } from 'node:fs/promises';
import { basename, dirname, relative, resolve } from 'node:path';
import type { ResolvedConfig } from '../config/types.ts';
import { Meter } from '../cost/meter.ts';
import type { Prices } from '../cost/prices.ts';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import type { Emit, StageName, TaskAttempt } from '../events.ts';
import type { Executor, WorkerCommand } from '../executors/executor.ts';
import { LocalExecutor } from '../executors/local.ts';
import { digestFile } from '../native/binding.ts';
import { type Registry, registry } from '../native/registry.ts';
import { Journal } from '../runs/journal.ts';
import { folderOf, lineageOf, machineOf, relativeConfig } from '../runs/lineage.ts';
import { newRunId, RUN_FORMAT, type RunRecord } from '../runs/manifest.ts';
import { systemCode } from '../store/problems.ts';
import type { Store } from '../store/store.ts';
import { enginesInWords, engineVersions } from './engine.ts';
import { finishedTasks, madeAnew, removeMarks } from './finished.ts';
import { type Plan, type PlanInputs, plan } from './plan.ts';
import { FlowSteps } from './steps.ts';

/** How far a run goes: `preprocess` = corpus, split, final features; `tune` adds folds and boosters; `fit` the model. */
export type Until = 'preprocess' | 'tune' | 'fit';

export interface FlowOptions {
  readonly store: Store;
  readonly workers: number | 'auto';
  readonly until: Until;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Name of the run; default: the configuration's folder. */
  readonly name?: string;
  readonly configPath?: string | null;
  /** Do all again, also what is there; that stays in place until the new results are there. */
  readonly fresh?: boolean;
  /** `if needed`: no cross-validation when there is a single configuration. Default `always`. */
  readonly resample?: 'always' | 'if needed';
  /** What a person writes on the run. */
  readonly tags?: readonly string[];
  readonly note?: string;
  /** The command line, for the record. */
  readonly argv?: readonly string[];
  /** The folder from which the record's paths start; default: the process's. */
  readonly cwd?: string;
  /** How a worker process is started; default: this program with the argument `worker`. */
  readonly worker?: WorkerCommand;
  /** What things cost on this machine; an executor of another place brings its own. */
  readonly prices?: Prices;
  /** Dollars that the run may cost. */
  readonly maxCost?: number;
  /** Makes the executor of a run; default: worker processes of this machine. */
  readonly executor?: (run: string) => Promise<Executor>;
  /** A run to go on with, under its own id. */
  readonly resume?: RunRecord;
  /** Only watches the run of `resume`, which another process writes: its end is not told, and no limit holds. */
  readonly watches?: boolean;
  /** Whoever aborts the signal starts this process again, or notes the end of the run: its record then stays as it is. */
  readonly isRestarted?: boolean;
  /** Attempts of the run's tasks that nobody has told its journal of. */
  readonly untold?: readonly TaskAttempt[];
  /** Takes the run over: nothing more is done here than reading the table, where `read` is called, and the record says that it runs. */
  readonly handOver?: (planned: Plan, record: RunRecord, hands: Hands) => Promise<void>;
}

/** What is done here of a run that is handed over. */
export interface Hands {
  /** Reads the table where that is wanted, and looks whether the run may cost what it will. */
  prepare(read: boolean): Promise<void>;
  /** Writes the record for the last time: from then on it is another process's. */
  letGo(): Promise<void>;
}

/** What `--dry-run` shows. */
export interface FlowPreview {
  readonly plan: Plan;
  readonly reused: Record<StageName, number>;
  /** Ids of the tasks that are there. */
  readonly present: ReadonlySet<string>;
  /** Bytes of the table. */
  readonly bytes: number;
}

/** The plan of a configuration and how many of its tasks are there already. */
export async function planFlow(config: ResolvedConfig, store: Store): Promise<FlowPreview> {
  const { planned, bytes } = await prepare(config);
  const reused = emptyCounts();
  const present = new Set((await finishedTasks(planned.tasks, store)).keys());
  for (const { stage, id } of planned.tasks) reused[stage] += present.has(id) ? 1 : 0;
  return { plan: planned, reused, present, bytes };
}

/**
 * Runs what is missing, writes `runs/<id>/` and returns the record.
 * Throws the first error when nothing usable came out, `INTERRUPTED` when the signal was aborted; the record says so too.
 */
export async function runFlow(config: ResolvedConfig, options: FlowOptions): Promise<RunRecord> {
  const started = performance.now();
  const { store } = options;
  const { planned: plain, inputs, bytes } = await prepare(config, options.resume?.data, options.watches);
  const record = options.resume
    ? resumed(options.resume, inputs, options.until)
    : await newRecord(config, options, plain, inputs, bytes);
  // A run that is taken up again makes anew what it has not made yet.
  const isFresh = record.fresh ?? false;
  const planned = isFresh ? { ...plain, tasks: plain.tasks.map((task) => madeAnew(task, record.id)) } : plain;
  const journal = new Journal(record, store, options.emit, config.data.source);
  if (options.resume) await journal.takeUp();
  journal.learn(options.untold ?? []);
  const { emit } = journal;
  const signal = AbortSignal.any([options.signal, journal.lost]);
  const inner: Executor =
    (await options.executor?.(record.id)) ?? new LocalExecutor(store, options.worker, options.prices);
  const limit = options.watches ? undefined : (options.maxCost ?? record.limit?.dollars);
  if (limit !== undefined) record.limit = { dollars: limit, reached: false, left_out: [] };
  const meter = new Meter(inner, { ...(limit === undefined ? {} : { limit }), spent: journal.paid() });
  const finish = async (status: 'done' | 'failed' | 'interrupted'): Promise<void> => {
    record.status = status;
    record.finished = new Date().toISOString();
    record.seconds = (performance.now() - started) / 1000;
    emit({ event: 'run.done', run: record.id, seconds: record.seconds, status });
    await journal.close();
  };
  await journal.plan(planned, signal);
  await journal.open({ add: options.tags ?? [], ...(options.note === undefined ? {} : { note: options.note }) });
  try {
    emit({ event: 'run.start', run: record.id, name: record.name, config: record.config_path, store: store.url });
    emit({ event: 'plan', ...record.plan, tasks: countTasks(planned, options.until) });
    if (options.until !== 'preprocess') {
      for (const message of enginesInWords(planned)) emit({ event: 'note', message });
    }
    const steps = new FlowSteps(
      config,
      { store, executor: meter, meter, signal, emit },
      {
        planned,
        inputs,
        journal,
        started,
        workers: options.workers,
        isFresh,
      },
    );
    if (options.handOver) {
      await options.handOver(planned, record, {
        prepare: async (read) => {
          if (read) await steps.read();
          await steps.foresee({ until: options.until, resample: options.resample ?? 'always', isWatched: false });
        },
        letGo: () => journal.close(),
      });
      return record;
    }
    await steps.run(options.until, options.resample ?? 'always');
    if (options.watches) {
      await journal.leave();
      return record;
    }
    await finish('done');
    journal.lost.throwIfAborted();
    // Who attaches to a run on other machines may still look at them; what stays goes with the run.
    const isOnlyHere = !options.resume && inner.slots?.('boost') === undefined;
    if (isFresh && isOnlyHere) await removeMarks(record.id, store).catch(() => {});
    return record;
  } catch (error) {
    if (journal.lost.aborted) throw journal.lost.reason;
    if (options.watches || (options.isRestarted && signal.aborted)) {
      await journal.leave().catch(() => {});
      throw signal.aborted ? interrupted(error) : error;
    }
    // A task that was cancelled by the signal is an interruption, whatever it threw.
    const problem =
      signal.aborted && !(error instanceof NlpflowError && error.code === 'INTERRUPTED') ? interrupted(error) : error;
    record.error = { code: asNlpflowError(problem).code, message: asNlpflowError(problem).message };
    // A store that cannot be written cannot keep the record either; the first error is the one to show.
    await finish(signal.aborted ? 'interrupted' : 'failed').catch(() => {});
    throw problem;
  } finally {
    await meter.close();
  }
}

/** The plan with what it follows from; a run that goes on elsewhere knows its data by their digest only. */
async function prepare(
  config: ResolvedConfig,
  known?: RunRecord['data'],
  onlyWatches = false,
): Promise<{ planned: Plan; inputs: PlanInputs; bytes: number }> {
  const isAway = known !== undefined && (onlyWatches || !(await stat(config.data.source).catch(() => undefined)));
  const bytes = isAway ? known.bytes : await sizeOf(config.data.source);
  const digest = isAway ? known.digest : await digestFile(config.data.source);
  const inputs = { digest, registry: registry() };
  return { planned: plan(config, inputs), inputs, bytes };
}

/** The record of a run that is taken up again; what it found before is found again in the store. */
function resumed(record: RunRecord, { digest }: PlanInputs, until: Until): RunRecord {
  if (digest !== record.data.digest) {
    throw new NlpflowError(
      'INPUT_UNREADABLE',
      `${record.config.data.source} has changed since run ${record.id} began; start a new run: nlpflow run ${record.id}`,
    );
  }
  const { error: _, finished: __, ...rest } = record;
  return { ...rest, until, status: 'running', failures: [], process: machineOf() };
}

async function sizeOf(path: string): Promise<number> {
  try {
    const found = await stat(path);
    if (found.isFile()) return found.size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT' || systemCode(error) === 'ENOTDIR') {
      throw new NlpflowError(
        'INPUT_NOT_FOUND',
        `there is no file ${path}; check data.source (paths in a configuration are relative to it)`,
        {
          cause: error,
        },
      );
    }
    throw new NlpflowError('INPUT_UNREADABLE', `${path} cannot be read: ${asNlpflowError(error).message}`, {
      cause: error,
    });
  }
  throw new NlpflowError('INPUT_UNREADABLE', `${path} is not a file; data.source names one table`);
}

async function newRecord(
  config: ResolvedConfig,
  options: FlowOptions,
  planned: Plan,
  { digest, registry: known }: PlanInputs,
  bytes: number,
): Promise<RunRecord> {
  const now = new Date();
  const cwd = options.cwd ?? process.cwd();
  const path = options.configPath ? resolve(cwd, options.configPath) : null;
  return {
    format: RUN_FORMAT,
    id: newRunId(now),
    name: options.name ?? basename(dirname(path ?? config.data.source)),
    status: 'running',
    until: options.until,
    resample: options.resample ?? 'always',
    fresh: options.fresh ?? false,
    created: now.toISOString(),
    folder: folderOf(options.store, cwd),
    config: relativeConfig(config, cwd),
    config_path: path === null ? null : relative(cwd, path),
    data: { digest, bytes },
    versions: versions(known),
    lineage: await lineageOf({ argv: options.argv ?? [], environment: process.env, configPath: path, cwd }),
    plan: {
      configurations: planned.configurations.length,
      boosters: planned.boosters.length,
      folds: planned.folds,
      recipes: planned.recipes.length,
    },
    keys: {},
    summaries: {},
    failures: [],
    seconds: 0,
    process: machineOf(),
  };
}

/** The versions that a run is made with; some of them are part of keys. */
export function versions(known: Registry): Record<string, string> {
  return {
    nlpflow: known.version,
    format: String(known.format),
    reading: String(known.reading),
    ...engineVersions(known),
    unicode: known.unicode,
    unicode_properties: known.unicode_properties,
    node: process.versions.node,
  };
}

/** Tasks by stage that this run looks at. The final features belong to a run that ends with them or with a model. */
function countTasks(planned: Plan, until: Until): Record<StageName, number> {
  const counts = emptyCounts();
  for (const { stage, options } of planned.tasks) {
    const isFinal = stage === 'features' && options['fold'] === null;
    if (until === 'preprocess' && (stage === 'boost' || (stage === 'features' && !isFinal))) continue;
    if (until === 'tune' && isFinal) continue;
    counts[stage] += 1;
  }
  counts.fit = until === 'fit' ? 1 : 0;
  return counts;
}

function emptyCounts(): Record<StageName, number> {
  return { corpus: 0, split: 0, features: 0, boost: 0, fit: 0 };
}

function interrupted(cause: unknown): NlpflowError {
  return new NlpflowError(
    'INTERRUPTED',
    'interrupted; finished work is kept: give the same command again to continue',
    { cause },
  );
}
