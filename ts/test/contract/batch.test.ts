/** What the executor of AWS Batch does beyond the contract of all executors. */

import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { BatchSettings } from '../../src/executors/batch/settings.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { noFaults } from '../batch-server/faults.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { addQueue } from '../batch-server/testing.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';
import { batchExecutor, batchWorld } from './batch.ts';
import { boostTask, collect, executorContract } from './executor.suite.ts';
import { temporaryFolder } from './temporary.ts';
import { FAKE_NATIVE } from './worker-process.ts';

let cli: BundledCli;
let server: BatchServer;

beforeAll(async () => {
  cli = await bundleCli('fake');
  process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;
  server = await batchWorld(cli.main);
  addQueue(server, 'on-demand', { type: 'EC2' });
});
afterAll(async () => {
  await server.close();
});
beforeEach(() => {
  Object.assign(server.faults, noFaults());
});

executorContract('batch', (store) => batchExecutor(store, server));

/** What containers leave on the store reaches them and us by requests only. */
describe.skipIf(!HAS_S3)('on S3', () => {
  let s3: S3Server;
  let stores = 0;
  let before: NodeJS.ProcessEnv = {};
  beforeAll(async () => {
    s3 = await startS3();
    before = { ...process.env };
    Object.assign(process.env, s3.env);
  });
  afterAll(async () => {
    Object.assign(process.env, before);
    await s3.close();
  });

  executorContract(
    'batch',
    (store) => batchExecutor(store, server),
    async () => openStore(`s3://${s3.bucket}/contract-${++stores}`),
  );
});

async function newStore(): Promise<Store> {
  return openFolderStore(await temporaryFolder());
}

/** Runs tasks and closes the executor. */
async function run(names: readonly string[], change: Partial<BatchSettings> = {}, fake?: string, workers = 100) {
  const store = await newStore();
  const before = server.jobs.size;
  const calls = server.calls.length;
  const executor = batchExecutor(store, server, change);
  const result = await collect(
    executor,
    names.map((name) => boostTask(name, fake)),
    { workers },
  );
  await executor.close();
  return { ...result, store, jobs: [...server.jobs.values()].slice(before), calls: server.calls.slice(calls) };
}

const warnings = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.event === 'warning' ? [event.message] : []));
const notes = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.event === 'note' ? [event.message] : []));

describe('jobs', () => {
  test('a stage is one array job; a lone task a plain one', async () => {
    const many = await run(['a', 'b', 'c']);
    expect(many.jobs.filter(({ parent }) => !parent).map(({ children }) => children.length)).toEqual([3]);
    expect(many.calls.filter(({ operation }) => operation === 'submitjob')).toHaveLength(1);
    const one = await run(['a']);
    expect(one.jobs).toMatchObject([{ children: [], status: expect.stringMatching(/RUNNING|SUCCEEDED/) as string }]);
    expect(one.outcomes.get('a')).toMatchObject({ status: 'done', summary: { rounds: 10 } });
  });

  test('waves: never more than may run at once', async () => {
    const { jobs, outcomes } = await run(['a', 'b', 'c', 'd', 'e'], {}, undefined, 2);
    expect(outcomes.size).toBe(5);
    for (const job of jobs.filter(({ parent }) => !parent))
      expect(Math.max(1, job.children.length)).toBeLessThanOrEqual(2);
  });

  test('a definition is registered once for its content', async () => {
    const change = { image: 'registry/nlpflow:content' };
    const registered = (calls: BatchServer['calls']): number =>
      calls.filter(({ operation }) => operation === 'registerjobdefinition').length;
    expect(registered((await run(['a'], change)).calls)).toBe(1);
    expect(registered((await run(['b'], change)).calls)).toBe(0);
    expect(registered((await run(['b'], { image: 'registry/nlpflow:other' })).calls)).toBe(1);
  });

  test('jobs carry the run, the stage and nothing secret', async () => {
    const { jobs } = await run(['a']);
    const [job] = jobs;
    expect(job?.tags).toMatchObject({ 'nlpflow:run': expect.any(String) as string, 'nlpflow:stage': 'boost' });
    const text = JSON.stringify(job?.container);
    expect(text).toContain('NLPFLOW_MANIFEST');
    expect(text).not.toMatch(/test-secret|SECRET/);
  });

  test('Fargate: a legal size, and an execution role is asked for', async () => {
    addQueue(server, 'fargate', { type: 'FARGATE_SPOT' });
    const size = { vcpus: 1, memory: 3000 };
    await expect(run(['a'], { queue: 'fargate', size })).rejects.toMatchObject({
      code: 'BATCH_SETTINGS',
      message: expect.stringContaining('--execution-role') as string,
    });
    const executionRole = 'arn:aws:iam::000000000000:role/execution';
    const { jobs, outcomes } = await run(['a'], { queue: 'fargate', size, executionRole });
    expect(outcomes.get('a')?.status).toBe('done');
    expect(jobs[0]?.container.resourceRequirements).toEqual([
      { type: 'VCPU', value: '1' },
      { type: 'MEMORY', value: '3072' },
    ]);
  });

  test.each<[string, Partial<BatchSettings>, string]>([
    ['that is not there', { queue: 'none' }, 'there is no job queue none in eu-test-1'],
    ['that is disabled', { queue: 'disabled' }, 'is disabled'],
    ['without an environment that works', { queue: 'broken' }, 'broken is INVALID (CLIENT_ERROR - role)'],
  ])('a queue %s is refused before anything is submitted', async (_, change, message) => {
    const name = change.queue ?? '';
    if (name !== 'none') {
      addQueue(server, name);
      const queue = server.compute.queues.get(name);
      const environment = server.compute.environments.get(name);
      if (queue && name === 'disabled') queue.state = 'DISABLED';
      if (environment && name === 'broken')
        Object.assign(environment, { status: 'INVALID', statusReason: 'CLIENT_ERROR - role' });
    }
    const before = server.jobs.size;
    await expect(run(['a'], change)).rejects.toMatchObject({
      code: 'BATCH_QUEUE',
      message: expect.stringContaining(message) as string,
    });
    expect(server.jobs.size).toBe(before);
  });
});

