import type { OptionSpec } from './command.ts';
import { DIALECT_OPTIONS } from './dialect.ts';

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  store: {
    type: 'string',
    doc: 'folder or s3://BUCKET/PREFIX of the runs',
    value: 'STORE',
    default: '.nlpflow',
    environment: true,
  },
  json: { type: 'boolean', doc: 'events and results as JSON lines on standard output', environment: true },
  quiet: { type: 'boolean', doc: 'only results and what went wrong', short: 'q', environment: true },
  'no-color': { type: 'boolean', doc: 'no colours; the variable NO_COLOR does the same' },
} as const satisfies Record<string, OptionSpec>;

/** Which stage results `push` and `pull` copy with a run. */
export const STAGES_OPTION = {
  type: 'string',
  doc: 'results to copy with it: all, final (of its model and matrix) or none',
  value: 'WHICH',
  choices: ['all', 'final', 'none'],
  default: 'all',
} as const satisfies OptionSpec;

const GROUP = 'Configuration (each overrides the file)';

/** Options that stand for keys of the configuration; `CONFIG_FLAGS` says which. */
export const CONFIG_OPTIONS = {
  text: { type: 'string', doc: 'column that holds the text', value: 'COLUMN', group: GROUP },
  outcome: {
    type: 'string',
    doc: 'what to predict: a column or an expression, e.g. "log1p(size)"',
    value: 'EXPR',
    group: GROUP,
  },
  prop: { type: 'number', doc: 'share of rows to train on', group: GROUP },
  'split-column': { type: 'string', doc: 'column that says train or test', value: 'COLUMN', group: GROUP },
  seed: { type: 'number', doc: 'seed of the split and the folds', group: GROUP },
  folds: { type: 'number', doc: 'cross-validation folds', group: GROUP },
  na: { type: 'string', doc: 'a missing text', choices: ['empty', 'drop', 'error'], group: GROUP },
  empty: { type: 'string', doc: 'a row with an empty text', choices: ['keep', 'drop'], group: GROUP },
  'max-bad-rows': { type: 'number', doc: 'share of unreadable rows that is accepted', group: GROUP },
  encoding: { type: 'string', doc: 'encoding of the table, e.g. windows-1252', group: GROUP },
  ...DIALECT_OPTIONS,
  'stopwords-language': { type: 'string', doc: 'language of the stop words, e.g. en', group: GROUP },
  'min-times': { type: 'number', doc: "token filter: lower bound of a token's count or share", group: GROUP },
  'max-times': { type: 'number', doc: 'token filter: upper bound', group: GROUP },
  'max-tokens': { type: 'number', doc: 'token filter: number of tokens to keep', group: GROUP },
  metric: { type: 'string', doc: 'metric that selects the best configuration', group: GROUP },
  grid: {
    type: 'list',
    doc: 'values to cross, e.g. trees=300,500; may be repeated',
    value: 'NAME=VALUES',
    group: GROUP,
  },
  set: {
    type: 'list',
    doc: 'any key of the configuration, e.g. model.min_n=5; may be repeated',
    value: 'KEY=VALUE',
    group: GROUP,
  },
} as const satisfies Record<string, OptionSpec>;

type ConfigFlag = Exclude<keyof typeof CONFIG_OPTIONS, 'grid' | 'set'>;

/** What a flag means in a configuration. */
interface ConfigKey {
  readonly path: readonly string[];
  /** Another key that it sets, too. */
  readonly also?: readonly string[];
  /** What the flag means, where that is not its own value. */
  readonly value?: unknown;
  /** Sibling keys that give way to it. */
  readonly replaces?: readonly string[];
}

/** The keys of the configuration that flags stand for. */
export const CONFIG_FLAGS: Readonly<Record<ConfigFlag, ConfigKey>> = {
  text: { path: ['data', 'text'] },
  outcome: { path: ['data', 'outcome'] },
  prop: { path: ['split', 'prop'], replaces: ['column'] },
  'split-column': { path: ['split', 'column'], replaces: ['prop'] },
  seed: { path: ['split', 'seed'], also: ['tune', 'seed'] },
  folds: { path: ['tune', 'folds'] },
  na: { path: ['data', 'na'] },
  empty: { path: ['data', 'empty'] },
  'max-bad-rows': { path: ['data', 'max_bad_rows'] },
  encoding: { path: ['data', 'encoding'] },
  delimiter: { path: ['data', 'delimiter'] },
  quote: { path: ['data', 'quote'] },
  escape: { path: ['data', 'escape'] },
  header: { path: ['data', 'header'] },
  'no-header': { path: ['data', 'header'], value: false },
  columns: { path: ['data', 'columns'] },
  'na-values': { path: ['data', 'na_values'] },
  decimal: { path: ['data', 'decimal'] },
  thousands: { path: ['data', 'thousands'] },
  currency: { path: ['data', 'currency'] },
  'stopwords-language': { path: ['recipe', 'stopwords', 'language'] },
  'min-times': { path: ['recipe', 'tokenfilter', 'min_times'] },
  'max-times': { path: ['recipe', 'tokenfilter', 'max_times'] },
  'max-tokens': { path: ['recipe', 'tokenfilter', 'max_tokens'] },
  metric: { path: ['tune', 'metric'] },
};

