/** Jobs that AWS started without saying so: none is computed twice, forgotten or left alive. */

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { TABLE_PRICES } from '../../src/cost/prices.ts';
import { NlpflowError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { costOfRun, endJobs } from '../../src/executors/batch/away.ts';
import { BatchExecutor } from '../../src/executors/batch/executor.ts';
import { settingsPath } from '../../src/executors/batch/manifest.ts';
import { findRun } from '../../src/runs/index.ts';
import type { Store } from '../../src/store/store.ts';
import { losingEach, noFaults } from '../batch-server/faults.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { addQueue } from '../batch-server/testing.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { batchExecutor, SETTINGS } from '../contract/batch.ts';
import { boostTask, collect } from '../contract/executor.suite.ts';
import { kill, Project } from './project.ts';
import { withBatch } from './world.ts';

// Each of many processes takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
  addQueue(server, 'on-demand', { type: 'EC2' });
});

const stagesOf = (jobs: readonly Job[]) => jobs.map(({ tags }) => tags['nlpflow:stage']);

/** Loses the n-th answer to an operation. */
function lose(operation: string, n: number): void {
  let calls = 0;
  server.faults.lose = (one) => (one === operation && ++calls === n ? 'dropped' : undefined);
}

/** Refuses an operation from its n-th call on. */
function refuseFrom(operation: string, n: number): void {
  let calls = 0;
  server.faults.refuse = (one) => (one === operation && ++calls >= n ? 'refused by the test' : undefined);
}

test.each([1, 2, 3])('answer %i to SubmitJob is lost: one array a stage', async (n) => {
  const project = await Project.on(server, cli);
  lose('submitjob', n);
  expect((await project.nlpflow('run --on batch')).code).toBe(0);
  expect(stagesOf(project.jobs())).toEqual(['features', 'boost', 'fit']);
});

test('a lost answer, then Ctrl-C: no job lives on', async () => {
  const project = await Project.on(server, cli);
  lose('submitjob', 2);
  const stop = new AbortController();
  const running = project.nlpflow(`run --on batch --set model.fake=wait-for:${project.gate}`, stop.signal);
  await project.untilTraining();
  stop.abort();
  expect((await running).code).toBe(130);
  expect(stagesOf(project.jobs())).toEqual(['features', 'boost']);
  await expect.poll(() => project.live()).toEqual([]);
});

test('killed before the answer: cancel finds the job by its name, also where it is shown late', async () => {
  const project = await Project.on(server, cli);
  // Nothing is answered any more, so the process knows of no job of its boosters.
  server.faults.lose = losingEach(1, ['submitjob']);
  server.faults.hidden = ({ tags }) => (tags['nlpflow:stage'] === 'boost' ? 20_000 : 0);
  const child = project.start('run --on batch --set model.fake=hang');
  await expect.poll(() => project.jobs('boost').length, { timeout: 60_000 }).toBeGreaterThan(0);
  await kill(child, 'SIGKILL');
  expect((await project.nlpflow('cancel last')).code).toBe(0);
  await expect.poll(() => project.live()).toEqual([]);
});

test('a job in the on-demand queue that was not noted is found, taken over, ended and priced', async () => {
  const project = await Project.on(server, cli);
  const { store, gate } = project;
  const id = '20261128-000000-away';
  // Spot hosts are taken away, so the tasks go to the other queue, where they wait.
  server.faults.reclaimAfter = (job) => (job.queue === 'spot' ? 1 : undefined);
  const tasks = ['a', 'b'].map((name) => boostTask(name, `wait-for:${gate}`));
  const alone = { signal: new AbortController().signal, emit: () => {}, workers: 9, threadsPerTask: 1 };
  const settings = { onDemandQueue: 'on-demand' };
  // The first process is gone without a word: its generator is never asked again.
  void batchExecutor(store, server, settings, id).run(tasks, alone).next();
  await expect.poll(() => project.live().map(({ queue }) => queue), { timeout: 60_000 }).toContain('on-demand');
  await expect.poll(() => notesOf(store, id), { timeout: 60_000 }).toHaveLength(project.jobs().length);
  await expect.poll(() => project.live().map(({ queue }) => queue)).not.toContain('spot');
  for (const path of await notesOf(store, id)) await store.delete(path);

  const before = project.jobs().length;
  const stop = new AbortController();
  const emit = ({ event }: Event): void => {
    if (event === 'note') stop.abort();
  };
  const second = batchExecutor(store, server, settings, id);
  const { events } = await collect(second, tasks, { signal: stop.signal, emit });
  await second.close();
  expect(events).toContainEqual({ event: 'note', message: expect.stringMatching(/on AWS Batch already/) as string });
  await expect.poll(() => project.live()).toEqual([]);
  expect(project.jobs()).toHaveLength(before);
  expect((await costOfRun({ id }, store, TABLE_PRICES)).vcpu_hours).toBeCloseTo(hoursOf(project.jobs()), 6);
});

test('cancel, too, ends jobs of the on-demand queue that were not noted', async () => {
  const project = await Project.on(server, cli);
  const { store, gate } = project;
  const id = '20261128-000000-gone';
  const alone = { signal: new AbortController().signal, emit: () => {}, workers: 9, threadsPerTask: 1 };
  const settings = { queue: 'on-demand' };
  void batchExecutor(store, server, settings, id)
    .run([boostTask('a', `wait-for:${gate}`)], alone)
    .next();
  await expect.poll(() => notesOf(store, id), { timeout: 60_000 }).toHaveLength(1);
  for (const path of await notesOf(store, id)) await store.delete(path);
  await store.put(settingsPath(id), JSON.stringify({ ...SETTINGS, onDemandQueue: 'on-demand' }));
  expect(await endJobs({ id }, store, server.clock)).toBe(1);
  await expect.poll(() => project.live()).toEqual([]);
});

