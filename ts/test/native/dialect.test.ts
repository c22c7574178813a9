/** Tables in other dialects, and outcomes that cannot be learned, through the command line. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { BUILT } from './built.ts';

let worker: WorkerCommand;

beforeAll(async () => {
  ({ worker } = await bundleCli('real'));
});

const WORDS = ['soup', 'garden', 'harbour', 'kitten', 'lantern', 'market', 'pebble', 'ribbon'];
const text = (row: number): string =>
  Array.from({ length: 9 }, (_, word) => WORDS[(row * 5 + word * 3) % WORDS.length]).join(' ');
const lines = (line: (row: number) => string): string => Array.from({ length: 40 }, (_, row) => line(row)).join('');
const FEW = ['--grid', 'trees=5', '--folds', '2', '--set', 'recipe=[{tokenize: words}, tfidf]'];

async function nlpflow(files: Record<string, string>, ...args: string[]) {
  const cwd = await folderWith(files);
  return { cwd, ...(await runCli(args, { cwd, worker })) };
}

describe.skipIf(!BUILT)('how a table is written', () => {
  test('is recognised, said, and kept in the configuration', async () => {
    const table = `text;price\n${lines((row) => `${text(row)};${row % 7},5\n`)}`;
    const { cwd, stdout } = await nlpflow({ 'a.csv': table }, 'init', 'a.csv');
    expect(stdout).toContain('the table has fields separated by `;` and decimal commas (recognised; --delimiter and');
    expect(await readFile(join(cwd, 'nlpflow.yaml'), 'utf8')).toContain('  delimiter: ";"\n  decimal: ","\n');
    const run = await runCli(['preprocess', 'a.csv', '--text', 'text', '--outcome', 'price'], { cwd, worker });
    expect([run.code, run.stderr]).toEqual([0, expect.stringContaining('decimal commas (recognised')]);
  });

  test('can be said, and wrongly too, with an error that says so', async () => {
    const table = lines((row) => `${row % 3 ? 'fine' : 'poor'},${text(row)},${row % 7}\n`);
    const columns = ['--text', 'text', '--outcome', 'stars', '--columns'];
    const { code, cwd } = await nlpflow({ 'a.csv': table }, 'preprocess', 'a.csv', ...columns, 'mood,text,stars');
    expect(code).toBe(0);
    const wrong = await runCli(['preprocess', 'a.csv', ...columns, 'mood,text'], { cwd, worker });
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('the first record has 3')]);
    const both = await runCli(['preprocess', 'a.csv', ...columns, 'a,b,c', '--header', '--no-header'], { cwd, worker });
    expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('exclude each other')]);
  });

  test('is the same for predict', async () => {
    const table = `text,stars\n${lines((row) => `${text(row)},${row % 7}\n`)}`;
    const other = `text|stars\n${lines((row) => `${text(row)}|${row % 7}\n`)}`;
    const args = ['run', 'a.csv', '--text', 'text', '--outcome', 'stars', ...FEW];
    const { cwd, code } = await nlpflow(
      { 'a.csv': table, 'b.csv': other, 'c.csv': other.replaceAll('|', '!') },
      ...args,
    );
    expect(code).toBe(0);
    const predict = async (file: string, ...more: string[]): Promise<string> => {
      const { stderr, code: ended } = await runCli(['predict', 'last', file, '-o', 'p.csv', ...more], { cwd, worker });
      expect([stderr, ended]).toEqual([expect.anything(), 0]);
      return readFile(join(cwd, 'p.csv'), 'utf8');
    };
    const usual = await predict('a.csv');
    expect(await predict('b.csv')).toBe(usual);
    expect(await predict('c.csv', '--delimiter', '!')).toBe(usual);
  });

  test('words among numbers are missing values, which init writes down', async () => {
    const table = `text,stars\n${lines((row) => `${text(row)},${row % 9 === 4 ? '-' : row % 7}\n`)}`;
    const { cwd, code } = await nlpflow({ 'a.csv': table }, 'init', 'a.csv');
    expect(code).toBe(0);
    expect(await readFile(join(cwd, 'nlpflow.yaml'), 'utf8')).toContain('na_values: ["-"]');
    expect((await runCli(['preprocess'], { cwd, worker })).code).toBe(0);
    const bare = await runCli(['preprocess', 'a.csv', '--text', 'text', '--outcome', 'stars'], { cwd, worker });
    expect([bare.code, bare.stderr]).toEqual([3, expect.stringContaining('name it with --na-values')]);
    const named = ['preprocess', 'a.csv', '--text', 'text', '--outcome', 'stars', '--na-values', '-'];
    expect((await runCli(named, { cwd, worker })).code).toBe(0);
  });
});

describe.skipIf(!BUILT)('an outcome that cannot be learned', () => {
  test('of words names them, and the expression to use', async () => {
    const table = `text,mood\n${lines((row) => `${text(row)},${['bad', 'fine', 'good'][row % 3]}\n`)}`;
    const { code, stderr } = await nlpflow({ 'a.csv': table }, 'run', 'a.csv', '--text', 'text', '--outcome', 'mood');
    expect(code).toBe(3);
    expect(stderr).toContain(
      'the outcome `mood` holds words, not numbers: bad (14), fine (13), good (13); to predict whether it is one of them, use --outcome \'mood == "bad"\'',
    );
    expect(stderr).not.toContain('its encoding or its delimiter');
  });

  test('beyond what the objective takes is said once, before the first fold', async () => {
    const table = `text,votes\n${lines((row) => `${text(row)},${row - 2}\n`)}`;
    const args = [
      'run',
      'a.csv',
      '--text',
      'text',
      '--outcome',
      'votes',
      '--set',
      'model.objective=count:poisson',
      ...FEW,
    ];
    const { code, stderr } = await nlpflow({ 'a.csv': table }, ...args);
    expect(code).toBe(3);
    expect(stderr).toContain('the objective count:poisson takes outcomes of at least 0, but votes is -2 in row 0');
    expect(stderr).not.toMatch(/split|features|boost:/);
  });
});
