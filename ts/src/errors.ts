/** The one error class of nlpflow, and the table from error code to exit code. */

/** Exit codes of the command line. */
export const EXIT = {
  ok: 0,
  internal: 1,
  usage: 2,
  data: 3,
  store: 4,
  tasks: 5,
  interrupted: 130,
} as const;

/** One of the documented exit codes. */
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every error code of nlpflow, native ones included, under the exit code that it gives. */
const CODES: Readonly<Record<Exclude<keyof typeof EXIT, 'ok'>, readonly string[]>> = {
  internal: [
    'CANNOT_RESUME',
    'COLUMN_MISMATCH',
    'COUNT_UNDERFLOW',
    'INTERNAL',
    'INVALID_FEATURE_NAMES',
    'INVALID_MATRIX',
    'INVALID_VOCABULARY',
    'LENGTH_MISMATCH',
    'MERGED_ROWS',
    'NATIVE_MISSING',
  ],
  usage: [
    'AMBIGUOUS_MTRY',
    'ARTIFACT_NOT_FOUND',
    'AWS_DENIED',
    'AWS_REFUSED',
    'AWS_SETTINGS',
    'BATCH_QUEUE',
    'BATCH_SETTINGS',
    'CONFIG_INVALID',
    'CONFIG_NOT_FOUND',
    'COST_TOO_HIGH',
    'DUPLICATE_PARAMETER',
    'GRID_INVALID',
    'INVALID_DELIMITER',
    'INVALID_DIALECT',
    'INVALID_EXPRESSION',
    'INVALID_OPTIONS',
    'INVALID_PARAMETER',
    'INVALID_RECIPE',
    'INVALID_ROUNDS',
    'INVALID_SETTING',
    'INVALID_SPLIT',
    'INVALID_STEP',
    'INVALID_VALUE',
    'MATRIX_TOO_LARGE',
    'MTRY_TOO_LARGE',
    'NEGATIVE_FEATURE',
    'NOT_COVERED',
    'NOT_REPRODUCIBLE',
    'NO_ROUNDS',
    'PRICES_INVALID',
    'RUN_ACTIVE',
    'RUN_NOT_FOUND',
    'TOO_MANY_TREES',
    'UNKNOWN_ENCODING',
    'UNKNOWN_ENGINE',
    'UNKNOWN_FORMAT',
    'UNKNOWN_METRIC',
    'UNKNOWN_PARAMETER',
    'UNKNOWN_STEP',
    'USAGE',
  ],
  data: [
    'CONSTANT_OUTCOME',
    'DUPLICATE_COLUMN',
    'EMPTY_MATRIX',
    'EMPTY_TABLE',
    'EMPTY_VOCABULARY',
    'INPUT_CHANGED',
    'INPUT_NOT_FOUND',
    'INPUT_UNREADABLE',
    'INVALID_MODEL',
    'INVALID_OUTCOME',
    'INVALID_WEIGHT',
    'NEWER_MODEL_FORMAT',
    'NOT_A_MODEL',
    'NO_ROWS',
    'NO_TOKENS',
    'NULL_TEXT',
    'OUTCOME_NOT_FINITE',
    'OUTCOME_OUT_OF_RANGE',
    'RECORD_TOO_LONG',
    'TOO_MANY_BAD_ROWS',
    'TRUNCATED_INPUT',
    'UNCLOSED_QUOTE',
    'UNKNOWN_COLUMN',
    'VALUE_NOT_FOUND',
    'WORDS_AS_OUTCOME',
  ],
  store: [
    'ARTIFACT_DAMAGED',
    'DISK_FULL',
    'MALFORMED_ARTIFACT',
    'OUTPUT_NOT_WRITABLE',
    'READ_FAILED',
    'STORE_ACCESS_DENIED',
    'STORE_BUCKET_NOT_FOUND',
    'STORE_BUSY',
    'STORE_CLOCK_SKEW',
    'STORE_CREDENTIALS_EXPIRED',
    'STORE_CREDENTIALS_INVALID',
    'STORE_FORMAT_NEWER',
    'STORE_NO_CREDENTIALS',
    'STORE_NOT_WRITABLE',
    'STORE_PATH_INVALID',
    'STORE_REGION_WRONG',
    'STORE_REQUEST_FAILED',
    'STORE_TRANSFER_FAILED',
    'STORE_UNREACHABLE',
    'STORE_UNSUPPORTED',
    'WRITE_FAILED',
  ],
  tasks: [
    'AWS_THROTTLED',
    'AWS_UNREACHABLE',
    'COST_LIMIT',
    'MEMORY_TOO_SMALL',
    'NO_THREADS',
    'TASKS_FAILED',
    'TASK_ENDED',
    'TASK_LOST',
    'TASK_NOT_STARTED',
    'TASK_RECLAIMED',
    'TASK_TIMEOUT',
    'WORKER_DIED',
    'XGBOOST_FAILED',
  ],
  interrupted: ['CANCELLED', 'INTERRUPTED'],
};

/** Exit code of every error code that is known; a code that is not listed is a defect (exit 1). */
export const EXIT_OF_CODE: ReadonlyMap<string, ExitCode> = new Map(
  Object.entries(CODES).flatMap(([kind, codes]) => codes.map((code) => [code, EXIT[kind as keyof typeof CODES]])),
);

/** Troubles of a store that concern one object, or one transfer. */
const OF_ONE_OBJECT: ReadonlySet<string> = new Set([
  'STORE_PATH_INVALID',
  'STORE_REQUEST_FAILED',
  'STORE_TRANSFER_FAILED',
]);

/** Whether no other task of a run can succeed after an error with this code. */
export function endsRun(code: string): boolean {
  if (code === 'DISK_FULL' || code === 'NATIVE_MISSING') return true;
  return code.startsWith('STORE_') && !OF_ONE_OBJECT.has(code);
}

/** An error with a stable code, a message that says what to do, and the exit code that follows from the code. */
export class NlpflowError extends Error {
  override readonly name = 'NlpflowError';
  readonly code: string;
  /** The cause chain in words, outermost first. */
  readonly details: readonly string[];

  constructor(code: string, message: string, options: { cause?: unknown; details?: readonly string[] } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? [];
  }

  get exitCode(): ExitCode {
    return EXIT_OF_CODE.get(this.code) ?? EXIT.internal;
  }
}

/** The error itself when it is ours, else an `INTERNAL` error that keeps it as cause. */
export function asNlpflowError(error: unknown): NlpflowError {
  if (error instanceof NlpflowError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new NlpflowError('INTERNAL', message, { cause: error });
}

/** The causes of an error in words, outermost first, without its own message. */
export function causesOf(error: unknown): string[] {
  const own = error instanceof Error ? error.message : String(error);
  const causes = error instanceof NlpflowError ? [...error.details] : [];
  let cause = error instanceof Error ? error.cause : undefined;
  for (let depth = 0; cause !== undefined && depth < 10; depth += 1) {
    causes.push(cause instanceof Error ? cause.message : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return [...new Set(causes)].filter((words) => words !== own);
}
