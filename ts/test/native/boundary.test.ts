/** The boundary to Rust only: types, codes, cancellation, progress. What the stages compute is tested in the crates. */

import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Float64, Int32, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { chooseColumns } from '../../src/config/choose.ts';
import { EXIT_OF_CODE, NlpflowError } from '../../src/errors.ts';
import { digestFile, runStage, writeTable } from '../../src/native/binding.ts';
import { findParameter, registry } from '../../src/native/registry.ts';
import type { CorpusOptions, Progress } from '../../src/native/stages.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { BUILT } from './built.ts';

const WORDS = 'the quick brown fox jumps over a lazy dog while nine wizards box with jugs of liquor'.split(' ');

/** A table of `rows` texts whose outcome follows from its words. */
function csv(rows: number): string {
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = Array.from({ length: 12 }, (_, position) => WORDS[(row * 7 + position * position) % WORDS.length]);
    return `${words.join(' ')},${words.filter((word) => word === 'fox').length + (row % 5) / 10}`;
  });
  return `text,y\n${lines.join('\n')}\n`;
}

async function corpusOptions(rows: number, change: Partial<CorpusOptions> = {}): Promise<CorpusOptions> {
  const folder = await temporaryFolder();
  const input = join(folder, 'data.csv');
  const out = join(folder, 'out');
  await writeFile(input, csv(rows));
  await mkdir(out);
  const policy = { na: 'empty', empty: 'keep', max_bad_rows: 0.01 } as const;
  return { input, text: 'text', outcome: 'y', ...policy, tokenize: { words: {} }, threads: 2, out, ...change };
}

async function failure(work: Promise<unknown>): Promise<NlpflowError> {
  const error = await work.then(
    () => undefined,
    (problem: unknown) => problem,
  );
  expect(error).toBeInstanceOf(NlpflowError);
  return error as NlpflowError;
}

describe.skipIf(!BUILT)('the add-on', () => {
  test('describes parameters, steps, metrics and versions', () => {
    const known = registry();
    expect(known.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(known.format).toBeTypeOf('number');
    expect(known.reading).toBeTypeOf('number');
    expect(known.unicode).toMatch(/^\d+\.\d+/);
    expect(known.engines['xgboost']?.version).toMatch(/^3\.4\.1/);
    // `auto` tries them in this order.
    expect(Object.keys(known.engines)).toEqual(['native', 'xgboost']);
    expect(known.metrics.map(({ name }) => name)).toEqual(expect.arrayContaining(['rmse', 'mae', 'rsq', 'rsq_trad']));
    for (const { direction } of known.metrics) expect(['minimize', 'maximize']).toContain(direction);
    expect(known.steps.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['words', 'stopwords', 'tokenfilter', 'tfidf']),
    );
    for (const { role, params } of known.steps) {
      expect(['tokenizer', 'filter', 'weighting']).toContain(role);
      for (const param of params) expect(param.name).toBeTypeOf('string');
    }
  });

  test('the outcome that is chosen for a table is one that its rows have', async () => {
    const options = await corpusOptions(0);
    const lines = Array.from(
      { length: 600 },
      (_, row) => `some words of text ${row}, ${row % 3 === 0 ? 'spam' : 'ham'}`,
    );
    await writeFile(options.input, `text, label\n${lines.join('\n')}\n`);
    const { text, outcome } = chooseColumns(await runStage('inspect', { input: options.input }), {});
    expect(outcome).toBe('label == "spam"');
    const corpus = await runStage('corpus', { ...options, text, outcome });
    expect(corpus).toMatchObject({ documents: 600, bad_rows: 0, outcome: { min: 0, max: 1 } });
    expect(corpus.outcome.mean).toBeCloseTo(1 / 3, 12);
  });

  test('an outcome that is the same in all rows is an error that shows what to write', async () => {
    const options = await corpusOptions(0);
    await writeFile(options.input, `text,label\n${'some text,Spam\nmore text,ham\n'.repeat(10)}`);
    const error = await failure(runStage('corpus', { ...options, outcome: 'label == "spam"' }));
    expect(error).toMatchObject({ code: 'CONSTANT_OUTCOME', exitCode: 3 });
    expect(error.message).toContain('"Spam" (10 rows, in other case)');
    expect(error.message).toContain('write label == "Spam"');
  });

  test('no message holds what a terminal acts on, whatever a file is called', async () => {
    const error = await failure(runStage('inspect', { input: '/no/\u001b]0;pwned\u0007\u001b[2J\u009b1m\u202e.csv' }));
    expect(error.code).toBe('INPUT_NOT_FOUND');
    expect(error.message).toContain('/no/\\u{1b}]0;pwned\\u{7}\\u{1b}[2J\\u{9b}1m\\u{202e}.csv');
  });

  test('every name of a parameter means one parameter, and both names of tidymodels and XGBoost are known', () => {
    const names = registry().parameters.flatMap(({ name, aliases }) => [name, ...aliases]);
    expect(new Set(names).size).toBe(names.length);
    for (const [alias, canonical] of [
      ['trees', 'trees'],
      ['tree_depth', 'max_depth'],
      ['learn_rate', 'eta'],
      ['sample_size', 'subsample'],
      ['min_n', 'min_child_weight'],
      ['loss_reduction', 'gamma'],
      ['mtry_prop', 'colsample_bynode'],
      ['objective', 'objective'],
      ['zeros', 'zeros'],
    ]) {
      expect(findParameter(registry(), alias ?? '')?.name, alias).toBe(canonical);
    }
  });

  test("digests a file as Node's own SHA-256 does", async () => {
    const path = join(await temporaryFolder(), 'bytes');
    const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 256));
    await writeFile(path, bytes);
    expect(await digestFile(path)).toBe(createHash('sha256').update(bytes).digest('hex'));
  });

  test('writes an Arrow stream in the format of the extension', async () => {
    const table = new Table({
      configuration: vectorFromArray(['cfg01', 'cfg02'], new Utf8()),
      trees: vectorFromArray([300, 500], new Int32()),
      mean: vectorFromArray([0.25, null], new Float64()),
    });
    const folder = await temporaryFolder();
    const ipc = tableToIPC(table, 'stream');
    await writeTable(ipc, join(folder, 'table.csv'));
    await writeTable(ipc, join(folder, 'table.parquet'));
    expect(await readFile(join(folder, 'table.csv'), 'utf8')).toBe(
      'configuration,trees,mean\ncfg01,300,0.25\ncfg02,500,\n',
    );
    expect((await readFile(join(folder, 'table.parquet'))).subarray(0, 4).toString()).toBe('PAR1');
    expect(await failure(writeTable(ipc, join(folder, 'table.xlsx')))).toMatchObject({ code: 'UNKNOWN_FORMAT' });
    expect(await failure(writeTable(new Uint8Array([1, 2, 3]), join(folder, 'bad.csv')))).toMatchObject({
      exitCode: 4,
    });
    expect((await readdir(folder)).sort()).toEqual(['table.csv', 'table.parquet']);
  });
});

