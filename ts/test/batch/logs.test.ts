/** `logs --follow` on a run whose tasks are on AWS Batch: CloudWatch while they run, the store afterwards. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runProgram } from '../../src/cli/program.ts';
import { findRun } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { folderWith } from '../cli/run-cli.ts';
import { CONFIG, ENV } from './project.ts';
import { withBatch } from './world.ts';

// Each of many processes takes its time to start on a busy machine.
vi.setConfig({ testTimeout: 180_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
});

const BEGINS = 'attempt 1 begins';

/** A command of which the output can be seen while it runs. */
function begin(line: string, cwd: string) {
  const stop = new AbortController();
  const printed = { out: '', err: '' };
  const ended = runProgram(line.split(' '), {
    stdout: { write: (text: string) => (printed.out += text) },
    stderr: { write: (text: string) => (printed.err += text) },
    env: ENV,
    cwd,
    worker: cli.worker,
    signal: stop.signal,
  });
  return { printed, ended, stop: () => stop.abort() };
}

test('a task is followed from its container into the store, each line once', async () => {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });
  const gate = join(cwd, 'gate');
  await begin(`run --on batch --detach --set model.fake=wait-for:${gate}`, cwd).ended;
  const store = openFolderStore(join(cwd, '.nlpflow'));
  const kept = async (): Promise<string[]> => {
    const paths: string[] = [];
    for await (const { path } of store.list(`runs/${(await findRun(store, 'last')).id}/logs/boost/`)) paths.push(path);
    return paths;
  };
  const trains = (): boolean =>
    [...server.jobs.values()].filter(({ tags, status }) => tags['nlpflow:stage'] === 'boost' && status === 'RUNNING')
      .length >= 4;
  await expect.poll(trains, { timeout: 60_000 }).toBe(true);

  // Whoever may not read logs is told so once, and goes on with the store.
  server.faults.deny = (operation) => operation === 'GetLogEvents';
  const denied = begin('logs last --follow', cwd);
  await expect.poll(() => denied.printed.err, { timeout: 30_000 }).toContain('GetLogEvents: AWS does not allow it');
  server.faults.deny = () => false;

  // To be asked for patience is nothing that a person sees.
  let calls = 0;
  server.faults.throttle = (operation) => operation === 'GetLogEvents' && ++calls % 2 === 0;
  const all = begin('logs last boost/ --follow', cwd);
  const one = begin('logs last b02/fold1 --follow', cwd);
  const lines = ({ printed }: typeof all): string[] => printed.out.split('\n').filter(Boolean);
  await expect.poll(() => lines(all).filter((line) => line.includes(BEGINS)).length, { timeout: 60_000 }).toBe(4);
  await expect.poll(() => lines(one).filter((line) => line.includes(BEGINS)).length, { timeout: 60_000 }).toBe(1);
  expect(await kept()).toEqual([]);
  one.stop();
  expect(await one.ended).toBe(0);
  expect((await findRun(store, 'last')).status).toBe('running');

  await writeFile(gate, '');
  expect(await all.ended).toBe(0);
  expect(await denied.ended).toBe(0);
  expect((await findRun(store, 'last')).status).toBe('done');
  expect(await kept()).toHaveLength(4);
  for (const { printed } of [all, denied]) {
    // What a task printed begins with its name; ids differ, so that equal lines are doubles.
    const own = printed.out.split('\n').filter((line) => line.includes('[boost/'));
    expect(own.filter((line) => line.includes(BEGINS))).toHaveLength(4);
    expect(own.filter((line) => / done on .* after /.test(line))).toHaveLength(4);
    const words = own.map((line) => line.replace(/^\S+ /, ''));
    expect(new Set(words).size).toBe(words.length);
  }
  expect(all.printed.err).toBe('');
  expect(denied.printed.err.match(/what tasks print is shown once it is in the store/g)).toHaveLength(1);
});
