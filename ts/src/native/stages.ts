/** Options and summaries of the native stages: the JSON that crosses the boundary, in snake_case as Rust reads it. */

import type { Dialect } from '../config/dialect.ts';
import type { RecipeStep, StepSettings } from '../config/types.ts';

/** Values of metrics by name; `null` where a metric is undefined (a constant prediction has no correlation). */
export type MetricValues = Record<string, number | null>;

/** `corpus`: CSV → token ids, usable rows, bad rows. */
export interface CorpusOptions {
  input: string;
  /** SHA-256 that the table must have. */
  digest?: string;
  dialect?: Dialect;
  encoding?: string;
  text: string;
  outcome: string;
  split_column?: string;
  na: 'empty' | 'drop' | 'error';
  empty: 'keep' | 'drop';
  max_bad_rows: number;
  tokenize: StepSettings;
  threads: number;
  chunk_bytes?: number;
  out: string;
}

export interface CorpusSummary {
  records: number;
  documents: number;
  tokens: number;
  terms: number;
  bad_rows: number;
  dropped: { null_outcome: number; null_text: number; empty_text: number };
  first_bad: { row: number; line: number; reason: string }[];
  /** How the table is written, where that is not as usual and was recognised. */
  recognised: string[];
  /** `min_row` and `max_row` are the first records with the least and the greatest outcome, from 0. */
  outcome: { min: number; max: number; mean: number; sd: number; min_row: number; max_row: number };
  /** The outcome, where it is a logarithm, a root or an exponential: predictions are on its scale. */
  scale?: string | null;
  empty_documents: number;
  bytes: number;
  warnings: string[];
}

/** A prediction that is the same for every row: the best one of the training rows, by a metric. */
export type Constant = 'mean' | 'median' | 'weighted median';

/** What the best constant of each metric is worth; fold by fold it is that of the rows the fold learns from. */
export interface Baseline {
  /** By metric; absent in runs of earlier versions, which knew the mean only. */
  constants?: Record<string, Constant>;
  folds: MetricValues[];
  test: MetricValues;
}

/** `split`: rows → train/test and folds, term counts of the training rows, the baseline, copies of texts. */
export interface SplitOptions {
  corpus: string;
  /** Share of the training set; absent: a column of the table says `train` or `test`. */
  prop?: number;
  seed: number;
  /** Seed of the folds where it is another one. */
  fold_seed?: number;
  folds: number;
  threads: number;
  out: string;
}

export interface SplitSummary {
  train: number;
  test: number;
  folds: { analysis: number; assessment: number }[];
  baseline: Baseline;
  /** Shares of the rows that judge a model and have a text it has learned from; absent in runs of earlier versions. */
  copies?: { test: number; folds: number };
  warnings: string[];
}

/** `features`: one fold (or `null`: the final fit) × recipe → vocabulary and matrix. */
export interface FeaturesOptions {
  corpus: string;
  split: string;
  fold: number | null;
  recipe: readonly RecipeStep[];
  threads: number;
  out: string;
}

export interface FeaturesSummary {
  columns: number;
  analysis: number;
  assessment: number;
  entries: number;
  empty_rows: number;
  warnings: string[];
}

/** `boost`: one booster on one fold → metrics at each asked number of trees. */
export interface BoostOptions {
  features: string;
  engine: string;
  parameters: Record<string, unknown>;
  trees: number[];
  metrics: string[];
  threads: number;
  checkpoint?: CheckpointOptions;
  out: string;
}

/** Where a training is kept while it runs: after so many rounds or seconds as its cost allows, and when it is cancelled. */
export interface CheckpointOptions {
  path: string;
  /** What the training is: a checkpoint of another one is ignored. */
  key: string;
  rounds: number;
  seconds: number;
}

/** How a training came about: no part of its result. */
export interface TrainingNotes {
  /** The rounds that a checkpoint saved. */
  resumed?: number;
  /** Why a checkpoint was ignored. */
  note?: string;
  /** Why checkpoints could not be written. */
  not_kept?: string;
}

export interface BoostSummary extends TrainingNotes {
  rounds: number;
  metrics: { trees: number; metrics: MetricValues }[];
}

/** `fit`: the final features × the best parameters → bundle, predictions, metrics. */
export interface FitOptions {
  features: string;
  engine: string;
  parameters: Record<string, unknown>;
  trees: number;
  metrics: string[];
  text: string;
  outcome: string;
  threads: number;
  checkpoint?: CheckpointOptions;
  out: string;
}

export interface FitSummary extends TrainingNotes {
  rounds: number;
  train: MetricValues;
  test: MetricValues;
}

