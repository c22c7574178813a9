import { access, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tableFromIPC } from 'apache-arrow';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import type { NlpflowError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { type FlowOptions, planFlow, runFlow } from '../../src/flow/run.ts';
import { findRun, listRuns } from '../../src/runs/index.ts';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledWorker, FAKE_NATIVE } from '../contract/worker-process.ts';
import { withConfig } from './fixture.ts';

let worker: WorkerCommand;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  worker = await bundledWorker();
});
afterEach(() => {
  for (const name of ['FAKE_ESTIMATE', 'NLPFLOW_MEMORY']) Reflect.deleteProperty(process.env, name);
});

interface Bench {
  store: Store;
  folder: string;
  config: ResolvedConfig;
  run(config?: ResolvedConfig, options?: Partial<FlowOptions>): Promise<{ record: RunRecord; events: Event[] }>;
}

/** A store, a table and a configuration of 4 points: 2 boosters × 2 folds. */
async function bench(change: Parameters<typeof withConfig>[0] = {}): Promise<Bench> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, 'description,installed_size\nsome text,1\n');
  const grid = { trees: [10, 20], tree_depth: [3, 6] };
  const config = withConfig({ ...change, data: { source }, tune: { folds: 2, grid, ...change.tune } });
  const store = openFolderStore(join(folder, 'store'));
  return {
    store,
    folder,
    config,
    run: async (of = config, options = {}) => {
      const events: Event[] = [];
      const emit = (event: Event): void => {
        events.push(event);
        options.emit?.(event);
      };
      const signal = new AbortController().signal;
      const record = await runFlow(of, { store, workers: 2, until: 'fit', signal, worker, ...options, emit });
      return { record, events };
    },
  };
}

function stagesDone(events: readonly Event[]): Record<string, string> {
  return Object.fromEntries(
    events.flatMap((event) =>
      event.event === 'stage.done'
        ? [[event.stage, `${event.done} done, ${event.reused} reused, ${event.failed} failed`]]
        : [],
    ),
  );
}

async function lastRecord(store: Store): Promise<RunRecord> {
  return findRun(store, 'last');
}

test('a run ends with results, the best configuration, a model and a verdict', async () => {
  const { store, folder, run } = await bench();
  const { record, events } = await run(undefined, { configPath: join(folder, 'nlpflow.yaml') });
  expect(record).toMatchObject({
    status: 'done',
    name: folder.split('/').at(-1),
    plan: { configurations: 4, boosters: 2, folds: 2, recipes: 1 },
    best: { id: 'cfg04', values: { trees: 20, tree_depth: 6 }, metric: 'rmse', n: 2, mean: 50 / 26, std_err: 0 },
    failures: [],
  });
  expect(record.verdict).toMatch(/^better than always predicting the mean: rmse 1.923 against 100.5 over 2 folds/);
  expect(record.metrics?.test).toEqual({ mae: 1, rmse: 2, rsq: null });
  expect(record.metrics?.test_baseline).toEqual({ mae: 50, rmse: 100, rsq: null });
  expect(record.metrics?.cv?.['rsq']).toEqual({ mean: null, n: 0, std_err: null });
  expect((await readdir(join(store.url, 'runs', record.id))).sort()).toEqual([
    'events.jsonl',
    'logs',
    'metrics.json',
    'model.nlpf',
    'model.ubj',
    'plan.json',
    'predictions.parquet',
    'results.parquet',
    'run.json',
    'trace.parquet',
  ]);
  expect(stagesDone(events)).toEqual({
    corpus: '1 done, 0 reused, 0 failed',
    split: '1 done, 0 reused, 0 failed',
    features: '3 done, 0 reused, 0 failed',
    boost: '4 done, 0 reused, 0 failed',
    fit: '1 done, 0 reused, 0 failed',
  });
  expect(await lastRecord(store)).toEqual(record);
  expect(await readdir(join(store.url, 'tmp'))).toEqual([]);
});

