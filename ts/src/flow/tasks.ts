/** The task of each stage: its key's fields, its inputs and its native options. A new stage adds a function here. */

import { extname } from 'node:path';
import { splitDialect } from '../config/dialect.ts';
import type { RecipeStep, ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import type { Registry } from '../native/registry.ts';
import { type KeyFields, keyOf, withoutDefaults } from './keys.ts';
import type { BoosterPlan, PlanInputs, RecipePlan } from './plan.ts';
import type { ArtifactRef, Task } from './task.ts';

/** Raised when a result of `corpus` has other files: 2 has the hashes of the texts. */
const CORPUS_LAYOUT = 2;

/** Reading and tokenising the table. */
export function corpusTask(config: ResolvedConfig, { digest, registry }: PlanInputs): Task {
  const { source, ...data } = config.data;
  const { dialect, rest } = splitDialect(data);
  const reading = {
    ...rest,
    ...(Object.keys(dialect).length === 0 ? {} : { dialect }),
    ...('column' in config.split ? { split_column: config.split.column } : {}),
    tokenize: tokenizer(config),
  };
  return task({
    id: 'corpus',
    stage: 'corpus',
    label: 'corpus',
    registry,
    // The extension decides how a file is read; the rest of its path does not matter.
    fields: {
      data: digest,
      extension: extensionOf(source),
      ...reading,
      tokenize: stepKey({ tokenize: reading.tokenize }, registry),
      reading: registry.reading,
      layout: CORPUS_LAYOUT,
      unicode: registry.unicode,
      unicode_properties: registry.unicode_properties,
    },
    inputs: {},
    // The native side reads other bytes than those of the digest as an error.
    options: { input: source, digest, ...reading },
  });
}

/**
 * Raised when a result of `split` has other files or says something else: 4 judges the best constant of each metric, mape's
 * included, and counts copies of texts, 2 judged the mean only, 1 counted terms fold by fold.
 */
const SPLIT_LAYOUT = 4;

/** Train and test rows, folds, term counts of the training rows, the baseline, copies of texts. */
export function splitTask(config: ResolvedConfig, { registry }: PlanInputs, corpus: Task): Task {
  const options = {
    ...('prop' in config.split ? { prop: config.split.prop } : {}),
    seed: config.split.seed,
    ...(config.tune.seed === config.split.seed ? {} : { fold_seed: config.tune.seed }),
    folds: config.tune.folds,
  };
  return task({
    id: 'split',
    stage: 'split',
    label: 'split',
    registry,
    fields: { corpus: corpus.key, layout: SPLIT_LAYOUT, ...options },
    inputs: { corpus },
    options,
  });
}

/** Vocabulary and matrix of one fold, or of all training rows (`fold: null`). */
export function featuresTask(
  { registry }: PlanInputs,
  of: { corpus: Task; split: Task; recipe: RecipePlan; fold: number | null; several: boolean },
): Task {
  const part = of.fold === null ? 'final' : `fold ${of.fold}`;
  return task({
    id: `features/${of.recipe.id}/${of.fold === null ? 'final' : `fold${of.fold}`}`,
    stage: 'features',
    label: of.several ? `${part} · ${of.recipe.id}` : part,
    registry,
    fields: {
      corpus: of.corpus.key,
      split: of.split.key,
      fold: of.fold,
      recipe: of.recipe.steps.map((step) => stepKey(step, registry)),
    },
    inputs: { corpus: of.corpus, split: of.split },
    options: { fold: of.fold, recipe: of.recipe.steps },
  });
}

/** One booster on one fold, judged at each number of trees that was asked for. */
export function boostTask({ registry }: PlanInputs, of: { booster: BoosterPlan; fold: number; features: Task }): Task {
  const values = Object.entries(of.booster.values).map(([name, value]) => `${name}=${value}`);
  return task({
    id: boostTaskId(of.booster.id, of.fold),
    stage: 'boost',
    label: [`fold ${of.fold}`, of.booster.id, ...values].join(' '),
    registry,
    fields: {
      features: of.features.key,
      ...engineFields(registry, of.booster),
      trees: of.booster.trees,
      metrics: metricNames(registry),
    },
    inputs: { features: of.features },
    options: {
      engine: of.booster.engine,
      parameters: of.booster.parameters,
      trees: of.booster.trees,
      metrics: metricNames(registry),
    },
  });
}

/** Id of the task that trains a booster on a fold (numbered from 1). */
export function boostTaskId(booster: string, fold: number): string {
  return `boost/${booster}/fold${fold}`;
}

/** The booster that a task trains; undefined for tasks of other stages. */
export function boosterOfTask(id: string): string | undefined {
  return /^boost\/(?<booster>[^/]+)\/fold\d+$/.exec(id)?.groups?.['booster'];
}

/** The model that is kept. */
export function fitTask(
  config: ResolvedConfig,
  { registry }: PlanInputs,
  of: { features: Task; booster: BoosterPlan; trees: number },
): Task {
  const { text, outcome } = config.data;
  const rest = { trees: of.trees, metrics: metricNames(registry), text, outcome };
  const { model_format } = registry;
  return task({
    id: 'fit',
    stage: 'fit',
    label: 'final model',
    registry,
    fields: { features: of.features.key, ...engineFields(registry, of.booster), ...rest, model_format },
    inputs: { features: of.features },
    options: { engine: of.booster.engine, parameters: of.booster.parameters, ...rest },
  });
}

/** A fold is judged by every metric there is: they cost nothing beside training, and asking for another reuses the booster. */
function metricNames(registry: Registry): string[] {
  return registry.metrics.map(({ name }) => name);
}

function engineFields(registry: Registry, booster: BoosterPlan): KeyFields {
  const { engine } = booster;
  return {
    engine,
    engine_version: registry.engines[engine]?.version ?? null,
    parameters: withoutDefaults(booster.parameters, registry.parameters),
  };
}

/** The tokeniser: the recipe's first step. */
function tokenizer(config: ResolvedConfig): RecipeStep {
  const step = config.recipe[0]?.['tokenize'];
  if (step === undefined) {
    throw new NlpflowError('CONFIG_INVALID', 'recipe: the first step must be tokenize (`- tokenize: words`)');
  }
  return step as RecipeStep;
}

/** A step as part of a key: settings that equal their defaults are left out, also inside `tokenize`. */
function stepKey(step: RecipeStep, registry: Registry): unknown {
  return Object.fromEntries(
    Object.entries(step).map(([name, settings]) => {
      if (name === 'tokenize') return [name, stepKey(settings as RecipeStep, registry)];
      const spec = registry.steps.find((known) => known.name === name);
      return [name, withoutDefaults(settings, spec?.params ?? [])];
    }),
  );
}

/** `.csv.gz` of `a/b.csv.gz`. */
function extensionOf(path: string): string {
  const last = extname(path);
  const compressed = ['.gz', '.zst'].includes(last.toLowerCase());
  return (compressed ? extname(path.slice(0, -last.length)) + last : last).toLowerCase();
}

function task(of: {
  id: string;
  stage: StageName;
  label: string;
  registry: Registry;
  fields: KeyFields;
  inputs: Record<string, Task>;
  options: Record<string, unknown>;
}): Task {
  const explain = { stage: of.stage, format: of.registry.format, ...of.fields };
  const inputs: Record<string, ArtifactRef> = {};
  for (const [name, { stage, key }] of Object.entries(of.inputs)) inputs[name] = { stage, key };
  return { id: of.id, stage: of.stage, key: keyOf(explain), label: of.label, explain, inputs, options: of.options };
}
