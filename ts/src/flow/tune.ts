/** Cross-validation: the boosters of a plan, their metrics by configuration, and the best. */

import type { ResolvedConfig } from '../config/types.ts';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import type { Emit, Event } from '../events.ts';
import { availableCores, availableMemory, capacity, tooLarge } from '../executors/capacity.ts';
import { runStage } from '../native/binding.ts';
import type { MetricSpec, Registry } from '../native/registry.ts';
import type { BoostOptions, BoostSummary, MetricValues } from '../native/stages.ts';
import type { BestConfiguration, ResultRow, TaskFailure } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { engineVersions } from './engine.ts';
import { foretell } from './foretell.ts';
import type { Plan } from './plan.ts';
import { runStageTasks, type StageContext, type StagePool, type StageWork, stageWork } from './stage.ts';
import { type FoldMetrics, resultRows, selectBest } from './summary.ts';
import type { ArtifactRef, Task } from './task.ts';
import { boosterOfTask, boostTaskId } from './tasks.ts';

/** What cross-validation found. */
export interface Tuned {
  readonly measured: readonly FoldMetrics[];
  /** Undefined when no configuration was completed. */
  readonly best: BestConfiguration | undefined;
  readonly failures: readonly TaskFailure[];
  /** Configurations that a limit of cost left out. */
  readonly leftOut: readonly string[];
}

/** Trains and judges every booster that can be; `unavailable` are ids of feature tasks that failed. */
export async function tune(
  config: ResolvedConfig,
  registry: Registry,
  planned: Plan,
  workers: number | 'auto',
  context: StageContext,
  unavailable: ReadonlyMap<string, TaskFailure>,
): Promise<Tuned> {
  const metric = metricSpec(registry, config.tune.metric);
  const tasks = planned.tasks.filter(({ stage }) => stage === 'boost');
  const keys = new Set(planned.tasks.filter(({ id }) => unavailable.has(id)).map(({ key }) => key));
  const possible = tasks.filter((task) => !keys.has(task.inputs['features']?.key ?? ''));
  const work = await stageWork('boost', possible, context.store);
  const { pool, refused, estimate: foreseen } = await fitIntoMemory(work, workers, context);
  if (foreseen) {
    const runnable = work.missing.filter(({ id }) => !refused.has(id));
    const foretold = await foretell(runnable, pool.workers, { ...context, versions: engineVersions(registry) });
    const { times: _, kind: __, busy: ___, ...told } = foretold;
    context.emit({ ...foreseen, tasks: runnable.length, ...told });
  }
  const follow = followBest(planned, metric, new Map(work.summaries), context.emit);
  const { summaries, failures } = await runStageTasks(work, pool, { ...context, emit: follow }, refused);
  const measured = foldMetrics(planned, summaries);
  const best = selectBest(resultRows(measured, [metric.name]), metric);
  const spared = new Set((context.meter?.leftOut ?? []).map(({ id }) => boosterOfTask(id)));
  const leftOut = planned.configurations.filter(({ booster }) => spared.has(booster)).map(({ id }) => id);
  return { measured, best, failures: [...unavailable.values(), ...failures], leftOut };
}

/** The registry's entry of a metric. Throws `CONFIG_INVALID` for an unknown name. */
export function metricSpec(registry: Registry, name: string): MetricSpec {
  const found = registry.metrics.find((metric) => metric.name === name);
  if (found) return found;
  const known = registry.metrics.map((metric) => metric.name).join(', ');
  throw new NlpflowError('CONFIG_INVALID', `tune.metric: there is no metric ${name}; the metrics are ${known}`);
}

/** Workers for tasks that train a booster each, and the tasks that do not fit even alone. */
export async function fitIntoMemory(
  work: StageWork,
  workers: number | 'auto',
  { store, executor }: Pick<StageContext, 'store' | 'executor'>,
): Promise<{
  pool: StagePool;
  refused: Map<string, NlpflowError>;
  /** What to tell of it; undefined when nothing is left to do. */
  estimate?: Extract<Event, { event: 'estimate' }>;
}> {
  const refused = new Map<string, NlpflowError>();
  // On machines of their own the memory of this one says nothing.
  const elsewhere = executor.slots?.(work.stage) !== undefined;
  if (work.missing.length === 0 || elsewhere) return { pool: { workers: 1, threads: 1 }, refused };
  const available = availableMemory();
  const { usable } = capacity({ asked: 1, cores: 1, tasks: 1, largest: 0, available });
  let largest = 0;
  for (const [id, need] of await estimates(work.missing, store)) {
    // Parameters that the engine refuses cost their own booster, not the run.
    if (need instanceof NlpflowError) refused.set(id, need);
    else if (need > usable) refused.set(id, tooLarge(need, usable));
    else largest = Math.max(largest, need);
  }
  const tasks = work.missing.length - refused.size;
  const plan = capacity({ asked: workers, cores: availableCores(), tasks, largest, available });
  // A booster has one thread unless there are more cores than boosters; its trees do not depend on it.
  const threads = workers === 'auto' ? Math.max(1, Math.floor(availableCores() / Math.max(1, tasks))) : 1;
  const pool = { workers: plan.workers, threads };
  if (tasks === 0) return { pool, refused };
  const { usable: memoryAvailable, reason } = plan;
  return {
    pool,
    refused,
    estimate: { event: 'estimate', workers: plan.workers, memoryPerBooster: largest, memoryAvailable, reason },
  };
}

