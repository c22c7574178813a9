/** What the rest of a run will take: hours, vCPU-hours, dollars and memory, each at least, likely and at most. */

import { exactly, larger, NOTHING, type Range, sum, times } from '../cost/range.ts';
import { foretoldCost, type Tariff } from '../cost/tariff.ts';
import type { StageName } from '../events.ts';
import { availableCores } from '../executors/capacity.ts';
import type { Executor } from '../executors/executor.ts';
import { runStage } from '../native/binding.ts';
import type { BoostOptions, CorpusSummary, FeaturesSummary, SplitSummary } from '../native/stages.ts';
import type { Store } from '../store/store.ts';
import { canBring, type ForetellContext, type Foretold, foretell, type MatrixSize } from './foretell.ts';
import { type Plan, taskOf } from './plan.ts';
import type { Until } from './run.ts';
import { stageWork } from './stage.ts';
import type { Task } from './task.ts';

/** What is foretold of a run. */
export interface Forecast {
  /** Tasks that are missing. */
  readonly tasks: number;
  readonly hours: Range;
  readonly vcpu_hours: Range;
  /** Null where nothing is paid. */
  readonly dollars: Range | null;
  /** Bytes that the largest booster needs; null before its features are there. */
  readonly memory: number | null;
  /** Share of a processor that the calibration had: what runs elsewhere is not slowed by what else this machine does. */
  readonly busy: number;
  /** How times and prices were found. */
  readonly basis: string;
  readonly prices: string | null;
}

/** A forecast with what it rests on, for who watches the cost. */
export interface Outlook {
  readonly forecast: Forecast;
  readonly boosters: Foretold;
  /** Seconds of each task, here or on a machine like this one of its own. */
  readonly times: ReadonlyMap<string, Range>;
  /** The same of the final fit; undefined when there is none. */
  readonly fit: Range | undefined;
}

export interface ForecastOf {
  readonly planned: Plan;
  readonly until: Until;
  /** Whether there is a cross-validation. */
  readonly isTuned: boolean;
  readonly executor: Executor;
  readonly workers: number | 'auto';
  /** Bytes of the table. */
  readonly bytes: number;
  /** Of what the run did already: the forecast is of all of it. */
  readonly spent?: { readonly seconds: number; readonly vcpu_hours: number; readonly dollars: number };
}

/** Tokens a second of a features task; it passes over them twice. */
const FEATURES_PACE = { low: 1 / 1.6e8, likely: 1 / 5e7, high: 1 / 1e7 };
/** The same whatever the documents: what is kept in reserve for it must be enough also when its process starts slowly. */
const FIT_END = { low: 0.02, likely: 0.05, high: 1.5 };
/** Seconds of a task that is small. */
const SMALL = { low: 0.005, likely: 0.02, high: 0.2 };
/** What the final fit takes beside its rounds, in seconds a document: predictions, importance, files. */
const FIT_PACE = { low: 1.5e-6, likely: 6e-6, high: 2.5e-5 };
/** A row of the table, in bytes, and how much smaller compressed ones are. */
const ROW_BYTES = 300;
const TOKEN_BYTES = 7;
const COMPRESSED = 3.5;

