import { type PriceArguments, readLimit, readPrices } from '../cost/prices.ts';
import { EXIT, type ExitCode, NlpflowError } from '../errors.ts';
import { STAGES, type StageName } from '../events.ts';
import { type BatchArguments, readSettings } from '../executors/batch/settings.ts';
import { executorOn } from '../executors/open.ts';
import { type FlowOptions, planFlow, runFlow, type Until } from '../flow/run.ts';
import type { Task } from '../flow/task.ts';
import { registry } from '../native/registry.ts';
import type { RunRecord } from '../runs/manifest.ts';
import type { Store } from '../store/store.ts';
import { count, shorter } from '../ui/format.ts';
import { type ReportPlaces, reportRun } from '../ui/report.ts';
import { shellWord } from '../ui/shell.ts';
import { planWords } from '../ui/words.ts';
import type { Context } from './command.ts';
import { type ConfigArguments, resolveTarget, type Target } from './target.ts';

/** Seconds from which a run makes its report by itself: that takes about one, and must not be noticed. `nlpflow open` makes it otherwise. */
const WORTH_A_REPORT = 20;

/** The arguments that `run`, `preprocess`, `tune` and `fit` share; see `FLOW_OPTIONS`. */
export type FlowArguments = ConfigArguments &
  BatchArguments &
  PriceArguments & {
    readonly on: string;
    readonly detach: boolean | undefined;
    readonly workers: string;
    readonly name: string | undefined;
    readonly tag: string[];
    readonly note: string | undefined;
    readonly 'dry-run': boolean | undefined;
    readonly fresh: boolean | undefined;
  };

/** How far a command goes, and whether a single configuration is cross-validated, too. */
export interface Reach {
  readonly until: Until;
  readonly resample: NonNullable<FlowOptions['resample']>;
}

/** Runs a configuration as far as asked, shows the result, and returns the exit code. */
export async function runConfigured(
  given: string | undefined,
  args: FlowArguments,
  reach: Reach,
  context: Context,
): Promise<ExitCode> {
  const workers = parseWorkers(args.workers);
  const target = await resolveTarget(given, args, context);
  const store = await context.openStore();
  if (args['dry-run'] === true) {
    await showPlan(target, args, store, reach, context);
    return EXIT.ok;
  }
  const [prices, maxCost] = [await readPrices(args, context.cwd), readLimit(args)];
  if (maxCost !== undefined && args.on === 'local' && prices.vcpuHour === undefined) {
    throw new NlpflowError(
      'USAGE',
      '--max-cost needs to know what this machine costs: give --price-vcpu-hour DOLLARS, or run it --on batch',
    );
  }
  const { worker, clock, env, emit } = context;
  const executor = executorOn(args.on, args, { store, worker, clock, env, prices, emit });
  const detach = args.detach === true ? await detaching(args, reach, store, context) : undefined;
  const record = await runFlow(target.config, {
    store,
    executor,
    ...(detach ? { handOver: detach } : {}),
    ...(maxCost === undefined ? {} : { maxCost }),
    workers,
    until: reach.until,
    resample: reach.resample,
    signal: context.signal,
    emit: context.emit,
    name: args.name ?? target.name,
    configPath: target.configPath,
    cwd: context.cwd,
    argv: context.argv,
    tags: args.tag,
    ...(args.note === undefined ? {} : { note: args.note }),
    ...(args.fresh === true ? { fresh: true } : {}),
    ...(context.worker ? { worker: context.worker } : {}),
  });
  context.settle();
  if (detach) {
    sayDetached(record, context);
    return EXIT.ok;
  }
  reportRun(record, reportPlaces(record.id, store, context), context.out);
  if (record.seconds >= WORTH_A_REPORT) {
    const { reportFinished } = await import('./reporting.ts');
    await reportFinished(record, store, context);
  }
  return record.status === 'done' ? EXIT.ok : EXIT.tasks;
}

