import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Event, STAGES, type StageName } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { type FlowOptions, runFlow } from '../../src/flow/run.ts';
import { type CollectOptions, collect, removeRun } from '../../src/runs/collect.ts';
import { indexRun } from '../../src/runs/entries.ts';
import { listRuns } from '../../src/runs/index.ts';
import { changeLabels } from '../../src/runs/labels.ts';
import { type RunRecord, serialiseRun } from '../../src/runs/manifest.ts';
import { afterSweep, sweeping } from '../../src/runs/sweeplock.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store, StoreObject } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledWorker, FAKE_NATIVE } from '../contract/worker-process.ts';
import { withConfig } from '../flow/fixture.ts';
import { record, runId } from './records.ts';

const DAY = 86_400_000;

let worker: WorkerCommand;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  worker = await bundledWorker();
});

const ALL: CollectOptions = { olderThanMs: -1, keep: [], dryRun: false, higherIsBetter: () => false, graceMs: -DAY };

/** Stage results that are there. */
async function results(store: Store): Promise<Set<string>> {
  const found = new Set<string>();
  for await (const { path } of store.list('stages/')) found.add(path.split('/').slice(1, 3).join('/'));
  return found;
}

async function bench(): Promise<{
  store: Store;
  run(change?: Parameters<typeof withConfig>[0], options?: Partial<FlowOptions>): Promise<RunRecord>;
}> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, 'description,installed_size\nsome text,1\n');
  const store = openFolderStore(join(folder, 'store'));
  const grid = { trees: [10], tree_depth: [3, 6] };
  return {
    store,
    run: (change = {}, options = {}) => {
      const config = withConfig({ ...change, data: { source }, tune: { folds: 2, grid, ...change.tune } });
      const signal = new AbortController().signal;
      return runFlow(config, { store, workers: 2, until: 'fit', signal, worker, emit: () => {}, ...options });
    },
  };
}

/** A store with records only. */
async function storeWith(...records: RunRecord[]): Promise<Store> {
  const store = openFolderStore(await temporaryFolder());
  for (const one of records) {
    const task = { id: 'corpus', stage: 'corpus', key: 'k', explain: {}, inputs: {} };
    await store.putRun(one.id, 'plan.json', JSON.stringify({ tasks: [task] }));
    await store.putRun(one.id, 'run.json', serialiseRun(one));
    await indexRun(store, one.id);
  }
  return store;
}

async function left(store: Store): Promise<string[]> {
  return (await listRuns(store)).map(({ id }) => id).sort();
}

test('what another run refers to stays, what nobody refers to goes', async () => {
  const { store, run } = await bench();
  const first = await run();
  const shared = await results(store);
  const second = await run({ model: { min_n: 9 } });
  const before = await results(store);
  expect(before.size).toBeGreaterThan(shared.size);
  await removeRun(store, second.id);
  expect(await results(store)).toEqual(before);
  // The first one is kept by its tag, and with it all that it shared.
  await changeLabels(store, first.id, { add: ['keep'] });
  await indexRun(store, first.id);
  const dry = await collect(store, { ...ALL, keep: ['tagged'], dryRun: true });
  expect(await results(store)).toEqual(before);
  const collected = await collect(store, { ...ALL, keep: ['tagged'] });
  expect(collected).toEqual(dry);
  expect(collected.results.length).toBe(before.size - shared.size);
  expect(collected.bytes).toBeGreaterThan(0);
  expect(await results(store)).toEqual(shared);
  expect(await left(store)).toEqual([first.id]);
  const all = await collect(store, ALL);
  expect(all.runs.map(({ id }) => id)).toEqual([first.id]);
  expect(await results(store)).toEqual(new Set());
  expect(await left(store)).toEqual([]);
});

