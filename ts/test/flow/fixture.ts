/** A registry of the native one's shape and a configuration of the example's: for tests that run without the add-on. */

import type { ResolvedConfig } from '../../src/config/types.ts';
import type { ParamSpec, Registry } from '../../src/native/registry.ts';

function param(
  name: string,
  aliases: string[],
  fallback: ParamSpec['default'],
  kind: ParamSpec['kind'] = 'float',
): ParamSpec {
  return { name, aliases, kind, default: fallback, doc: name, tunable: true };
}

export const REGISTRY: Registry = {
  version: '0.1.0',
  format: 1,
  reading: 2,
  unicode: '17.0',
  unicode_properties: '18.0.0',
  engines: {
    native: { version: '1', limits: [{ parameter: 'max_depth', min: 1, max: 20 }] },
    xgboost: { version: '3.4.1', limits: [] },
  },
  steps: [
    { name: 'words', role: 'tokenizer', doc: 'words', params: [param('lowercase', [], true, 'bool')] },
    { name: 'stopwords', role: 'filter', doc: 'stop words', params: [param('language', [], 'en', 'string')] },
    {
      name: 'tokenfilter',
      role: 'filter',
      doc: 'token filter',
      params: [param('max_tokens', [], 100, 'int'), param('min_times', [], 0)],
    },
    { name: 'tfidf', role: 'weighting', doc: 'tf-idf', params: [param('smooth_idf', [], true, 'bool')] },
  ],
  parameters: [
    param('trees', ['num_round', 'n_estimators'], 100, 'int'),
    param('max_depth', ['tree_depth'], 6, 'int'),
    param('eta', ['learn_rate'], 0.3),
    param('subsample', ['sample_size'], 1),
    param('min_child_weight', ['min_n'], 1),
    param('objective', [], 'reg:squarederror', 'choice'),
    param('zeros', [], 'value', 'choice'),
  ],
  objectives: [],
  metrics: [
    { name: 'mae', direction: 'minimize', doc: 'mean absolute error' },
    { name: 'rmse', direction: 'minimize', doc: 'root mean squared error' },
    { name: 'rsq', direction: 'maximize', doc: 'squared correlation' },
  ],
  model_format: 2,
};

/** The example's configuration: 16 points, of which pairs differ in `trees` only. */
export const CONFIG: ResolvedConfig = {
  data: {
    source: '/data/packages.csv.gz',
    text: 'description',
    outcome: 'log1p(installed_size)',
    na: 'empty',
    empty: 'keep',
    max_bad_rows: 0.01,
  },
  split: { prop: 0.8, seed: 20201225 },
  recipe: [
    { tokenize: { words: {} } },
    { stopwords: { language: 'en' } },
    { tokenfilter: { max_tokens: 100, min_times: 0.001 } },
    { tfidf: {} },
  ],
  model: { engine: 'auto', objective: 'reg:squarederror', zeros: 'value', min_n: 1 },
  tune: {
    folds: 5,
    seed: 20201225,
    grid: { trees: [300, 500], tree_depth: [6, 12], learn_rate: [0.1, 0.3], sample_size: [0.8, 1] },
    metric: 'rmse',
    metrics: ['rmse', 'mae', 'rsq'],
    select: 'best',
  },
};

/** The configuration with parts replaced. */
export function withConfig(change: {
  data?: Partial<ResolvedConfig['data']>;
  split?: ResolvedConfig['split'];
  recipe?: ResolvedConfig['recipe'];
  model?: Record<string, number | string | boolean>;
  tune?: Partial<ResolvedConfig['tune']>;
}): ResolvedConfig {
  return {
    data: { ...CONFIG.data, ...change.data },
    split: change.split ?? CONFIG.split,
    recipe: change.recipe ?? CONFIG.recipe,
    model: { ...CONFIG.model, ...change.model },
    tune: { ...CONFIG.tune, ...change.tune },
  };
}
