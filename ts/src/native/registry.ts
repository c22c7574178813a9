/** What the native core knows: parameters, recipe steps, metrics and versions, read once. */

import { describeNative } from './binding.ts';

/** A parameter of the model or of a recipe step: enough for the config schema, `--help` and the docs. */
export interface ParamSpec {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly kind: 'float' | 'int' | 'bool' | 'choice' | 'string' | 'strings';
  readonly min?: number | null;
  readonly max?: number | null;
  readonly min_exclusive?: boolean;
  readonly choices?: readonly string[] | null;
  readonly default: number | string | boolean | null;
  /** Whether null is a value, for "no limit" or "none". */
  readonly nullable?: boolean;
  readonly doc: string;
  readonly tunable: boolean;
}

/** A recipe step. */
export interface StepSpec {
  readonly name: string;
  readonly role: 'tokenizer' | 'filter' | 'weighting';
  readonly doc: string;
  readonly params: readonly ParamSpec[];
}

/** A metric and the direction that is better. */
export interface MetricSpec {
  readonly name: string;
  readonly direction: 'minimize' | 'maximize';
  readonly doc: string;
}

/** A trainer: its version, and the parameters of which it takes only some numbers. */
export interface EngineSpec {
  readonly version: string;
  readonly limits: readonly { readonly parameter: string; readonly min: number; readonly max: number }[];
}

/** What a booster can minimise. */
export interface ObjectiveSpec {
  readonly name: string;
  readonly doc: string;
  /** The first version of XGBoost that reads its models. */
  readonly xgboost: string;
  /** The outcomes that it takes, in words. */
  readonly outcomes: string;
  /** Their bounds: `null` where there is none; `above` when an outcome must be greater than `least`. */
  readonly range: { readonly least: number | null; readonly above: boolean; readonly most: number | null };
}

/** The answer of the native `describe()`. */
export interface Registry {
  /** nlpflow's version. */
  readonly version: string;
  /** Version of the artifacts' format; part of every key. */
  readonly format: number;
  /** Version of the rules by which fields of a table are read; part of the corpus' key. */
  readonly reading: number;
  /** Unicode version of the word boundaries. */
  readonly unicode: string;
  /** Unicode version of letter cases and character properties. */
  readonly unicode_properties: string;
  /** By name, in the order in which `engine: auto` tries them. */
  readonly engines: Readonly<Record<string, EngineSpec>>;
  readonly steps: readonly StepSpec[];
  readonly parameters: readonly ParamSpec[];
  readonly objectives: readonly ObjectiveSpec[];
  readonly metrics: readonly MetricSpec[];
  /** The form of the files of models for XGBoost; part of the keys of models. */
  readonly model_format: number;
}

let cached: Registry | undefined;

/** The native registry; the add-on is loaded at the first call. */
export function registry(): Registry {
  cached ??= JSON.parse(describeNative()) as Registry;
  return cached;
}

/** The parameter that `name` means, by its own name or by an alias. */
export function findParameter(known: Registry, name: string): ParamSpec | undefined {
  return known.parameters.find((spec) => spec.name === name || spec.aliases.includes(name));
}