test('beside a running run only what it does not use is removed, at every moment of it', async () => {
  const { store, run } = await bench();
  const old = await run({ model: { min_n: 9 } });
  const unused = await results(store);
  const planned = await run({}, { until: 'tune' });
  let sweeps = 0;
  const collected: string[] = [];
  let sweep: Promise<unknown> = Promise.resolve();
  const emit = ({ event }: Event): void => {
    if (event !== 'task.done' && event !== 'stage.done' && event !== 'run.start') return;
    sweep = sweep.then(async () => {
      sweeps += 1;
      const { runs } = await collect(store, ALL);
      collected.push(...runs.map(({ id }) => id));
    });
  };
  const record = await run({ model: { fake: 'slow' } }, { emit });
  await sweep;
  expect(sweeps).toBeGreaterThan(10);
  expect(record.status).toBe('done');
  expect(collected.sort()).toEqual([old.id, planned.id].filter((id) => id !== record.id).sort());
  // All that the run names is there; what only the others had is gone.
  const there = await results(store);
  for (const [part, key] of Object.entries(record.keys)) {
    const stage = (part === 'final' ? 'features' : part) as StageName;
    expect(await store.has(stage, key), `${stage}/${key}`).toBe(true);
  }
  const { tasks } = JSON.parse(String(await store.getRun(record.id, 'plan.json'))) as {
    tasks: { stage: StageName; key: string }[];
  };
  expect(tasks.map(({ stage }) => stage)).toContain('fit');
  for (const { stage, key } of tasks) expect(await store.has(stage, key), `${stage}/${key}`).toBe(true);
  expect(there.size).toBe(new Set(tasks.map(({ stage, key }) => `${stage}/${key}`)).size);
  expect([...unused].filter((one) => !there.has(one)).length).toBeGreaterThan(0);
});

test('a run waits while a sweep goes on, and a sweep sees the plan of a run that has begun', async () => {
  const { store, run } = await bench();
  await run();
  const notes: string[] = [];
  const emit = (event: Event): void => {
    if (event.event === 'note') notes.push(event.message);
  };
  let ran: Promise<RunRecord> | undefined;
  await sweeping(store, async () => {
    ran = run({}, { emit });
    await expect.poll(() => notes).toEqual(['waiting until nlpflow gc has swept the store']);
    expect(await store.listRuns()).toHaveLength(2);
    // What the waiting run will reuse goes away under its eyes, so to say: it must make it again.
    for (const stage of STAGES) {
      for (const key of await results(store)) {
        if (key.startsWith(`${stage}/`)) await store.remove(stage, key.split('/')[1] ?? '');
      }
    }
  });
  expect((await ran)?.status).toBe('done');
});

test('two sweeps exclude each other; one that died is taken over', async () => {
  const store = openFolderStore(await temporaryFolder());
  await sweeping(store, async () => {
    await expect(collect(store, ALL)).rejects.toMatchObject({ message: expect.stringContaining('another nlpflow gc') });
  });
  expect(await store.get('index/gc.json')).toBeNull();
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const dead = { time: new Date().toISOString(), pid: child.pid, host: hostname() };
  const silent = { time: new Date(Date.now() - 3_600_000).toISOString(), pid: 1, host: 'elsewhere' };
  for (const holder of [dead, silent]) {
    await store.put('index/gc.json', JSON.stringify(holder));
    await afterSweep(store, new AbortController().signal, () => expect.unreachable());
    expect(await collect(store, ALL)).toMatchObject({ runs: [], results: [] });
  }
});

test('a checkpoint stays while a run can go on with it', async () => {
  const { store, run } = await bench();
  const { id } = await run();
  const plan = JSON.parse(String(await store.getRun(id, 'plan.json'))) as {
    tasks: { stage: StageName; key: string }[];
  };
  const [waiting, finished] = plan.tasks.filter(({ stage }) => stage === 'boost');
  await store.remove('boost', waiting?.key ?? '');
  const paths = [waiting?.key, finished?.key, 'of-no-run'].map((key) => `checkpoints/boost/${key}`);
  for (const path of paths) await store.put(path, 'a booster');
  const rules = { ...ALL, olderThanMs: DAY };
  // A young one stays like any result: its run may not have written down yet that it is there.
  expect((await collect(store, { ...rules, graceMs: DAY })).checkpoints).toEqual([]);
  const useless = paths
    .slice(1)
    .sort()
    .map((path) => ({ path, bytes: 9 }));
  expect((await collect(store, { ...rules, dryRun: true })).checkpoints).toEqual(useless);
  expect(await collect(store, rules)).toMatchObject({ checkpoints: useless, runs: [], results: [] });
  expect(await Promise.all(paths.map((path) => store.digest(path)))).toEqual([expect.any(String), null, null]);
  await removeRun(store, id);
  expect((await collect(store, ALL)).checkpoints).toEqual([{ path: paths[0], bytes: 9 }]);
});

