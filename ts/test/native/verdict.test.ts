/** What a run says of its model, through the add-on: the words are right where it learned something and where it did not. */

import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runFlow } from '../../src/flow/run.ts';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledWorker } from '../contract/worker-process.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from './built.ts';

let worker: WorkerCommand;

beforeAll(async () => {
  worker = await bundledWorker();
});

/** A number from 0 to 1 from a text, the same everywhere. */
function draw(text: string): number {
  return createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
}

const WORDS = Array.from({ length: 60 }, (_, index) => `word${index}`);

/** Eight words by chance. */
function sentence(name: string): string {
  return Array.from({ length: 8 }, (_, at) => WORDS[Math.floor(draw(`${name} ${at}`) * WORDS.length)]).join(' ');
}

function coin(name: string): number {
  return draw(`coin ${name}`) < 0.5 ? 0 : 1;
}

type Row = readonly [text: string, outcome: number];

function rows(count: number, row: (index: number) => Row): Row[] {
  return Array.from({ length: count }, (_, index) => row(index));
}

/** A run over a table, with what it warned of. */
async function judged(
  table: readonly Row[],
  change: Parameters<typeof withConfig>[0] = {},
): Promise<{ record: RunRecord; warnings: string[] }> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, `description,y\n${table.map(([text, y]) => `${text},${y}`).join('\n')}\n`);
  const config = withConfig({
    recipe: [{ tokenize: { words: {} } }, { tokenfilter: { max_tokens: 100 } }, { tfidf: {} }],
    ...change,
    data: { source, outcome: 'y' },
    tune: { folds: 5, grid: { trees: [50], tree_depth: [4], learn_rate: [0.3] }, ...change.tune },
  });
  const warnings: string[] = [];
  const emit = (event: Event): void => {
    if (event.event === 'warning') warnings.push(event.message);
  };
  const signal = new AbortController().signal;
  const store = openFolderStore(join(folder, 'store'));
  const record = await runFlow(config, { store, workers: 2, until: 'fit', signal, emit, worker });
  return { record, warnings };
}

/** The words that a verdict must begin with, by the interval of the gain that it prints itself. */
function headingByInterval(verdict: string | undefined): string {
  const [, low, high] = /95 % interval (\S+) to (\S+?)\)/.exec(verdict ?? '') ?? [];
  if (Number(low) > 0) return 'better than';
  return Number(high) < 0 ? 'worse than' : 'not shown to be better than';
}

/** The verdict's first words. */
function heading(verdict: string | undefined): string | undefined {
  return /^(.+ than) always/.exec(verdict ?? '')?.[1];
}

describe.skipIf(!BUILT)('the verdict on', () => {
  test('copies of texts with random labels: better, with a warning that says why', async () => {
    const { record, warnings } = await judged(
      rows(1_200, (index) => [sentence(`text ${index % 60}`), coin(String(index % 60))]),
    );
    expect(record.verdict).toMatch(/^better than always predicting the mean: rmse 0\.0\d+ against 0\.\d+ over 5 folds/);
    expect(record.verdict).toMatch(/; but 100 % of these rows have a text that the model learned from$/);
    expect(warnings).toEqual([
      '100 % of the test rows have their text among the training rows: scores are too good for new texts; remove duplicates, or keep copies together with --split-column',
      '100 % of the training rows have their text in another fold as well: the scores of cross-validation are too good for new texts; remove duplicates',
    ]);
  });

  test('each text once, with random labels', async () => {
    const { record, warnings } = await judged(rows(600, (index) => [sentence(`text ${index}`), coin(String(index))]));
    expect(record.verdict).toMatch(/^(worse|not shown to be better) than always predicting the mean: rmse/);
    expect(heading(record.verdict)).toBe(headingByInterval(record.verdict));
    expect(warnings).toEqual([]);
  });

  test('rows sorted by class, which the texts tell', async () => {
    const { record, warnings } = await judged(
      rows(400, (index) => [`${sentence(`text ${index}`)} ${index < 200 ? 'bad' : 'good'}`, index < 200 ? 0 : 1]),
    );
    expect(record.verdict).toMatch(/^better than always predicting the mean: rmse/);
    expect(warnings).toEqual([]);
  });

  test('rows sorted by class, which the texts do not tell', async () => {
    const { record } = await judged(rows(400, (index) => [sentence(`text ${index}`), index < 200 ? 0 : 1]));
    expect(record.verdict).toMatch(/^(worse|not shown to be better) than always predicting the mean: rmse/);
    expect(heading(record.verdict)).toBe(headingByInterval(record.verdict));
  });

  test('a heavy tail under mae: the median is what must be beaten', async () => {
    const { record } = await judged(
      rows(600, (index) => [sentence(`text ${index}`), Math.round(1 / (1.001 - draw(`tail ${index}`)) ** 1.2)]),
      { tune: { metric: 'mae', metrics: ['mae', 'rmse'] }, model: { objective: 'reg:absoluteerror' } },
    );
    expect(record.verdict).toMatch(/^(worse|not shown to be better) than always predicting the median: mae/);
    expect(heading(record.verdict)).toBe(headingByInterval(record.verdict));
  });

  test('30 rows', async () => {
    const { record } = await judged(rows(30, (index) => [sentence(`text ${index}`), coin(String(index))]));
    expect(record.verdict).toMatch(/^not shown to be better than always predicting the mean: rmse/);
  });

  test('a good model', async () => {
    const { record, warnings } = await judged(
      rows(600, (index) => {
        const text = sentence(`text ${index}`);
        const outcome = text.split(' ').reduce((sum, word) => sum + 10 * draw(word), draw(`noise ${index}`));
        return [text, Number(outcome.toFixed(3))];
      }),
    );
    expect(record.verdict).toMatch(/^better than always predicting the mean: rmse/);
    expect(warnings).toEqual([]);
  });
});
