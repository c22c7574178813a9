/** What a run leaves in its store: record, events, logs, trace; and what it must not leave. */

import { execFileSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Table, tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { type FlowOptions, runFlow } from '../../src/flow/run.ts';
import { EVENT_DOCS } from '../../src/runs/eventdocs.ts';
import { findRun } from '../../src/runs/index.ts';
import { Journal } from '../../src/runs/journal.ts';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { whyRerun } from '../../src/runs/rerun.ts';
import { runSchema } from '../../src/runs/schema.ts';
import { parseEvents, traceRows } from '../../src/runs/trace.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram, FAKE_NATIVE } from '../contract/worker-process.ts';
import { withConfig } from '../flow/fixture.ts';
import { record as recordOf, runId } from './records.ts';

let worker: WorkerCommand;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  // A worker that prints, also what it should not.
  const module = await bundledProgram(
    'talking-worker',
    `import { serveTasks } from '../../src/executors/worker.ts';
     process.on('message', (message) => {
       if (message.type === 'run') process.stderr.write('working on ' + message.task.id + ' with ' + process.env.AWS_SECRET_ACCESS_KEY + '\\n');
     });
     await serveTasks();`,
  );
  worker = { module, args: ['worker'] };
});
afterAll(() => vi.unstubAllEnvs());

interface Bench {
  readonly store: Store;
  readonly folder: string;
  run(
    change?: Parameters<typeof withConfig>[0],
    options?: Partial<FlowOptions>,
  ): Promise<{ record: RunRecord; events: Event[] }>;
}

async function bench(): Promise<Bench> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, 'description,installed_size\nsome text,1\n');
  await writeFile(join(folder, 'nlpflow.yaml'), 'data: {}\n');
  const store = openFolderStore(join(folder, '.nlpflow'));
  const grid = { trees: [10, 20], tree_depth: [3, 6] };
  return {
    store,
    folder,
    run: async (change = {}, options = {}) => {
      const events: Event[] = [];
      const config = withConfig({ ...change, data: { source }, tune: { folds: 2, grid, ...change.tune } });
      const signal = new AbortController().signal;
      const paths = { cwd: folder, configPath: join(folder, 'nlpflow.yaml') };
      const emit = (event: Event): void => void events.push(event);
      const record = await runFlow(config, {
        store,
        workers: 2,
        until: 'fit',
        signal,
        worker,
        emit,
        ...paths,
        ...options,
      });
      return { record, events };
    },
  };
}

async function filesOf(folder: string): Promise<[path: string, text: string][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(files.map(async (path) => [path, await readFile(path, 'latin1')] as [string, string]));
}

async function traceOf(store: Store, { id }: RunRecord): Promise<Table> {
  // The fake add-on writes Arrow whatever the name of the file.
  return tableFromIPC((await store.getRun(id, 'trace.parquet')) ?? []);
}

test('no secret of the environment and no path of the machine is in any file', async () => {
  const secrets = {
    AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCY"EXAMPLE',
    AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SESSION_TOKEN: 'FwoGZXIvYXdzEBYaDExampleSessionToken',
    GITHUB_TOKEN: 'ghp_0123456789abcdefghij',
    DATABASE_PASSWORD: 'correct-horse-battery',
  };
  for (const [name, value] of Object.entries(secrets)) vi.stubEnv(name, value);
  const { run, folder, store } = await bench();
  const argv = ['run', '--set', `model.fake=${secrets.GITHUB_TOKEN}`, 'https://me:hunter2hunter2@example.org/x'];
  const labels = { note: `uses ${secrets.DATABASE_PASSWORD}`, name: 'plain', tags: ['one'] };
  await run({ model: { fake: 'die' } }, { argv, ...labels }).catch(() => {});
  const { record } = await run({}, { argv, ...labels });
  const files = await filesOf(store.url);
  expect(files.length).toBeGreaterThan(30);
  const logs = files.filter(([path]) => path.includes('/logs/'));
  expect(logs.some(([, text]) => text.includes('working on boost/b01/fold1 with ***'))).toBe(true);
  for (const secret of [...Object.values(secrets), 'hunter2hunter2']) {
    const forms = [secret, JSON.stringify(secret).slice(1, -1)];
    expect(files.filter(([, text]) => forms.some((form) => text.includes(form))).map(([path]) => path)).toEqual([]);
  }
  const ours = files.filter(([path]) => !path.endsWith('.arrow'));
  expect(ours.filter(([, text]) => text.includes(folder)).map(([path]) => path)).toEqual([]);
  expect(record.config.data.source).toBe('data.csv');
  expect(record.folder).toBe('..');
  expect(record.config_path).toBe('nlpflow.yaml');
});