test('an uploaded table stays while a run reads it, also one that has only begun', async () => {
  const { store, run } = await bench();
  const { id, data } = await run();
  const [mine, begun, useless] = [data.digest, 'b'.repeat(64), 'c'.repeat(64)].map((one) => `data/${one}/table.csv`);
  for (const path of [mine, begun, useless]) await store.put(String(path), 'a,b');
  const task = { id: 'corpus', stage: 'corpus', key: 'k', explain: { data: 'b'.repeat(64) }, inputs: {} };
  const starting = record(runId(1), { status: 'running' });
  await store.putRun(starting.id, 'plan.json', JSON.stringify({ tasks: [task] }));
  await store.putRun(starting.id, 'run.json', serialiseRun(starting));
  const rules = { ...ALL, olderThanMs: DAY };
  expect((await collect(store, { ...rules, graceMs: DAY })).tables).toEqual([]);
  const dry = await collect(store, { ...rules, dryRun: true });
  expect(dry).toMatchObject({ tables: [{ path: useless, bytes: 3 }], bytes: 3, runs: [] });
  expect(await store.digest(String(useless))).not.toBeNull();
  expect((await collect(store, rules)).tables).toEqual(dry.tables);
  expect(await store.digest(String(useless))).toBeNull();
  await removeRun(store, id);
  expect((await collect(store, rules)).tables.map(({ path }) => path)).toEqual([mine]);
  expect(await store.digest(String(begun))).not.toBeNull();
});

test('what was measured on features goes with them', async () => {
  const { store, run } = await bench();
  const { id } = await run();
  const plan = JSON.parse(String(await store.getRun(id, 'plan.json'))) as {
    tasks: { stage: StageName; key: string }[];
  };
  const used = plan.tasks.find(({ stage }) => stage === 'features')?.key;
  const paths = [used, 'of-no-run'].map((key) => `calibrations/${key}/machine.json`);
  for (const path of paths) await store.put(path, '{}');
  await collect(store, { ...ALL, olderThanMs: DAY, dryRun: true });
  await collect(store, { ...ALL, olderThanMs: DAY, graceMs: DAY });
  expect(await Promise.all(paths.map((path) => store.digest(path)))).toEqual([expect.any(String), expect.any(String)]);
  await collect(store, { ...ALL, olderThanMs: DAY });
  expect(await Promise.all(paths.map((path) => store.digest(path)))).toEqual([expect.any(String), null]);
});

test('a young result stays, whoever made it', async () => {
  const { store, run } = await bench();
  const { id } = await run();
  const before = await results(store);
  await removeRun(store, id);
  expect((await collect(store, { ...ALL, graceMs: 3_600_000 })).results).toEqual([]);
  expect(await results(store)).toEqual(before);
  const hoursAgo = new Date(Date.now() - 2 * 3_600_000);
  for await (const { path } of store.list('stages/')) await utimes(join(store.url, path), hoursAgo, hoursAgo);
  expect((await collect(store, { ...ALL, graceMs: 3_600_000 })).results).toHaveLength(before.size);
});

