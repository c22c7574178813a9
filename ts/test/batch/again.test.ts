/** The same command again, after one that was killed or beside one that goes on. */

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { listRuns } from '../../src/runs/index.ts';
import { EVENTS_FILE } from '../../src/runs/journal.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { kill, Project } from './project.ts';
import { withBatch } from './world.ts';

// Each of many processes takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 400_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
});

/** A run whose boosters wait for the gate, and what the same command says that finds its jobs. */
async function trainingRun() {
  const project = await Project.on(server, cli);
  const line = `run --on batch --set model.fake=wait-for:${project.gate}`;
  const first = project.start(line);
  await project.untilTraining();
  return { project, line, first };
}

/** Waits until the second command has said that it goes on with jobs of the first one. */
async function untilTakenOver({ store }: Project): Promise<void> {
  const said = async (): Promise<string> => {
    const [newest, ...before] = await listRuns(store);
    const events = newest && before.length > 0 ? await store.getRun(newest.id, EVENTS_FILE) : null;
    return events?.toString('utf8') ?? '';
  };
  await expect.poll(said, { timeout: 100_000, interval: 200 }).toContain('going on with them');
}

test('a command was killed: the same one goes on with its jobs, and computes nothing twice', async () => {
  const { project, line, first } = await trainingRun();
  await kill(first, 'SIGKILL');
  const second = project.nlpflow(line);
  await untilTakenOver(project);
  await writeFile(project.gate, '');
  const { code, stderr } = await second;
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/4 tasks are on AWS Batch already, of run <run>: going on with them/) as string,
  });
  expect(project.jobs().map(({ tags, children }) => [tags['nlpflow:stage'], children.length])).toEqual([
    ['features', 3],
    ['boost', 4],
    ['fit', 0],
  ]);
  expect(project.live()).toEqual([]);
});

test('what was taken over is ended with the command that took it over, and is priced there', async () => {
  const { project, line, first } = await trainingRun();
  await kill(first, 'SIGKILL');
  const stop = new AbortController();
  const second = project.nlpflow(line, stop.signal);
  await untilTakenOver(project);
  stop.abort();
  expect((await second).code).toBe(130);
  await expect.poll(() => project.live()).toEqual([]);
  const attempts = project.jobs('boost')[0]?.children.flatMap((child) => child.attempts) ?? [];
  expect(attempts.length).toBeGreaterThan(0);
});

test('cancel of the command that took jobs over and was killed, too, ends them', async () => {
  const { project, line, first } = await trainingRun();
  await kill(first, 'SIGKILL');
  const second = project.start(line);
  await untilTakenOver(project);
  await kill(second, 'SIGKILL');
  expect(project.live()).toHaveLength(1);
  expect((await project.nlpflow('cancel last')).stdout).toContain('1 job is being ended');
  await expect.poll(() => project.live()).toEqual([]);
});

test('jobs of a command that goes on are watched, and left to it', async () => {
  const { project, line, first } = await trainingRun();
  const stop = new AbortController();
  const second = project.nlpflow(line, stop.signal);
  await untilTakenOver(project);
  stop.abort();
  const { code, stderr } = await second;
  expect({ code, stderr }).toMatchObject({
    code: 130,
    stderr: expect.stringMatching(/left to run <run>, which goes on; nlpflow cancel <run> ends it/) as string,
  });
  expect(project.live()).toHaveLength(1);
  expect(await kill(first, 'SIGINT')).toBe(130);
  await expect.poll(() => project.live()).toEqual([]);
});

test('when the other command is stopped, what it leaves is submitted here', async () => {
  const { project, line, first } = await trainingRun();
  const second = project.nlpflow(line);
  await untilTakenOver(project);
  await kill(first, 'SIGINT');
  await expect.poll(() => project.jobs('boost').length, { timeout: 60_000 }).toBe(2);
  await writeFile(project.gate, '');
  expect((await second).code).toBe(0);
  expect(project.jobs('boost').map(({ status }) => status)).toEqual(['FAILED', 'SUCCEEDED']);
});

test('a command was killed: with --detach its jobs are ended, and what they do is done by those of the new run', async () => {
  const { project, line, first } = await trainingRun();
  await kill(first, 'SIGKILL');
  const { code, stderr } = await project.nlpflow(`${line} --detach`);
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringContaining('jobs that run <run> left behind are ended') as string,
  });
  await expect.poll(() => project.jobs('boost').map(({ status }) => status === 'FAILED')).toEqual([true, false]);
  await writeFile(project.gate, '');
  const status = async () => (await listRuns(project.store))[0]?.status;
  await expect.poll(status, { timeout: 100_000 }).toBe('done');
  await expect.poll(() => project.live()).toEqual([]);
});

test('a terminal that is closed stops the command as Ctrl-C does', async () => {
  const { project, first } = await trainingRun();
  expect(await kill(first, 'SIGHUP')).toBe(130);
  await expect.poll(() => project.live()).toEqual([]);
});
