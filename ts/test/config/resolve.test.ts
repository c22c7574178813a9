import { describe, expect, test } from 'vitest';
import { ConfigDocument, type Override } from '../../src/config/document.ts';
import { environmentOverrides, flagOverride, parseGrid, parseSet } from '../../src/config/overrides.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import { REGISTRY } from './registry.fixture.ts';

const DATA = 'data: { source: tables/a.csv, text: t, outcome: log1p(y) }\n';

const resolved = (yaml: string, overrides: Override[] = []) =>
  resolveConfig(ConfigDocument.parse(yaml, 'nlpflow.yaml'), overrides, '/project', REGISTRY);
const set = (text: string) => parseSet(text, REGISTRY, '/here');
const environment = (env: Record<string, string>) => environmentOverrides(env, REGISTRY, '/here');

describe('defaults', () => {
  test('the shortest configuration is completed', () => {
    expect(resolved(DATA)).toEqual({
      data: {
        source: '/project/tables/a.csv',
        text: 't',
        outcome: 'log1p(y)',
        na: 'empty',
        empty: 'keep',
        max_bad_rows: 0.01,
      },
      split: { prop: 0.75, seed: 1 },
      recipe: [
        { tokenize: { words: { lowercase: true } } },
        { stopwords: { source: 'snowball', language: 'en' } },
        { tokenfilter: { min_times: 0, percentage: false, max_tokens: 100 } },
        { tfidf: { norm: 'l1' } },
      ],
      model: { engine: 'auto' },
      tune: {
        folds: 10,
        seed: 1,
        grid: {},
        metric: 'rmse',
        metrics: ['rmse', 'mae', 'rsq', 'rsq_trad'],
        select: 'best',
      },
    });
  });

  test('the configuration of issue 3 is read as it stands', () => {
    const config = resolved(`data:   { source: packages.csv.gz, text: description, outcome: log1p(installed_size) }
split:  { prop: 0.8, seed: 20201225 }
recipe: [ tokenize: words, stopwords: { source: snowball, language: en },
          tokenfilter: { min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 }, tfidf: {} ]
model:  { objective: reg:squarederror, zeros: value, trees: 1 }
tune:   { folds: 5, grid: { trees: [300, 500], tree_depth: [6, 12], learn_rate: [0.1, 0.3], sample_size: [0.8, 1.0] }, metric: rmse, select: best }
`);
    expect(config.recipe[2]).toEqual({
      tokenfilter: { min_times: 0.001, max_times: 1, percentage: true, max_tokens: 100 },
    });
    expect(config.split).toEqual({ prop: 0.8, seed: 20201225 });
    expect(config.tune.seed).toBe(20201225);
    expect(config.model).toEqual({ engine: 'auto', objective: 'reg:squarederror', zeros: 'value', trees: 1 });
    expect(Object.entries(config.tune.grid)).toEqual([
      ['trees', [300, 500]],
      ['tree_depth', [6, 12]],
      ['learn_rate', [0.1, 0.3]],
      ['sample_size', [0.8, 1]],
    ]);
  });

  test('what was resolved once is resolved to itself', () => {
    const once = resolved(
      `${DATA}split: { column: set }\ntune: { grid: { trees: 7, tokenfilter.max_tokens: [10, 20] } }\n`,
    );
    expect(resolveConfig(ConfigDocument.from(once, 'run'), [], '/elsewhere', REGISTRY)).toEqual(once);
  });

  test('the deciding metric is always reported', () => {
    expect(resolved(`${DATA}tune: { metric: mae, metrics: [rsq] }\n`).tune.metrics).toEqual(['mae', 'rsq']);
  });
});

describe('steps', () => {
  test.each([
    ['a name', '[tokenize: words, tf]'],
    ['a mapping without settings', '[tokenize: { words: {} }, tf: {}]'],
    ['a key without a value', '[tokenize: { words: }, tf: ]'],
  ])('are written as %s', (_, recipe) => {
    expect(resolved(`${DATA}recipe: ${recipe}\n`).recipe).toEqual([
      { tokenize: { words: { lowercase: true } } },
      { tf: {} },
    ]);
  });
});

