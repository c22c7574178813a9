/** Tables that change under a run: nothing may be kept under the digest of other bytes. */

import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runFlow } from '../../src/flow/run.ts';
import type { CorpusSummary } from '../../src/native/stages.ts';
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

/** Texts that share their words, with an outcome that follows from nothing. */
function table(rows: number, word: string): string {
  const lines = Array.from(
    { length: rows },
    (_, row) => `${word} apple bridge ${row % 2 ? 'candle' : 'desert'},${row % 7}`,
  );
  return `description,size\n${lines.join('\n')}\n`;
}

const CHANGES: readonly (readonly [string, (source: string) => void])[] = [
  ['edited in place, with the same size', (source) => writeFileSync(source, table(300, 'other'))],
  ['written on', (source) => appendFileSync(source, 'apple bridge,1\n')],
  [
    'replaced by another file',
    (source) => {
      writeFileSync(`${source}.new`, table(100, 'other'));
      renameSync(`${source}.new`, source);
    },
  ],
];

describe.skipIf(!BUILT)('a table that changes between its digest and its reading', () => {
  test.each(CHANGES)('%s: is an error, and the original is read when it is there again', async (_, change) => {
    const folder = await temporaryFolder();
    const source = join(folder, 'data.csv');
    const store = openFolderStore(join(folder, 'store'));
    const original = table(300, 'first');
    const config = withConfig({
      recipe: [{ tokenize: { words: {} } }, { tfidf: {} }],
      data: { source, outcome: 'size' },
      tune: { folds: 2, grid: { trees: [2] } },
    });
    const run = (onPlan: () => void): Promise<RunRecord> =>
      runFlow(config, {
        store,
        workers: 1,
        until: 'preprocess',
        signal: new AbortController().signal,
        worker,
        // The digest is known by now, and nothing was read yet.
        emit: ({ event }) => void (event === 'plan' && onPlan()),
      });
    writeFileSync(source, original);
    await expect(run(() => change(source))).rejects.toMatchObject({ code: 'INPUT_CHANGED', exitCode: 3 });
    writeFileSync(source, original);
    const again = await run(() => {});
    expect(again.summaries.corpus as CorpusSummary).toMatchObject({ records: 300, documents: 300 });
    expect(again.keys.corpus).toBeDefined();
    const { terms } = again.summaries.corpus as CorpusSummary;
    expect(terms).toBe(5);
  });
});
