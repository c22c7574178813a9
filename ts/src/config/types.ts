/** The configuration after files, environment, flags and defaults were merged: what the plan is made from. */

import type { Dialect } from './dialect.ts';

/** A value that a model parameter or a recipe setting can have. */
export type ParameterValue = number | string | boolean;

/** Settings of one recipe step: plain JSON, checked by the native registry. */
export type StepSettings = Readonly<Record<string, unknown>>;

/** One recipe step: an object with exactly one key, the step's name (`{ tokenfilter: { max_tokens: 100 } }`). */
export type RecipeStep = Readonly<Record<string, StepSettings>>;

/** What is read, and what happens to rows that cannot be used. */
export interface DataConfig extends Dialect {
  /** Absolute path of the table. */
  readonly source: string;
  /** Name of the text column. */
  readonly text: string;
  /** Name of the outcome column, or an expression over columns (`log1p(installed_size)`). */
  readonly outcome: string;
  readonly na: 'empty' | 'drop' | 'error';
  readonly empty: 'keep' | 'drop';
  /** Share of bad rows from which reading fails. */
  readonly max_bad_rows: number;
  readonly encoding?: string;
}

/** Train/test split by a random proportion, or by a column that says `train` or `test`; `seed` also feeds the folds. */
export type SplitConfig =
  | { readonly prop: number; readonly seed: number }
  | { readonly column: string; readonly seed: number };

/** The engine and its fixed parameters under the names that the user wrote (`objective` and `zeros` are parameters too). */
export interface ModelConfig {
  readonly engine: string;
  readonly [parameter: string]: ParameterValue;
}

/** Resampling, the grid and the rule that picks the best configuration. */
export interface TuneConfig {
  readonly folds: number;
  readonly seed: number;
  /** Values to try: a model parameter's name or alias, or `step.setting`, in the order written. */
  readonly grid: Readonly<Record<string, readonly ParameterValue[]>>;
  /** The metric that decides. */
  readonly metric: string;
  /** The metrics that are reported; holds `metric`. */
  readonly metrics: readonly string[];
  readonly select: 'best';
}

/** A complete configuration: every default filled in, paths absolute. */
export interface ResolvedConfig {
  readonly data: DataConfig;
  readonly split: SplitConfig;
  /** Starts with `{ tokenize: { words: {} } }`. */
  readonly recipe: readonly RecipeStep[];
  readonly model: ModelConfig;
  readonly tune: TuneConfig;
}
