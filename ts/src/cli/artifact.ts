import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { nearest } from '../config/nearest.ts';
import { NlpflowError } from '../errors.ts';
import type { StageName } from '../events.ts';
import { runStage, writeTable } from '../native/binding.ts';
import type { ExportOptions } from '../native/stages.ts';
import type { RunRecord } from '../runs/manifest.ts';
import { publishFile } from '../store/durable.ts';
import type { Store } from '../store/store.ts';

const TABLES = ['.csv', '.parquet', '.json', '.arrow'];

/** What was written: the rows of a table; the first version of XGBoost that reads a model. */
export interface Written {
  readonly rows?: number;
  readonly xgboost?: string;
}

/** How an artifact of a run is handed out. */
export interface Artifact {
  readonly name: string;
  readonly doc: string;
  readonly extensions: readonly string[];
  /** Writes it to a path; returns what to say about it, if anything. */
  write(record: RunRecord, store: Store, output: string): Promise<Written>;
}

/** Every artifact that `nlpflow get` knows; a new one is one entry. */
export const ARTIFACTS: readonly Artifact[] = [
  {
    name: 'vocabulary',
    doc: 'token, column, n, df, idf',
    extensions: TABLES,
    write: async (record, store, output) =>
      exportTable({ table: join(await stageFolder(record, store, 'final'), 'vocabulary.arrow'), output }),
  },
  {
    name: 'matrix',
    doc: 'row, col, value of all kept rows',
    extensions: TABLES,
    write: async (record, store, output) => exportTable({ matrix: await stageFolder(record, store, 'final'), output }),
  },
  {
    name: 'results',
    doc: 'a row for each configuration and metric',
    extensions: TABLES,
    write: (record, store, output) => runTable('results.parquet', record, store, output),
  },
  {
    name: 'predictions',
    doc: 'row, set, outcome, prediction',
    extensions: TABLES,
    write: async (record, store, output) =>
      exportTable({ table: join(await stageFolder(record, store, 'fit'), 'predictions.parquet'), output }),
  },
  {
    name: 'metrics',
    doc: 'cross-validation, test set and baseline',
    extensions: TABLES,
    write: async (record, store, output) => {
      if (extname(output).toLowerCase() === '.json') {
        return runFile('metrics.json', record, store, output);
      }
      const { metricsIpc } = await import('./metrics.ts');
      const ipc = await metricsIpc(record.metrics ?? {}, record.config.tune.metrics);
      return whole(output, (aside) => writeTable(ipc, aside));
    },
  },
  {
    name: 'model',
    doc: '.nlpf (for nlpflow predict), .ubj or .json (for XGBoost)',
    extensions: ['.nlpf', '.ubj', '.json'],
    write: async (record, store, output) => {
      const folder = await stageFolder(record, store, 'fit');
      if (extname(output).toLowerCase() === '.nlpf') {
        return whole(output, (aside) => copyFile(join(folder, 'model.nlpf'), aside));
      }
      // Written anew: the file of an older run has a form that XGBoost before 3.1 reads wrong.
      const { xgboost } = await whole(output, (aside) =>
        runStage('convert', { model: join(folder, 'model.ubj'), output: aside }),
      );
      return { xgboost };
    },
  },
  {
    name: 'bad_rows',
    doc: 'row, line, column, reason, text',
    extensions: TABLES,
    write: async (record, store, output) =>
      exportTable({ table: join(await stageFolder(record, store, 'corpus'), 'bad_rows.parquet'), output }),
  },
  {
    name: 'plan',
    doc: 'configurations, boosters and tasks',
    extensions: ['.json'],
    write: (record, store, output) => runFile('plan.json', record, store, output),
  },
  {
    name: 'trace',
    doc: 'a row an attempt of a task: when, where, how long, memory, rounds a second',
    extensions: TABLES,
    write: async (record, store, output) => {
      // From the events, so that a run that was killed has one, too.
      const { EVENTS_FILE } = await import('../runs/journal.ts');
      const { parseEvents, traceIpc, traceRows } = await import('../runs/trace.ts');
      const events = parseEvents((await runBytes(EVENTS_FILE, record, store)).toString('utf8'));
      const rows = traceRows(events);
      await whole(output, async (aside) => writeTable(await traceIpc(rows), aside));
      return { rows: rows.length };
    },
  },
];