/** Foretells the rest of a run. */
export async function forecast(of: ForecastOf, context: ForetellContext): Promise<Outlook> {
  const { planned, until, executor } = of;
  const { store } = context;
  const guess = await guesser(of, store);
  const missing = async (stage: StageName): Promise<readonly Task[]> => {
    const wanted = planned.tasks.filter((task) => task.stage === stage && isWanted(task, of));
    return (await stageWork(stage, wanted, store)).missing;
  };
  const cores = of.workers === 'auto' ? availableCores() : of.workers;
  const features = await missing('features');
  const boost = of.isTuned ? await missing('boost') : [];
  const boosters = await foretell(boost, cores, { ...context, guess: guess.size });
  const fit = until === 'fit' ? await fitSeconds(of, boosters, context, guess) : undefined;
  const where = { executor, busy: boosters.busy };
  const stages: Stage[] = [];
  const perTask = new Map<string, Range>(boosters.times);
  const featureSeconds = sum([times(FEATURES_PACE, guess.tokens), SMALL]);
  for (const task of features) perTask.set(task.id, featureSeconds);
  const lane = Math.max(1, Math.min(cores, features.length));
  stages.push(
    await stageOf(
      'features',
      features.map(() => featureSeconds),
      lane,
      Math.max(1, Math.floor(cores / lane)),
      where,
    ),
  );
  const threads = of.workers === 'auto' ? Math.max(1, Math.floor(availableCores() / Math.max(1, boost.length))) : 1;
  stages.push(
    await stageOf(
      'boost',
      boost.map(({ id }) => perTask.get(id) ?? NOTHING),
      Math.max(1, Math.min(cores, boost.length)),
      threads,
      where,
    ),
  );
  if (fit) stages.push(await stageOf('fit', [fit], 1, availableCores(), where));
  const share = executor.slots?.('boost') === undefined ? 1 : boosters.busy;
  const used = stages.filter(({ count }) => count > 0);
  const { spent } = of;
  const seconds = sum([...used.map((one) => one.elapsed), exactly(spent?.seconds ?? 0)]);
  const tariff = used.map((one) => one.tariff).find((one) => one !== undefined);
  return {
    forecast: {
      tasks: used.reduce((total, { count }) => total + count, 0),
      hours: times(seconds, 1 / 3600),
      vcpu_hours: sum([...used.map((one) => one.vcpuHours), exactly(spent?.vcpu_hours ?? 0)]),
      dollars: tariff ? sum([...used.map((one) => one.dollars), exactly(spent?.dollars ?? 0)]) : null,
      memory: await memoryOf(boost, boosters, store),
      busy: boosters.busy,
      basis: boosters.basis,
      prices: tariff?.basis ?? null,
    },
    boosters,
    times: new Map([...perTask].map(([id, seconds]) => [id, times(seconds, share)])),
    fit: fit && times(fit, share),
  };
}

interface Stage {
  readonly count: number;
  readonly elapsed: Range;
  readonly vcpuHours: Range;
  readonly dollars: Range;
  readonly tariff: Tariff | undefined;
}

async function stageOf(
  stage: StageName,
  tasks: readonly Range[],
  workers: number,
  threads: number,
  { executor, busy }: { executor: Executor; busy: number },
): Promise<Stage> {
  const tariff = tasks.length === 0 ? undefined : await executor.tariff?.(stage, threads);
  const isHere = executor.slots?.(stage) === undefined;
  const atOnce = Math.max(1, Math.min(isHere ? workers : (tariff?.room ?? tasks.length), tasks.length));
  // Workers of one machine share its memory and caches.
  const crowd = isHere && atOnce > 1 ? { low: 1, likely: 1.05, high: 1.4 } : exactly(1);
  const paid = tasks.map((seconds) => {
    const here = times(seconds, isHere ? crowd : busy);
    return tariff ? foretoldCost(tariff, here) : { seconds: here, dollars: NOTHING };
  });
  const all = sum(paid.map((one) => one.seconds));
  const longest = paid.reduce((most, one) => larger(most, one.seconds), NOTHING);
  const wait = tasks.length > 0 && tariff ? tariff.wait : NOTHING;
  return {
    count: tasks.length,
    elapsed: sum([larger(times(all, 1 / atOnce), longest), wait]),
    vcpuHours: times(all, (tariff?.vcpus ?? threads) / 3600),
    dollars: sum(paid.map((one) => one.dollars)),
    tariff,
  };
}

