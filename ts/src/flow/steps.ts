/** The steps of a run, in order: corpus, split, features, boosters, selection, final model. */

import type { ResolvedConfig } from '../config/types.ts';
import { inDollars } from '../cost/dollars.ts';
import { NlpflowError } from '../errors.ts';
import { availableCores } from '../executors/capacity.ts';
import type { MetricSpec, Registry } from '../native/registry.ts';
import type { CorpusSummary, FeaturesSummary, FitSummary, SplitSummary } from '../native/stages.ts';
import type { Journal } from '../runs/journal.ts';
import type { BestConfiguration, RunMetrics, RunRecord, TaskFailure } from '../runs/manifest.ts';
import { engineVersions } from './engine.ts';
import { madeAnew } from './finished.ts';
import { forecast } from './forecast.ts';
import { type Configuration, type Plan, type PlanInputs, planFit, taskOf } from './plan.ts';
import { resultsParquet } from './results.ts';
import type { Until } from './run.ts';
import { fromFailure, runStageTasks, type StageContext, type StagePool, type StageResult, stageWork } from './stage.ts';
import { type FoldMetrics, resultRows, summariseFolds, testVerdict, verdict } from './summary.ts';
import type { Task } from './task.ts';
import { bestEvent, fitIntoMemory, metricSpec, nothingComplete, tune } from './tune.ts';

/** Files of the final model that a run shows under its own name. */
const MODEL_FILES = ['model.nlpf', 'model.ubj', 'predictions.parquet'] as const;

/** What the steps share. */
export interface StepsState {
  readonly planned: Plan;
  readonly inputs: PlanInputs;
  readonly journal: Journal;
  /** When the run began, as `performance.now()` says it. */
  readonly started: number;
  readonly workers: number | 'auto';
  /** Make anew also what selection leads to, as all tasks of the plan. */
  readonly isFresh: boolean;
}

/** The steps of one run; each writes what it found into the record. */
export class FlowSteps {
  readonly #config: ResolvedConfig;
  readonly #context: StageContext;
  readonly #state: StepsState;

  constructor(config: ResolvedConfig, context: StageContext, state: StepsState) {
    this.#config = config;
    this.#context = context;
    this.#state = state;
  }