/** Where the jobs of a run are noted. */
async function notesOf(store: Store, run: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const { path } of store.list(`runs/${run}/batch/`)) if (path.endsWith('/job.json')) paths.push(path);
  return paths;
}

/** Hours that the attempts of jobs took; each has one vCPU. */
function hoursOf(jobs: readonly Job[]): number {
  const attempts = jobs.flatMap((job) => [job, ...job.children].flatMap((one) => one.attempts));
  return attempts.reduce((sum, { startedAt = 0, stoppedAt = 0 }) => sum + (stoppedAt - startedAt) / 3.6e6, 0);
}

test('two jobs of one name: one is ended as soon as it is seen, and both are priced', async () => {
  const project = await Project.on(server, cli);
  lose('submitjob', 2);
  // For longer than anybody waits before submitting again.
  let isUnseen = true;
  server.faults.hidden = ({ tags, id }) =>
    tags['nlpflow:stage'] === 'boost' && isUnseen && id.split(':')[0] === project.jobs('boost')[0]?.id
      ? Number.POSITIVE_INFINITY
      : 0;
  const running = project.nlpflow(`run --on batch --set model.fake=wait-for:${project.gate}`);
  await expect.poll(() => project.jobs('boost').length, { timeout: 60_000 }).toBe(2);
  const [unseen, known] = project.jobs('boost');
  expect(known?.name).toBe(unseen?.name);
  isUnseen = false;
  await expect.poll(() => unseen?.status, { timeout: 60_000 }).toBe('FAILED');
  await writeFile(project.gate, '');
  expect((await running).code).toBe(0);
  expect(known?.status).toBe('SUCCEEDED');
  const record = await findRun(project.store, 'last');
  expect((await costOfRun(record, project.store, TABLE_PRICES)).vcpu_hours).toBeCloseTo(hoursOf(project.jobs()), 6);
});

test('a new job that DescribeJobs does not know yet is not lost', async () => {
  const project = await Project.on(server, cli);
  const asked = (): number => server.calls.filter(({ operation }) => operation === 'describejobs').length;
  const before = asked();
  server.faults.hidden = () => (asked() > before + 1 ? 0 : Number.POSITIVE_INFINITY);
  const executor = batchExecutor(project.store, server);
  const tasks = ['a', 'b'].map((name) => boostTask(name, `wait-for:${project.gate}`));
  const running = collect(executor, tasks);
  await expect.poll(asked, { timeout: 60_000 }).toBeGreaterThan(before + 1);
  await writeFile(project.gate, '');
  expect([...(await running).outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done']);
  await executor.close();
});

test('a laptop that fell asleep in an outage goes on when it wakes, though the network is not back yet', async () => {
  const project = await Project.on(server, cli);
  let asleep = 0;
  let failures = 0;
  const clock = { now: () => server.clock.now() + asleep, sleep: server.clock.sleep };
  // Once the job runs two looks at the store fail, and a night lies between them.
  const store = new Proxy(project.store, {
    get: (of, name) => {
      const isLook = name === 'list' && project.jobs().length > 0 && failures < 2;
      const value: unknown = Reflect.get(of, name);
      if (!isLook) return typeof value === 'function' ? value.bind(of) : value;
      failures += 1;
      if (failures === 1) setTimeout(() => (asleep = 9 * 3_600_000), 50);
      throw new NlpflowError('STORE_UNREACHABLE', 'the network is away');
    },
  });
  const executor = new BatchExecutor(store, SETTINGS, '20261128-000000-nigh', { clock });
  const { outcomes, events } = await collect(executor, [boostTask('a'), boostTask('b')]);
  await executor.close();
  expect(failures).toBe(2);
  expect([...outcomes.values()].map(({ status }) => status)).toEqual(['done', 'done']);
  expect(events).toContainEqual({ event: 'warning', message: 'the network is away; trying again' });
});

test.each([1, 2, 3])('--detach: submission %i fails, and what was submitted before is ended', async (n) => {
  const project = await Project.on(server, cli);
  refuseFrom('submitjob', n);
  // Nothing ends by itself.
  server.faults.stuck = () => true;
  const { code, stderr } = await project.nlpflow('run --on batch --detach');
  expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('refused by the test') as string });
  expect(project.jobs()).toHaveLength(n - 1);
  await expect.poll(() => project.live()).toEqual([]);
  expect((await findRun(project.store, 'last')).status).toBe('failed');
});

test('--detach: where it cannot be ended, how to do that is said', async () => {
  const project = await Project.on(server, cli);
  let submissions = 0;
  server.faults.refuse = (operation) =>
    (operation === 'submitjob' && ++submissions > 2) || operation === 'terminatejob'
      ? 'refused by the test'
      : undefined;
  const { stderr } = await project.nlpflow('run --on batch --detach --set model.fake=hang');
  expect(stderr).toMatch(/jobs may still run on AWS Batch .*; nlpflow cancel <run> ends them/);
  Object.assign(server.faults, noFaults());
  expect(project.live().length).toBeGreaterThan(0);
  await project.nlpflow('cancel last');
  await expect.poll(() => project.live()).toEqual([]);
});

test('--detach: a lost answer makes no second job', async () => {
  const project = await Project.on(server, cli);
  server.faults.lose = losingEach(2, ['submitjob', 'describejobs', 'terminatejob']);
  expect((await project.nlpflow('run --on batch --detach')).code).toBe(0);
  expect(stagesOf(project.jobs())).toEqual(['features', 'boost', 'finish']);
  await expect.poll(() => project.live(), { timeout: 100_000 }).toEqual([]);
  expect((await findRun(project.store, 'last')).status).toBe('done');
});
