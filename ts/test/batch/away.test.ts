/** Runs that go on without the laptop, by the command line, on the server's containers. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { findRun } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { CONFIG, ENV } from './project.ts';
import { withBatch } from './world.ts';

// Each of many processes takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
});

async function project(): Promise<{ cwd: string; store: Store }> {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });
  return { cwd, store: openFolderStore(join(cwd, '.nlpflow')) };
}

function nlpflow(line: string, cwd: string) {
  return runCli(line, { cwd, env: ENV, worker: cli.worker, clock: server.clock });
}

async function statusOf(store: Store): Promise<string> {
  return (await findRun(store, 'last')).status;
}

async function files(store: Store): Promise<(Buffer | null)[]> {
  const { id } = await findRun(store, 'last');
  return Promise.all(['model.nlpf', 'results.parquet', 'metrics.json'].map((file) => store.getRun(id, file)));
}

/** Jobs of the stage `boost` that came after the first so many. */
function boosters(before: number): Job[] {
  return [...server.jobs.values()].slice(before).filter(({ tags }) => tags['nlpflow:stage'] === 'boost');
}

/** Waits until a booster is being trained. */
async function untilTraining(before: number): Promise<void> {
  const trains = (): boolean => boosters(before).some(({ status }) => status === 'RUNNING');
  await expect.poll(trains, { timeout: 100_000 }).toBe(true);
}

/** Waits until the last run is over. */
async function untilDone(store: Store): Promise<void> {
  await expect.poll(() => statusOf(store), { timeout: 100_000, interval: 200 }).toBe('done');
}

/** Attaches to the last run, and lets its tasks end once it is being watched. */
async function attachThenOpen(gate: string, cwd: string) {
  const asked = (): number => server.calls.filter(({ operation }) => operation === 'describejobs').length;
  const before = asked();
  const attached = nlpflow('attach last', cwd);
  await expect.poll(asked, { timeout: 20_000 }).toBeGreaterThan(before + 1);
  await writeFile(gate, '');
  return attached;
}

test('--detach returns at once, and the run ends by itself, without the data and with the bytes of this machine', async () => {
  const here = await project();
  expect((await nlpflow('run', here.cwd)).code).toBe(0);
  const { cwd, store } = await project();
  const { code, stdout } = await nlpflow('run --on batch --detach', cwd);
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('nlpflow attach <run>') as string,
  });
  await rm(join(cwd, 'a.csv'));
  expect(await statusOf(store)).toBe('running');
  await untilDone(store);
  expect(await files(store)).toEqual(await files(here.store));
});

test('--upload-data: the table too is read on AWS Batch, also in a run without the laptop', async () => {
  const here = await project();
  await nlpflow('run', here.cwd);
  const { cwd, store } = await project();
  const before = server.jobs.size;
  expect((await nlpflow('run --on batch --upload-data', cwd)).code).toBe(0);
  expect(await files(store)).toEqual(await files(here.store));
  const stages = [...server.jobs.values()].slice(before).map(({ tags }) => tags['nlpflow:stage']);
  expect(new Set(stages)).toEqual(new Set(['corpus', 'split', 'features', 'boost', 'fit']));
  const away = await project();
  await nlpflow('run --on batch --upload-data --detach', away.cwd);
  await rm(join(away.cwd, 'a.csv'));
  await untilDone(away.store);
  expect(await files(away.store)).toEqual(await files(here.store));
});

test('attach watches such a run to its end and shows the result', async () => {
  const { cwd, store } = await project();
  const gate = join(cwd, 'gate');
  await nlpflow(`run --on batch --detach --set model.fake=wait-for:${gate}`, cwd);
  await untilTraining(0);
  const jobs = server.jobs.size;
  const { code, stdout, stderr } = await attachThenOpen(gate, cwd);
  expect(stderr).toContain('4 tasks are on AWS Batch already');
  expect(stdout).toContain('model    .nlpflow/runs/<run>/model.nlpf');
  expect(code).toBe(0);
  expect(await statusOf(store)).toBe('done');
  // Nothing was submitted a second time.
  expect(server.jobs.size).toBe(jobs);
  expect((await nlpflow('attach last', cwd)).stdout).toContain('model');
});

test('a task that fails does not stop what comes after it, also without the laptop', async () => {
  const { cwd, store } = await project();
  await nlpflow('run --on batch --detach --grid fake=none,fail', cwd);
  await untilDone(store);
  const record = await findRun(store, 'last');
  expect(record.failures.map(({ code }) => code)).toContain('OUTCOME_OUT_OF_RANGE');
  expect(record.best?.values['fake']).toBe('none');
});