describe('which runs go', () => {
  const best = (mean: number, metric = 'rmse') => ({ id: 'cfg01', values: {}, metric, mean, n: 2, std_err: 0 });
  const now = Date.UTC(2026, 11, 31);

  test('old ones that no rule keeps', async () => {
    const store = await storeWith(
      record(runId(1), { best: best(3) }),
      record(runId(2), { best: best(2) }),
      record(runId(3), { best: best(0.5, 'rsq') }),
      record(runId(4), { best: best(0.7, 'rsq') }),
      record(runId(5), { best: best(1), status: 'failed' }),
      record(runId(6), { created: new Date(now - DAY).toISOString(), best: best(9) }),
      record(runId(7), { name: 'other', best: best(8), data: { digest: 'other', bytes: 1 } }),
    );
    await changeLabels(store, runId(1), { add: ['mine'] });
    await indexRun(store, runId(1));
    const going = async (keep: CollectOptions['keep']): Promise<string[]> => {
      const options = { ...ALL, olderThanMs: 20 * DAY, now, higherIsBetter: (name: string) => name === 'rsq' };
      const { runs } = await collect(store, { ...options, keep, dryRun: true });
      return runs.map(({ id }) => id.slice(14, 15)).sort();
    };
    expect(await going([])).toEqual(['1', '2', '3', '4', '5', '7']);
    expect(await going(['best'])).toEqual(['1', '3', '5']);
    expect(await going(['tagged'])).toEqual(['2', '3', '4', '5', '7']);
    expect(await going(['tag:mine', 'best'])).toEqual(['3', '5']);
    expect(await going(['last'])).toEqual(['1', '2', '3', '4', '5']);
  });

  test('never one that goes on: by its process here, by its signs of life elsewhere', async () => {
    const away = { pid: 1, host: 'elsewhere' };
    const store = await storeWith(
      record(runId(1), { status: 'running' }),
      record(runId(2), { status: 'running', process: away }),
      record(runId(3), { status: 'running', process: away }),
    );
    await store.putRun(runId(2), 'heartbeat.json', JSON.stringify({ time: new Date().toISOString() }));
    await store.putRun(runId(3), 'heartbeat.json', JSON.stringify({ time: new Date(Date.now() - DAY).toISOString() }));
    await expect(removeRun(store, runId(1))).rejects.toMatchObject({ code: 'RUN_ACTIVE' });
    await expect(removeRun(store, runId(2))).rejects.toMatchObject({ code: 'RUN_ACTIVE' });
    expect((await collect(store, ALL)).runs.map(({ id }) => id)).toEqual([runId(3)]);
    expect(await left(store)).toEqual([runId(1), runId(2)]);
  });
});

test('when a run cannot be read, what it refers to is not known: no result is removed until it is', async () => {
  const { store, run } = await bench();
  await run();
  await store.putRun(runId(1), 'run.json', '{"format": 2,');
  await expect(collect(store, ALL)).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
  expect((await results(store)).size).toBeGreaterThan(0);
  await removeRun(store, runId(1));
  await collect(store, ALL);
  expect(await results(store)).toEqual(new Set());
});

test.each([
  ['damaged', '{"format": 2,', 'ARTIFACT_DAMAGED'],
  ['of a newer nlpflow', '{"format": 99, "id": "x"}', 'STORE_FORMAT_NEWER'],
])('before a run that is %s nothing is removed, runs neither', async (_, text, code) => {
  const { store, run } = await bench();
  const { id } = await run();
  await store.putRun(runId(1), 'run.json', text);
  const error = await collect(store, ALL).catch((problem: unknown) => problem);
  expect(error).toMatchObject({ code });
  expect(await left(store)).toEqual([id]);
  expect(await store.getRun(id, 'run.json')).not.toBeNull();
  // Nobody is told to remove what another version can read, nor can it be removed: it may go on.
  if (code !== 'STORE_FORMAT_NEWER') return;
  expect((error as Error).message).not.toMatch(/runs rm|remove/);
  await expect(removeRun(store, runId(1))).rejects.toMatchObject({ code });
  expect(await store.getRun(runId(1), 'run.json')).not.toBeNull();
});

test('a run that a newer nlpflow went on with stays, and all others with it', async () => {
  const store = await storeWith(record(runId(1)), record(runId(2)));
  // The index still has what this version wrote.
  await store.putRun(runId(2), 'run.json', JSON.stringify({ ...record(runId(2)), format: 99 }));
  await expect(collect(store, ALL)).rejects.toMatchObject({ code: 'STORE_FORMAT_NEWER' });
  expect(await store.listRuns()).toEqual([runId(1), runId(2)]);
});