/** The artifact of a name, if it can be written to a file with this extension; the extension chooses the format. */
export function findArtifact(name: string, output: string): Artifact {
  const artifact = ARTIFACTS.find((known) => known.name === name);
  if (!artifact) {
    const names = ARTIFACTS.map((known) => known.name);
    const near = nearest(name, names);
    throw new NlpflowError(
      'USAGE',
      `there is no artifact ${name}${near === undefined ? '' : `; did you mean ${near}?`}\nartifacts are ${names.join(', ')}`,
    );
  }
  requireExtension(output, artifact.extensions);
  return artifact;
}

/** Refuses a file whose extension means no known format. */
export function requireExtension(path: string, extensions: readonly string[]): void {
  if (!extensions.includes(extname(path).toLowerCase())) {
    throw new NlpflowError('USAGE', `${path}: the extension chooses the format; use ${extensions.join(', ')}`);
  }
}

async function stageFolder(
  record: RunRecord,
  store: Store,
  part: 'corpus' | 'split' | 'final' | 'fit',
): Promise<string> {
  const key = record.keys[part];
  const stage: StageName = part === 'final' ? 'features' : part;
  if (key === undefined || !(await store.has(stage, key))) {
    const command = part === 'fit' ? 'fit' : 'preprocess';
    throw new NlpflowError(
      'ARTIFACT_NOT_FOUND',
      `${notMade(record, 'has not made this yet')}; nlpflow ${command} ${record.id} makes it`,
    );
  }
  return store.folder(stage, key);
}

/** Why something is not there: what a run has `yet` to make, one that was ended will not make. */
function notMade({ id, status, error }: RunRecord, yet: string): string {
  if (status === 'done' || status === 'running') return `run ${id} ${yet}`;
  const why = error ? ` (${error.message})` : '';
  return `run ${id} ${status === 'failed' ? 'failed' : 'was interrupted'} before it made this${why}`;
}

async function exportTable(options: ExportOptions): Promise<{ rows: number }> {
  return whole(options.output, (aside) => runStage('export', { ...options, output: aside }));
}

async function runTable(file: string, record: RunRecord, store: Store, output: string): Promise<Written> {
  const bytes = await runBytes(file, record, store);
  if (extname(output).toLowerCase() === extname(file)) {
    return whole(output, (aside) => writeFile(aside, bytes));
  }
  return exportTable({ table: await store.local(`runs/${record.id}/${file}`), output });
}

async function runFile(file: string, record: RunRecord, store: Store, output: string): Promise<Record<string, never>> {
  const bytes = await runBytes(file, record, store);
  return whole(output, (aside) => writeFile(aside, bytes));
}

async function runBytes(file: string, record: RunRecord, store: Store): Promise<Buffer> {
  const bytes = await store.getRun(record.id, file);
  if (bytes === null) {
    throw new NlpflowError(
      'ARTIFACT_NOT_FOUND',
      `${notMade(record, `has no ${file} yet`)}; nlpflow tune ${record.id} makes it`,
    );
  }
  return bytes;
}

/** Writes a text as a file, whole or not at all. */
export async function writeWhole(output: string, text: string | Uint8Array): Promise<void> {
  await whole(output, (aside) => writeFile(aside, text));
}

/** Writes aside and renames, so that a file is never half there. */
async function whole<T>(
  output: string,
  write: (aside: string) => Promise<T>,
): Promise<T extends void ? Record<string, never> : T> {
  const extension = extname(output);
  const aside = join(dirname(output), `.${process.pid}.${Date.now()}.part${extension}`);
  try {
    await mkdir(dirname(output), { recursive: true });
    const result = await write(aside);
    await publishFile(aside, output);
    return (result ?? {}) as T extends void ? Record<string, never> : T;
  } catch (error) {
    await rm(aside, { force: true }).catch(() => {});
    throw fileError(error, output);
  }
}

function fileError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new NlpflowError('DISK_FULL', `${path}: the disk is full`, { cause: error });
  }
  if (
    code === 'EACCES' ||
    code === 'EPERM' ||
    code === 'EROFS' ||
    code === 'EEXIST' ||
    code === 'ENOTDIR' ||
    code === 'EISDIR'
  ) {
    return new NlpflowError('OUTPUT_NOT_WRITABLE', `${path}: cannot be written (${code}); choose another place`, {
      cause: error,
    });
  }
  return error;
}