/** How a run is handed over to AWS Batch. */
async function detaching(
  args: FlowArguments,
  { resample }: Reach,
  store: Store,
  { emit, signal, clock }: Context,
): Promise<NonNullable<FlowOptions['handOver']>> {
  if (args.on !== 'batch') {
    throw new NlpflowError('USAGE', '--detach is for --on batch: a run on this machine needs its process');
  }
  const settings = readSettings(args);
  const { submitRun } = await import('../executors/batch/detach.ts');
  return async (planned, record, { prepare, letGo }) => {
    await prepare(!settings.uploadData);
    const by = { signal, ...(clock ? { clock } : {}) };
    await submitRun(planned, record, { store, settings, resample, emit, handOver: letGo, ...by });
  };
}

function sayDetached({ id, name }: RunRecord, { out }: Context): void {
  out.result('detached', { run: id, name });
  out.line(`run ${id} (${name}) goes on on AWS Batch; this machine is not needed any more`);
  out.line();
  out.line(`  nlpflow attach ${id}   watch it until it ends`);
  out.line(`  nlpflow why ${id}      what it waits for`);
  out.line(`  nlpflow cancel ${id}   end it`);
}

/** Where the files of a run are, for reports. */
export function reportPlaces(run: string, store: Store, context: Context): ReportPlaces {
  const better = new Map(registry().metrics.map(({ name, direction }) => [name, direction]));
  return {
    path: (file) => shorter(store.runPath(run, file), context.cwd),
    higherIsBetter: (metric) => better.get(metric) === 'maximize',
    storeFlag: storeFlag(context),
  };
}

/** What a further command needs to find the same store: `--store DIR`, or nothing. */
export function storeFlag({ storeName, env }: Context): string {
  return storeName === '.nlpflow' || env['NLPFLOW_STORE'] === storeName ? '' : ` --store ${shellWord(storeName)}`;
}

async function showPlan(
  target: Target,
  args: FlowArguments,
  store: Store,
  reach: Reach,
  context: Context,
): Promise<void> {
  const preview = await planFlow(target.config, store);
  const { plan, present } = preview;
  const { out } = context;
  const tasks = plan.tasks.filter((task) => isNeeded(task, reach.until));
  const stages = STAGES.map((stage) => {
    const own = tasks.filter((task) => task.stage === stage);
    return { stage, tasks: own.length, reused: own.filter(({ id }) => present.has(id)).length };
  });
  const { configurations, boosters, recipes, folds } = plan;
  out.result('plan', { configurations, boosters, recipes, folds, stages });
  const counts = Object.fromEntries(stages.map((one) => [one.stage, one.tasks])) as Record<StageName, number>;
  counts.fit = reach.until === 'fit' ? 1 : 0;
  const sizes = { configurations: configurations.length, boosters: boosters.length, recipes: recipes.length, folds };
  out.line(planWords({ ...sizes, tasks: counts }));
  out.line();
  const rows = stages.filter((one) => one.tasks > 0).map((one) => [one.stage, count(one.tasks), count(one.reused)]);
  out.table([{ title: 'stage' }, { title: 'tasks', right: true }, { title: 'there already', right: true }], rows);
  out.line();
  const { estimateFromStore, showForecast } = await import('./estimating.ts');
  const found = await estimateFromStore(preview, args, reach, store, context);
  if (found.tasks > 0) {
    showForecast(found, context);
    out.line();
  }
  out.line(`${reach.until === 'fit' ? 'The fit follows when the best configuration is known. ' : ''}Nothing was run.`);
}

/** Whether a command that goes so far has use for a task; the final features belong to a matrix or a model. */
function isNeeded({ stage, options }: Task, until: Until): boolean {
  const isFinal = stage === 'features' && options['fold'] === null;
  if (until === 'preprocess') {
    return stage !== 'boost' && (stage !== 'features' || isFinal);
  }
  return until === 'fit' || !isFinal;
}

/** `--workers`. */
export function parseWorkers(text: string): number | 'auto' {
  if (text === 'auto') {
    return 'auto';
  }
  const workers = Number(text);
  if (!Number.isInteger(workers) || workers < 1) {
    throw new NlpflowError('USAGE', `--workers must be a whole number of at least 1, or auto, not ${text}`);
  }
  return workers;
}
