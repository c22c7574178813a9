/** What a run would take, before it begins: `estimate`, and the end of `--dry-run`. */

import { type PriceArguments, readPrices } from '../cost/prices.ts';
import { asNlpflowError, EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import type { BatchArguments } from '../executors/batch/settings.ts';
import type { Executor } from '../executors/executor.ts';
import { LocalExecutor } from '../executors/local.ts';
import { executorOn } from '../executors/open.ts';
import { engineVersions } from '../flow/engine.ts';
import { type Forecast, forecast } from '../flow/forecast.ts';
import { type FlowPreview, planFlow } from '../flow/run.ts';
import { fromFailure, runStageTasks, stageWork } from '../flow/stage.ts';
import { isTuned } from '../flow/steps.ts';
import type { Task } from '../flow/task.ts';
import { registry } from '../native/registry.ts';
import type { Store } from '../store/store.ts';
import { forecastRows, forecastSource } from '../ui/words.ts';
import type { Context } from './command.ts';
import { parseWorkers, type Reach } from './flow.ts';
import { type ConfigArguments, resolveTarget, type Target } from './target.ts';

/** The arguments of `estimate`: those of a run that say where and at what price. */
export type EstimateArguments = ConfigArguments &
  BatchArguments &
  PriceArguments & { readonly on: string; readonly workers: string };

/** Stands for the run that is not there; nothing is written under it. */
const NO_RUN = 'estimate';

/** Does what a calibration needs, calibrates, and prints what a run takes. */
export async function estimateConfigured(
  given: string | undefined,
  args: EstimateArguments,
  context: Context,
): Promise<ExitCode> {
  const target = await resolveTarget(given, args, context);
  const store = await context.openStore();
  const reach = { until: 'fit', resample: 'always' } as const;
  await makeFeatures(target, args, store, context);
  const preview = await planFlow(target.config, store);
  const found = await foretold(preview, args, reach, store, context, 'always');
  context.settle();
  showForecast(found, context);
  return EXIT.ok;
}

/** What a run would take by what is there already; nothing is computed. */
export async function estimateFromStore(
  preview: FlowPreview,
  args: EstimateArguments,
  reach: Reach,
  store: Store,
  context: Context,
): Promise<Forecast> {
  return foretold(preview, args, reach, store, context, 'never');
}

/** Prints a forecast as a table. */
export function showForecast(found: Forecast, { out }: Context): void {
  out.result('forecast', found);
  out.table(
    [{ title: '' }, ...['low', 'likely', 'high'].map((title) => ({ title, right: true }))],
    forecastRows(found),
  );
  out.line();
  out.line(forecastSource(found));
}

async function foretold(
  { plan, bytes }: FlowPreview,
  args: EstimateArguments,
  { until, resample }: Reach,
  store: Store,
  context: Context,
  measure: 'never' | 'always',
): Promise<Forecast> {
  const workers = parseWorkers(args.workers);
  const executor = await estimatedOn(args, store, context);
  const note = (message: string): void => context.emit({ event: 'note', message });
  try {
    const of = { planned: plan, until, isTuned: isTuned(plan, until, resample), workers, bytes };
    const how = { store, signal: context.signal, versions: engineVersions(registry()), measure };
    const priced = await executor.tariff?.('boost', 1).then(
      () => executor,
      (error: unknown): Executor => {
        note(`prices are not known: ${asNlpflowError(error).message}`);
        return withoutTariff(executor);
      },
    );
    return (await forecast({ ...of, executor: priced ?? executor }, how)).forecast;
  } finally {
    await executor.close();
  }
}

async function estimatedOn(args: EstimateArguments, store: Store, context: Context): Promise<Executor> {
  const prices = await readPrices(args, context.cwd);
  const { worker, clock, env, emit } = context;
  const ground = { store, worker, clock, env, prices, emit };
  return executorOn(args.on, args, ground)(NO_RUN);
}

function withoutTariff(executor: Executor): Executor {
  return {
    slots: (stage) => executor.slots?.(stage),
    run: (tasks, run) => executor.run(tasks, run),
    close: () => executor.close(),
  };
}

/** Corpus, split and the features of each recipe's first fold, as a run makes them. */
async function makeFeatures(target: Target, args: EstimateArguments, store: Store, context: Context): Promise<void> {
  const { plan } = await planFlow(target.config, store);
  const { emit, signal } = context;
  const executor = new LocalExecutor(store, context.worker);
  const workers = parseWorkers(args.workers);
  const isFirstFold = ({ options }: Task): boolean => options['fold'] === 1;
  try {
    for (const stage of ['corpus', 'split', 'features'] as const) {
      const tasks = plan.tasks.filter((task) => task.stage === stage && (stage !== 'features' || isFirstFold(task)));
      const work = await stageWork(stage, tasks, store);
      const pool = { workers: 1, threads: workers === 'auto' ? 2 : workers };
      const { failures } = await runStageTasks(work, pool, { store, executor, signal, emit });
      const [failure] = failures;
      if (failure) throw fromFailure(failure);
    }
  } finally {
    await executor.close();
  }
  if (signal.aborted) throw new NlpflowError('INTERRUPTED', 'interrupted');
}