test('what a run computes is kept word for word, also where a secret has the same value', async () => {
  // A token that is the name of a column, and a store that stands in the command line.
  vi.stubEnv('MY_TOKEN', 'description');
  vi.stubEnv('NLPFLOW_TUNE_GRID_TOKENFILTER_MAX_TOKENS', '20,50,100');
  // Those that scripts/test sets.
  for (const name of ['NLPFLOW_S3_SERVER', 'NLPFLOW_REQUIRE_S3', 'NLPFLOW_MOTO']) vi.stubEnv(name, undefined);
  const { run, store } = await bench();
  const argv = ['run', '--store', store.url, '--text', 'description'];
  const { record } = await run({}, { argv });
  const kept = await findRun(store, record.id);
  expect(kept.config).toEqual(record.config);
  expect(kept.config.data.text).toBe('description');
  expect(kept.lineage?.argv).toEqual(['run', '--store', store.url, '--text', '***']);
  expect(kept.lineage?.environment).toEqual({ NLPFLOW_TUNE_GRID_TOKENFILTER_MAX_TOKENS: '20,50,100' });
  const plan = String(await store.getRun(record.id, 'plan.json'));
  expect(plan).toContain('"text": "description"');
  expect(plan).not.toContain('***');
  vi.unstubAllEnvs();
});

test('a record holds where the run came from, and is what the schema says, no more and no less', async () => {
  const { run, folder } = await bench();
  vi.stubEnv('NLPFLOW_TUNE_FOLDS', '2');
  execFileSync('git', ['init', '-q', '-b', 'trunk', folder]);
  execFileSync('git', ['-C', folder, 'add', 'data.csv', 'nlpflow.yaml']);
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.org'];
  execFileSync('git', ['-C', folder, ...identity, 'commit', '-qm', 'one']);
  const clean = await run({}, { argv: ['run', 'nlpflow.yaml'] });
  await writeFile(join(folder, 'nlpflow.yaml'), 'data: { changed: true }\n');
  const { record } = await run({ tune: { grid: { trees: [10], fake: ['none', 'fail'] } } });
  expect(clean.record.lineage).toMatchObject({
    argv: ['run', 'nlpflow.yaml'],
    environment: { NLPFLOW_TUNE_FOLDS: '2' },
    config_sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    git: { commit: expect.stringMatching(/^[0-9a-f]{40}$/) as string, branch: 'trunk', dirty: false },
  });
  expect(record.lineage?.git?.dirty).toBe(true);
  expect(record.failures).toHaveLength(2);
  for (const one of [clean.record, record]) expect(runSchema.parse(one)).toEqual(JSON.parse(JSON.stringify(one)));
});

test('every event and every field is documented', async () => {
  const { run, store } = await bench();
  const runs = [await run(), await run({ tune: { grid: { trees: [10], fake: ['none', 'fail'] } } }), await run()];
  for (const event of runs.flatMap(({ events }) => events)) {
    const { fields } = EVENT_DOCS[event.event];
    expect(Object.keys(event).filter((name) => name !== 'event' && !(name in fields))).toEqual([]);
  }
  const kept = parseEvents(String(await store.getRun(runs[0]?.record.id ?? '', 'events.jsonl')));
  expect(kept.every(({ event, time }) => event in EVENT_DOCS && !Number.isNaN(Date.parse(time)))).toBe(true);
});

