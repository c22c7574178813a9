/** Reports' data made up for tests: a whole run with hostile texts, and the extremes. */

import type { Plan } from '../../src/flow/plan.ts';
import type { CorpusSummary, FeaturesSummary, SplitSummary } from '../../src/native/stages.ts';
import type { PredictionSummary, ReportData, Span, Token } from '../../src/report/data.ts';
import type { ResultRow, RunRecord } from '../../src/runs/manifest.ts';
import { withConfig } from '../flow/fixture.ts';

/** Texts that try to leave their place. */
export const HOSTILE = [
  '<script>document.title="broken"</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '&lt;b&gt;',
  '</style><style>*{display:none}</style>',
  'https://example.org/picture.png',
  '\u202eright-to-left',
  'x'.repeat(300),
  'nul\u0000bell\u0007',
] as const;

const FOLDS = 5;

interface Shape {
  /** Values of each grid parameter. */
  readonly grid: Readonly<Record<string, readonly (number | string)[]>>;
  /** Ids of configurations without a complete result. */
  readonly broken?: readonly string[];
}

/** A finished run with everything in it. */
export function wholeReport(
  shape: Shape = { grid: { trees: [300, 500], tree_depth: [6, 12], learn_rate: [0.1, 0.3] } },
): ReportData {
  const { plan, results } = tuned(shape);
  const best = results.find(({ complete }) => complete);
  const tokens = HOSTILE.map(
    (token, column): Token => ({
      token,
      column,
      n: 4000 - column,
      df: 3000 - column,
      idf: column === 1 ? null : 1 + column / 7,
    }),
  );
  const record: RunRecord = {
    ...base(shape),
    results,
    plan: { configurations: plan.configurations.length, boosters: plan.boosters.length, folds: FOLDS, recipes: 1 },
    failures: (shape.broken ?? []).map((id, index) => ({
      task: `boost/${id.replace('cfg', 'b')}/fold1`,
      label: `fold 1 ${id}`,
      code: index % 2 === 0 ? 'WORKER_DIED' : 'MEMORY',
      message: `the worker was killed (${HOSTILE[0]})`,
    })),
    verdict:
      'better than always predicting the mean: rmse 1.596 against 2.097 over 5 folds (gain 0.5, 95 % interval 0.48 to 0.52)',
    metrics: {
      cv: { rmse: { mean: 1.596, n: 5, std_err: 0.006 }, rsq: { mean: 0.42, n: 5, std_err: 0.004 } },
      cv_baseline: { rmse: { mean: 2.097, n: 5, std_err: 0.005 }, rsq: { mean: null, n: 0, std_err: null } },
      train: { rmse: 1.05, rsq: 0.77 },
      test: { rmse: 1.56, rsq: 0.44 },
      test_baseline: { rmse: 2.095, rsq: null },
    },
    ...(best
      ? {
          best: {
            id: best.configuration,
            values: best.values,
            metric: 'rmse',
            mean: best.mean,
            n: best.n,
            std_err: best.std_err,
          },
        }
      : {}),
  };
  return {
    record,
    plan,
    vocabulary: { size: tokens.length, occurrences: 30_000, frequent: tokens, rare: tokens.toReversed() },
    importance: {
      trees: 500,
      splits: 60_000,
      used: tokens.length,
      tokens: tokens.map((token, place) => ({
        ...token,
        gain: 1000 / (place + 1),
        share: 0.3 / (place + 1),
        splits: 90 - place,
      })),
    },
    predictions: predictions(),
    curves: {
      of: plan.boosters.length,
      curves: plan.boosters.slice(0, 6).map((booster, index) => ({
        booster: booster.id,
        values: booster.values,
        points: Array.from({ length: 30 }, (_, step) => ({
          trees: (step + 1) * 10,
          mean: 1.6 + 0.02 * index + Math.exp(-step / (4 + index)),
          n: FOLDS,
          std_err: 0.01,
        })),
      })),
    },
    timeline: {
      spans: spans(plan.boosters.length * FOLDS),
      reused: { corpus: 1, split: 1 },
      estimates: [{ workers: 2, memory: 1e9, reason: '2 workers: one a core' }],
      warnings: [`a warning with ${HOSTILE[0]}`],
    },
    maximized: new Set(['rsq']),
    unreadable: [],
    storeFlag: '',
  };
}