test('null is kept where it means something else than the default', () => {
  const filter = (text: string) => resolved(`${DATA}recipe: [tokenize: words, tokenfilter: ${text}, tf]\n`).recipe[1];
  expect(filter('{ max_tokens: null }')).toEqual({
    tokenfilter: { min_times: 0, percentage: false, max_tokens: null },
  });
  expect(filter('{ max_times: null }')).toEqual({ tokenfilter: { min_times: 0, percentage: false, max_tokens: 100 } });
});

describe('precedence', () => {
  const file = `${DATA}tune: { folds: 3 }\n`;

  test('flags before environment before file before defaults', () => {
    const env = environment({ NLPFLOW_TUNE_FOLDS: '4' });
    const flag = flagOverride(['tune', 'folds'], 5, 'folds', REGISTRY, '/here');
    expect(resolved(DATA).tune.folds).toBe(10);
    expect(resolved(file).tune.folds).toBe(3);
    expect(resolved(file, env).tune.folds).toBe(4);
    expect(resolved(file, [...env, flag]).tune.folds).toBe(5);
  });

  test('another name of a parameter replaces the one in the file', () => {
    expect(resolved(`${DATA}model: { eta: 0.1 }\n`, [set('model.learn_rate=0.2')]).model).toEqual({
      engine: 'auto',
      learn_rate: 0.2,
    });
    const grid = [parseGrid('max_depth=3,4', REGISTRY, '/here')];
    expect(resolved(`${DATA}tune: { grid: { tree_depth: [6] } }\n`, grid).tune.grid).toEqual({ max_depth: [3, 4] });
  });

  test('variables reach every section', () => {
    const config = resolved(
      DATA,
      environment({
        NLPFLOW_DATA_MAX_BAD_ROWS: '0.5',
        NLPFLOW_DATA_SOURCE: 'b.csv',
        NLPFLOW_SPLIT_SEED: '9',
        NLPFLOW_MODEL_TREE_DEPTH: '3',
        NLPFLOW_RECIPE_TOKENFILTER_MAX_TOKENS: '7',
        NLPFLOW_TUNE_GRID_TREES: '1,2',
        NLPFLOW_TUNE_GRID_TOKENFILTER_MAX_TOKENS: '[5, 6]',
        NLPFLOW_STORE: 'elsewhere',
        NLPFLOW_CACHE: 'x',
      }),
    );
    expect(config.data).toMatchObject({ max_bad_rows: 0.5, source: '/here/b.csv' });
    expect(config.split.seed).toBe(9);
    expect(config.model).toEqual({ engine: 'auto', tree_depth: 3 });
    expect(config.recipe[2]).toMatchObject({ tokenfilter: { max_tokens: 7 } });
    expect(config.tune.grid).toEqual({ trees: [1, 2], 'tokenfilter.max_tokens': [5, 6] });
  });

  test('--set takes YAML values, and names of steps', () => {
    const config = resolved(DATA, [
      set('recipe.tokenfilter.percentage=true'),
      set('recipe.tokenize.lowercase=false'),
      set('tune.grid.tokenfilter.max_tokens=5,6'),
      set('tune.metrics=mae,rsq'),
      set('data.outcome=a + b'),
      set('recipe.stopwords.language=de'),
    ]);
    expect(config.recipe.slice(0, 3)).toMatchObject([
      { tokenize: { words: { lowercase: false } } },
      { stopwords: { language: 'de' } },
      { tokenfilter: { percentage: true } },
    ]);
    expect(config.tune).toMatchObject({ grid: { 'tokenfilter.max_tokens': [5, 6] }, metrics: ['rmse', 'mae', 'rsq'] });
    expect(config.data.outcome).toBe('a + b');
  });
});
