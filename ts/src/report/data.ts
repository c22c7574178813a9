/** What a report is made of: plain data, gathered from the store once and small whatever the number of rows. */

import type { Plan } from '../flow/plan.ts';
import type { RunRecord } from '../runs/manifest.ts';

/** A range of values and how many fall into it. */
export interface Bin {
  readonly from: number;
  readonly to: number;
  readonly n: number;
}

/** Counts in ranges of equal width; what lies outside of the ranges is counted, too. */
export interface Histogram {
  readonly bins: readonly Bin[];
  readonly below: number;
  readonly above: number;
}

/** A cell of the density of predicted against observed. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly n: number;
}

/** The test rows whose prediction lies in one range, from low to high. */
export interface Decile extends Bin {
  readonly predicted: number;
  readonly observed: number;
  /** Mean of observed minus predicted. */
  readonly residual: number;
  readonly std_err: number | null;
  readonly rmse: number;
}

/** predictions.parquet in numbers. */
export interface PredictionSummary {
  readonly train: number;
  readonly test: number;
  /** Outcomes of all rows. */
  readonly outcomes: Histogram;
  /** Test rows by predicted (x) and observed (y); cells are named by their lower edges. */
  readonly density: {
    readonly from: number;
    readonly width: number;
    readonly size: number;
    readonly cells: readonly Cell[];
    readonly outside: number;
  };
  readonly residuals: Histogram;
  readonly deciles: readonly Decile[];
}

/** A word of the vocabulary; `idf` is null where the weighting has none. */
export interface Token {
  readonly token: string;
  readonly column: number;
  readonly n: number;
  readonly df: number;
  readonly idf: number | null;
}

/** The vocabulary of the final model. */
export interface VocabularySummary {
  readonly size: number;
  /** Occurrences of all its tokens in the training rows. */
  readonly occurrences: number;
  readonly frequent: readonly Token[];
  readonly rare: readonly Token[];
}

/** What a token adds to the model. */
export interface Gain extends Token {
  /** Sum of the loss reductions of its splits. */
  readonly gain: number;
  /** Of the gain of all tokens. */
  readonly share: number;
  readonly splits: number;
}

/** Importance by token, the most important first. */
export interface ImportanceSummary {
  readonly trees: number;
  readonly splits: number;
  /** Tokens that any split uses. */
  readonly used: number;
  readonly tokens: readonly Gain[];
}

/** The deciding metric of a booster after some rounds, over the folds. */
export interface CurvePoint {
  readonly trees: number;
  readonly mean: number;
  readonly n: number;
  readonly std_err: number | null;
}

export interface Curve {
  readonly booster: string;
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly points: readonly CurvePoint[];
}

/** The curves of the best boosters, the best first. */
export interface Curves {
  readonly curves: readonly Curve[];
  /** Boosters that have results. */
  readonly of: number;
}

/** A task of the run; times in milliseconds since 1970. */
export interface Span {
  readonly task: string;
  readonly stage: string;
  readonly label: string;
  readonly status: string;
  readonly started: number;
  readonly ended: number;
  readonly attempt?: number;
  readonly peakMemory?: number;
  readonly cpuSeconds?: number;
  readonly roundsPerSecond?: number;
  readonly host?: string;
}

/** What the run did and when. */
export interface Timeline {
  readonly spans: readonly Span[];
  /** Tasks whose results were there already, by stage. */
  readonly reused: Readonly<Record<string, number>>;
  /** The estimates made before training, in words. */
  readonly estimates: readonly { readonly workers: number; readonly memory: number; readonly reason: string }[];
  readonly warnings: readonly string[];
}

/** All that the sections of a report may use; what a run does not have is undefined. */
export interface ReportData {
  readonly record: RunRecord;
  readonly plan?: Pick<Plan, 'configurations' | 'boosters' | 'recipes' | 'folds'>;
  readonly vocabulary?: VocabularySummary;
  readonly importance?: ImportanceSummary;
  readonly predictions?: PredictionSummary;
  readonly curves?: Curves;
  readonly timeline?: Timeline;
  /** Which metrics are better when they are higher. */
  readonly maximized: ReadonlySet<string>;
  /** What is there but could not be read. */
  readonly unreadable: readonly string[];
  /** Option that finds the store again, e.g. ` --store DIR`; empty for the default. */
  readonly storeFlag: string;
}