/** A run of which only the data were looked at. */
export function preprocessReport(): ReportData {
  const { vocabulary, timeline, storeFlag, maximized, unreadable } = wholeReport();
  const record: RunRecord = {
    ...base({ grid: {} }),
    until: 'preprocess',
    keys: { corpus: 'a1', split: 'b2', final: 'c3' },
  };
  return {
    record,
    maximized,
    unreadable,
    storeFlag,
    ...(vocabulary ? { vocabulary } : {}),
    ...(timeline ? { timeline } : {}),
  };
}

/** A run that ended before anything was computed. */
export function failedReport(): ReportData {
  const error = {
    code: 'UNCLOSED_QUOTE',
    message: `data.csv: the quote that opens a field on line 7 is never closed ${HOSTILE[0]}`,
  };
  const record: RunRecord = { ...base({ grid: {} }), status: 'failed', keys: {}, summaries: {}, error };
  return {
    record,
    maximized: new Set(),
    unreadable: ['plan.json: it is not JSON'],
    storeFlag: ' --store s3://bucket/prefix',
  };
}

/** Two hundred configurations of six parameters, some of which failed. */
export function largeReport(): ReportData {
  return wholeReport({
    grid: {
      trees: [100, 200, 300, 400, 500],
      tree_depth: [2, 4, 6, 8, 10],
      learn_rate: [0.01, 0.1],
      'tokenfilter.max_tokens': [100, 1000],
      booster: ['gbtree_with_a_rather_long_name', 'dart'],
      sample_size: [1],
    },
    broken: ['cfg007', 'cfg008', 'cfg150'],
  });
}

function base({ grid }: Shape): RunRecord {
  const config = withConfig({
    data: { source: '/somewhere/on/this/machine/data.csv', outcome: 'log1p(size)' },
    tune: { folds: FOLDS, grid, metric: 'rmse', metrics: ['rmse', 'rsq'] },
  });
  const corpus: CorpusSummary = {
    records: 63_666,
    documents: 63_540,
    tokens: 3_980_008,
    terms: 86_043,
    bad_rows: 2,
    dropped: { null_outcome: 124, null_text: 0, empty_text: 0 },
    first_bad: [{ row: 3, line: 5, reason: HOSTILE[1] }],
    recognised: [],
    outcome: { min: 1.09, max: 15.7, mean: 5.8, sd: 2.1, min_row: 0, max_row: 1 },
    empty_documents: 3,
    bytes: 6e6,
    warnings: [],
  };
  const split: SplitSummary = {
    train: 50_832,
    test: 12_708,
    folds: Array.from({ length: FOLDS }, () => ({ analysis: 40_000, assessment: 10_000 })),
    baseline: { constants: { rmse: 'mean', mae: 'median' }, folds: [], test: {} },
    copies: { test: 0.031, folds: 0.0284 },
    warnings: [],
  };
  const final: FeaturesSummary = {
    columns: 100,
    analysis: 50_832,
    assessment: 12_708,
    entries: 540_383,
    empty_rows: 408,
    warnings: [],
  };
  return {
    format: 1,
    id: '20261124-031834-ab2c',
    name: `debian ${HOSTILE[0]}`,
    status: 'done',
    until: 'fit',
    created: '2026-11-24T03:18:34.000Z',
    finished: '2026-11-24T03:21:55.000Z',
    config,
    config_path: 'examples/nlpflow.yaml',
    data: { digest: '6e71de98db52f5ea7fb043106642f6a640bd389fdf265f45f7d48462b01aa286', bytes: 6_655_330 },
    versions: { nlpflow: '0.1.0', xgboost: '3.4.1' },
    plan: { configurations: 1, boosters: 1, folds: FOLDS, recipes: 1 },
    keys: { corpus: '72fc6daf2a11f7f52e05fd56bab1f3bc', split: '119', final: 'fd8', fit: '656' },
    summaries: { corpus, split, final },
    failures: [],
    seconds: 201,
    process: { pid: 1, host: 'vm' },
  };
}