/** Bytes by task, or why they cannot be told. Folds of one size need the same, so each booster is asked about once. */
export async function estimates(tasks: readonly Task[], store: Store): Promise<Map<string, number | NlpflowError>> {
  const asked = new Map<string, Promise<number | NlpflowError>>();
  const needs = new Map<string, number | NlpflowError>();
  const folders = new Map<string, Promise<string>>();
  const folderOf = ({ stage, key }: ArtifactRef): Promise<string> => {
    const folder = folders.get(key) ?? store.folder(stage, key);
    folders.set(key, folder);
    return folder;
  };
  for (const task of tasks) {
    const booster = boosterOfTask(task.id) ?? task.id;
    const bytes = asked.get(booster) ?? estimate(task, folderOf).catch(asNlpflowError);
    asked.set(booster, bytes);
    needs.set(task.id, await bytes);
  }
  return needs;
}

async function estimate(task: Task, folderOf: (from: ArtifactRef) => Promise<string>): Promise<number> {
  const from = task.inputs['features'];
  if (!from) throw new NlpflowError('INTERNAL', `${task.id} has no features`);
  // A booster has several numbers of trees, the final fit has one.
  const { engine, parameters, trees } = task.options as Omit<BoostOptions, 'trees'> & { trees: number | number[] };
  const { bytes } = await runStage('estimate', {
    features: await folderOf(from),
    engine,
    parameters: { ...parameters, trees: Math.max(...[trees].flat()) },
  });
  return bytes;
}

/** The metrics of each configuration, fold by fold, from the boosters' summaries by task id. */
export function foldMetrics(planned: Plan, summaries: ReadonlyMap<string, unknown>): FoldMetrics[] {
  return planned.configurations.map((configuration) => ({
    configuration,
    folds: Array.from({ length: planned.folds }, (_, index): MetricValues | null => {
      const summary = summaries.get(boostTaskId(configuration.booster, index + 1)) as BoostSummary | undefined;
      return summary?.metrics.find(({ trees }) => trees === configuration.trees)?.metrics ?? null;
    }),
  }));
}

/** Passes events on and adds `best` whenever a booster that is complete now holds a configuration that beats the ones before. */
function followBest(planned: Plan, metric: MetricSpec, seen: Map<string, unknown>, emit: Emit): Emit {
  let best: ResultRow | undefined;
  return (event) => {
    emit(event);
    if (event.event !== 'task.done') return;
    seen.set(event.task, event.summary);
    const booster = boosterOfTask(event.task);
    const configurations = planned.configurations.filter((one) => one.booster === booster);
    const rows = resultRows(foldMetrics({ ...planned, configurations }, seen), [metric.name]);
    // Grid order decides between equals, whichever was finished first.
    const candidates = [...rows, ...(best ? [best] : [])].sort((a, b) => (a.configuration < b.configuration ? -1 : 1));
    const found = selectBest(candidates, metric);
    if (!found || found.id === best?.configuration) return;
    best = candidates.find(({ configuration }) => configuration === found.id);
    emit(bestEvent(found));
  };
}

/** The event for a configuration that is the best so far. */
export function bestEvent(best: BestConfiguration): Event {
  const values = Object.entries(best.values).map(([name, value]) => [
    name,
    typeof value === 'boolean' ? String(value) : value,
  ]);
  return {
    event: 'best',
    configuration: Object.fromEntries(values) as Record<string, number | string>,
    metric: best.metric,
    mean: best.mean ?? Number.NaN,
    std_err: best.std_err,
  };
}

/** The error of a run in which no configuration can be chosen. */
export function nothingComplete(failures: readonly TaskFailure[], metric: string): NlpflowError {
  const first = failures[0];
  if (!first) {
    return new NlpflowError(
      'TASKS_FAILED',
      `${metric} is undefined in every fold, so no configuration can be chosen; choose another tune.metric`,
    );
  }
  const more = failures.length > 1 ? ` (${failures.length} tasks failed in all)` : '';
  return new NlpflowError('TASKS_FAILED', `no configuration was completed: ${first.label}: ${first.message}${more}`, {
    details: failures.slice(1, 4).map(({ label, message }) => `${label}: ${message}`),
  });
}