test('events tell the run from start to end, and events.jsonl keeps them', async () => {
  const { store, run } = await bench();
  const { record, events } = await run();
  expect(events[0]).toMatchObject({ event: 'run.start', run: record.id });
  expect(events[1]).toEqual({
    event: 'plan',
    configurations: 4,
    boosters: 2,
    folds: 2,
    recipes: 1,
    tasks: { corpus: 1, split: 1, features: 3, boost: 4, fit: 1 },
  });
  expect(events.at(-1)).toMatchObject({ event: 'run.done', status: 'done' });
  expect(events.filter(({ event }) => event === 'warning')).toEqual([
    {
      event: 'warning',
      message: expect.stringContaining('1 of 100 rows are bad and were skipped (line 5: 2 fields') as string,
    },
    { event: 'warning', message: 'few columns' },
  ]);
  expect(events).toContainEqual(expect.objectContaining({ event: 'estimate', workers: 2, memoryPerBooster: 1000 }));
  const kept = String(await store.getRun(record.id, 'events.jsonl'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Event);
  expect(kept.map(({ event }) => event)).toEqual(
    events.map(({ event }) => event).filter((event) => event !== 'task.progress'),
  );
  expect(kept[0]).toMatchObject({ v: 1, event: 'run.start' });
});

test('results hold a row per configuration and metric, in plan order, under the names of the grid', async () => {
  const { store, run } = await bench();
  const { record } = await run();
  const table = tableFromIPC((await store.getRun(record.id, 'results.parquet')) ?? []);
  expect(table.schema.fields.map(({ name, type }) => `${name} ${type}`)).toEqual([
    'configuration Utf8',
    'trees Int32',
    'tree_depth Int32',
    'metric Utf8',
    'mean Float64',
    'n Int32',
    'std_err Float64',
  ]);
  const rows = table.toArray().map((row) => ({ ...row.toJSON() }));
  expect(rows).toHaveLength(4 * 3);
  expect(rows[0]).toEqual({
    configuration: 'cfg01',
    trees: 10,
    tree_depth: 3,
    metric: 'rmse',
    mean: 50 / 13,
    n: 2,
    std_err: 0,
  });
  expect(rows[2]).toMatchObject({ metric: 'rsq', mean: null, n: 0, std_err: null });
});

test('started again, everything is reused and the results are the same bytes', async () => {
  const { store, config, run } = await bench();
  const first = await run();
  const second = await run(config, { workers: 1 });
  expect(stagesDone(second.events)).toEqual({
    corpus: '0 done, 1 reused, 0 failed',
    split: '0 done, 1 reused, 0 failed',
    features: '0 done, 3 reused, 0 failed',
    boost: '0 done, 4 reused, 0 failed',
    fit: '0 done, 1 reused, 0 failed',
  });
  expect(second.events.map(({ event }) => event)).not.toContain('task.start');
  expect(second.record.id).not.toBe(first.record.id);
  for (const file of ['results.parquet', 'metrics.json', 'model.nlpf', 'plan.json']) {
    expect(await store.getRun(second.record.id, file)).toEqual(await store.getRun(first.record.id, file));
  }
});

test('--fresh does all again', async () => {
  const { run, config } = await bench();
  await run();
  const { events } = await run(config, { fresh: true });
  expect(Object.values(stagesDone(events)).join()).not.toMatch(/[1-9] reused/);
});

test('a dry run shows the plan and what is there, and does nothing', async () => {
  const { store, config, run } = await bench();
  expect((await planFlow(config, store)).reused).toEqual({ corpus: 0, split: 0, features: 0, boost: 0, fit: 0 });
  await expect(access(store.url)).rejects.toMatchObject({ code: 'ENOENT' });
  await run(config, { until: 'preprocess' });
  const { plan, reused } = await planFlow(config, store);
  expect(plan.boosters).toHaveLength(2);
  expect(reused).toEqual({ corpus: 1, split: 1, features: 1, boost: 0, fit: 0 });
});

test('preprocess ends with the final features, tune with results, fit uses both', async () => {
  const { store, config, run } = await bench();
  const preprocess = await run(config, { until: 'preprocess' });
  expect(Object.keys(preprocess.record.keys)).toEqual(['corpus', 'split', 'final']);
  expect(preprocess.record.best).toBeUndefined();
  const tuned = await run(config, { until: 'tune' });
  expect(tuned.record.best?.id).toBe('cfg04');
  expect(await store.getRun(tuned.record.id, 'model.nlpf')).toBeNull();
  const fitted = await run(config, { until: 'fit' });
  expect(stagesDone(fitted.events)).toMatchObject({
    features: '0 done, 3 reused, 0 failed',
    boost: '0 done, 4 reused, 0 failed',
    fit: '1 done, 0 reused, 0 failed',
  });
});

test('a grid over the recipe: the final features are those of the best', async () => {
  const { run, store } = await bench({
    tune: { grid: { trees: [10], tree_depth: [3, 6], 'tokenfilter.max_tokens': [50, 200] } },
  });
  const { record, events } = await run();
  expect(record.plan).toMatchObject({ configurations: 4, boosters: 4, recipes: 2 });
  expect(record.best?.values).toMatchObject({ tree_depth: 6, 'tokenfilter.max_tokens': 50 });
  expect(events.filter((event) => event.event === 'stage.start' && event.stage === 'features')).toHaveLength(2);
  const meta = JSON.parse(
    await readFile(join(await store.folder('features', record.keys.final ?? ''), 'stage.json'), 'utf8'),
  );
  expect(meta.explain).toMatchObject({
    fold: null,
    recipe: expect.arrayContaining([{ tokenfilter: { max_tokens: 50, min_times: 0.001 } }]) as unknown,
  });
});

test('a single configuration needs no cross-validation when only a model is asked for', async () => {
  const { run, config } = await bench({ tune: { grid: {} }, model: { trees: 30 } });
  const { record, events } = await run(config, { resample: 'if needed' });
  expect(stagesDone(events)).toEqual({
    corpus: '1 done, 0 reused, 0 failed',
    split: '1 done, 0 reused, 0 failed',
    features: '1 done, 0 reused, 0 failed',
    fit: '1 done, 0 reused, 0 failed',
  });
  expect(record.verdict).toBe('better on the test set than always predicting the mean: rmse 2 against 100');
  expect(await run(config).then((all) => all.record.best?.id)).toBe('cfg01');
});

describe('what goes wrong', () => {
  const failing = { tune: { grid: { trees: [10], fake: ['none', 'fail'] } } };

  test('a failed configuration is recorded and not selected; the rest makes a model', async () => {
    const { run } = await bench(failing);
    const { record } = await run();
    expect(record.status).toBe('done');
    expect(record.best?.values).toEqual({ trees: 10, fake: 'none' });
    expect(record.failures.map(({ task, code }) => `${task} ${code}`)).toEqual([
      'boost/b02/fold1 OUTCOME_OUT_OF_RANGE',
      'boost/b02/fold2 OUTCOME_OUT_OF_RANGE',
    ]);
    expect(record.results?.filter(({ complete }) => !complete).map(({ configuration }) => configuration)).toEqual([
      'cfg02',
      'cfg02',
      'cfg02',
    ]);
  });

  test('nothing complete: the first reason, exit code 5, and the record keeps the failures', async () => {
    const { run, store } = await bench({ tune: { grid: { trees: [10], fake: ['fail'] } } });
    const error = (await run().catch((problem: unknown) => problem)) as NlpflowError;
    expect(error).toMatchObject({ code: 'TASKS_FAILED', exitCode: 5 });
    expect(error.message).toContain('the outcome is not what this objective needs (2 tasks failed in all)');
    const record = await lastRecord(store);
    expect(record).toMatchObject({ status: 'failed', error: { code: 'TASKS_FAILED' } });
    expect(record.failures).toHaveLength(2);
  });

  test('trouble with the data ends the run with its own code', async () => {
    const { run, config, store } = await bench({ recipe: [{ tokenize: { fake: 'fail' } as never }, { tfidf: {} }] });
    await expect(run(config)).rejects.toMatchObject({ code: 'OUTCOME_OUT_OF_RANGE' });
    expect(await lastRecord(store)).toMatchObject({ status: 'failed', keys: {} });
  });

  test('a full disk stops the run at once', async () => {
    const { run, store } = await bench({ tune: { grid: { trees: [10], fake: ['full', 'none', 'fail'] } } });
    await expect(run(undefined, { workers: 1 })).rejects.toMatchObject({ code: 'DISK_FULL', exitCode: 4 });
    const { failures, status } = await lastRecord(store);
    expect([status, failures]).toEqual(['failed', []]);
  });

  test('a worker that is killed is replaced; the next start does what is missing only', async () => {
    const { run, folder, store } = await bench({ tune: { grid: { trees: [10], fake: ['none', 'die'] } } });
    const { record } = await run();
    expect(record.failures[0]).toMatchObject({ code: 'WORKER_DIED' });
    await rm(join(folder, 'mark'), { force: true });
    const again = await run();
    expect(stagesDone(again.events)['boost']).toBe('0 done, 2 reused, 2 failed');
    expect(await store.getRun(again.record.id, 'results.parquet')).toEqual(
      await store.getRun(record.id, 'results.parquet'),
    );
  });

  test('an interruption is recorded, says how to go on, and the next start goes on', async () => {
    const { run, config, store } = await bench();
    const stop = new AbortController();
    const emit = (event: Event): void => {
      if (event.event === 'task.done' && event.stage === 'features') stop.abort();
    };
    await expect(run(config, { signal: stop.signal, emit, workers: 1 })).rejects.toMatchObject({
      code: 'INTERRUPTED',
      exitCode: 130,
      message: expect.stringContaining('again to continue') as string,
    });
    expect(await lastRecord(store)).toMatchObject({ status: 'interrupted' });
    const { events } = await run();
    expect(stagesDone(events)).toMatchObject({
      corpus: '0 done, 1 reused, 0 failed',
      features: '2 done, 1 reused, 0 failed',
    });
  });

  test('a booster that does not fit into memory is refused with the numbers', async () => {
    process.env['FAKE_ESTIMATE'] = String(3 * 1024 ** 3);
    process.env['NLPFLOW_MEMORY'] = '2GiB';
    const { run } = await bench();
    await expect(run()).rejects.toMatchObject({
      code: 'TASKS_FAILED',
      message: expect.stringContaining('needs about 3.0 GiB of memory and 1.6 GiB may be used') as string,
    });
  });

  test('memory lowers the number of workers and says so', async () => {
    process.env['FAKE_ESTIMATE'] = String(1024 ** 3);
    process.env['NLPFLOW_MEMORY'] = '2GiB';
    const { run } = await bench();
    const { events } = await run();
    expect(events).toContainEqual(
      expect.objectContaining({
        event: 'estimate',
        workers: 1,
        reason: expect.stringMatching(/^1 worker, not 2: memory holds no more/) as string,
      }),
    );
  });

  test('a missing table names the path', async () => {
    const { run, config, store } = await bench();
    await expect(run({ ...config, data: { ...config.data, source: '/nowhere/data.csv' } })).rejects.toMatchObject({
      code: 'INPUT_NOT_FOUND',
      exitCode: 3,
      message: expect.stringContaining('/nowhere/data.csv') as string,
    });
    expect(await listRuns(store)).toEqual([]);
  });

  test('an unknown metric is refused before anything is trained', async () => {
    const { run } = await bench({ tune: { metric: 'rmsle' } });
    await expect(run()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('mae, rmse, rsq') as string,
    });
  });
});
