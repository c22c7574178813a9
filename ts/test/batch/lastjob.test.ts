/** A run that was left to itself whose last job dies: every command tells it as failed, and what was learned is kept. */

import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { BatchService } from '../../src/executors/batch/service.ts';
import { collect } from '../../src/runs/collect.ts';
import { findRun } from '../../src/runs/index.ts';
import { parseEvents, traceRows } from '../../src/runs/trace.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { noFaults } from '../batch-server/faults.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { ENV } from './project.ts';
import { withBatch } from './world.ts';

vi.setConfig({ testTimeout: 240_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
});

const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [100] } }
`;

/** A run that was left to itself, and its last job. */
async function detached(line = '') {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });
  const nlpflow = (command: string, env: NodeJS.ProcessEnv = {}) =>
    runCli(command, { cwd, env: { ...ENV, ...env }, worker: cli.worker, clock: server.clock });
  const store = openFolderStore(join(cwd, '.nlpflow'));
  expect(await nlpflow(`run --on batch --detach ${line}`)).toMatchObject({ code: 0 });
  const job = [...server.jobs.values()].findLast(({ tags }) => tags['nlpflow:stage'] === 'finish') as Job;
  return { nlpflow, store, job, fresh: () => openFolderStore(join(cwd, '.nlpflow')) };
}

function isOver({ status }: Job): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

async function eventsOf(store: Store): Promise<string> {
  const { id } = await findRun(store, 'last');
  return String(await store.getRun(id, 'events.jsonl'));
}

async function untilOver(job: Job): Promise<void> {
  await expect.poll(() => isOver(job), { timeout: 120_000 }).toBe(true);
}

/** Ends a job as somebody at the console does. */
async function terminate(job: Job): Promise<void> {
  const service = new BatchService();
  await service.terminate(job.id, 'ended at the console');
  service.close();
}

test('the timeout of tasks is not that of the last job, which has one of its own', async () => {
  const one = await detached('--timeout 60');
  const jobs = [...server.jobs.values()].filter(({ tags }) => tags['nlpflow:run'] === one.job.tags['nlpflow:run']);
  const limits = new Map(jobs.map(({ tags, timeoutSeconds }) => [tags['nlpflow:stage'], timeoutSeconds]));
  expect(limits.get('boost')).toBe(60);
  expect(limits.get('finish')).toBeUndefined();
  await one.nlpflow('cancel last');
  const two = await detached('--timeout 60 --finish-timeout 90');
  expect(two.job.timeoutSeconds).toBe(90);
  await two.nlpflow('cancel last');
});

test('a last job that is ended at work: every command tells the run as failed', async () => {
  server.faults.stuck = ({ tags }) => tags['nlpflow:stage'] === 'finish';
  const { nlpflow, job, fresh } = await detached();
  await expect.poll(() => job.status, { timeout: 120_000 }).toBe('RUNNABLE');
  expect((await findRun(fresh(), 'last')).status).toBe('running');
  const { id } = await findRun(fresh(), 'last');
  await terminate(job);
  await untilOver(job);
  const why = /the last job of the run was ended on AWS Batch: ended at the console/;
  const asked = server.calls.filter(({ operation }) => operation === 'describejobs').length;
  const runs = await nlpflow('runs');
  expect(runs.stdout).toMatch(/failed/);
  expect(server.calls.filter(({ operation }) => operation === 'describejobs').length).toBe(asked + 1);
  expect((await nlpflow('runs list --status failed')).stdout).toContain('<run>');
  const shown = await nlpflow('runs show last');
  expect(shown.stdout).toMatch(/status +failed/);
  expect(shown.stdout).toMatch(why);
  const attached = await nlpflow('attach last');
  expect(attached.code).toBe(5);
  expect(attached.stderr).toMatch(why);
  expect((await nlpflow('why last')).stdout).toMatch(/the run is failed: the last job/);
  expect((await nlpflow('logs last --follow')).stdout).toMatch(/failed after/);
  const got = await nlpflow('get last model -o m.nlpf');
  expect(got.code).toBe(2);
  expect(got.stderr).toMatch(/failed before it made this \(the last job/);
  expect((await nlpflow('reproduce last')).stdout).toMatch(/is failed: the last job/);
  expect((await nlpflow('cancel last')).stdout).toMatch(/it is failed/);
  const record = await findRun(fresh(), 'last');
  expect(record).toMatchObject({ status: 'failed', error: { code: 'TASK_ENDED' } });
  expect(record.finished).toBeDefined();
  // The clock of the Batch server runs ahead of the machine's.
  const now = Date.parse(record.finished ?? '') + 1;
  const how = { olderThanMs: 0, keep: [], dryRun: true, higherIsBetter: () => false, now };
  expect((await collect(fresh(), how)).runs).toMatchObject([{ id }]);
  expect(await nlpflow(`runs rm ${id}`)).toMatchObject({ code: 0 });
});

test('a last job that is stopped in its container leaves the record to whoever looks: failed, not running or interrupted', async () => {
  const gate = join(await folderWith({ open: '' }), 'open');
  server.faults.stuck = ({ tags }) => tags['nlpflow:stage'] === 'finish';
  const { job, fresh } = await detached(`--set model.fake=wait-for:${gate}`);
  await expect.poll(() => job.status, { timeout: 120_000 }).toBe('RUNNABLE');
  // Only the fit waits now.
  await rm(gate);
  server.faults.stuck = () => false;
  // Whatever comes next in the queue makes the server look again.
  await detached('--set model.fake=hang');
  const begun = async (): Promise<boolean> => /"task":"fit"/.test(await eventsOf(fresh()));
  await expect.poll(begun, { timeout: 120_000 }).toBe(true);
  await terminate(job);
  await untilOver(job);
  expect(job.status).toBe('FAILED');
  const record = await findRun(fresh(), 'last');
  expect(record.status).toBe('failed');
  // Attempts of tasks that nobody watched are told by the last job, once.
  const attempts = traceRows(parseEvents(await eventsOf(fresh()))).filter(({ attempt }) => attempt > 0);
  expect(attempts.filter(({ stage }) => stage === 'boost')).toHaveLength(2);
  expect(parseEvents(await eventsOf(fresh())).at(-1)).toMatchObject({ event: 'run.done', status: 'failed' });
});

test('a job before it that is timed out takes the last job along', async () => {
  const { job, fresh } = await detached('--timeout 60 --set model.fake=hang');
  await untilOver(job);
  expect(await findRun(fresh(), 'last')).toMatchObject({
    status: 'failed',
    error: { code: 'TASK_ENDED', message: /a job before it failed/ as never },
  });
});

test('where AWS cannot be asked the commands say so, and nothing is made up', async () => {
  const { nlpflow, job, fresh } = await detached('--set model.fake=hang');
  server.faults.throttle = (operation) => operation === 'describejobs';
  const runs = await nlpflow('runs');
  expect(runs.stdout).toMatch(/running\?/);
  expect(runs.stdout).toMatch(/may be over: AWS Batch cannot be asked about its last job/);
  expect((await nlpflow('runs show last')).stdout).toMatch(/cannot be asked/);
  expect((await nlpflow('gc --older-than 0m --keep none --dry-run')).stdout).toMatch(/stays, since it may still go on/);
  const removed = await nlpflow('runs rm last');
  expect(removed).toMatchObject({ code: 2, stderr: expect.stringContaining('cannot be asked') as string });
  expect((await findRun(fresh(), 'last')).status).toBe('running');
  Object.assign(server.faults, noFaults());
  expect((await nlpflow('cancel last')).code).toBe(0);
  await untilOver(job);
  expect((await findRun(fresh(), 'last')).status).toBe('interrupted');
});