describe('what goes wrong', () => {
  test('a host that is taken away costs nothing but time', async () => {
    server.faults.reclaimAfter = (job, attempt) => (attempt === 1 && job.index === 1 ? 1 : undefined);
    const { outcomes, jobs } = await run(['a', 'b', 'c']);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(jobs.filter(({ attempts }) => attempts.length > 1)).toHaveLength(1);
  });

  test('SIGTERM stops a task cleanly: nothing half is left, and the next attempt does it', async () => {
    const mark = join(await temporaryFolder(), 'mark');
    const before = server.jobs.size;
    const running = run(['a'], {}, `hang-once:${mark}`);
    await expect.poll(() => existsSync(mark), { timeout: 30_000 }).toBe(true);
    [...server.jobs.values()][before]?.reclaim?.();
    const { outcomes, events, jobs } = await running;
    expect(outcomes.get('a')?.status).toBe('done');
    expect(notes(events)).toEqual(['a: its host was taken away; attempt 2 goes on']);
    // The result is seen in the store before the container has ended.
    await expect
      .poll(() => jobs[0]?.attempts.map(({ statusReason }) => statusReason?.slice(0, 8)), { timeout: 30_000 })
      .toEqual(['Host EC2', 'Essentia']);
  });

  test('taken away twice: on to the on-demand queue', async () => {
    server.faults.reclaimAfter = (job) => (job.queue === 'spot' && job.index !== 0 ? 1 : undefined);
    const { outcomes, events, jobs } = await run(['a', 'b'], { onDemandQueue: 'on-demand' });
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done']);
    expect(warnings(events)).toEqual(['b: its spot host was taken away 2 times: it goes to the on-demand queue']);
    expect(jobs.filter(({ queue }) => queue === 'on-demand')).toHaveLength(1);
  });

  test('taken away for good: the reason, and what to do', async () => {
    server.faults.reclaimAfter = () => 1;
    const { outcomes, jobs } = await run(['a']);
    expect(outcomes.get('a')).toMatchObject({
      code: 'TASK_RECLAIMED',
      message: expect.stringMatching(/^its host was taken away 10 times .*--on-demand-queue$/) as string,
    });
    expect(jobs[0]?.attempts).toHaveLength(10);
  });

  test('out of memory: once more with half as much again, and said', async () => {
    server.faults.memoryNeeded = () => 5000;
    const { outcomes, events, jobs } = await run(['a', 'b']);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done']);
    expect(warnings(events)).toEqual(
      ['a', 'b'].map((name) => `${name}: it ran out of memory: it gets 1.5 times as much`),
    );
    const sizes = jobs.map(({ container }) => container.resourceRequirements?.[1]?.value);
    expect(new Set(sizes)).toEqual(new Set(['4096', '6144']));
  });

  test('out of memory twice is a failure', async () => {
    server.faults.memoryNeeded = () => 50_000;
    const { outcomes } = await run(['a', 'b']);
    expect(outcomes.get('b')).toMatchObject({ status: 'failed', code: 'MEMORY_TOO_SMALL' });
  });

  test('a timeout, an image that cannot be pulled, a process that dies: each has its code', async () => {
    const slow = await run(['a'], { timeoutSeconds: 60 }, 'hang');
    expect(slow.outcomes.get('a')).toMatchObject({ code: 'TASK_TIMEOUT' });
    server.faults.startFailure = () => 'CannotPullContainerError: not found';
    const absent = await run(['a']);
    expect(absent.outcomes.get('a')).toMatchObject({
      code: 'TASK_NOT_STARTED',
      message: 'could not be started: Task failed to start: CannotPullContainerError: not found',
    });
    expect(absent.jobs[0]?.attempts).toHaveLength(10);
    server.faults.startFailure = () => undefined;
    const crashed = await run(['a'], {}, 'crash');
    expect(crashed.outcomes.get('a')).toMatchObject({
      code: 'WORKER_DIED',
      message: expect.stringMatching(/exit code 9 .*; it said: .*boom/) as string,
    });
    expect(crashed.jobs[0]?.attempts).toHaveLength(1);
  });

  test('throttling is nothing that a user sees', async () => {
    let calls = 0;
    server.faults.throttle = () => ++calls % 3 === 1;
    const { outcomes, events } = await run(['a', 'b', 'c']);
    expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done', 'done']);
    expect(warnings(events)).toEqual([]);
  });

  test('after three minutes of waiting the cause is said without being asked', async () => {
    server.faults.stuck = () => 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large';
    const stop = new AbortController();
    const executor = batchExecutor(await newStore(), server);
    const submitted = server.clock.now();
    let said = 0;
    const emit = ({ event }: Event): void => {
      if (event !== 'warning') return;
      said = server.clock.now();
      stop.abort();
    };
    const { events } = await collect(executor, [boostTask('a'), boostTask('b')], { signal: stop.signal, emit });
    await executor.close();
    expect(warnings(events)).toEqual([
      expect.stringMatching(
        /^nothing has started yet: no instance of the queue holds a task of 1 vCPU and 4 GiB.*--memory/,
      ) as string,
    ]);
    expect(said - submitted).toBeGreaterThanOrEqual(3 * 60_000);
  });

  test('an aborted run leaves no job alive', async () => {
    const stop = new AbortController();
    const store = await newStore();
    const executor = batchExecutor(store, server);
    const before = server.jobs.size;
    const emit = ({ event }: Event): void => {
      if (event === 'task.progress') stop.abort();
    };
    await collect(executor, [boostTask('a', 'hang'), boostTask('b', 'hang')], { signal: stop.signal, emit });
    await executor.close();
    const jobs = [...server.jobs.values()].slice(before);
    await expect.poll(() => jobs.map(({ status }) => status)).toEqual(['FAILED', 'FAILED', 'FAILED']);
  });
});

