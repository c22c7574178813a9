import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { LocalExecutor } from '../../src/executors/local.ts';
import { serveTasks } from '../../src/executors/worker.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { isAlive } from '../../src/store/owner.ts';
import { boostTask, collect, executorContract } from './executor.suite.ts';
import { temporaryFolder } from './temporary.ts';
import { bundledWorker, FAKE_NATIVE } from './worker-process.ts';

let command: WorkerCommand;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  command = await bundledWorker();
});

executorContract('local', (store) => new LocalExecutor(store, command));

test('a worker that is killed once costs nothing: its task gets another', async () => {
  const folder = await temporaryFolder();
  const executor = new LocalExecutor(openFolderStore(folder), command);
  const { outcomes, events } = await collect(executor, [
    boostTask('a', `die-once:${join(folder, 'mark')}`),
    boostTask('b'),
  ]);
  await executor.close();
  expect([outcomes.get('a')?.status, outcomes.get('b')?.status]).toEqual(['done', 'done']);
  const warning = events.find(({ event }) => event === 'warning');
  expect(warning).toMatchObject({
    message: expect.stringMatching(/^a: the worker process was killed \(SIGKILL\).*trying once more$/) as string,
  });
});

test('a worker that is asked to end by SIGTERM gives its task to another', async () => {
  const executor = new LocalExecutor(openFolderStore(await temporaryFolder()), command);
  const before = new Set(await workers());
  let isAsked = false;
  const stop = new AbortController();
  const emit = ({ event }: Event): void => {
    if (event !== 'task.progress') return;
    if (isAsked) stop.abort();
    isAsked = true;
    void workers().then((pids) => pids.filter((pid) => !before.has(pid)).map((pid) => process.kill(pid, 'SIGTERM')));
  };
  const { outcomes, events } = await collect(executor, [boostTask('a', 'hang')], { signal: stop.signal, emit });
  await executor.close();
  expect(outcomes.get('a')?.status).toBe('cancelled');
  expect(events.find(({ event }) => event === 'warning')).toMatchObject({
    message: expect.stringMatching(/was ended by SIGTERM; trying once more$/) as string,
  });
  expect(events.flatMap((event) => (event.event === 'task.attempt' ? [event.status] : []))).toEqual([
    'died',
    'cancelled',
  ]);
});

test('a task that kills its worker twice fails with the reason, and the others go on', async () => {
  const store = openFolderStore(await temporaryFolder());
  const executor = new LocalExecutor(store, command);
  const { outcomes } = await collect(executor, [boostTask('a', 'die'), boostTask('b'), boostTask('c')], { workers: 1 });
  await executor.close();
  expect(outcomes.get('a')).toMatchObject({
    status: 'failed',
    code: 'WORKER_DIED',
    message: expect.stringContaining('memory') as string,
  });
  expect([outcomes.get('b')?.status, outcomes.get('c')?.status]).toEqual(['done', 'done']);
  expect(await store.has('boost', boostTask('a', 'die').key)).toBe(false);
});

test('a native call that does not listen is killed with its worker', async () => {
  const executor = new LocalExecutor(openFolderStore(await temporaryFolder()), command);
  const stop = new AbortController();
  const emit = ({ event }: Event): void => {
    if (event === 'task.progress') stop.abort();
  };
  const since = performance.now();
  const { outcomes } = await collect(executor, [boostTask('a', 'stuck')], { signal: stop.signal, emit });
  await executor.close();
  expect(outcomes.get('a')?.status).toBe('cancelled');
  // It was given time to end by itself.
  expect(performance.now() - since).toBeGreaterThan(4_900);
}, 15_000);

test('a program that is no worker fails its tasks with what it said', async () => {
  const store = openFolderStore(await temporaryFolder());
  const broken = new LocalExecutor(store, { module: join(store.url, 'missing.mjs'), args: [] });
  const { outcomes } = await collect(broken, [boostTask('a')]);
  await broken.close();
  expect(outcomes.get('a')).toMatchObject({
    code: 'WORKER_DIED',
    message: expect.stringContaining('missing.mjs') as string,
  });
});

test.each(['hang', 'stuck'])('a worker whose parent is gone ends, also while a native call runs (%s)', async (fake) => {
  const store = openFolderStore(await temporaryFolder());
  const worker = fork(command.module, [...command.args], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const ended = once(worker, 'exit');
  worker.send({ type: 'run', store: store.url, task: boostTask('a', fake), threads: 1 });
  await once(worker, 'message');
  // One for the result, one for the checkpoint.
  expect(await readdir(join(store.url, 'tmp'))).toHaveLength(2);
  const since = performance.now();
  worker.disconnect();
  await ended;
  expect(performance.now() - since).toBeLessThan(4_000);
  expect(isAlive(worker.pid ?? 0)).toBe(false);
  expect(await store.has('boost', boostTask('a', fake).key)).toBe(false);
  // A call that can be cancelled removes its folders; those of a killed one are swept later.
  expect(await readdir(join(store.url, 'tmp'))).toHaveLength(fake === 'hang' ? 0 : 2);
});

/** Processes that this one started. */
async function workers(): Promise<number[]> {
  const text = await readFile(`/proc/self/task/${process.pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

test('serveTasks without a parent says what to do instead', async () => {
  const send = process.send;
  Reflect.deleteProperty(process, 'send');
  try {
    await expect(serveTasks()).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('nlpflow run') as string,
    });
  } finally {
    if (send) process.send = send;
  }
});