function tuned({ grid, broken = [] }: Shape): { plan: NonNullable<ReportData['plan']>; results: ResultRow[] } {
  const points = Object.entries(grid).reduce<Record<string, number | string>[]>(
    (all, [name, values]) => all.flatMap((point) => values.map((value) => ({ ...point, [name]: value }))),
    [{}],
  );
  const width = Math.max(2, String(points.length).length);
  const number = (index: number) => String(index + 1).padStart(width, '0');
  const configurations: Plan['configurations'] = points.map((values, index) => ({
    id: `cfg${number(index)}`,
    values,
    booster: `b${number(index)}`,
    recipe: 'r1',
    trees: 300,
  }));
  const boosters: Plan['boosters'] = points.map((values, index) => ({
    id: `b${number(index)}`,
    parameters: {},
    trees: [300],
    recipe: 'r1',
    values,
    engine: 'native',
    reason: 'it covers all that is asked',
  }));
  const results = configurations.flatMap(({ id, values }, index) =>
    (['rmse', 'rsq'] as const).map((metric): ResultRow => {
      const complete = !broken.includes(id);
      return {
        configuration: id,
        values,
        metric,
        mean: 1.6 + (index % 13) / 20,
        n: complete ? FOLDS : FOLDS - 1,
        std_err: 0.006,
        complete,
      };
    }),
  );
  const recipes = [
    { id: 'r1', steps: [{ tokenize: { words: { lowercase: true } } }, { tokenfilter: { max_tokens: 100 } }] },
  ];
  return { plan: { folds: FOLDS, configurations, boosters, recipes }, results };
}

function predictions(): PredictionSummary {
  const bins = Array.from({ length: 40 }, (_, index) => ({
    from: index / 4,
    to: (index + 1) / 4,
    n: Math.round(4000 * Math.exp(-((index - 15) ** 2) / 90)),
  }));
  const cells = Array.from({ length: 36 * 36 }, (_, index) => {
    const [x, y] = [index % 36, Math.floor(index / 36)];
    return { x: x / 3, y: y / 3, n: Math.round(130 * Math.exp(-((x - y) ** 2) / 30)) };
  });
  return {
    train: 50_832,
    test: 12_708,
    outcomes: { bins, below: 1, above: 127 },
    density: { from: 0, width: 1 / 3, size: 36, cells: cells.filter(({ n }) => n > 0), outside: 59 },
    residuals: { bins: bins.map(({ from, to, n }) => ({ from: from - 4, to: to - 4, n })), below: 0, above: 0 },
    deciles: Array.from({ length: 10 }, (_, index) => ({
      from: index,
      to: index + 1,
      n: 1270,
      predicted: index + 0.5,
      observed: index + 0.4,
      residual: -0.1 + index / 40,
      std_err: 0.04,
      rmse: 1.5,
    })),
  };
}

function spans(boosters: number): Span[] {
  const began = Date.parse('2026-11-24T03:18:34Z');
  return Array.from({ length: boosters }, (_, index): Span => {
    const started = began + Math.floor(index / 2) * 5000;
    return {
      task: `boost/b${index}`,
      stage: 'boost',
      label: `b${index}`,
      status: index === 3 ? 'failed' : 'done',
      started,
      ended: started + 4900,
      peakMemory: 2e8,
      cpuSeconds: 4.8,
      host: HOSTILE[0],
    };
  });
}