test('another process takes over jobs that run already, also one that was not noted any more', async () => {
  const store = await newStore();
  const name = '20261124-000000-over';
  const gate = join(await temporaryFolder(), 'gate');
  const tasks = ['a', 'b', 'c'].map((task) => boostTask(task, `wait-for:${gate}`));
  const before = server.jobs.size;
  const alone = { signal: new AbortController().signal, emit: () => {}, workers: 9, threadsPerTask: 1 };
  // The first process is gone without a word: its generator is never asked again.
  const first = batchExecutor(store, server, {}, name).run(tasks, alone).next();
  const noted = async (): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of store.list(`runs/${name}/batch/`)) if (path.endsWith('/job.json')) paths.push(path);
    return paths;
  };
  await expect.poll(noted).toHaveLength(1);
  for (const path of await noted()) await store.delete(path);
  const second = batchExecutor(store, server, {}, name);
  const open = ({ event }: Event): void => {
    if (event === 'note') void writeFile(gate, '');
  };
  const { outcomes, events } = await collect(second, [...tasks, boostTask('d')], { emit: open });
  await second.close();
  await first;
  expect([...outcomes.values()].map(({ status }) => status)).toEqual(Array(4).fill('done'));
  expect(notes(events)).toEqual(['3 tasks are on AWS Batch already: going on with them']);
  const own = [...server.jobs.values()].slice(before).filter(({ parent }) => !parent);
  expect(own.map(({ children }) => children.length).sort()).toEqual([0, 3]);
});
