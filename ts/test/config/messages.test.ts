import { describe, expect, test } from 'vitest';
import { ConfigDocument, type Override } from '../../src/config/document.ts';
import { environmentOverrides, parseGrid, parseSet } from '../../src/config/overrides.ts';
import { ConfigError, resolveConfig } from '../../src/config/resolve.ts';
import { NlpflowError } from '../../src/errors.ts';
import { REGISTRY } from './registry.fixture.ts';

const DATA = 'data: { source: a.csv, text: t, outcome: y }\n';

function mistakes(yaml: string, overrides: Override[] = []): string {
  try {
    resolveConfig(ConfigDocument.parse(yaml, 'nlpflow.yaml'), overrides, '/project', REGISTRY);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as ConfigError).exitCode).toBe(2);
    return (error as ConfigError).message;
  }
  throw new Error('the configuration was accepted');
}

describe('a mistake in the file is shown where it was made', () => {
  test('an unknown key, with the nearest known one', () => {
    expect(mistakes(`${DATA}tune:\n  grid:\n    lern_rate: [0.1]\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:4:5: unknown key lern_rate in tune.grid
        4 |     lern_rate: [0.1]
          |     ^^^^^^^^^
        hint: did you mean learn_rate?"
    `);
  });

  test('an unknown key without a near one lists what is known', () => {
    expect(mistakes(`${DATA}split: { quux: 1 }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:10: unknown key quux in split
        2 | split: { quux: 1 }
          |          ^^^^
        hint: known keys are: prop, column, seed"
    `);
  });

  test('an unknown section', () => {
    expect(mistakes(`${DATA}modle: {}\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:1: unknown key modle in the configuration
        2 | modle: {}
          | ^^^^^
        hint: did you mean model?"
    `);
  });

  test('an unknown setting of a step', () => {
    expect(
      mistakes(`${DATA}recipe:\n  - tokenize: words\n  - tokenfilter: { max_token: 10 }\n  - tfidf\n`),
    ).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:4:20: unknown key max_token in recipe.tokenfilter
        4 |   - tokenfilter: { max_token: 10 }
          |                    ^^^^^^^^^
        hint: did you mean max_tokens?"
    `);
  });

  test('an unknown step, as a name and as a mapping', () => {
    expect(mistakes(`${DATA}recipe: [tokenize: words, stopword, tfidff: {}, tfidf]\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has 2 mistakes

      nlpflow.yaml:2:27: recipe[1] must be a step: tokenize, stopwords, tokenfilter, tfidf, tf, not "stopword"
        2 | recipe: [tokenize: words, stopword, tfidff: {}, tfidf]
          |                           ^^^^^^^^
        hint: did you mean stopwords?

      nlpflow.yaml:2:37: unknown key tfidff in recipe[2]
        2 | recipe: [tokenize: words, stopword, tfidff: {}, tfidf]
          |                                     ^^^^^^
        hint: did you mean tfidf?"
    `);
  });

  test('a missing column name', () => {
    expect(mistakes('data:\n  source: a.csv\n  text: t\n')).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:1:1: data.outcome is missing: what to predict: a column or an expression such as log1p(size) or up + down
        1 | data:
          | ^^^^"
    `);
  });

  test('a missing section', () => {
    expect(mistakes('tune: { folds: 3 }\n')).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:1:1: data is missing: a mapping such as { source: reviews.csv, text: review, outcome: stars }
        1 | tune: { folds: 3 }
          | ^"
    `);
  });

  test('an empty file', () => {
    expect(mistakes('')).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:1:1: data is missing: a mapping such as { source: reviews.csv, text: review, outcome: stars }"
    `);
  });

  test('a list instead of a mapping', () => {
    expect(mistakes('- a\n- b\n')).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:1:1: a configuration is a mapping with the keys data, split, recipe, model and tune
        1 | - a
          | ^"
    `);
  });

  test('a grid value out of range says the range', () => {
    expect(
      mistakes(`${DATA}tune:\n  grid:\n    trees: [100, 0]\n    learn_rate: [0.1, 3]\n    tree_depth: 1.5\n`),
    ).toMatchInlineSnapshot(`
      "nlpflow.yaml has 3 mistakes

      nlpflow.yaml:4:18: tune.grid.trees[1] must be a whole number of at least 1, not 0
        4 |     trees: [100, 0]
          |                  ^
        hint: trees: The number of trees.

      nlpflow.yaml:5:23: tune.grid.learn_rate[1] must be a number above 0 and up to 1, not 3
        5 |     learn_rate: [0.1, 3]
          |                       ^
        hint: learn_rate: The share of each tree.

      nlpflow.yaml:6:17: tune.grid.tree_depth must be a whole number from 0 to 30, not 1.5
        6 |     tree_depth: 1.5
          |                 ^^^
        hint: tree_depth: The depth of a tree."
    `);
  });

  test('a share in mtry names both readings', () => {
    expect(mistakes(`${DATA}model: { mtry: 0.5 }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:16: model.mtry must be a whole number of at least 2, not 0.5
        2 | model: { mtry: 0.5 }
          |                ^^^
        hint: mtry: The number of columns tried at each split, from 2 on; as a share it is mtry_prop."
    `);
  });

  test('a value of the wrong kind', () => {
    expect(mistakes(`${DATA}model: { min_n: 1, tree_depth: deep, zeros: nothing }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has 3 mistakes

      nlpflow.yaml:2:10: unknown key min_n in model
        2 | model: { min_n: 1, tree_depth: deep, zeros: nothing }
          |          ^^^^^
        hint: known keys are: engine, objective, zeros, trees, nrounds, max_depth, tree_depth, eta, learn_rate, subsample, sample_size, mtry, colsample_bynode, mtry_prop, seed

      nlpflow.yaml:2:32: model.tree_depth must be a whole number from 0 to 30, not "deep"
        2 | model: { min_n: 1, tree_depth: deep, zeros: nothing }
          |                                ^^^^
        hint: tree_depth: The depth of a tree.

      nlpflow.yaml:2:45: model.zeros must be one of value, missing, not "nothing"
        2 | model: { min_n: 1, tree_depth: deep, zeros: nothing }
          |                                             ^^^^^^^
        hint: zeros: What an absent token is."
    `);
  });

  test('two names of one parameter', () => {
    expect(mistakes(`${DATA}model:\n  eta: 0.1\n  learn_rate: 0.2\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:4:3: eta and learn_rate are two names of one parameter
        4 |   learn_rate: 0.2
          |   ^^^^^^^^^^
        hint: keep one of them"
    `);
  });

  test('a value that stands twice', () => {
    expect(mistakes(`${DATA}tune: { grid: { trees: [10, 20, 10] } }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:33: 10 stands twice in the grid of trees
        2 | tune: { grid: { trees: [10, 20, 10] } }
          |                                 ^^"
    `);
  });

  test('a parameter that cannot be tuned', () => {
    expect(mistakes(`${DATA}tune: { grid: { zeros: [value, missing] } }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:17: zeros cannot be tuned
        2 | tune: { grid: { zeros: [value, missing] } }
          |                 ^^^^^
        hint: set it under model: zeros"
    `);
  });

  test('a grid over a step that the recipe lacks', () => {
    expect(
      mistakes(`${DATA}recipe: [tokenize: words, tfidf]\ntune: { grid: { tokenfilter.max_tokens: [10] } }\n`),
    ).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:3:17: the grid tunes tokenfilter.max_tokens, but the recipe has no step tokenfilter
        3 | tune: { grid: { tokenfilter.max_tokens: [10] } }
          |                 ^^^^^^^^^^^^^^^^^^^^^^
        hint: its steps are: tokenize, tfidf"
    `);
  });

  test('a split by proportion and by column', () => {
    expect(mistakes(`${DATA}split: { prop: 0.8, column: set }\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:2:21: split has both prop and column, which exclude each other
        2 | split: { prop: 0.8, column: set }
          |                     ^^^^^^
        hint: prop draws the test set at random; column takes it from a column that says train or test"
    `);
  });

  test('a recipe without tokenize, with a weighting too early', () => {
    expect(mistakes(`${DATA}recipe: [tfidf, stopwords]\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has 2 mistakes

      nlpflow.yaml:2:10: the weighting tfidf must be the last step
        2 | recipe: [tfidf, stopwords]
          |          ^^^^^

      nlpflow.yaml:2:10: the recipe must begin with tokenize
        2 | recipe: [tfidf, stopwords]
          |          ^^^^^
        hint: for example: tokenize: words"
    `);
  });

  test('YAML that does not parse', () => {
    expect(mistakes('data:\n  source: [a.csv\n  text: t\n')).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:3:3: flow sequence in block collection must be sufficiently indented and end with a ]
        3 |   text: t
          |   ^"
    `);
  });

  test('a key that stands twice', () => {
    expect(mistakes(`${DATA}tune:\n  folds: 3\n  folds: 4\n`)).toMatchInlineSnapshot(`
      "nlpflow.yaml has a mistake

      nlpflow.yaml:4:3: map keys must be unique
        4 |   folds: 4
          |   ^"
    `);
  });

  test('all mistakes at once, in the order of the lines', () => {
    const text = mistakes(
      'data:\n  sauce: a.csv\n  text: t\n  outcome: 3\nsplit: { prop: 2 }\ntune: { folds: 1, metric: rmsle }\n',
    );
    expect(text).toMatchInlineSnapshot(`
      "nlpflow.yaml has 6 mistakes

      nlpflow.yaml:1:1: data.source is missing: the table, relative to this file: .csv or .tsv, plain, .gz or .zst
        1 | data:
          | ^^^^

      nlpflow.yaml:2:3: unknown key sauce in data
        2 |   sauce: a.csv
          |   ^^^^^
        hint: did you mean source?

      nlpflow.yaml:4:12: data.outcome must be a text: what to predict: a column or an expression such as log1p(size) or up + down, not 3
        4 |   outcome: 3
          |            ^

      nlpflow.yaml:5:16: split.prop must be a number between 0 and 1, not 2
        5 | split: { prop: 2 }
          |                ^

      nlpflow.yaml:6:16: tune.folds must be a whole number of at least 2, not 1
        6 | tune: { folds: 1, metric: rmsle }
          |                ^

      nlpflow.yaml:6:27: tune.metric must be one of rmse, mae, rsq, rsq_trad, not "rmsle"
        6 | tune: { folds: 1, metric: rmsle }
          |                           ^^^^^
        hint: did you mean rmse?"
    `);
    const lines = [...text.matchAll(/^nlpflow\.yaml:(\d+):/gm)].map((match) => Number(match[1]));
    expect(lines).toEqual(lines.toSorted((a, b) => a - b));
  });
});

describe('a mistake outside the file names its origin', () => {
  test('more folds than can be numbered', () => {
    const set = parseSet('tune.folds=65536', REGISTRY, '/here');
    expect(mistakes(DATA, [set])).toContain('--set tune.folds=65536: tune.folds must be at most 65535, not 65536');
  });

  test('--set', () => {
    const set = parseSet('tune.folds=some', REGISTRY, '/here');
    expect(mistakes(`${DATA}tune: { folds: 3 }\n`, [set])).toMatchInlineSnapshot(`
      "the configuration has a mistake

      --set tune.folds=some: tune.folds must be a whole number of at least 2, not "some""
    `);
  });

  test('--grid with a range and an unknown name', () => {
    const grid = [parseGrid('learn_rate=0.1,7', REGISTRY, '/here'), parseGrid('tre=1', REGISTRY, '/here')];
    expect(mistakes(DATA, grid)).toMatchInlineSnapshot(`
      "the configuration has 2 mistakes

      --grid learn_rate=0.1,7: tune.grid.learn_rate[1] must be a number above 0 and up to 1, not 7
        hint: learn_rate: The share of each tree.

      --grid tre=1: unknown key tre in tune.grid
        hint: known keys are: trees, nrounds, max_depth, tree_depth, eta, learn_rate, subsample, sample_size, mtry, colsample_bynode, mtry_prop, tokenfilter.min_times, tokenfilter.max_times, tokenfilter.max_tokens, tfidf.norm"
    `);
  });

  test('an environment variable', () => {
    const overrides = environmentOverrides({ NLPFLOW_TUNE_FOLDS: 'x', NLPFLOW_STORE: 'y' }, REGISTRY, '/here');
    expect(mistakes(DATA, overrides)).toMatchInlineSnapshot(`
      "the configuration has a mistake

      environment variable NLPFLOW_TUNE_FOLDS=x: tune.folds must be a whole number of at least 2, not "x""
    `);
  });

  test('a step that the recipe lacks', () => {
    const set = parseSet('recipe.tokenfilter.max_tokens=5', REGISTRY, '/here');
    expect(mistakes(`${DATA}recipe: [tokenize: words, tfidf]\n`, [set])).toMatchInlineSnapshot(`
      "the configuration has a mistake

      --set recipe.tokenfilter.max_tokens=5: the recipe has no step tokenfilter
        hint: its steps are: tokenize, tfidf"
    `);
  });

  test('an assignment without a value, and an unknown section', () => {
    for (const [text, message] of [
      ['tune.folds', '--set tune.folds: expected key=value, for example --set tune.folds=5'],
      [
        'tun.folds=3',
        '--set tun.folds=3: the key begins with one of data, split, recipe, model, tune, for example --set tune.folds=5',
      ],
    ] as const) {
      expect(() => parseSet(text, REGISTRY, '/here')).toThrow(new NlpflowError('USAGE', message));
    }
  });
});

describe('a hostile configuration is refused like any other mistake', () => {
  test('aliases that multiply, and ones inside their own anchor', () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) => `x${level + 1}: &x${level + 1} [*x${level}, *x${level}, *x${level}]\n`,
    );
    expect(mistakes(`${DATA}x0: &x0 [lol]\n${levels.join('')}`)).toContain(
      'its aliases (*name) stand for too many values',
    );
    expect(mistakes(`${DATA}split: &s { seed: *s }\n`)).toContain('nested deeper than 50 levels');
    expect(mistakes(`${DATA}split: ${'['.repeat(5000)}\n`)).toContain('nested deeper than 50 levels');
  });

  test('a key that every object has changes no object', () => {
    const sets = ['model.__proto__.hostile=1', 'recipe.constructor.x=1', 'data.toString.x=1'];
    expect(
      mistakes(
        DATA,
        sets.map((text) => parseSet(text, REGISTRY, '/here')),
      ),
    ).toContain('--set model.__proto__.hostile=1: unknown key __proto__ in model');
    expect(Reflect.get({}, 'hostile')).toBeUndefined();
  });

  test('the line of a mistake behind a text of several lines', () => {
    expect(mistakes('data: { a }}\nb [*r]\ntune: { a }\n')).toContain('nlpflow.yaml:3:5: ');
  });
});
