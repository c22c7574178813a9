/** Trainings that are stopped and go on, through the add-on: the same bytes, whatever lies where the checkpoint is kept. */

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { checkpointPath } from '../../src/flow/checkpoint.ts';
import { plan, planFit } from '../../src/flow/plan.ts';
import { runTask, type Task, type TaskResult } from '../../src/flow/task.ts';
import { digestFile } from '../../src/native/binding.ts';
import { registry } from '../../src/native/registry.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from './built.ts';

const ROUNDS = 800;
const WORDS = 'apple bridge candle desert engine forest guitar harbor island jacket'.split(' ');

function table(rows: number): string {
  const draw = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = WORDS.filter((word) => draw(`${row} ${word}`) < 0.4);
    return `${words.join(' ')} the,${(words.length + draw(`noise ${row}`)).toFixed(4)}`;
  });
  return `description,size\n${lines.join('\n')}\n`;
}

interface Bench {
  readonly store: Store;
  readonly boost: Task;
  readonly fit: Task;
}

/** A store with all that a booster and a model are trained from. */
async function bench(engine: string): Promise<Bench> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  // The native trainer is fast: with few rows a training can be over before a busy machine gets to cancel it.
  await writeFile(source, table(engine === 'native' ? 8_000 : 1_000));
  const config = withConfig({
    data: { source, outcome: 'size' },
    recipe: [{ tokenize: { words: {} } }, { tfidf: {} }],
    model: { engine, sample_size: 0.8 },
    tune: { folds: 2, grid: { trees: [100, ROUNDS], tree_depth: [6] } },
  });
  const inputs = { digest: await digestFile(source), registry: registry() };
  const planned = plan(config, inputs);
  const longest = planned.configurations.find(({ trees }) => trees === ROUNDS) ?? expect.unreachable();
  const { features, fit } = planFit(config, inputs, planned, longest);
  const boost = planned.tasks.find(({ stage }) => stage === 'boost') ?? expect.unreachable();
  const store = openFolderStore(join(folder, 'store'));
  const before = planned.tasks.filter(({ stage }) => stage !== 'boost' && stage !== 'fit');
  for (const task of [...before, features]) await run(task, store);
  return { store, boost, fit };
}

/** Runs a task, with a checkpoint at every few rounds; cancels it at a round. */
async function run(task: Task, store: Store, cancelAt = Infinity): Promise<TaskResult & { notes: string[] }> {
  vi.stubEnv('NLPFLOW_CHECKPOINT_ROUNDS', '7');
  const stop = new AbortController();
  const notes: string[] = [];
  try {
    const progress = ({ done, unit }: { done: number; unit: string }): void => {
      if (unit === 'rounds' && done >= cancelAt) stop.abort();
    };
    const note = (message: string): void => void notes.push(message);
    return { ...(await runTask(task, store, { signal: stop.signal, progress, note, threads: 1 })), notes };
  } finally {
    vi.unstubAllEnvs();
  }
}

/** Each file of a task's result. */
async function files({ stage, key }: Task, store: Store): Promise<Record<string, string>> {
  const folder = await store.folder(stage, key);
  const names = (await readdir(folder)).sort();
  const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, digest(await readFile(join(folder, name)))] as const)),
  );
}

/** A checkpoint of a task, as a cancelled training leaves it. */
async function stopped(task: Task, store: Store, round: number): Promise<Buffer> {
  await expect(run(task, store, round)).rejects.toMatchObject({ code: 'CANCELLED' });
  const found = await store.get(checkpointPath(task));
  return found?.bytes ?? expect.unreachable();
}