  /** Runs all that leads to `until`. */
  async run(until: Until, resample: 'always' | 'if needed'): Promise<void> {
    const { planned } = this.#state;
    // Where reading costs something, too, a run that is too dear does not even read.
    if (await this.#context.meter?.tariff('corpus', 1)) await this.foresee({ until, resample, isWatched: true });
    await this.read();
    await this.foresee({ until, resample, isWatched: true });
    if (!isTuned(planned, until, resample)) {
      await this.#features([this.#final(planned.configurations[0] as Configuration).features]);
      if (until === 'fit') await this.#fit(planned.configurations[0] as Configuration);
      return;
    }
    const best = await this.#tune(until, resample);
    if (until === 'fit') await this.#fit(planned.configurations.find(({ id }) => id === best.id) as Configuration);
  }

  /** Reads the table and splits its rows. */
  async read(): Promise<void> {
    // A wrong metric must not come to light after an hour of training.
    for (const name of [this.#config.tune.metric, ...this.#config.tune.metrics]) metricSpec(this.#registry, name);
    await this.#single('corpus');
    const corpus = this.#record.summaries.corpus as CorpusSummary;
    this.#warnOfBadRows(corpus);
    for (const message of corpus.recognised) this.#context.emit({ event: 'note', message });
    this.#warn(corpus.warnings);
    checkOutcomeRange(this.#config, corpus, this.#registry);
    await this.#single('split');
    this.#warn((this.#record.summaries.split as SplitSummary).warnings);
  }

  /**
   * Foretells what the rest of a run costs, where its tasks are paid, before the first of them starts. Throws `COST_TOO_HIGH`
   * when that is more than the run may cost: by the low estimate, or by the high one when nobody watches it.
   */
  async foresee(of: { until: Until; resample: 'always' | 'if needed'; isWatched: boolean }): Promise<void> {
    const { meter } = this.#context;
    if (!(await meter?.tariff('boost', 1))) return;
    await this.#foretell(of);
    const limit = meter?.limit;
    const dollars = this.#record.forecast?.dollars;
    if (limit === undefined || !dollars || (of.isWatched ? dollars.low : dollars.high) <= limit) return;
    const range = `${inDollars(dollars.low)} to ${inDollars(dollars.high)}, likely ${inDollars(dollars.likely)}`;
    throw new NlpflowError(
      'COST_TOO_HIGH',
      of.isWatched
        ? `the run would cost ${range}: even the least lies above --max-cost ${inDollars(limit)}, and nothing was started; allow more, or try a smaller grid`
        : `the run would cost ${range}: with --detach nobody ends it at --max-cost ${inDollars(limit)}, so nothing was started; allow the most that it may cost, or run it without --detach`,
    );
  }

  get #record(): RunRecord {
    return this.#state.journal.record;
  }

  get #registry(): Registry {
    return this.#state.inputs.registry;
  }

  /** All cores that the run may use. */
  get #threads(): number {
    return this.#state.workers === 'auto' ? availableCores() : this.#state.workers;
  }

  /** The metrics to report, the deciding one first. */
  get #metrics(): string[] {
    return [...new Set([this.#config.tune.metric, ...this.#config.tune.metrics])];
  }

  /** The metrics from which a verdict may be read: those asked for, then all others. */
  get #verdictMetrics(): MetricSpec[] {
    const asked = this.#metrics.map((name) => metricSpec(this.#registry, name));
    return [...asked, ...this.#registry.metrics.filter((metric) => !asked.includes(metric))];
  }

  #final(configuration: Configuration): { features: Task; fit: Task } {
    const { inputs, planned, isFresh } = this.#state;
    const { features, fit } = planFit(this.#config, inputs, planned, configuration);
    if (!isFresh) return { features, fit };
    const { id } = this.#record;
    return { features: madeAnew(features, id), fit: madeAnew(fit, id) };
  }

  /** A stage of one task with all threads; its failure ends the run. */
  async #single(id: 'corpus' | 'split'): Promise<void> {
    const task = taskOf(this.#state.planned, id);
    const { summaries, failures } = await this.#stage([task], { workers: 1, threads: this.#threads });
    throwFirst(failures);
    this.#record.keys[id] = task.key;
    this.#record.summaries[id] = summaries.get(id);
    await this.#state.journal.save();
  }

  async #features(tasks: readonly Task[]): Promise<StageResult> {
    const workers = Math.max(1, Math.min(this.#threads, tasks.length));
    const result = await this.#stage(tasks, { workers, threads: Math.max(1, Math.floor(this.#threads / workers)) });
    const final = tasks.find(({ options }) => options['fold'] === null);
    // Without the final features there is no model; a fold that fails costs its boosters only.
    throwFirst(result.failures.filter(({ task }) => task === final?.id));
    if (final) {
      const summary = result.summaries.get(final.id) as FeaturesSummary;
      this.#record.keys.final = final.key;
      this.#record.summaries.final = summary;
      this.#warn(summary.warnings);
    }
    await this.#state.journal.save();
    return result;
  }

  /** Says what the run takes in all, when more is known than a guess or when it is paid. */
  async #foretell({ until, resample }: { until: Until; resample: 'always' | 'if needed' }): Promise<void> {
    const { planned, workers, journal, inputs, started } = this.#state;
    const { store, signal, executor, meter, emit } = this.#context;
    const { dollars, vcpu_hours } = journal.spent();
    const seconds = (performance.now() - started) / 1000;
    const spent = { seconds, vcpu_hours, dollars };
    const { bytes } = journal.record.data;
    const outlook = await forecast(
      { planned, until, isTuned: isTuned(planned, until, resample), executor, workers, bytes, spent },
      { store, signal, versions: engineVersions(inputs.registry) },
    );
    meter?.expect(outlook.times, outlook.fit);
    const { kind } = outlook.boosters;
    const isPaid = outlook.forecast.dollars !== null;
    if (isPaid || ((kind === 'calibration' || kind === 'earlier') && outlook.forecast.tasks > 0)) {
      emit({ event: 'forecast', ...outlook.forecast });
    }
  }

  async #tune(until: Until, resample: 'always' | 'if needed'): Promise<BestConfiguration> {
    const { planned, workers } = this.#state;
    const folds = planned.tasks.filter(({ stage, options }) => stage === 'features' && options['fold'] !== null);
    // With several recipes the final one is known after selection only.
    const early = until === 'fit' && planned.recipes.length === 1;
    const final = early ? [this.#final(planned.configurations[0] as Configuration).features] : [];
    const { failures, summaries } = await this.#features([...folds, ...final]);
    if (!folds.some(({ id }) => summaries.has(id))) throwFirst(failures);
    const unavailable = new Map(failures.map((failure) => [failure.task, failure]));
    const record = this.#record;
    record.failures.push(...failures);
    await this.#foretell({ until, resample });
    const tuned = await tune(this.#config, this.#registry, planned, workers, this.#context, unavailable);
    record.failures = [...tuned.failures];
    this.#noteLimit(tuned.leftOut);
    if (!tuned.best) {
      const { limit } = record;
      if (limit?.reached) throw nothingWithin(limit.dollars);
      throw nothingComplete(tuned.failures, this.#config.tune.metric);
    }
    await this.#report(tuned.measured, tuned.best);
    return tuned.best;
  }

  /** Marks a run that its limit of cost has ended early. */
  #noteLimit(leftOut: readonly string[]): void {
    const { limit } = this.#record;
    if (!limit || leftOut.length === 0) return;
    limit.reached = true;
    limit.left_out = leftOut;
    const { configurations } = this.#state.planned;
    const message = `--max-cost ${inDollars(limit.dollars)} is reached: ${leftOut.length} of ${configurations.length} configurations were left out (${brief(leftOut)}); the best of the others is chosen; give the same command with a higher --max-cost to continue`;
    this.#context.emit({ event: 'warning', message });
  }

  /** Results, best and verdict into the record and the store. */
  async #report(measured: readonly FoldMetrics[], best: BestConfiguration): Promise<void> {
    const { journal } = this.#state;
    const record = this.#record;
    const rows = resultRows(measured, this.#metrics);
    const folds = measured.find(({ configuration }) => configuration.id === best.id)?.folds ?? [];
    const split = record.summaries.split as SplitSummary;
    record.results = rows;
    record.best = best;
    record.metrics = {
      cv: summariseFolds(folds, this.#metrics),
      cv_baseline: summariseFolds(split.baseline.folds, this.#metrics),
    };
    const words = verdict(folds, split, this.#verdictMetrics);
    if (words !== undefined) record.verdict = words;
    this.#context.emit(bestEvent(best));
    const parquet = await resultsParquet(rows, Object.keys(this.#config.tune.grid));
    await this.#context.store.putRun(record.id, 'results.parquet', parquet);
    await this.#saveMetrics(record.metrics);
    await journal.save();
  }

  async #fit(configuration: Configuration): Promise<void> {
    const { features, fit } = this.#final(configuration);
    const { store, executor, signal } = this.#context;
    const { planned, journal } = this.#state;
    const known = planned.tasks.filter(({ key }) => key !== features.key);
    await journal.plan({ ...planned, tasks: [...known, features, fit] }, signal);
    if (this.#record.keys.final !== features.key) await this.#features([features]);
    const work = await stageWork('fit', [fit], store);
    const { pool, refused } = await fitIntoMemory(work, 'auto', { store, executor });
    const { summaries, failures } = await runStageTasks(work, pool, this.#context, refused);
    throwFirst(failures);
    const record = this.#record;
    const { train, test } = summaries.get(fit.id) as FitSummary;
    const split = record.summaries.split as SplitSummary;
    record.keys.fit = fit.key;
    record.summaries.fit = summaries.get(fit.id);
    record.metrics = { ...record.metrics, train, test, test_baseline: split.baseline.test };
    const words = testVerdict(test, split, this.#verdictMetrics);
    if (record.verdict === undefined && words !== undefined) record.verdict = words;
    for (const file of MODEL_FILES) {
      await store.linkRun(record.id, file, { stage: 'fit', key: fit.key, file });
    }
    await this.#saveMetrics(record.metrics);
    await this.#state.journal.save();
  }

  async #stage(tasks: readonly Task[], pool: StagePool): Promise<StageResult> {
    const stage = tasks[0]?.stage;
    if (stage === undefined) throw new NlpflowError('INTERNAL', 'a stage without tasks');
    return runStageTasks(await stageWork(stage, tasks, this.#context.store), pool, this.#context);
  }

  async #saveMetrics(metrics: RunMetrics): Promise<void> {
    const { id, best, verdict: words } = this.#record;
    const kept = { best: best ?? null, ...metrics, verdict: words ?? null };
    await this.#context.store.putRun(id, 'metrics.json', `${JSON.stringify(kept, null, 1)}\n`);
  }

  #warn(messages: readonly string[]): void {
    for (const message of messages) this.#context.emit({ event: 'warning', message });
  }

  #warnOfBadRows({ bad_rows, records, first_bad }: CorpusSummary): void {
    if (bad_rows === 0) return;
    const first = first_bad.map(({ line, reason }) => `line ${line}: ${reason}`).join('; ');
    const message = `${bad_rows} of ${records} rows are bad and were skipped (${first}); nlpflow get last bad_rows -o bad_rows.csv lists all`;
    this.#context.emit({ event: 'warning', message });
  }
}

/** Fails where an outcome lies beyond what the objective takes, before the first fold is trained. */
function checkOutcomeRange({ model, data }: ResolvedConfig, { outcome }: CorpusSummary, registry: Registry): void {
  const objective = registry.objectives.find(({ name }) => name === model['objective']);
  if (!objective) return;
  const { name, outcomes, range } = objective;
  const isLow = range.least !== null && (range.above ? outcome.min <= range.least : outcome.min < range.least);
  const isHigh = range.most !== null && outcome.max > range.most;
  if (!isLow && !isHigh) return;
  const [value, row] = isLow ? [outcome.min, outcome.min_row] : [outcome.max, outcome.max_row];
  throw new NlpflowError(
    'OUTCOME_OUT_OF_RANGE',
    `the objective ${name} takes outcomes ${outcomes}, but ${data.outcome} is ${value} in row ${row} (outcomes are from ${outcome.min} to ${outcome.max}): choose another objective, or bring the outcome into the range, e.g. with a comparison or clip(...)`,
  );
}

/** Whether a run cross-validates. */
export function isTuned(planned: Plan, until: Until, resample: 'always' | 'if needed'): boolean {
  return until === 'tune' || (until === 'fit' && (resample === 'always' || planned.configurations.length > 1));
}

function nothingWithin(limit: number): NlpflowError {
  return new NlpflowError(
    'COST_LIMIT',
    `no configuration was completed within --max-cost ${inDollars(limit)}; what is done is kept: give the same command with a higher --max-cost to continue`,
  );
}

/** The first of many ids. */
function brief(ids: readonly string[]): string {
  return ids.length <= 6 ? ids.join(', ') : `${ids.slice(0, 5).join(', ')} and ${ids.length - 5} more`;
}

function throwFirst(failures: readonly TaskFailure[]): void {
  const first = failures[0];
  if (first) throw fromFailure(first);
}