test.each(['container at work', 'largest process'] as const)(
  'out of memory, also without the laptop: the last job does it with 1.5 times as much (%s killed)',
  async (killed) => {
    const here = await project();
    await nlpflow('run', here.cwd);
    const { cwd, store } = await project();
    const before = server.jobs.size;
    server.faults.killed = () => killed;
    // An attempt that only finds out what became of two others needs no memory.
    server.faults.memoryNeeded = ({ tags, index }, attempt) =>
      ['features', 'boost'].includes(tags['nlpflow:stage'] ?? '') && index === 1 && attempt < 3 ? 5000 : 0;
    await nlpflow('run --on batch --detach --memory 4GiB', cwd);
    await untilDone(store);
    expect(await findRun(store, 'last')).toMatchObject({
      failures: [],
      process: { host: expect.any(String) as string },
    });
    expect(await files(store)).toEqual(await files(here.store));
    const jobs = [...server.jobs.values()].slice(before);
    await expect.poll(() => new Set(jobs.map(({ status }) => status))).toEqual(new Set(['SUCCEEDED']));
    const starved = jobs.filter(({ tags, index }) => tags['nlpflow:stage'] === 'features' && index === 1);
    // Killed whole, it is tried again to find out; killed in part, it says so itself.
    expect(starved.map(({ attempts }) => attempts.length)).toEqual([killed === 'container at work' ? 3 : 1]);
    const finish = jobs.find(({ tags }) => tags['nlpflow:stage'] === 'finish');
    expect(finish?.container.resourceRequirements?.[1]?.value).toBe('6144');
  },
);

test('what ran out of memory is left to the last job by those who attach, too', async () => {
  const { cwd, store } = await project();
  server.faults.killed = () => 'largest process';
  server.faults.memoryNeeded = ({ tags, index }) => (tags['nlpflow:stage'] === 'boost' && index === 1 ? 5000 : 0);
  const gate = join(cwd, 'gate');
  await nlpflow(`run --on batch --detach --memory 4GiB --set model.fake=wait-for:${gate}`, cwd);
  const jobs = server.jobs.size;
  await untilTraining(0);
  const { code, stderr } = await attachThenOpen(gate, cwd);
  expect(stderr).toContain('memory runs out: the job that ends the run does it, with 1.5 times the memory');
  expect(code).toBe(0);
  expect(await findRun(store, 'last')).toMatchObject({ status: 'done', failures: [] });
  expect(server.jobs.size).toBe(jobs);
});

test('the command is killed, and attach goes on with its jobs', async () => {
  const { cwd, store } = await project();
  const gate = join(cwd, 'gate');
  const child = spawn(process.execPath, [cli.main, 'run', '--on', 'batch', '--set', `model.fake=wait-for:${gate}`], {
    cwd,
    env: { ...process.env, ...ENV },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const before = server.jobs.size;
  await untilTraining(before);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await statusOf(store)).toBe('interrupted');
  const { code, stdout } = await attachThenOpen(gate, cwd);
  expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('model') as string });
  expect(boosters(before).filter(({ children }) => children.length > 0)).toHaveLength(1);
  const here = await project();
  await nlpflow(`run --set model.fake=wait-for:${gate}`, here.cwd);
  expect(await files(store)).toEqual(await files(here.store));
});

test('why says what a run waits for, and cancel ends every task of it', async () => {
  const { cwd, store } = await project();
  const before = server.jobs.size;
  const environment = server.compute.environments.get('spot');
  server.faults.stuck = () => true;
  await nlpflow('run --on batch --detach', cwd);
  Object.assign(environment ?? {}, { status: 'INVALID', statusReason: 'CLIENT_ERROR - no such subnet' });
  await expect.poll(() => server.waiting('spot').length).toBeGreaterThan(0);
  const { code, stdout } = await nlpflow('why last', cwd);
  Object.assign(environment ?? {}, { status: 'VALID' });
  expect(code).toBe(0);
  expect(stdout).toContain('spot is INVALID: CLIENT_ERROR - no such subnet');
  expect(stdout).toContain('it waits for the jobs before it');
  expect((await nlpflow('cancel last', cwd)).stdout).toContain('3 jobs are being ended');
  const jobs = [...server.jobs.values()].slice(before);
  await expect.poll(() => new Set(jobs.map(({ status }) => status))).toEqual(new Set(['FAILED']));
  expect(await statusOf(store)).toBe('interrupted');
  expect((await nlpflow('cancel last', cwd)).stdout).toContain('has no jobs on AWS Batch any more');
});

test('what is missing is said before anything runs', async () => {
  const { cwd } = await project();
  const bare = (line: string, env: NodeJS.ProcessEnv = {}) => runCli(line, { cwd, env, worker: cli.worker });
  expect((await bare('run --on batch')).stderr).toContain('--on batch needs --queue NAME (or NLPFLOW_QUEUE)');
  expect((await bare('run --on batch --queue spot')).stderr).toContain('--on batch needs --image URI');
  const folder = await bare('run --on batch --queue spot --image x');
  expect(folder.stderr).toContain(
    'is a folder, which containers on AWS Batch do not see; give --store s3://BUCKET/PREFIX',
  );
  expect(folder.code).toBe(2);
  expect((await bare('run --detach')).stderr).toContain('--detach is for --on batch');
  await nlpflow('run', cwd);
  expect((await nlpflow('why last', cwd)).stderr).toContain('has no jobs on AWS Batch');
});