const BATCH_GROUP = 'AWS Batch (with --on batch)';

/** Leaving a run to AWS Batch; not for commands that go on with one. */
const DETACH_OPTION = {
  detach: { type: 'boolean', doc: 'return at once; selection and fit happen on AWS Batch, too', group: BATCH_GROUP },
} as const satisfies Record<string, OptionSpec>;

/** Options of the commands that talk to AWS Batch; see `readSettings`. */
export const BATCH_OPTIONS = {
  queue: {
    type: 'string',
    doc: 'job queue that takes the tasks',
    value: 'NAME',
    environment: true,
    group: BATCH_GROUP,
  },
  'on-demand-queue': {
    type: 'string',
    doc: 'where a task goes whose spot host was taken away twice',
    value: 'NAME',
    environment: true,
    group: BATCH_GROUP,
  },
  image: {
    type: 'string',
    doc: 'container image with nlpflow',
    value: 'URI',
    environment: true,
    group: BATCH_GROUP,
  },
  cpu: { type: 'number', doc: 'vCPUs of a task (default 1)', group: BATCH_GROUP },
  memory: {
    type: 'string',
    doc: 'memory of a task, e.g. 15GiB; default: by its estimate, else 4GiB',
    value: 'SIZE',
    group: BATCH_GROUP,
  },
  'max-parallel': { type: 'number', doc: 'tasks at once', value: 'N', environment: true, group: BATCH_GROUP },
  timeout: { type: 'number', doc: 'seconds that a task may take, at least 60', value: 'S', group: BATCH_GROUP },
  'finish-timeout': {
    type: 'number',
    doc: 'seconds that the last job of --detach may take; default: no limit',
    value: 'S',
    group: BATCH_GROUP,
  },
  'job-role': {
    type: 'string',
    doc: 'role with which tasks use the store',
    value: 'ARN',
    environment: true,
    group: BATCH_GROUP,
  },
  'execution-role': {
    type: 'string',
    doc: 'role that pulls the image and writes logs; Fargate needs it',
    value: 'ARN',
    environment: true,
    group: BATCH_GROUP,
  },
  'upload-data': {
    type: 'boolean',
    doc: 'read the table on AWS Batch, too: it goes to the store, once',
    group: BATCH_GROUP,
  },
  'log-group': {
    type: 'string',
    doc: 'log group of the tasks (default /aws/batch/job)',
    value: 'NAME',
    environment: true,
    group: BATCH_GROUP,
  },
} as const satisfies Record<string, OptionSpec>;

const COST_GROUP = 'Cost';

/** Options of the commands that say what a run costs; see `readPrices`. */
export const PRICE_OPTIONS = {
  'price-vcpu-hour': {
    type: 'number',
    doc: 'what a vCPU costs an hour, instead of the table of prices; gives this machine a price, too',
    value: 'DOLLARS',
    environment: true,
    group: COST_GROUP,
  },
  'price-gb-hour': {
    type: 'number',
    doc: 'what a GiB of a container costs an hour (default 0 with --price-vcpu-hour)',
    value: 'DOLLARS',
    environment: true,
    group: COST_GROUP,
  },
  prices: {
    type: 'string',
    doc: 'file with prices that replace those of the built-in table',
    value: 'FILE',
    environment: true,
    group: COST_GROUP,
  },
} as const satisfies Record<string, OptionSpec>;

const LIMIT_OPTION = {
  'max-cost': {
    type: 'number',
    doc: 'ends the cross-validation before it costs more, and chooses from what is complete',
    value: 'DOLLARS',
    environment: true,
    group: COST_GROUP,
  },
} as const satisfies Record<string, OptionSpec>;

/** Options of the commands that run stages. */
export const FLOW_OPTIONS = {
  ...CONFIG_OPTIONS,
  on: {
    type: 'string',
    doc: 'where tasks run',
    choices: ['local', 'batch'],
    default: 'local',
    environment: true,
  },
  workers: {
    type: 'string',
    doc: 'processes that train at once: a number, or auto for what cores and memory allow',
    value: 'N',
    default: 'auto',
    environment: true,
  },
  name: { type: 'string', doc: 'name of the run; default: the folder of the configuration' },
  tag: { type: 'list', doc: 'tag of the run; may be repeated' },
  note: { type: 'string', doc: 'a sentence about the run' },
  'dry-run': { type: 'boolean', doc: 'show the plan, what is there already and what the rest takes, and stop' },
  fresh: { type: 'boolean', doc: 'do everything again, also what is there already' },
  ...LIMIT_OPTION,
  ...PRICE_OPTIONS,
  ...BATCH_OPTIONS,
  ...DETACH_OPTION,
} as const satisfies Record<string, OptionSpec>;