describe.skipIf(!BUILT)('checkpoints', () => {
  test.each(['native', 'xgboost'])(
    'a task cancelled at round k and continued gives the same bytes (%s)',
    async (engine) => {
      const { store, boost, fit } = await bench(engine);
      for (const task of [boost, fit]) {
        await run(task, store);
        const whole = await files(task, store);
        expect(Object.keys(whole)).toContain('stage.json');
        for (const round of [1, 120]) {
          await store.remove(task.stage, task.key);
          await stopped(task, store, round);
          expect(await store.has(task.stage, task.key)).toBe(false);
          const continued = await run(task, store);
          expect(continued.resumed).toBeGreaterThanOrEqual(round);
          expect(continued.notes).toEqual([`${task.label}: goes on from round ${continued.resumed}`]);
          expect(await files(task, store)).toEqual(whole);
          // It has no use any more.
          expect(await store.get(checkpointPath(task))).toBeNull();
        }
      }
      expect(await readdir(join(store.url, 'tmp'))).toEqual([]);
    },
  );

  test('a training stopped again and again goes on each time', async () => {
    const { store, boost } = await bench('native');
    await run(boost, store);
    const whole = await files(boost, store);
    await store.remove('boost', boost.key);
    let before = 0;
    for (const round of [50, 150, 250]) {
      const header = (await stopped(boost, store, round)).toString('utf8').split('\n')[0] ?? '';
      const { rounds } = JSON.parse(header) as { rounds: number };
      expect(rounds).toBeGreaterThan(before);
      before = rounds;
    }
    expect((await run(boost, store)).resumed).toBe(before);
    expect(await files(boost, store)).toEqual(whole);
  });

  test('corrupt and foreign checkpoints are ignored with a note', async () => {
    const { store, boost, fit } = await bench('native');
    const whole = new Map<Task, Record<string, string>>();
    const good = new Map<Task, Buffer>();
    for (const task of [boost, fit]) {
      good.set(task, await stopped(task, store, 100));
      await store.delete(checkpointPath(task));
      await run(task, store);
      whole.set(task, await files(task, store));
    }
    for (const task of [boost, fit]) {
      const bytes = good.get(task) ?? expect.unreachable();
      const flipped = Buffer.from(bytes);
      flipped[bytes.length - 100] = (flipped[bytes.length - 100] ?? 0) ^ 1;
      const line = bytes.indexOf('\n');
      const header = JSON.parse(bytes.toString('utf8', 0, line)) as Record<string, unknown>;
      const rewritten = (change: Record<string, unknown>, model: Buffer): Buffer =>
        Buffer.concat([Buffer.from(`${JSON.stringify({ ...header, ...change })}\n`), model]);
      const nonsense = Buffer.from('no booster');
      const sha256 = createHash('sha256').update(nonsense).digest('hex');
      const wrong: readonly (readonly [string, Buffer, RegExp])[] = [
        ['empty', Buffer.alloc(0), /it is damaged/],
        ['cut off in its header', bytes.subarray(0, 20), /it is damaged/],
        ['cut off in its booster', bytes.subarray(0, bytes.length - 50), /its checksum does not match/],
        ['one bit changed', flipped, /its checksum does not match/],
        ["another task's", good.get(task === boost ? fit : boost) ?? nonsense, /it belongs to another training/],
        ['whole and no booster', rewritten({ sha256 }, nonsense), /the checkpoint was ignored: ./],
      ];
      for (const [what, content, reason] of wrong) {
        await store.remove(task.stage, task.key);
        await store.put(checkpointPath(task), content);
        const { resumed, notes } = await run(task, store);
        expect(resumed, what).toBeUndefined();
        expect(notes.at(-1), what).toMatch(reason);
        expect(notes.at(-1), what).toContain(`${task.label}: the checkpoint was ignored`);
        expect(await files(task, store), what).toEqual(whole.get(task));
        expect(await store.get(checkpointPath(task)), what).toBeNull();
      }
    }
  });

  test('a store that takes no checkpoint costs no task, and how often they are written is no part of a key', async () => {
    const { store, boost } = await bench('native');
    const put = vi.spyOn(store, 'put').mockRejectedValue(new Error('no room'));
    const { notes, reused } = await run(boost, store);
    put.mockRestore();
    expect({ notes, reused }).toEqual({
      notes: [`${boost.label}: the checkpoint cannot be kept: no room`],
      reused: false,
    });
    vi.stubEnv('NLPFLOW_CHECKPOINT_ROUNDS', 'often');
    await store.remove('boost', boost.key);
    const progress = (): void => {};
    const trial = runTask(boost, store, { signal: new AbortController().signal, progress, threads: 1 });
    await expect(trial).rejects.toMatchObject({ code: 'USAGE' });
    vi.unstubAllEnvs();
    expect(JSON.stringify(boost.explain)).not.toMatch(/checkpoint/i);
  });

  test('a machine that takes no checkpoint costs no task, and this is told once', async () => {
    const { store, boost, fit } = await bench('native');
    for (const task of [boost, fit]) {
      await run(task, store);
      const whole = await files(task, store);
      for (const trouble of ['its folder cannot be made', 'its folder is gone']) {
        await store.remove(task.stage, task.key);
        const begin = vi.spyOn(store, 'begin');
        const first = await openFolderStore(store.url).begin(task.stage, task.key);
        begin.mockResolvedValueOnce(first);
        if (trouble === 'its folder cannot be made') begin.mockRejectedValueOnce(new Error('no room'));
        else {
          const second = await openFolderStore(store.url).begin(task.stage, task.key);
          await second.discard();
          begin.mockResolvedValueOnce(second);
        }
        const { notes } = await run(task, store);
        begin.mockRestore();
        expect(notes, trouble).toHaveLength(1);
        expect(notes[0], trouble).toMatch(/: the checkpoint cannot be kept: ./);
        expect(await files(task, store), trouble).toEqual(whole);
      }
    }
  });
});