test.each([
  ['of a newer nlpflow', '{"format": 99, "tags": {"mine": true}}', 'STORE_FORMAT_NEWER'],
  ['damaged', '{"format": 1, "tags"', 'ARTIFACT_DAMAGED'],
])('a run whose labels are %s counts as tagged, and they are not written over', async (_, text, code) => {
  const store = await storeWith(record(runId(1)), record(runId(2)));
  await store.putRun(runId(1), 'labels.json', text);
  await collect(store, { ...ALL, keep: ['tagged'] });
  expect(await left(store)).toEqual([runId(1)]);
  await expect(changeLabels(store, runId(1), { add: ['other'] })).rejects.toMatchObject({ code });
  expect(String(await store.getRun(runId(1), 'labels.json'))).toBe(text);
});

describe('a sweep that was away', () => {
  afterEach(() => void vi.useRealTimers());

  test('removes nothing once a run may have passed its lock', async () => {
    const { store, run } = await bench();
    const { id } = await run();
    await removeRun(store, id);
    const before = await results(store);
    vi.useFakeTimers({ toFake: ['Date'] });
    // The machine sleeps while the results are listed.
    const list = (prefix: string): AsyncIterable<StoreObject> => {
      if (prefix === 'stages/') queueMicrotask(() => vi.setSystemTime(Date.now() + 11 * 60_000));
      return store.list(prefix);
    };
    const asleep = new Proxy(store, {
      get: (of, name: keyof Store) => {
        const value = of[name];
        return name === 'list' ? list : typeof value === 'function' ? value.bind(of) : value;
      },
    });
    await expect(collect(asleep, ALL)).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
    expect(await results(store)).toEqual(before);
    expect(await store.get('index/gc.json')).toBeNull();
    vi.useRealTimers();
    await collect(store, ALL);
    expect(await results(store)).toEqual(new Set());
  });

  test('while it lists and reads it gives signs', async () => {
    const store = openFolderStore(await temporaryFolder());
    vi.useFakeTimers({ toFake: ['Date', 'setInterval', 'clearInterval'] });
    const started = Date.now();
    const signed = async (): Promise<number> => {
      const { time } = JSON.parse(String((await store.get('index/gc.json'))?.bytes)) as { time: string };
      return Date.parse(time) - started;
    };
    await sweeping(store, async (still) => {
      for (let minute = 1; minute <= 30; minute += 1) {
        for (let third = 0; third < 3; third += 1) {
          vi.advanceTimersByTime(20_000);
          await still();
        }
        expect(await signed()).toBeGreaterThan(minute * 60_000 - 30_000);
      }
      // Without being asked, too.
      vi.advanceTimersByTime(20_000);
      await expect.poll(signed).toBeGreaterThan(30 * 60_000);
    });
  });

  test('stops when another one took over', async () => {
    const store = openFolderStore(await temporaryFolder());
    vi.useFakeTimers({ toFake: ['Date'] });
    await sweeping(store, async (still) => {
      await still();
      await store.put('index/gc.json', JSON.stringify({ time: new Date().toISOString(), pid: 1, host: 'elsewhere' }));
      vi.setSystemTime(Date.now() + 30_000);
      await expect(still()).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
      await expect(still()).rejects.toMatchObject({ code: 'STORE_NOT_WRITABLE' });
    });
    expect(await store.get('index/gc.json')).not.toBeNull();
  });
});

test('names in plans and records that lead out of the store remove nothing there', async () => {
  const folder = await temporaryFolder();
  const store = openFolderStore(join(folder, 'store'));
  await mkdir(join(folder, 'precious'));
  await writeFile(join(folder, 'precious', 'stage.json'), 'mine');
  const away = '../../../precious';
  const task = { id: '../../../../precious/x', stage: 'corpus', key: away, explain: {}, inputs: {} };
  await store.putRun(runId(1), 'plan.json', JSON.stringify({ tasks: [task] }));
  await store.putRun(runId(1), 'run.json', serialiseRun(record(runId(1))));
  await collect(store, ALL);
  await expect(store.remove('corpus', away)).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
  await expect(store.putRun('../../precious', 'run.json', 'x')).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
  await expect(store.putRun(runId(2), '../../../precious/stage.json', 'x')).rejects.toMatchObject({
    code: 'STORE_PATH_INVALID',
  });
  await expect(removeRun(store, '../precious')).rejects.toMatchObject({ code: 'STORE_PATH_INVALID' });
  expect(await store.listRuns()).toEqual([]);
});
