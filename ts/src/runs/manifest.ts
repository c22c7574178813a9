/** `run.json`: what a run was, what it made and what came of it. */

import { randomBytes } from 'node:crypto';
import type { ResolvedConfig } from '../config/types.ts';
import { NlpflowError } from '../errors.ts';
import type { Forecast } from '../flow/forecast.ts';
import type { MetricValues } from '../native/stages.ts';
import { formatNewer } from '../store/problems.ts';
import { RUN_FORMAT } from './format.ts';
import { runSchema } from './schema.ts';
import { type OldRecord, upgradeRun } from './upgrade.ts';

export { RUN_FORMAT };

/** What to do about a record that cannot be read. */
const REMEDY = 'restore it from a copy, or remove the run with nlpflow runs rm and its id';

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

/** The metrics of the best configuration beside those of the best constant. */
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

/** Where a run came from, beside data and configuration. */
export interface Lineage {
  /** The command line without the program; secrets are blotted out. */
  readonly argv: readonly string[];
  /** NLPFLOW_* variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** Digest of the configuration file; null without one. */
  readonly config_sha256: string | null;
  /** The repository that holds the configuration's folder; null outside of one. */
  readonly git: { readonly commit: string; readonly branch: string | null; readonly dirty: boolean } | null;
}

/** What was foretold before the boosters started. */
export interface RunEstimate {
  readonly seconds?: number;
  readonly basis?: string;
  /** Work of the boosters that were missing, in steps over values and bins, and their number. */
  readonly work: number;
  readonly tasks: number;
  readonly engine?: string;
  /** Bytes that the largest booster needs. */
  readonly memory: number;
  readonly workers: number;
}

/** What came of it. */
export interface RunUsage {
  /** Wall time of the boosters. */
  readonly seconds: number;
  /** Largest resident memory of a worker that trained, in bytes. */
  readonly peak_memory: number | null;
  /** Processor time of all tasks. */
  readonly cpu_seconds: number;
  /** Work a second and worker of the boosters: what later runs estimate with. */
  readonly pace: number | null;
  /** vCPUs times hours of all attempts. */
  readonly vcpu_hours?: number;
  /** What they cost; null where nothing was paid. */
  readonly dollars?: number | null;
}

/** `--max-cost` of a run. */
export interface RunLimit {
  readonly dollars: number;
  /** Whether it ended the cross-validation early. */
  reached: boolean;
  /** Ids of configurations that were left out because of it. */
  left_out: readonly string[];
}

export interface RunRecord {
  readonly format: number;
  readonly id: string;
  readonly name: string;
  status: RunStatus;
  readonly until: 'preprocess' | 'tune' | 'fit';
  readonly resample?: 'always' | 'if needed';
  readonly fresh?: boolean;
  /** ISO time. */
  readonly created: string;
  finished?: string;
  /** Where nlpflow was started, relative to the store's folder; null when the store is no folder. */
  readonly folder?: string | null;
  /** Its `data.source` is relative to where nlpflow was started; `configOf` makes it absolute. */
  readonly config: ResolvedConfig;
  /** Relative to the folder in which nlpflow was started; null without a file. */
  readonly config_path: string | null;
  readonly data: { readonly digest: string; readonly bytes: number };
  readonly versions: Readonly<Record<string, string>>;
  /** Null for a run of a nlpflow that did not write it down. */
  readonly lineage?: Lineage | null;
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
  /** In words: is the best model better than the best constant? */
  verdict?: string;
  /** Tasks that failed while the run went on. */
  failures: TaskFailure[];
  /** What ended the run. */
  error?: { readonly code: string; readonly message: string };
  estimate?: RunEstimate;
  /** What the whole run was to take, as far as that could be told. */
  forecast?: Forecast;
  limit?: RunLimit;
  usage?: RunUsage;
  seconds: number;
  /** The process that writes this run; tells a running run from one that was killed. */
  process: {
    readonly pid: number;
    readonly host: string;
    /** Boot and PID namespace in which the PID means something, and when the process began in it; see `store/owner.ts`. */
    readonly space?: string;
    readonly began?: number;
    readonly platform?: string;
    readonly cpus?: number;
    readonly memory?: number;
  };
}

/** An id that sorts by time: `YYYYMMDD-HHMMSS-` in UTC and four random letters or digits. */
export function newRunId(now: Date, random: (bytes: number) => Uint8Array = randomBytes): string {
  const [day, time] = now.toISOString().slice(0, 19).replace(/[-:]/g, '').split('T');
  const tail = [...random(4)].map((byte) => BASE32[byte % BASE32.length]).join('');
  return `${day}-${time}-${tail}`;
}

/** The text of `run.json`. */
export function serialiseRun(record: RunRecord): string {
  return `${JSON.stringify(record, undefined, 1)}\n`;
}

/**
 * Reads `run.json`, of this format or an earlier one. Throws `STORE_FORMAT_NEWER` for a run of a newer nlpflow,
 * `ARTIFACT_DAMAGED` for what is no run: the file may come from anywhere, so nothing in it is believed before it was checked.
 */
export function parseRun(bytes: Uint8Array | string, path: string): RunRecord {
  let parsed: unknown;
  try {
    parsed = JSON.parse(typeof bytes === 'string' ? bytes : Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw new NlpflowError('ARTIFACT_DAMAGED', `${path} is not JSON; ${REMEDY}`, { cause: error });
  }
  const { format, id } = (parsed ?? {}) as { format?: unknown; id?: unknown };
  if (typeof format !== 'number' || typeof id !== 'string') {
    throw new NlpflowError('ARTIFACT_DAMAGED', `${path} is not the record of a run; ${REMEDY}`);
  }
  if (format > RUN_FORMAT) {
    throw formatNewer(path, format, RUN_FORMAT);
  }
  const upgraded = upgradeRun(parsed as OldRecord);
  const checked = runSchema.safeParse(upgraded);
  if (checked.success) return upgraded as unknown as RunRecord;
  const problem = checked.error.issues[0];
  throw new NlpflowError(
    'ARTIFACT_DAMAGED',
    `${path}: ${problem?.path.join('.') || 'the record'} is not what a run has (${problem?.message}); ${REMEDY}`,
  );
}
