import { z } from 'zod';
import type { ParamSpec, Registry, StepSpec } from '../native/registry.ts';
import { DIALECT_SCHEMA } from './dialect.ts';
import { namesOf, parameterSchema, rangeText } from './parameter.ts';

/** What is used where a configuration says nothing; the recipe is the reference's: words, stop words, token filter, tf-idf. */
export const DEFAULTS = {
  prop: 0.75,
  seed: 1,
  folds: 10,
  na: 'empty',
  empty: 'keep',
  max_bad_rows: 0.01,
  metric: 'rmse',
  metrics: ['rmse', 'mae', 'rsq', 'rsq_trad'],
  select: 'best',
  engine: 'auto',
  recipe: [{ tokenize: 'words' }, 'stopwords', 'tokenfilter', 'tfidf'],
} as const;

/** The native side numbers folds in 16 bits. */
const MOST_FOLDS = 65_535;

const text = (meaning: string) =>
  z
    .string({ error: `must be a text: ${meaning}` })
    .min(1, { error: `must not be empty: ${meaning}` })
    .describe(meaning);
const oneOf = <const T extends readonly string[]>(choices: T, meaning: string) =>
  z.enum(choices, { error: `must be one of ${choices.join(', ')}` }).describe(meaning);
const mapping = { error: 'must be a mapping of keys to values' };

const data = z
  .strictObject(
    {
      source: text('the table, relative to this file: .csv or .tsv, plain, .gz or .zst'),
      text: text('the column that holds the text'),
      outcome: text('what to predict: a column or an expression such as log1p(size) or up + down'),
      na: oneOf(['empty', 'drop', 'error'], 'what a missing text is').default(DEFAULTS.na),
      empty: oneOf(['keep', 'drop'], 'what happens to a row with an empty text').default(DEFAULTS.empty),
      max_bad_rows: number(0, 1, 'the share of rows that may be unreadable before the run stops').default(
        DEFAULTS.max_bad_rows,
      ),
      encoding: text('the encoding of the file when it is not UTF-8, e.g. windows-1252').optional(),
      ...DIALECT_SCHEMA,
    },
    { error: 'must be a mapping such as { source: reviews.csv, text: review, outcome: stars }' },
  )
  .describe('the table to learn from');

const split = z
  .strictObject(
    {
      prop: z
        .number({ error: 'must be a number between 0 and 1' })
        .gt(0, { error: 'must be a number between 0 and 1' })
        .lt(1, { error: 'must be a number between 0 and 1' })
        .describe(`the share of rows to train on (default ${DEFAULTS.prop})`)
        .optional(),
      column: text('a column that says train or test, instead of a proportion').optional(),
      seed: seed('draws the test set, and the folds where tune.seed does not').optional(),
    },
    mapping,
  )
  .describe('how rows are divided into a training and a test set');

/**
 * The schema of a configuration as a user writes it. All names of steps, parameters and metrics come from the native registry,
 * so a new one of them needs no change here.
 */
export function configSchema(registry: Registry) {
  return z.strictObject(
    {
      data,
      split: split.optional(),
      recipe: z
        .array(step(registry), { error: 'must be a list of steps' })
        .min(1, { error: 'must hold at least tokenize and a weighting' })
        .describe('how a text becomes numbers: tokenize, then filters, then one weighting')
        .optional(),
      model: model(registry).optional(),
      tune: tune(registry).optional(),
    },
    { error: 'must be a mapping with the keys data, split, recipe, model and tune' },
  );
}

/** A configuration that passed the schema. */
export type ParsedConfig = z.output<ReturnType<typeof configSchema>>;

function step(registry: Registry) {
  const tokenizers = registry.steps.filter((spec) => spec.role === 'tokenizer');
  const others = registry.steps.filter((spec) => spec.role !== 'tokenizer');
  const names = tokenizers.map((spec) => spec.name);
  const tokenizer = z
    .union([
      z.enum(names, { error: `must be a tokenizer: ${names.join(', ')}` }),
      z.strictObject(
        Object.fromEntries(tokenizers.map((spec) => [spec.name, stepParameters(spec).optional()])),
        mapping,
      ),
    ])
    .describe('the step that cuts a text into tokens');
  const shapes: Record<string, z.ZodType> = { tokenize: tokenizer.optional() };
  for (const spec of others) {
    shapes[spec.name] = stepParameters(spec).optional();
  }
  const bare = others.map((spec) => spec.name);
  return z.union([
    z.enum(bare, { error: `must be a step: tokenize, ${bare.join(', ')}` }),
    z.strictObject(shapes, { error: 'must be a step: a name or a mapping of one name to its parameters' }),
  ]);
}

