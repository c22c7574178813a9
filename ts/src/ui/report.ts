import { inDollars } from '../cost/dollars.ts';
import type { CorpusSummary, FeaturesSummary } from '../native/stages.ts';
import { baselineWords } from '../runs/baseline.ts';
import type { ResultRow, RunRecord } from '../runs/manifest.ts';
import { brief, type Column, count, metric, plural } from './format.ts';
import type { Output } from './output.ts';
import { hoursInWords, scaleWords } from './words.ts';

/** Configurations that the table shows; results.parquet has all of them. */
const SHOWN = 20;

/** Where a run's files are, and how its metrics are read. */
export interface ReportPlaces {
  /** Path of a run's file as the user would type it. */
  readonly path: (file: string) => string;
  /** Whether a higher value of the metric is better. */
  readonly higherIsBetter: (metric: string) => boolean;
  /** Options that the next command needs to find the run again, e.g. `--store DIR`. */
  readonly storeFlag: string;
}

/** Prints what came of a run: configurations, test metrics beside the baseline, the verdict, the model and what to do next. */
export function reportRun(record: RunRecord, places: ReportPlaces, out: Output): void {
  out.result('run', record);
  if (record.until === 'preprocess') {
    reportPreprocess(record, out);
  }
  if (record.results && record.results.length > 0) {
    out.line();
    reportConfigurations(record, places, out);
  }
  reportMetrics(record, out);
  if (record.failures.length > 0) {
    out.line();
    const [first] = record.failures;
    const text = `${plural(record.failures.length, 'task')} failed; the first: ${first?.label}: ${brief(first?.message ?? '')}`;
    out.line({ style: 'bad', text });
  }
  if (record.verdict !== undefined) {
    out.line();
    out.line(`verdict  ${record.verdict}`);
  }
  const scale = (record.summaries.corpus as CorpusSummary | undefined)?.scale;
  if (typeof scale === 'string' && record.until !== 'preprocess') {
    out.line();
    out.line(`scale    ${scaleWords(scale)}`);
  }
  reportCost(record, out);
  out.line();
  reportNext(record, places, out);
}

/** What the run cost beside what was foretold, and what its limit left out. */
function reportCost({ usage, forecast, limit, plan }: RunRecord, out: Output): void {
  const cost = usage?.dollars;
  if (typeof cost !== 'number' && !limit?.reached) return;
  out.line();
  if (typeof cost === 'number') {
    const foretold = forecast?.dollars;
    const range = foretold ? `, foretold ${inDollars(foretold.low)} to ${inDollars(foretold.high)}` : '';
    out.line(`cost     ${inDollars(cost)} for ${hoursInWords(usage?.vcpu_hours ?? 0)} vCPU-hours${range}`);
  }
  if (limit?.reached) {
    const left = `${limit.left_out.length} of ${plural(plan.configurations, 'configuration')} left out`;
    out.line(`limit    --max-cost ${inDollars(limit.dollars)} was reached: ${left}`);
  }
}

function reportPreprocess(record: RunRecord, out: Output): void {
  const corpus = record.summaries.corpus as CorpusSummary | undefined;
  const final = record.summaries.final as FeaturesSummary | undefined;
  out.line();
  if (corpus) {
    out.line(
      `rows     ${count(corpus.documents)} used of ${count(corpus.records)}, ${plural(corpus.bad_rows, 'bad row')}`,
    );
    out.line(`tokens   ${count(corpus.tokens)}, ${count(corpus.terms)} different`);
  }
  if (final) {
    out.line(
      `matrix   ${count(final.analysis)} training and ${plural(final.assessment, 'test row')} × ${plural(final.columns, 'column')}, ${count(final.entries)} values`,
    );
  }
}

function reportConfigurations(record: RunRecord, places: ReportPlaces, out: Output): void {
  const deciding = record.best?.metric ?? record.config.tune.metric;
  const sign = places.higherIsBetter(deciding) ? -1 : 1;
  const rows = (record.results ?? []).filter((row) => row.metric === deciding);
  const order = (row: ResultRow) => (row.complete && row.mean !== null ? sign * row.mean : Number.POSITIVE_INFINITY);
  const sorted = rows.toSorted((a, b) => compare(order(a), order(b)));
  const names = Object.keys(rows[0]?.values ?? {});
  const columns: Column[] = [
    { title: '' },
    { title: 'configuration' },
    ...names.map((title) => ({ title, right: true })),
    { title: 'mean', right: true },
    { title: 'n', right: true },
    { title: 'std_err', right: true },
  ];
  out.line(
    `${plural(rows.length, 'configuration')} by ${deciding} over ${plural(record.plan.folds, 'fold')}, best first`,
  );
  out.line();
  const cells = sorted
    .slice(0, SHOWN)
    .map((row) => [
      row.configuration === record.best?.id ? '*' : row.complete ? '' : '!',
      row.configuration,
      ...names.map((name) => String(row.values[name] ?? '')),
      metric(row.mean),
      String(row.n),
      metric(row.std_err),
    ]);
  out.table(columns, cells);
  if (sorted.length > SHOWN) {
    out.line(`and ${count(sorted.length - SHOWN)} more in ${places.path('results.parquet')}`);
  }
  out.line();
  const notes = record.best ? [`* the best: ${record.best.id}`] : [];
  if (sorted.some((row) => !row.complete)) {
    const why = record.limit?.reached ? 'not all folds are there' : 'a fold failed';
    notes.push(`! ${why}, so it cannot be selected`);
  }
  out.line(notes.join('   '));
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function reportMetrics(record: RunRecord, out: Output): void {
  const { cv, cv_baseline, test, test_baseline } = record.metrics ?? {};
  const columns: Column[] = [{ title: 'metric' }];
  const values: ((name: string) => string)[] = [];
  const add = (title: string, value: (name: string) => string) => {
    columns.push({ title, right: true });
    values.push(value);
  };
  if (cv) {
    add('cross-validation', (name) => metric(cv[name]?.mean));
  }
  if (cv && cv_baseline) {
    add('baseline', (name) => metric(cv_baseline[name]?.mean));
  }
  if (test) {
    add('test set', (name) => metric(test[name]));
  }
  if (test && test_baseline) {
    add('baseline', (name) => metric(test_baseline[name]));
  }
  if (values.length === 0) {
    return;
  }
  out.line();
  out.table(
    columns,
    record.config.tune.metrics.map((name) => [name, ...values.map((value) => value(name))]),
  );
  if (cv_baseline || test_baseline) {
    out.line();
    out.line(`baseline: ${baselineWords(record)}`);
  }
}

function reportNext(record: RunRecord, places: ReportPlaces, out: Output): void {
  const run = record.id;
  const line = (label: string, text: string) => out.line(`${label.padEnd(8)} ${text}`);
  line('run', run);
  line('report', `nlpflow open ${run}${places.storeFlag}`);
  if (record.status !== 'done' && record.until !== 'fit') {
    return;
  }
  switch (record.until) {
    case 'preprocess':
      line('next', `nlpflow get ${run} vocabulary -o vocabulary.csv${places.storeFlag}`);
      break;
    case 'tune':
      line('results', places.path('results.parquet'));
      line('next', `nlpflow fit ${run}${places.storeFlag}`);
      break;
    case 'fit':
      if (record.keys.fit !== undefined) {
        line('model', places.path('model.nlpf'));
        line('next', `nlpflow predict ${run} NEW.csv -o predictions.csv${places.storeFlag}`);
      }
      break;
  }
}
