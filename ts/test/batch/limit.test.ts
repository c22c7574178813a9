/** `--max-cost` on AWS Batch: what runs counts from its beginning, in whatever attempt, and whoever submitted it. */

import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { Meter } from '../../src/cost/meter.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { batchExecutor } from '../contract/batch.ts';
import { boostTask } from '../contract/executor.suite.ts';
import { kill, Project } from './project.ts';
import { withBatch } from './world.ts';

vi.setConfig({ testTimeout: 240_000 });

let cli: BundledCli;
let server: BatchServer;

// A second of a task is a second of its bill; between two attempts there is time to see that one has ended.
withBatch(
  (world) => {
    ({ cli, server } = world);
  },
  { speed: 1, pace: { grace: 5_000, scheduling: 5_000 } },
);

/** A second of a task costs a dollar; of the limit some 90 are kept for the final fit. */
const LIMITED = '--price-vcpu-hour 3600 --max-cost 160';
const NOT_COMPLETED = 'no configuration was completed within --max-cost $160.00';

/** Seconds that attempts of jobs took. */
function secondsOf(jobs: readonly Job[]): number {
  const attempts = jobs.flatMap((job) => [job, ...job.children].flatMap((one) => one.attempts));
  return attempts.reduce((sum, { startedAt = 0, stoppedAt = 0 }) => sum + (stoppedAt - startedAt) / 1000, 0);
}

/** Runs a command that its limit must end, for at most so long. */
function within(project: Project, line: string, seconds = 90) {
  return project.nlpflow(line, AbortSignal.timeout(seconds * 1000));
}

test('the second attempt of tasks whose hosts were taken away counts while it runs', async () => {
  const project = await Project.on(server, cli);
  server.faults.reclaimAfter = ({ tags }, attempt) =>
    tags['nlpflow:stage'] === 'boost' && attempt === 1 ? 4_000 : undefined;
  const { code, stderr } = await within(project, `run --on batch ${LIMITED} --set model.fake=hang`);
  expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining(NOT_COMPLETED) as string });
  await expect.poll(() => project.live()).toEqual([]);
  const tried = project.jobs('boost').flatMap(({ children }) => children.map(({ attempts }) => attempts.length));
  expect(tried).toContain(2);
  expect(secondsOf(project.jobs())).toBeLessThan(120);
});

test('jobs of a command that was killed count as a whole, and from their beginning', async () => {
  const project = await Project.on(server, cli);
  const line = 'run --on batch --set model.fake=hang';
  const first = project.start(line);
  await project.untilTraining();
  await delay(5_000);
  await kill(first, 'SIGKILL');
  const { code, stderr } = await within(project, `${line} ${LIMITED}`);
  expect({ code, stderr }).toMatchObject({ code: 5, stderr: expect.stringContaining(NOT_COMPLETED) as string });
  expect(stderr).toMatch(/4 tasks are on AWS Batch already/);
  await expect.poll(() => project.live()).toEqual([]);
  expect(project.jobs('boost')).toHaveLength(1);
  expect(secondsOf(project.jobs())).toBeLessThan(120);
});

test('tasks that are found at work count from their adoption on, with what they took before', async () => {
  const project = await Project.on(server, cli);
  const id = '20261128-000000-meas';
  const tasks = ['a', 'b'].map((name) => boostTask(name, 'hang'));
  const alone = { signal: new AbortController().signal, emit: () => {}, workers: 9, threadsPerTask: 1 };
  const first = batchExecutor(project.store, server, {}, id);
  // It is gone without a word: its generator is never asked again.
  void first.run(tasks, alone).next();
  const states = async (): Promise<number> => {
    const paths: string[] = [];
    for await (const { path } of project.store.list(`runs/${id}/batch/`)) paths.push(path);
    return paths.filter((path) => /\/\d{5}\.json$/.test(path)).length;
  };
  await expect.poll(states).toBe(2);
  await delay(5_000);
  const stop = new AbortController();
  const meter = new Meter(batchExecutor(project.store, server, {}, id), { limit: 1e9 });
  const run = { ...alone, signal: stop.signal };
  const watching = (async () => {
    for await (const _ of meter.run(tasks, run)) {
    }
  })();
  await expect.poll(() => meter.spent, { timeout: 20_000, interval: 50 }).toBeGreaterThan(0);
  const found = meter.spent;
  const hour = (await meter.tariff('boost', 1))?.hour.likely ?? 0;
  stop.abort();
  await watching;
  await meter.close();
  await first.close();
  expect((found / hour) * 3600).toBeGreaterThan(2 * 5);
  await expect.poll(() => project.live()).toEqual([]);
});
