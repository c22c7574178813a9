import { readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { foretell } from '../../src/flow/foretell.ts';
import type { Task } from '../../src/flow/task.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

const KEY = 'a'.repeat(32);
const VERSIONS = { xgboost: '3.4.1' };

/** A store with features of a size. */
async function storeWith(entries: number): Promise<Store> {
  const store = openFolderStore(await temporaryFolder());
  const staging = await store.begin('features', KEY);
  await writeFile(join(staging.path, 'matrix.arrow'), 'x');
  await staging.commit({ stage: 'features', key: KEY, explain: {}, summary: { entries, analysis: 0, columns: 0 } });
  return store;
}

function booster(depth: number, trees: number, fake = 'rounds'): Task {
  const options = { engine: 'xgboost', parameters: { max_depth: depth, fake }, trees: [trees], metrics: ['rmse'] };
  const inputs = { features: { stage: 'features', key: KEY } } as const;
  return { id: `boost/b${depth}/fold1`, stage: 'boost', key: `k${depth}`, label: '', explain: {}, inputs, options };
}

const context = (store: Store) => ({ store, signal: new AbortController().signal, versions: VERSIONS });

async function leftovers(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('nlpflow-calibration-'));
}

test('what takes long is foretold from a calibration, which leaves nothing behind and is kept beside the features', async () => {
  const store = await storeWith(1e9);
  const before = await leftovers();
  const { work, seconds, basis } = await foretell([booster(6, 100), booster(12, 100)], 2, context(store));
  expect(work).toBe((6 + 12) * 100 * 1e9);
  const [, rounds, measured] = /^a calibration of 2 boosters: (\d+) rounds in ([\d.]+) s$/.exec(basis) ?? [];
  expect(Number(rounds)).toBeGreaterThanOrEqual(6);
  expect(Number(measured)).toBeGreaterThanOrEqual(1);
  expect(Number(measured)).toBeLessThan(15);
  // Both take as long a round here, and two workers share them.
  expect((seconds ?? 0) / ((100 * Number(measured)) / Number(rounds))).toBeCloseTo(1, 0);
  expect(await leftovers()).toEqual(before);
  expect(await store.has('boost', 'k12')).toBe(false);
  const again = await foretell([booster(6, 50), booster(9, 50), booster(12, 50)], 2, context(store));
  expect(again.basis).toBe('an earlier calibration of 2 boosters');
  // One between the two takes what lies between them, and no time is known exactly.
  const { low, likely, high } = again.times.get('boost/b9/fold1') ?? { low: 0, likely: 0, high: 0 };
  expect(likely / (again.times.get('boost/b6/fold1')?.likely ?? 0)).toBeCloseTo(1, 0);
  expect(low).toBeLessThan(likely);
  expect(high).toBeGreaterThan(likely);
});

test('deep trees on few rows cost by their nodes, which rows bound', async () => {
  const store = openFolderStore(await temporaryFolder());
  const staging = await store.begin('features', KEY);
  await writeFile(join(staging.path, 'matrix.arrow'), 'x');
  await staging.commit({
    stage: 'features',
    key: KEY,
    explain: {},
    summary: { entries: 50, analysis: 50, columns: 10 },
  });
  const work = async (depth: number): Promise<number> => (await foretell([booster(depth, 1)], 1, context(store))).work;
  expect(await work(3)).toBe(3 * 100 + 8 * 10 * 128);
  expect(await work(12)).toBe(12 * 100 + 50 * 10 * 128);
});

test('what is short is not calibrated for', async () => {
  const found = await foretell([booster(6, 100)], 1, context(await storeWith(1_000)));
  expect(found).toMatchObject({
    work: 600_000,
    engine: 'xgboost',
    basis: 'too short for a calibration',
    kind: 'rough',
  });
  expect(found.seconds).toBeUndefined();
});

test('a booster that cannot be trained is told by its own task, not by the calibration', async () => {
  const found = await foretell([booster(6, 100, 'fail')], 1, context(await storeWith(1e9)));
  expect(found).toMatchObject({ basis: 'a calibration that was too short' });
  expect(found.seconds).toBeUndefined();
});

test('an interruption ends a calibration', async () => {
  const stop = new AbortController();
  const asked = foretell([booster(6, 100, 'hang')], 1, { ...context(await storeWith(1e9)), signal: stop.signal });
  setTimeout(() => stop.abort(), 100);
  await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' });
});
