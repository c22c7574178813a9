/** Ctrl-C of `attach` when the run that it watches has just ended: the run stays as its last job wrote it. */

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import type { Clock } from '../../src/executors/batch/clock.ts';
import { findRun } from '../../src/runs/index.ts';
import type { Store } from '../../src/store/store.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { Project } from './project.ts';
import { withBatch } from './world.ts';

vi.setConfig({ testTimeout: 240_000 });

let cli: BundledCli;
let server: BatchServer;

withBatch((world) => {
  ({ cli, server } = world);
});

/** A clock that can be held: whoever sleeps by it then wakes when it is interrupted, and not before. */
class HeldClock implements Clock {
  isHeld = false;
  /** Whether somebody sleeps until then. */
  sleeps = false;

  now(): number {
    return server.clock.now();
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!this.isHeld || !signal) return server.clock.sleep(ms, signal);
    this.sleeps = true;
    if (signal.aborted) return;
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
}

/** Every file of the last run and of the index, with its version and when it was written. */
async function written(store: Store): Promise<string[]> {
  const { id } = await findRun(store, 'last');
  const found: string[] = [];
  for (const folder of [`runs/${id}/`, 'index/']) {
    for await (const { path, etag, modified } of store.list(folder)) {
      found.push(`${path} ${etag} ${modified.toISOString()}`);
    }
  }
  return found.sort();
}

test.each([
  ['done', 'by itself', (project: Project) => writeFile(project.gate, ''), 0],
  ['interrupted', 'by cancel', (project: Project) => project.nlpflow('cancel last'), 130],
] as const)('a run that is %s %s stays so, and nothing is written to it', async (status, _, end, exit) => {
  const project = await Project.on(server, cli);
  const { store, gate } = project;
  const line = `run --on batch --detach --set model.fake=wait-for:${gate}`;
  expect(await project.nlpflow(line)).toMatchObject({ code: 0 });
  await project.untilTraining();
  const clock = new HeldClock();
  const stop = new AbortController();
  const asked = (): number => server.calls.filter(({ operation }) => operation === 'describejobs').length;
  const before = asked();
  const attached = project.nlpflow('attach last', stop.signal, clock);
  // It watches, and sleeps between two looks while the run ends.
  await expect.poll(asked, { timeout: 60_000 }).toBeGreaterThan(before + 1);
  clock.isHeld = true;
  await expect.poll(() => clock.sleeps, { timeout: 60_000 }).toBe(true);
  await end(project);
  await expect.poll(async () => (await findRun(store, 'last')).status, { timeout: 100_000 }).toBe(status);
  await expect.poll(() => project.live(), { timeout: 60_000 }).toEqual([]);
  const ended = await findRun(store, 'last');
  const files = await written(store);

  stop.abort();
  const { code, stdout, stderr } = await attached;
  expect(await findRun(store, 'last')).toEqual(ended);
  expect(await written(store)).toEqual(files);
  expect({ code, said: stdout + stderr }).toMatchObject({
    code: exit,
    said: expect.stringContaining(
      status === 'done' ? 'model    ' : 'is interrupted: ended by nlpflow cancel',
    ) as string,
  });
  expect((await project.nlpflow('runs')).stdout).toContain(` ${status} `);
});