/** `predict`: a saved model on a new table. */
export interface PredictOptions {
  model: string;
  input: string;
  dialect?: Dialect;
  encoding?: string;
  text?: string;
  trees?: number;
  output: string;
  threads: number;
}

export interface PredictSummary {
  rows: number;
  bad_rows: number;
  empty_rows: number;
  recognised: string[];
  warnings: string[];
  /** The outcome of the model, where it is a logarithm, a root or an exponential. */
  scale?: string | null;
}

/** `tokens`: what each step does to some rows. */
export interface TokensOptions {
  input: string;
  dialect?: Dialect;
  encoding?: string;
  text: string;
  outcome: string;
  na: 'empty' | 'drop' | 'error';
  empty: 'keep' | 'drop';
  max_bad_rows: number;
  recipe: readonly RecipeStep[];
  n: number;
  rows?: number[];
  threads: number;
}

export interface TokensSummary {
  rows: {
    row: number;
    text: string;
    steps: { step: string; tokens: string[]; dropped: { token: string; reason: string }[] }[];
    values: { token: string; value: number }[];
  }[];
}

/** `export`: the matrix of a `features` folder, or a table (.arrow, .parquet); the output's extension chooses the format. */
export interface ExportOptions {
  /** Folder of a `features` result: its matrix as row, col, value. */
  matrix?: string;
  /** Path of a table: its columns as they are. */
  table?: string;
  output: string;
}

export interface ExportSummary {
  rows: number;
}

/** `convert`: a saved model as XGBoost reads it; the output's extension (.ubj, .json) chooses the format. */
export interface ConvertOptions {
  model: string;
  output: string;
}

export interface ConvertSummary {
  objective: string;
  /** The first version of XGBoost that reads it. */
  xgboost: string;
}

/** `inspect`: what the columns of a table look like. */
export interface InspectOptions {
  input: string;
  dialect?: Dialect;
  encoding?: string;
}

export interface InspectedColumn {
  name: string;
  kind: 'text' | 'number' | 'category' | 'boolean' | 'date' | 'empty';
  /** How nearly all values are written, where it is neither in words nor in plain numbers. */
  form?: 'date' | 'url' | 'json' | 'figure' | 'code';
  examples: string[];
  /** The most frequent values, whole and as they are, of a column with few; examples are cut to be shown. */
  values?: ValueCount[];
  nulls: number;
  distinct: number;
  /** Whether no value stands in two rows. */
  unique: boolean;
  /** Whether the values count the rows. */
  sequence: boolean;
  /** Words that stand among numbers. */
  foreign?: { rows: number; words: string[] };
  mean_words?: number;
  mean_characters?: number;
  min?: number;
  max?: number;
  non_integer?: boolean;
}

/** A value and the rows of the sample that hold it. */
export interface ValueCount {
  value: string;
  rows: number;
}

export interface InspectSummary {
  columns: InspectedColumn[];
  /** Records read: all of the table when `complete`. */
  rows: number;
  complete: boolean;
  /** Records looked at, spread over those read. */
  sampled: number;
  /** Those of them that have another number of fields than the header. */
  bad?: number;
  encoding: string;
  dialect: FoundDialect;
  /** What was recognised and differs from the usual. */
  recognised: string[];
  warnings: string[];
}

/** How a table is written, as it was said or recognised. */
export interface FoundDialect {
  delimiter: string;
  /** `null` where quotes are plain characters. */
  quote: string | null;
  escape: string | null;
  header: boolean;
  decimal: string;
  thousands: string | null;
}

/** `estimate`: bytes of memory that one booster needs. */
export interface EstimateOptions {
  features: string;
  engine: string;
  parameters: Record<string, unknown>;
}

export interface EstimateSummary {
  bytes: number;
}

/** Every native stage with its options and its summary. */
export interface NativeStages {
  corpus: [CorpusOptions, CorpusSummary];
  split: [SplitOptions, SplitSummary];
  features: [FeaturesOptions, FeaturesSummary];
  boost: [BoostOptions, BoostSummary];
  fit: [FitOptions, FitSummary];
  predict: [PredictOptions, PredictSummary];
  tokens: [TokensOptions, TokensSummary];
  export: [ExportOptions, ExportSummary];
  convert: [ConvertOptions, ConvertSummary];
  inspect: [InspectOptions, InspectSummary];
  estimate: [EstimateOptions, EstimateSummary];
}

/** Name of a native stage. */
export type NativeStageName = keyof NativeStages;

/** Work done of work to do, in the stage's own unit (`bytes`, `rows`, `rounds`). */
export interface Progress {
  done: number;
  total: number;
  unit: string;
}
