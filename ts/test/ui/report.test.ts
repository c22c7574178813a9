import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { Output } from '../../src/ui/output.ts';
import { reportRun } from '../../src/ui/report.ts';

const row = (configuration: string, trees: number, depth: number, mean: number | null, complete = true) =>
  ['rmse', 'rsq'].map((metric) => ({
    configuration,
    values: { trees, tree_depth: depth },
    metric,
    mean: metric === 'rsq' ? 0.5 : mean,
    n: complete ? 5 : 4,
    std_err: 0.0123,
    complete,
  }));

const RECORD: RunRecord = {
  format: 1,
  id: '20261124-031834-ab2c',
  name: 'debian-packages',
  status: 'done',
  until: 'fit',
  created: '2026-11-24T03:18:34.000Z',
  config: {
    data: {
      source: '/data/packages.csv.gz',
      text: 'description',
      outcome: 'log1p(installed_size)',
      na: 'empty',
      empty: 'keep',
      max_bad_rows: 0.01,
    },
    split: { prop: 0.8, seed: 1 },
    recipe: [],
    model: { engine: 'xgboost' },
    tune: {
      folds: 5,
      seed: 1,
      grid: { trees: [300, 500], tree_depth: [6, 12] },
      metric: 'rmse',
      metrics: ['rmse', 'rsq'],
      select: 'best',
    },
  },
  config_path: 'nlpflow.yaml',
  data: { digest: '0'.repeat(64), bytes: 1 },
  versions: {},
  plan: { configurations: 4, boosters: 2, folds: 5, recipes: 1 },
  keys: { corpus: 'a', split: 'b', final: 'c', fit: 'd' },
  summaries: {
    corpus: { records: 63_666, documents: 63_664, tokens: 4_200_000, terms: 91_000, bad_rows: 2 },
    final: { columns: 100, analysis: 50_931, assessment: 12_733, entries: 640_000 },
  },
  best: { id: 'cfg03', values: { trees: 500, tree_depth: 6 }, metric: 'rmse', mean: 1.5, n: 5, std_err: 0.0123 },
  results: [
    ...row('cfg01', 300, 6, 1.6),
    ...row('cfg02', 300, 12, 1.7),
    ...row('cfg03', 500, 6, 1.5),
    ...row('cfg04', 500, 12, 1.4, false),
  ],
  metrics: {
    cv: { rmse: { mean: 1.5, n: 5, std_err: 0.0123 }, rsq: { mean: 0.41, n: 5, std_err: 0.01 } },
    cv_baseline: { rmse: { mean: 1.95, n: 5, std_err: 0.01 }, rsq: { mean: null, n: 0, std_err: null } },
    train: { rmse: 1.3, rsq: 0.6 },
    test: { rmse: 1.52, rsq: 0.4 },
    test_baseline: { rmse: 1.96, rsq: null },
  },
  verdict: 'better than always predicting the mean in every fold',
  failures: [
    { task: 'boost/b02/fold1', label: 'tree_depth 12, fold 1', code: 'WORKER_DIED', message: 'the worker was killed' },
  ],
  seconds: 31,
  process: { pid: 1, host: 'here' },
};

function report(record: RunRecord, json = false): string {
  let text = '';
  const out = new Output((more) => (text += more), { json, color: false });
  const places = {
    path: (file: string) => `.nlpflow/runs/${record.id}/${file}`,
    higherIsBetter: (name: string) => name === 'rsq',
    storeFlag: '',
  };
  reportRun(record, places, out);
  return text;
}

describe('the report of a run', () => {
  test('after a fit: configurations, metrics beside the baseline, verdict, model, next command', () => {
    expect(report(RECORD)).toMatchInlineSnapshot(`
      "
      4 configurations by rmse over 5 folds, best first

         configuration  trees  tree_depth    mean  n   std_err
      *  cfg03            500           6  1.5000  5  0.012300
         cfg01            300           6  1.6000  5  0.012300
         cfg02            300          12  1.7000  5  0.012300
      !  cfg04            500          12  1.4000  4  0.012300

      * the best: cfg03   ! a fold failed, so it cannot be selected

      metric  cross-validation  baseline  test set  baseline
      rmse              1.5000    1.9500    1.5200    1.9600
      rsq              0.41000         -   0.40000         -

      baseline: always predicting the mean outcome of the training rows

      1 task failed; the first: tree_depth 12, fold 1: the worker was killed

      verdict  better than always predicting the mean in every fold

      run      20261124-031834-ab2c
      report   nlpflow open 20261124-031834-ab2c
      model    .nlpflow/runs/20261124-031834-ab2c/model.nlpf
      next     nlpflow predict 20261124-031834-ab2c NEW.csv -o predictions.csv
      "
    `);
  });

  test('the median of a metric, and an outcome on a scale of its own', () => {
    const split = { baseline: { constants: { rmse: 'mean', mae: 'median', mape: 'median' } } };
    const corpus = { scale: 'log1p(size)' };
    const tune = (metrics: string[]) => ({ ...RECORD.config, tune: { ...RECORD.config.tune, metrics } });
    const record = { ...RECORD, summaries: { ...RECORD.summaries, split, corpus } };
    const text = report({ ...record, config: tune(['rmse', 'mae', 'mape']) });
    expect(text).toContain(
      'baseline: always predicting the mean outcome of the training rows; for mae and mape, the median\n',
    );
    expect(text).toContain('\nscale    predictions are on the scale of log1p(size)\n');
    expect(report({ ...record, config: tune(['mae']) })).toContain(
      'baseline: always predicting the median outcome of the training rows\n',
    );
  });

  test('after tune', () => {
    const { verdict: _verdict, ...rest } = RECORD;
    const { cv, cv_baseline } = RECORD.metrics ?? {};
    const text = report({
      ...rest,
      until: 'tune',
      failures: [],
      metrics: { ...(cv ? { cv } : {}), ...(cv_baseline ? { cv_baseline } : {}) },
    });
    expect(text).toContain('next     nlpflow fit 20261124-031834-ab2c');
    expect(text).not.toContain('test set');
  });

  test('after preprocess', () => {
    const { best: _best, results: _results, metrics: _metrics, verdict: _verdict, ...rest } = RECORD;
    expect(report({ ...rest, until: 'preprocess', failures: [] })).toMatchInlineSnapshot(`
      "
      rows     63,664 used of 63,666, 2 bad rows
      tokens   4,200,000, 91,000 different
      matrix   50,931 training and 12,733 test rows × 100 columns, 640,000 values

      run      20261124-031834-ab2c
      report   nlpflow open 20261124-031834-ab2c
      next     nlpflow get 20261124-031834-ab2c vocabulary -o vocabulary.csv
      "
    `);
  });

  test('a metric where more is better is sorted the other way', () => {
    const results = (RECORD.results ?? []).map((one) =>
      one.metric === 'rsq' ? { ...one, mean: Number(one.configuration.slice(3)) / 10 } : one,
    );
    const best = { id: 'cfg03', values: {}, metric: 'rsq', mean: 0.3, n: 5, std_err: null };
    const order = [...report({ ...RECORD, results, best }).matchAll(/cfg\d\d(?= +\d)/g)].map(([id]) => id);
    expect(order).toEqual(['cfg03', 'cfg02', 'cfg01', 'cfg04']);
  });

  test('with --json: the record, and no text', () => {
    const lines = report(RECORD, true).trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ v: 1, event: 'result', kind: 'run', data: { id: RECORD.id } });
  });
});