/** The final fit is that of some configuration: reckoned with the one that takes longest. */
async function fitSeconds(
  { planned, isTuned }: ForecastOf,
  boosters: Foretold,
  context: ForetellContext,
  guess: Guess,
): Promise<Range> {
  const tasks = planned.tasks.filter(({ stage }) => stage === 'boost');
  const first = planned.boosters.flatMap(({ id }) => tasks.find((task) => task.id.startsWith(`boost/${id}/`)) ?? []);
  // Boosters that are done already need a time, too, since one of them may be fitted.
  const isAsked = first.every(({ id }) => boosters.times.has(id));
  const known = isAsked ? boosters : await foretell(first, 1, { ...context, measure: 'never', guess: guess.size });
  const longest = first.reduce((most, { id }) => larger(most, known.times.get(id) ?? NOTHING), NOTHING);
  // All training rows instead of those of a fold.
  const rows = isTuned && planned.folds > 1 ? planned.folds / (planned.folds - 1) : 1;
  // Threads help with some of it only.
  const threads = availableCores();
  const spread = { low: rows / threads, likely: rows / Math.sqrt(threads), high: rows };
  return sum([times(longest, spread), times(FIT_PACE, guess.documents), FIT_END]);
}

function isWanted({ stage, options }: Task, { until, isTuned, planned }: ForecastOf): boolean {
  if (stage !== 'features') return true;
  const isFinal = options['fold'] === null;
  if (until === 'preprocess' || !isTuned) return isFinal;
  return until === 'fit' || !isFinal || planned.folds === 0;
}

interface Guess {
  readonly tokens: number;
  readonly documents: number;
  readonly size: (task: Task) => MatrixSize | undefined;
}

/** What is known of matrices that are not there: by the corpus, or by the size of the table. */
async function guesser({ planned, bytes }: ForecastOf, store: Store): Promise<Guess> {
  const corpusTask = taskOf(planned, 'corpus');
  const splitTask = taskOf(planned, 'split');
  const hasCorpus = await store.has('corpus', corpusTask.key);
  const hasSplit = await store.has('split', splitTask.key);
  const plain = bytes * (/gz|zst/.test(String(corpusTask.explain['extension'])) ? COMPRESSED : 1);
  const corpus = hasCorpus ? ((await store.summary('corpus', corpusTask.key)) as CorpusSummary) : undefined;
  const split = hasSplit ? ((await store.summary('split', splitTask.key)) as SplitSummary) : undefined;
  const tokens = corpus?.tokens ?? plain / TOKEN_BYTES;
  const documents = corpus?.documents ?? plain / ROW_BYTES;
  const terms = corpus?.terms ?? 40 * Math.sqrt(tokens);
  const folds = Math.max(2, planned.folds);
  const share = (split && documents > 0 ? split.train / documents : 0.8) * ((folds - 1) / folds);
  const size = (task: Task): MatrixSize | undefined => {
    const from = planned.tasks.find(({ key }) => key === task.inputs['features']?.key);
    const columns = Math.min(terms, columnsOf(from) ?? terms);
    // Frequent terms take most of the tokens, and each document counts each once.
    const entries = tokens * share * (Math.log1p(columns) / Math.log1p(terms)) ** 2;
    return { entries, analysis: documents * share, columns };
  };
  return { tokens, documents, size };
}

/** Columns that a recipe keeps at most. */
function columnsOf(features: Task | undefined): number | undefined {
  const steps = (features?.options['recipe'] ?? []) as readonly Readonly<Record<string, { max_tokens?: unknown }>>[];
  const limits = steps.map((step) => step['tokenfilter']?.max_tokens).filter((one) => typeof one === 'number');
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/** Bytes that the longest booster needs whose features are there. */
async function memoryOf(
  tasks: readonly Task[],
  { times: known, kind }: Foretold,
  store: Store,
): Promise<number | null> {
  if (kind === 'guess') return null;
  const longest = tasks.toSorted((a, b) => (known.get(b.id)?.likely ?? 0) - (known.get(a.id)?.likely ?? 0))[0];
  const from = longest?.inputs['features'];
  if (!longest || !from || !(await store.has(from.stage, from.key))) return null;
  const { entries } = (await store.summary(from.stage, from.key)) as FeaturesSummary;
  if (!canBring(entries, store)) return null;
  const { engine, parameters, trees } = longest.options as unknown as BoostOptions;
  const options = { features: await store.folder(from.stage, from.key), engine };
  const asked = { ...options, parameters: { ...parameters, trees: Math.max(...trees) } };
  // What is wrong with its parameters is told by the task itself.
  const found = await runStage('estimate', asked).catch(() => null);
  return found?.bytes ?? null;
}