test('the trace has a row for each attempt with what it cost, and one for what was reused', async () => {
  const { run, store, folder } = await bench();
  const mark = join(folder, 'mark');
  const { record } = await run({ tune: { grid: { trees: [10], fake: ['none', `die-once:${mark}`, 'fail'] } } });
  const rows = (await traceOf(store, record)).toArray().map((row) => ({ ...row.toJSON() }));
  const boost = rows.filter(({ stage }) => stage === 'boost');
  const count = (status: string): number => boost.filter((row) => row.status === status).length;
  expect([count('died'), count('failed')]).toEqual([1, 2]);
  expect(boost.length).toBe(count('done') + 3);
  const second = boost.find(({ attempt }) => attempt === 2);
  expect(second).toMatchObject({ status: 'done', reused: false, rounds: 10n });
  for (const row of rows.filter(({ status }) => status === 'done')) {
    expect(Number(row.peak_memory)).toBeGreaterThan(10e6);
    expect(row.cpu_seconds).toBeGreaterThanOrEqual(0);
    expect(row.started).toBeGreaterThanOrEqual(row.queued);
    expect(row.ended).toBeGreaterThanOrEqual(row.started);
    expect(row.host).not.toBeNull();
  }
  expect(rows.find(({ status }) => status === 'died')).toMatchObject({ code: 'WORKER_DIED', peak_memory: null });
  const again = await run({ tune: { grid: { trees: [10], fake: ['none'] } } });
  const reused = (await traceOf(store, again.record)).toArray().map((row) => ({ ...row.toJSON() }));
  expect(reused.filter((row) => row.reused).length).toBe(reused.length);
  expect(reused.length).toBeGreaterThan(5);
});

test('an interrupted run has a trace, too, and one that was killed has it from its events', async () => {
  const { run, store } = await bench();
  const stop = new AbortController();
  const emit = (event: Event): void => {
    if (event.event === 'task.done' && event.stage === 'split') stop.abort();
  };
  await expect(run({}, { signal: stop.signal, emit })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const [id = ''] = await store.listRuns();
  const rows = tableFromIPC((await store.getRun(id, 'trace.parquet')) ?? []);
  expect(rows.numRows).toBeGreaterThanOrEqual(2);
  const events = parseEvents(`${await store.getRun(id, 'events.jsonl')}{"half a li`);
  expect(traceRows(events)).toHaveLength(rows.numRows);
});

test('a record that says that the run ended is never seen before the event that tells it', async () => {
  const store = openFolderStore(join(await temporaryFolder(), '.nlpflow'));
  const run = recordOf(runId(1), { status: 'running' });
  const seen: [status: string, events: string[]][] = [];
  const { putRun } = store;
  store.putRun = async (id, file, content, condition) => {
    const etag = await putRun.call(store, id, file, content, condition);
    if (file === 'run.json') {
      const events = parseEvents(String(await store.getRun(id, 'events.jsonl')));
      seen.push([(JSON.parse(String(content)) as RunRecord).status, events.map(({ event }) => event)]);
    }
    if (file === 'events.jsonl' && run.status === 'running') {
      // The run ends while its state is written.
      run.status = 'interrupted';
      journal.emit({ event: 'run.done', run: run.id, seconds: 1, status: 'interrupted' });
    }
    return etag;
  };
  const journal = new Journal(run, store, () => {});
  journal.emit({ event: 'note', message: 'begun' });
  await journal.save();
  await journal.close();
  expect(seen).toEqual([
    ['running', ['note']],
    ['interrupted', ['note', 'run.done']],
  ]);
});

test('a run is done although its logs, its trace and its entry in the list cannot be written, and says so', async () => {
  const { run, store } = await bench();
  const { putRun, put } = store;
  const full = async (): Promise<never> => {
    throw new Error('no room');
  };
  store.putRun = (id, file, content, condition) =>
    file === 'trace.parquet' || file.startsWith('logs/') ? full() : putRun.call(store, id, file, content, condition);
  store.put = (path, ...rest) => (path.startsWith('index/runs/') ? full() : put.call(store, path, ...rest));
  const { record, events } = await run();
  expect(record.status).toBe('done');
  const kept = JSON.parse(String(await store.getRun(record.id, 'run.json'))) as RunRecord;
  expect(kept).toMatchObject({ status: 'done', keys: { fit: record.keys.fit } });
  const warnings = events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
  for (const what of ['a log', 'its trace', 'its entry in the list of runs']) {
    const message = `run ${record.id}: ${what} could not be written, and is missing or old: no room`;
    expect(warnings.filter((warning) => warning === message)).toHaveLength(1);
  }
});

test('a record that cannot be written fails the run', async () => {
  const { run, store } = await bench();
  const { putRun } = store;
  store.putRun = (id, file, content, condition) => {
    if (file === 'run.json' && String(content).includes('"done"')) throw new Error('no room');
    return putRun.call(store, id, file, content, condition);
  };
  await expect(run()).rejects.toThrow('no room');
});

test('a log that could not be written for a moment is written with the next save', async () => {
  const store = openFolderStore(join(await temporaryFolder(), '.nlpflow'));
  const run = recordOf(runId(1), { status: 'running' });
  const warnings: Event[] = [];
  const journal = new Journal(run, store, (event) => void (event.event === 'warning' && warnings.push(event)));
  const printed = { event: 'task.output', stage: 'corpus', task: 'corpus', attempt: 1, text: 'word\n' } as const;
  journal.emit(printed);
  const { putRun } = store;
  const away = vi.spyOn(store, 'putRun').mockImplementation(async (id, file, ...rest) => {
    if (file.startsWith('logs/')) throw new Error('away');
    return putRun.call(store, id, file, ...rest);
  });
  await journal.save();
  away.mockRestore();
  await journal.close();
  expect(String(await store.getRun(run.id, 'logs/corpus/1.log'))).toMatch(/ word\n$/);
  expect(warnings).toEqual([]);
});

test('logs hold what a worker printed and why an attempt failed', async () => {
  const { run, store } = await bench();
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'none-of-your-business');
  const { record } = await run({ tune: { grid: { trees: [10], fake: ['none', 'die'] } } });
  for (const attempt of [1, 2]) {
    const log = String(await store.getRun(record.id, `logs/boost/b02/fold1/${attempt}.log`));
    expect(log).toMatch(/^\d{4}-\S+Z working on boost\/b02\/fold1 with \*\*\*\n/);
    expect(log).toContain(' died on ');
    expect(log).toContain('WORKER_DIED: the worker process was killed (SIGKILL)');
  }
  expect(String(await store.getRun(record.id, 'logs/corpus/1.log'))).toMatch(/done on .* MiB at most\n$/);
});

