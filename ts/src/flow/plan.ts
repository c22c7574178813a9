/** The plan: all the tasks of a configuration as data. Pure; nothing is read, run or written here. */

import type { ParameterValue, RecipeStep, ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import { findParameter, type Registry } from '../native/registry.ts';
import { chooseEngine } from './engine.ts';
import { expandGrid, type GridPoint, TREES } from './grid.ts';
import { canonicalJson, type KeyFields } from './keys.ts';
import type { Task } from './task.ts';
import { boostTask, corpusTask, featuresTask, fitTask, splitTask } from './tasks.ts';

/** One point of the grid. */
export interface Configuration {
  /** `cfg01`, in grid order. */
  readonly id: string;
  /** Grid values under the names that the user wrote. */
  readonly values: Readonly<Record<string, ParameterValue>>;
  readonly booster: string;
  readonly recipe: string;
  /** Number of trees: the prefix of the booster that this configuration means. */
  readonly trees: number;
}

/** Configurations that differ only in `trees`: one booster answers all of them. */
export interface BoosterPlan {
  readonly id: string;
  /** Canonical names, without the number of trees. */
  readonly parameters: Readonly<Record<string, ParameterValue>>;
  /** Ascending. */
  readonly trees: readonly number[];
  readonly recipe: string;
  /** The grid values that all its configurations share, for labels. */
  readonly values: Readonly<Record<string, ParameterValue>>;
  readonly engine: string;
  /** Why this engine. */
  readonly reason: string;
}

/** A recipe with the settings of a grid point filled in. */
export interface RecipePlan {
  readonly id: string;
  readonly steps: readonly RecipeStep[];
}

/** All that will be done. The task of the final fit follows after selection (`planFit`). */
export interface Plan {
  readonly folds: number;
  readonly configurations: readonly Configuration[];
  readonly boosters: readonly BoosterPlan[];
  readonly recipes: readonly RecipePlan[];
  /** In the order of the stages; the final features are those of the first recipe until a selection chose. */
  readonly tasks: readonly Task[];
}

/** What the plan must know beside the configuration. */
export interface PlanInputs {
  /** SHA-256 of the table's bytes. */
  readonly digest: string;
  readonly registry: Registry;
}

/** Makes the plan of a configuration. */
export function plan(config: ResolvedConfig, inputs: PlanInputs): Plan {
  const points = expandGrid(config, inputs.registry);
  const recipes = new Ids<readonly RecipeStep[]>('r', 1);
  const boosters = new Ids<Omit<BoosterPlan, 'id' | 'trees'>>('b', 2);
  const trees = new Map<string, Set<number>>();
  const drafts = points.map((point) => {
    const recipe = recipes.of(recipeOf(config, point));
    const { rounds, parameters } = splitRounds(point, inputs.registry);
    const booster = boosters.of(
      {
        parameters,
        recipe,
        values: sharedValues(point, inputs.registry),
        ...chooseEngine(config.model.engine, parameters, inputs.registry),
      },
      { parameters, recipe },
    );
    trees.set(booster, (trees.get(booster) ?? new Set()).add(rounds));
    return { values: point.values, booster, recipe, trees: rounds };
  });
  const recipeId = recipes.padded();
  const boosterId = boosters.padded();
  const width = Math.max(2, String(drafts.length).length);
  const planned = {
    folds: config.tune.folds,
    configurations: drafts.map((draft, index) => ({
      id: `cfg${String(index + 1).padStart(width, '0')}`,
      values: draft.values,
      booster: boosterId(draft.booster),
      recipe: recipeId(draft.recipe),
      trees: draft.trees,
    })),
    boosters: boosters.entries().map(([id, booster]) => ({
      id: boosterId(id),
      parameters: booster.parameters,
      engine: booster.engine,
      reason: booster.reason,
      trees: [...(trees.get(id) ?? [])].sort((a, b) => a - b),
      recipe: recipeId(booster.recipe),
      values: booster.values,
    })),
    recipes: recipes.entries().map(([id, steps]) => ({ id: recipeId(id), steps })),
  };
  return { ...planned, tasks: tasksOf(config, inputs, planned) };
}

/** The tasks of the final fit of a configuration: its recipe on the training rows, then the booster. */
export function planFit(
  config: ResolvedConfig,
  inputs: PlanInputs,
  planned: Plan,
  configuration: Configuration,
): { readonly features: Task; readonly fit: Task } {
  const recipe = planned.recipes.find(({ id }) => id === configuration.recipe);
  const booster = planned.boosters.find(({ id }) => id === configuration.booster);
  if (!recipe || !booster) throw new NlpflowError('INTERNAL', `${configuration.id} belongs to another plan`);
  const corpus = corpusTask(config, inputs);
  const split = splitTask(config, inputs, corpus);
  const features = featuresTask(inputs, { corpus, split, recipe, fold: null, several: planned.recipes.length > 1 });
  return { features, fit: fitTask(config, inputs, { features, booster, trees: configuration.trees }) };
}

/** The task of a plan with this id. */
export function taskOf(planned: Plan, id: string): Task {
  const task = planned.tasks.find((candidate) => candidate.id === id);
  if (!task) throw new NlpflowError('INTERNAL', `the plan has no task ${id}`);
  return task;
}

function tasksOf(config: ResolvedConfig, inputs: PlanInputs, planned: Omit<Plan, 'tasks'>): Task[] {
  const corpus = corpusTask(config, inputs);
  const split = splitTask(config, inputs, corpus);
  const several = planned.recipes.length > 1;
  const folds = Array.from({ length: planned.folds }, (_, index) => index + 1);
  const features = planned.recipes.flatMap((recipe) =>
    folds.map((fold) => featuresTask(inputs, { corpus, split, recipe, fold, several })),
  );
  const final = planned.recipes
    .slice(0, 1)
    .map((recipe) => featuresTask(inputs, { corpus, split, recipe, fold: null, several }));
  const boost = planned.boosters.flatMap((booster) => {
    const recipe = planned.recipes.findIndex(({ id }) => id === booster.recipe);
    return folds.map((fold) =>
      boostTask(inputs, { booster, fold, features: features[recipe * planned.folds + fold - 1] as Task }),
    );
  });
  return [corpus, split, ...features, ...final, ...boost];
}

/** The recipe with the point's settings in place. */
function recipeOf(config: ResolvedConfig, point: GridPoint): readonly RecipeStep[] {
  return config.recipe.map((step) =>
    Object.fromEntries(
      Object.entries(step).map(([name, settings]) => [name, { ...settings, ...point.settings[name] }]),
    ),
  );
}

/** Takes the number of trees out of the parameters: boosting is sequential, so it only says how far to look. */
function splitRounds(
  point: GridPoint,
  registry: Registry,
): { rounds: number; parameters: Record<string, ParameterValue> } {
  const { [TREES]: written, ...parameters } = point.parameters;
  const rounds = written ?? findParameter(registry, TREES)?.default;
  if (typeof rounds !== 'number' || !Number.isInteger(rounds) || rounds < 1) {
    throw new NlpflowError('GRID_INVALID', `${TREES} must be a whole number from 1 on, not ${rounds}`);
  }
  return { rounds, parameters };
}

function sharedValues(point: GridPoint, registry: Registry): Record<string, ParameterValue> {
  return Object.fromEntries(
    Object.entries(point.values).filter(([name]) => findParameter(registry, name)?.name !== TREES),
  );
}

/** Numbers values in the order of first appearance; equal values share a number. */
class Ids<Value> {
  readonly #prefix: string;
  readonly #width: number;
  readonly #values = new Map<string, { number: number; value: Value }>();

  constructor(prefix: string, width: number) {
    this.#prefix = prefix;
    this.#width = width;
  }

  /** The provisional id of a value; `identity` is what makes two values equal. */
  of(value: Value, identity: KeyFields | Value = value): string {
    const text = canonicalJson(identity);
    if (!this.#values.has(text)) this.#values.set(text, { number: this.#values.size + 1, value });
    return text;
  }

  entries(): [string, Value][] {
    return [...this.#values].map(([id, { value }]) => [id, value]);
  }

  /** Provisional id → final id, zero-padded once it is known how many there are. */
  padded(): (id: string) => string {
    const width = Math.max(this.#width, String(this.#values.size).length);
    return (id) => `${this.#prefix}${String(this.#values.get(id)?.number ?? 0).padStart(width, '0')}`;
  }
}