function stepParameters(spec: StepSpec) {
  const shape: Record<string, z.ZodType> = {};
  for (const param of spec.params) {
    for (const name of namesOf(param)) {
      // "No limit" and "none" may be written down, too.
      const value = param.nullable === true ? parameterSchema(param).nullable() : parameterSchema(param);
      shape[name] = described(value, param, name).optional();
    }
  }
  return z
    .strictObject(shape, { error: `must be a mapping of the parameters of ${spec.name}` })
    .nullable()
    .describe(spec.doc);
}

function model(registry: Registry) {
  const engines = ['auto', ...Object.keys(registry.engines)];
  const meaning = 'the trainer; auto takes the fastest that covers the parameters';
  const shape: Record<string, z.ZodType> = { engine: oneOf(engines, meaning).default(DEFAULTS.engine) };
  for (const spec of registry.parameters) {
    for (const name of namesOf(spec)) {
      shape[name] = described(parameterSchema(spec), spec, name).optional();
    }
  }
  return z.strictObject(shape, mapping).describe('fixed parameters of the model; the grid overrides them');
}

function tune(registry: Registry) {
  const metrics = registry.metrics.map((metric) => metric.name);
  return z
    .strictObject(
      {
        folds: z
          .int({ error: 'must be a whole number of at least 2' })
          .min(2, { error: 'must be a whole number of at least 2' })
          .max(MOST_FOLDS, { error: `must be at most ${MOST_FOLDS}` })
          .describe('the number of cross-validation folds')
          .default(DEFAULTS.folds),
        seed: seed('draws the folds (default: the seed of the split)').optional(),
        grid: grid(registry).optional(),
        metric: oneOf(metrics, 'the metric that selects the best configuration').default(DEFAULTS.metric),
        metrics: z
          .array(oneOf(metrics, 'a metric'), { error: 'must be a list of metrics' })
          .min(1, { error: 'must name at least one metric' })
          .describe('the metrics that are reported')
          .optional(),
        select: oneOf(['best'], 'how the configuration is selected').default(DEFAULTS.select),
      },
      mapping,
    )
    .describe('cross-validation over a grid of configurations');
}

function grid(registry: Registry) {
  const shape: Record<string, z.ZodType> = {};
  for (const [name, spec] of gridNames(registry)) {
    const value = parameterSchema(spec);
    const values = z.union([
      value,
      z
        .array(value, { error: `must be a list; each value ${rangeText(spec)}` })
        .min(1, { error: 'must hold at least one value' }),
    ]);
    shape[name] = described(values, spec, name).optional();
  }
  return z
    .strictObject(shape, mapping)
    .describe('values to cross, for parameters of the model and of the recipe (step.parameter)');
}

/** Every name that a grid may use: the names of tunable parameters, and `step.parameter` of the recipe. */
export function gridNames(registry: Registry): Map<string, ParamSpec> {
  const names = new Map<string, ParamSpec>();
  for (const spec of registry.parameters.filter((param) => param.tunable)) {
    for (const name of namesOf(spec)) {
      names.set(name, spec);
    }
  }
  // The tokeniser is left out: texts are read once.
  for (const known of registry.steps.filter((step) => step.role !== 'tokenizer')) {
    for (const spec of known.params.filter((param) => param.tunable)) {
      for (const name of namesOf(spec)) {
        names.set(`${known.name}.${name}`, spec);
      }
    }
  }
  return names;
}

function described(schema: z.ZodType, spec: ParamSpec, name: string): z.ZodType {
  return schema.describe(name === spec.name ? spec.doc : `${spec.doc} (another name of ${spec.name})`);
}

function number(min: number, max: number, meaning: string) {
  const error = `must be a number from ${min} to ${max}`;
  return z.number({ error }).min(min, { error }).max(max, { error }).describe(meaning);
}

function seed(meaning: string) {
  const error = 'must be a whole number of at least 0';
  return z.int({ error }).min(0, { error }).describe(meaning);
}
