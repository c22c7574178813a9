import type { ParamSpec, Registry } from '../../src/native/registry.ts';

const parameter = (
  name: string,
  aliases: string[],
  rest: Omit<ParamSpec, 'name' | 'aliases' | 'tunable'> & { tunable?: boolean },
): ParamSpec => ({
  name,
  aliases,
  tunable: true,
  ...rest,
});

/** A registry in the shape of the native one, small enough to read: what a test of the configuration is checked against. */
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
    {
      name: 'words',
      role: 'tokenizer',
      doc: 'Words after Unicode.',
      params: [parameter('lowercase', [], { kind: 'bool', default: true, doc: 'Lower-case first.', tunable: false })],
    },
    {
      name: 'stopwords',
      role: 'filter',
      doc: 'Drops stop words.',
      params: [
        parameter('source', [], {
          kind: 'choice',
          choices: ['snowball'],
          default: 'snowball',
          doc: 'The lists.',
          tunable: false,
        }),
        parameter('language', [], {
          kind: 'choice',
          choices: ['de', 'en'],
          default: 'en',
          doc: 'The language.',
          tunable: false,
        }),
      ],
    },
    {
      name: 'tokenfilter',
      role: 'filter',
      doc: 'Keeps frequent tokens.',
      params: [
        parameter('min_times', [], { kind: 'float', min: 0, default: 0, doc: 'Least count.' }),
        parameter('max_times', [], {
          kind: 'float',
          min: 0,
          default: null,
          nullable: true,
          doc: 'Greatest count; null is no limit.',
        }),
        parameter('percentage', [], { kind: 'bool', default: false, doc: 'Counts are shares.', tunable: false }),
        parameter('max_tokens', [], { kind: 'int', min: 1, default: 100, nullable: true, doc: 'Tokens to keep.' }),
      ],
    },
    {
      name: 'tfidf',
      role: 'weighting',
      doc: 'Term frequency times inverse document frequency.',
      params: [
        parameter('norm', [], {
          kind: 'choice',
          choices: ['l1', 'l2', 'none'],
          default: 'l1',
          doc: 'How counts are scaled.',
        }),
      ],
    },
    { name: 'tf', role: 'weighting', doc: 'Counts.', params: [] },
  ],
  parameters: [
    parameter('objective', [], {
      kind: 'choice',
      choices: ['reg:squarederror', 'count:poisson'],
      default: 'reg:squarederror',
      doc: 'The loss.',
      tunable: false,
    }),
    parameter('zeros', [], {
      kind: 'choice',
      choices: ['value', 'missing'],
      default: 'value',
      doc: 'What an absent token is.',
      tunable: false,
    }),
    parameter('trees', ['nrounds'], { kind: 'int', min: 1, default: 15, doc: 'The number of trees.' }),
    parameter('max_depth', ['tree_depth'], { kind: 'int', min: 0, max: 30, default: 6, doc: 'The depth of a tree.' }),
    parameter('eta', ['learn_rate'], {
      kind: 'float',
      min: 0,
      max: 1,
      min_exclusive: true,
      default: 0.3,
      doc: 'The share of each tree.',
    }),
    parameter('subsample', ['sample_size'], {
      kind: 'float',
      min: 0,
      max: 1,
      min_exclusive: true,
      default: 1,
      doc: 'The share of rows.',
    }),
    parameter('mtry', [], {
      kind: 'int',
      min: 2,
      default: null,
      doc: 'The number of columns tried at each split, from 2 on; as a share it is mtry_prop.',
    }),
    parameter('colsample_bynode', ['mtry_prop'], {
      kind: 'float',
      min: 0,
      max: 1,
      min_exclusive: true,
      default: 1,
      doc: 'The share of the columns.',
    }),
    parameter('seed', [], { kind: 'int', min: 0, default: 0, doc: 'Draws rows and columns.', tunable: false }),
  ],
  objectives: [],
  metrics: [
    { name: 'rmse', direction: 'minimize', doc: 'Root mean squared error.' },
    { name: 'mae', direction: 'minimize', doc: 'Mean absolute error.' },
    { name: 'rsq', direction: 'maximize', doc: 'Squared correlation.' },
    { name: 'rsq_trad', direction: 'maximize', doc: '1 - SSE/SST.' },
  ],
  model_format: 2,
};