describe.skipIf(!BUILT)('errors', () => {
  test('carry the code of the crate, a message with the place, and a known exit code', async () => {
    const options = await corpusOptions(10);
    const missing = await failure(runStage('corpus', { ...options, input: join(options.out, 'missing.csv') }));
    expect(missing).toMatchObject({ code: 'INPUT_NOT_FOUND', exitCode: 3 });
    expect(missing.message).toContain('missing.csv');
    const column = await failure(runStage('corpus', { ...options, text: 'txt' }));
    expect(column).toMatchObject({ code: 'UNKNOWN_COLUMN', exitCode: 3 });
    expect(column.message).toContain('text');
    const metric = await failure(runStage('estimate', { features: options.out, engine: 'xgboost', parameters: {} }));
    expect(EXIT_OF_CODE.has(metric.code), metric.code).toBe(true);
    expect(metric.code).not.toBe('INTERNAL');
  });

  test('unknown and missing options are named', async () => {
    const options = { corpus: 'x', seed: 1, folds: 2, threads: 1, out: 'y' };
    const unknown = await failure(runStage('split', { ...options, porp: 0.8 } as never));
    expect(unknown.code).toBe('INVALID_OPTIONS');
    expect(unknown.message).toContain('porp');
    const missing = await failure(runStage('split', { corpus: 'x' } as never));
    expect(missing.message).toContain('seed');
    expect(await failure(runStage('nonsense' as never, {} as never))).toMatchObject({ code: 'INVALID_OPTIONS' });
  });

  test('values of a wrong type are refused as errors, also those that are no object', async () => {
    for (const options of ['text', 7, null, [], () => 1]) {
      const error = await failure(runStage('corpus', options as never));
      expect(error.message).not.toBe('');
    }
  });
});

describe.skipIf(!BUILT)('progress and cancellation', () => {
  test('progress grows to the total, and a listener that throws changes nothing', async () => {
    const seen: Progress[] = [];
    const options = await corpusOptions(50_000);
    const progress = (value: Progress): void => {
      seen.push(value);
      throw new Error('a broken display');
    };
    const summary = await runStage('corpus', options, { progress });
    expect(summary).toMatchObject({ records: 50_000, documents: 50_000, bad_rows: 0 });
    await new Promise((resolve) => setImmediate(resolve));
    expect(seen.length).toBeGreaterThan(0);
    for (const [index, { done, total, unit }] of seen.entries()) {
      expect(unit).toBe('bytes');
      expect(done).toBeLessThanOrEqual(total);
      expect(done).toBeGreaterThanOrEqual(seen[index - 1]?.done ?? 0);
    }
  });

  test('an aborted signal ends a stage that runs, soon and with its code', async () => {
    const options = await corpusOptions(300_000, { threads: 1, chunk_bytes: 1 << 16 });
    const stop = new AbortController();
    let aborted = 0;
    const progress = ({ done, total }: Progress): void => {
      if (aborted === 0 && done < total) {
        aborted = performance.now();
        stop.abort();
      }
    };
    const error = await failure(runStage('corpus', options, { signal: stop.signal, progress }));
    expect(error).toMatchObject({ code: 'CANCELLED', exitCode: 130 });
    expect(performance.now() - aborted).toBeLessThan(2_000);
  });

  test('a signal that was aborted before begins nothing', async () => {
    const options = await corpusOptions(10);
    expect(await failure(runStage('corpus', options, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'CANCELLED',
    });
    expect(await readdir(options.out)).toEqual([]);
  });

  test('the event loop keeps going while a stage runs, so that Ctrl-C and displays work', async () => {
    const options = await corpusOptions(100_000);
    let ticks = 0;
    const timer = setInterval(() => {
      ticks += 1;
    }, 1);
    await runStage('corpus', options);
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(2);
  });
});
