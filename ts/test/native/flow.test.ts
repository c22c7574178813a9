/** A small real run through the add-on: stages meet each other, and the numbers do not depend on how they were run. */

import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import type { NlpflowError } from '../../src/errors.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runFlow } from '../../src/flow/run.ts';
import { runStage } from '../../src/native/binding.ts';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledWorker } from '../contract/worker-process.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from './built.ts';

let worker: WorkerCommand;

beforeAll(async () => {
  worker = await bundledWorker();
});

/** Pseudo-random numbers from a text, the same everywhere. */
function draw(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
}

const NOUNS = 'apple bridge candle desert engine forest guitar harbor island jacket kettle ladder'.split(' ');

/** Texts whose outcome is a sum over their words, with noise. */
function table(rows: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = NOUNS.filter((noun) => draw(`${row} ${noun}`) < 0.3);
    const outcome = words.reduce((sum, word) => sum + draw(word) * 10, 1) + draw(`noise ${row}`);
    return `"${words.join(' ')}, the",${outcome.toFixed(4)}`;
  });
  return `description,size\n${lines.join('\n')}\n`;
}

interface Bench {
  config: ResolvedConfig;
  folder: string;
  store: Store;
  run(options?: { workers?: number; store?: Store; config?: ResolvedConfig }): Promise<RunRecord>;
}

async function bench(change: Parameters<typeof withConfig>[0] = {}): Promise<Bench> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, table(600));
  const config = withConfig({
    recipe: [{ tokenize: { words: {} } }, { stopwords: {} }, { tokenfilter: { max_tokens: 20 } }, { tfidf: {} }],
    ...change,
    data: { source, outcome: 'size', ...change.data },
    tune: { folds: 3, grid: { trees: [5, 20], tree_depth: [2, 4], sample_size: [0.8] }, ...change.tune },
  });
  const store = openFolderStore(join(folder, 'store'));
  return {
    config,
    folder,
    store,
    run: (options = {}) => {
      const { workers = 2 } = options;
      const signal = new AbortController().signal;
      const flow = { store: options.store ?? store, workers, until: 'fit', signal, emit: () => {}, worker } as const;
      return runFlow(options.config ?? config, flow);
    },
  };
}

describe.skipIf(!BUILT)('a real run', () => {
  test('finds what is in the data, and predicts new rows in their order', async () => {
    const { run, store, folder } = await bench();
    const record = await run();
    expect(record).toMatchObject({ status: 'done', failures: [], plan: { configurations: 4, boosters: 2, folds: 3 } });
    expect(record.results).toHaveLength(4 * 3);
    expect(record.verdict).toMatch(/^better than always predicting the mean/);
    expect(record.metrics?.test?.['rmse']).toBeLessThan((record.metrics?.test_baseline?.['rmse'] ?? 0) / 1.5);
    const output = join(folder, 'predictions.csv');
    const input = join(folder, 'new.csv');
    await writeFile(input, 'description\napple\n\nbridge candle\n""\n'.replace('\n\n', '\n'));
    const model = store.runPath(record.id, 'model.nlpf');
    const summary = await runStage('predict', { model, input, output, threads: 2 });
    expect(summary).toMatchObject({ rows: 3, bad_rows: 0 });
    const lines = (await readFile(output, 'utf8')).trim().split('\n');
    expect(lines[0]).toBe('row,prediction');
    expect(lines.slice(1).map((line) => line.split(',')[0])).toEqual(['0', '1', '2']);
  });

  test('results and model are the same bytes for any workers and chunks', async () => {
    const { run, store, folder } = await bench();
    const other = openFolderStore(join(folder, 'other'));
    const first = await run({ workers: 1 });
    process.env['NLPFLOW_CHUNK_BYTES'] = '777';
    try {
      const second = await run({ workers: 2, store: other });
      for (const file of ['results.parquet', 'model.nlpf', 'model.ubj', 'predictions.parquet']) {
        expect(await other.getRun(second.id, file), file).toEqual(await store.getRun(first.id, file));
      }
    } finally {
      Reflect.deleteProperty(process.env, 'NLPFLOW_CHUNK_BYTES');
    }
  });

  test('the metrics of a prefix are those of a booster of that length', async () => {
    const { run, config } = await bench();
    const both = await run();
    const grid = { trees: [5], tree_depth: [2, 4], sample_size: [0.8] };
    const short = await run({ config: { ...config, tune: { ...config.tune, grid } } });
    const of = (record: RunRecord): unknown[] =>
      (record.results ?? []).filter(({ values }) => values['trees'] === 5).map(({ mean, std_err }) => [mean, std_err]);
    expect(of(short)).toHaveLength(6);
    expect(of(short)).toEqual(of(both));
  });

  test('a grid over the recipe gives each setting its own columns', async () => {
    const { run, store } = await bench({ tune: { grid: { trees: [5], 'tokenfilter.max_tokens': [3, 9] } } });
    const record = await run();
    expect(record.plan).toMatchObject({ configurations: 2, boosters: 2, recipes: 2 });
    expect(record.summaries.final).toMatchObject({ columns: record.best?.values['tokenfilter.max_tokens'] });
    expect(await store.has('features', record.keys.final ?? '')).toBe(true);
  });

  test.each<[string, Parameters<typeof withConfig>[0], string]>([
    ['an unknown column', { data: { outcome: 'weight' } }, 'UNKNOWN_COLUMN'],
    ['an outcome that is text', { data: { outcome: 'description' } }, 'WORDS_AS_OUTCOME'],
    ['an outcome that is not finite', { data: { outcome: 'log(size - size)' } }, 'TOO_MANY_BAD_ROWS'],
    ['an outcome that is the same in every row', { data: { outcome: 'size > 1000' } }, 'CONSTANT_OUTCOME'],
    ['a value that no row has', { data: { outcome: 'size + (description == "apple bridge")' } }, 'VALUE_NOT_FOUND'],
    ['an expression that is none', { data: { outcome: 'log1p(' } }, 'INVALID_EXPRESSION'],
    ['more folds than rows', { tune: { folds: 5_000, grid: {} } }, 'INVALID_SPLIT'],
    [
      'a filter that drops every token',
      { recipe: [{ tokenize: { words: {} } }, { tokenfilter: { min_times: 100_000 } }, { tfidf: {} }] },
      'EMPTY_VOCABULARY',
    ],
  ])('%s ends with its code', async (_, change, code) => {
    const { run } = await bench(change);
    const error = (await run().catch((problem: unknown) => problem)) as NlpflowError;
    expect(error).toMatchObject({ code });
    expect(error.exitCode).not.toBe(1);
  });
});
