/**
 * A native add-on by behaviour, for tests of the flow and of the executor: every stage writes files that follow from its
 * options, `boost` "trains" with metrics that follow from the parameters.
 *
 * What the parameter `fake` asks for goes wrong: `fail`, `full` (disk), `slow`, `rounds` (tells each of many, until cancelled),
 * `hang` (until cancelled), `stuck` (not even then), `hang-once:FILE` (unless the file is there), `wait-for:FILE`, `crash`
 * (exit code 9), `die` (SIGKILL), `die-once:FILE`. FAKE_ESTIMATE is the memory of a booster in bytes.
 */

import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { MetricValues, Progress } from '../../src/native/stages.ts';
import { REGISTRY } from '../flow/fixture.ts';

interface Options {
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly tokenize?: Readonly<Record<string, unknown>>;
  readonly trees?: number | readonly number[];
  readonly fold?: number | null;
  readonly folds?: number;
  readonly out?: string;
  readonly model?: string;
  readonly output?: string;
}

export class CancelToken {
  cancelled = false;

  cancel(): void {
    this.cancelled = true;
  }
}

export function describe(): string {
  const fake = { name: 'fake', aliases: [], kind: 'string', default: null, doc: 'what goes wrong', tunable: true };
  return JSON.stringify({ ...REGISTRY, parameters: [...REGISTRY.parameters, fake] });
}

export async function stage(
  name: string,
  options: Options,
  token: CancelToken,
  progress: (progress: Progress) => void,
): Promise<string> {
  progress({ done: 1, total: 2, unit: 'rounds' });
  const asked = String(options.parameters?.['fake'] ?? options.tokenize?.['fake'] ?? 'none');
  // Parameters that cannot be trained with cannot be estimated either; the rest goes wrong in a worker only.
  if (name !== 'estimate' || asked === 'fail') await misbehave(asked, token, progress);
  const summary = SUMMARIES[name]?.(options);
  if (options.out !== undefined) {
    const content = createHash('sha256')
      .update(JSON.stringify(options.trees ?? options.fold ?? 0))
      .digest();
    const files = name === 'fit' ? ['model.nlpf', 'model.ubj', 'predictions.parquet'] : [`${name}.bin`];
    for (const file of files) writeFileSync(join(options.out, file), content);
  }
  if (name === 'convert' && options.model !== undefined && options.output !== undefined) {
    copyFileSync(options.model, options.output);
  }
  return JSON.stringify(summary ?? null);
}

export function digest(path: string): Promise<string> {
  return Promise.resolve(createHash('sha256').update(readFileSync(path)).digest('hex'));
}

export function writeTable(ipc: Buffer, path: string): Promise<void> {
  writeFileSync(path, ipc);
  return Promise.resolve();
}

const SUMMARIES: Readonly<Record<string, (options: Options) => unknown>> = {
  corpus: () => ({
    records: 100,
    documents: 100,
    bad_rows: 1,
    first_bad: [{ row: 3, line: 5, reason: '2 fields where the header has 4' }],
    recognised: [],
    warnings: [],
  }),
  split: ({ folds }) => ({
    train: 80,
    test: 20,
    folds: Array.from({ length: folds ?? 0 }, () => ({ analysis: 64, assessment: 16 })),
    baseline: {
      constants: { mae: 'median', rmse: 'mean', rsq: 'mean' },
      folds: Array.from({ length: folds ?? 0 }, (_, fold) => metrics(100 + fold)),
      test: metrics(100),
    },
    copies: { test: 0, folds: 0 },
    warnings: [],
  }),
  features: ({ fold }) => ({
    columns: 10,
    analysis: 64,
    assessment: 16,
    entries: 100,
    empty_rows: 0,
    warnings: fold === null ? ['few columns'] : [],
  }),
  // The more trees and the deeper, the better.
  boost: ({ parameters, trees }) => ({
    rounds: [trees].flat().at(-1),
    metrics: [trees ?? []].flat().map((count) => ({
      trees: count,
      metrics: metrics(50 / (count + Number(parameters?.['max_depth'] ?? 0))),
    })),
  }),
  fit: ({ trees }) => ({ rounds: trees, train: metrics(1), test: metrics(2) }),
  convert: () => ({ objective: 'reg:squarederror', xgboost: '1.7' }),
  estimate: () => ({ bytes: Number(process.env['FAKE_ESTIMATE'] ?? 1000) }),
};

function metrics(value: number): MetricValues {
  return { mae: value / 2, rmse: value, rsq: null };
}

async function misbehave(kind: string, token: CancelToken, progress: (progress: Progress) => void): Promise<void> {
  if (kind === 'fail') throw coded('OUTCOME_OUT_OF_RANGE', 'the outcome is not what this objective needs');
  if (kind === 'full') throw coded('DISK_FULL', 'no space left');
  if (kind === 'slow') await delay(60);
  if (kind === 'crash') {
    process.stderr.write('boom\n');
    process.exit(9);
  }
  for (let done = 1; kind === 'rounds' && done < 1_000 && !token.cancelled; done += 1) {
    progress({ done, total: 1_000, unit: 'rounds' });
    await delay(20);
  }
  if (kind === 'die') process.kill(process.pid, 'SIGKILL');
  const mark = /^die-once:(?<file>.+)$/.exec(kind)?.groups?.['file'];
  if (mark !== undefined && isFirst(mark)) process.kill(process.pid, 'SIGKILL');
  const awaited = /^wait-for:(?<file>.+)$/.exec(kind)?.groups?.['file'];
  while (awaited !== undefined && !existsSync(awaited) && !token.cancelled) await delay(10);
  const once = /^hang-once:(?<file>.+)$/.exec(kind)?.groups?.['file'];
  const hangs = kind === 'hang' || (once !== undefined && !existsSync(once));
  if (once !== undefined) writeFileSync(once, '');
  while (kind === 'stuck' || (hangs && !token.cancelled)) await delay(10);
  if (token.cancelled) throw coded('CANCELLED', 'cancelled');
}

/** Whether no other process has made the file before. */
function isFirst(mark: string): boolean {
  try {
    writeFileSync(mark, '', { flag: 'wx' });
    return true;
  } catch {
    return false;
  }
}

function coded(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