test('the estimate of a later run rests on the pace of an earlier one, and is kept beside what was used', async () => {
  const { run } = await bench();
  const first = await run();
  expect(first.record.estimate).toMatchObject({
    memory: 1000,
    workers: 2,
    tasks: 4,
    basis: 'too short for a calibration',
  });
  expect(first.record.usage?.pace).toBeGreaterThan(0);
  const { record, events } = await run({ model: { min_n: 7 } });
  expect(record.estimate?.basis).toBe(`the pace of run ${first.record.id}`);
  expect(record.estimate?.seconds).toBeGreaterThan(0);
  expect(events.find(({ event }) => event === 'estimate')).toMatchObject({ seconds: record.estimate?.seconds });
  expect(record.usage?.seconds).toBeGreaterThan(0);
  expect(record.usage?.peak_memory).toBeGreaterThan(10e6);
});

test('why-rerun of real runs: nothing, a parameter, the data', async () => {
  const { run, store, folder } = await bench();
  const first = await run();
  expect(await whyRerun(first.record, store)).toMatchObject({ compared: 0, causes: [], computed: 10, reused: 0 });
  expect(await whyRerun((await run()).record, store)).toMatchObject({ computed: 0, reused: 10, stages: [] });
  const tuned = await whyRerun((await run({ model: { min_n: 7 } })).record, store);
  expect(tuned.causes.map(({ stage, field, before, after }) => [stage, field, before, after])).toEqual([
    ['boost', 'parameters.min_child_weight', undefined, 7],
  ]);
  expect(tuned).toMatchObject({ computed: 5, reused: 5 });
  await writeFile(join(folder, 'data.csv'), 'description,installed_size\nother text,1\n');
  const other = await whyRerun((await run()).record, store);
  expect(other.causes.map(({ stage, field }) => `${stage} ${field}`)).toEqual(['corpus data']);
  expect(other.computed).toBe(10);
});
