/** `run.json`: what a run was, what it made and what came of it. */

import { randomBytes } from 'node:crypto';
import type { ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import type { MetricValues } from '../native/stages.ts';

/** Version of `run.json`. */
export const RUN_FORMAT = 1;

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

export type RunStatus = 'running' | 'done' | 'failed' | 'interrupted';

/** Mean over folds with its standard error; null where no fold has a value, or fewer than two for the error. */
export interface FoldSummary {
  readonly mean: number | null;
  readonly n: number;
  readonly std_err: number | null;
}

/** The selected configuration. */
export interface BestConfiguration {
  readonly id: string;
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly metric: string;
  readonly mean: number | null;
  readonly n: number;
  readonly std_err: number | null;
}

/** The metrics of the best configuration beside those of predicting the mean. */
export interface RunMetrics {
  readonly cv?: Readonly<Record<string, FoldSummary>>;
  readonly cv_baseline?: Readonly<Record<string, FoldSummary>>;
  readonly train?: MetricValues;
  readonly test?: MetricValues;
  readonly test_baseline?: MetricValues;
}

/** One row of the results table: a configuration and a metric. */
export interface ResultRow {
  readonly configuration: string;
  readonly values: Readonly<Record<string, number | string | boolean>>;
  readonly metric: string;
  readonly mean: number | null;
  readonly n: number;
  readonly std_err: number | null;
  /** False when a fold failed: such a configuration is not selected. */
  readonly complete: boolean;
}

export interface TaskFailure {
  readonly task: string;
  readonly label: string;
  readonly code: string;
  readonly message: string;
}

export interface RunRecord {
  readonly format: typeof RUN_FORMAT;
  readonly id: string;
  readonly name: string;
  status: RunStatus;
  readonly until: 'preprocess' | 'tune' | 'fit';
  /** ISO time. */
  readonly created: string;
  finished?: string;
  readonly config: ResolvedConfig;
  /** Relative to the folder in which nlpflow was started; null without a file. */
  readonly config_path: string | null;
  readonly data: { readonly digest: string; readonly bytes: number };
  readonly versions: Readonly<Record<string, string>>;
  readonly plan: {
    readonly configurations: number;
    readonly boosters: number;
    readonly folds: number;
    readonly recipes: number;
  };
  keys: { corpus?: string; split?: string; final?: string; fit?: string };
  /** Summaries of the stages that describe the data. */
  summaries: { corpus?: unknown; split?: unknown; final?: unknown; fit?: unknown };
  best?: BestConfiguration;
  /** The table of configurations, as in results.parquet. */
  results?: readonly ResultRow[];
  metrics?: RunMetrics;
  /** In words: is the best model better than predicting the mean? */
  verdict?: string;
  /** Tasks that failed while the run went on. */
  failures: TaskFailure[];
  /** What ended the run. */
  error?: { readonly code: string; readonly message: string };
  seconds: number;
  /** The process that writes this run; tells a running run from one that was killed. */
  process: { readonly pid: number; readonly host: string };
}

/** An id that sorts by time: `YYYYMMDD-HHMMSS-` in UTC and four random letters or digits. */
export function newRunId(now: Date, random: (bytes: number) => Uint8Array = randomBytes): string {
  const [day, time] = now.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  const tail = [...random(4)].map((byte) => BASE32[byte % BASE32.length]).join('');
  return `${day}-${time}-${tail}`;
}

/** The text of `run.json`. */
export function serialiseRun(record: RunRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

/** Reads `run.json`. Throws `STORE_FORMAT_NEWER` for a run of a newer nlpflow, `ARTIFACT_DAMAGED` for what is no run. */
export function parseRun(bytes: Uint8Array | string, path: string): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new NlpflowError('ARTIFACT_DAMAGED', `${path} is not JSON; remove its folder`, { cause: error });
  }
  const { format, id } = (parsed ?? {}) as { format?: unknown; id?: unknown };
  if (typeof format !== 'number' || typeof id !== 'string') {
    throw new NlpflowError('ARTIFACT_DAMAGED', `${path} is not the record of a run; remove its folder`);
  }
  if (format > RUN_FORMAT) {
    throw new NlpflowError(
      'STORE_FORMAT_NEWER',
      `${path} was written by a newer nlpflow (format ${format}, this one reads ${RUN_FORMAT}); update nlpflow or use another --store`,
    );
  }
  return parsed as RunRecord;
}
