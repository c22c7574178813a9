/** How much memory containers get: by estimate, by what instances leave, and more where it ran out. */

import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { NlpflowError } from '../../src/errors.ts';
import type { Event } from '../../src/events.ts';
import { pathsOf, readManifest } from '../../src/executors/batch/manifest.ts';
import { chooseMemory, lowered, usualMemory } from '../../src/executors/batch/memory.ts';
import type { BatchSettings } from '../../src/executors/batch/settings.ts';
import { left, legalSize, MOST_ON_FARGATE, roomy } from '../../src/executors/batch/sizes.ts';
import type { Task } from '../../src/flow/task.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { type BatchServer, startBatchServer } from '../batch-server/server.ts';
import { addQueue, QUEUE, scriptImage } from '../batch-server/testing.ts';
import { batchExecutor, SETTINGS } from '../contract/batch.ts';
import { boostTask, collect } from '../contract/executor.suite.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';

const GIB = 1024 ** 3;
const AUTO = { ...SETTINGS, autoMemory: true };

let server: BatchServer;

beforeAll(async () => {
  process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;
  server = await startBatchServer({ launch: scriptImage });
  addQueue(server, QUEUE);
  Object.assign(process.env, server.environment);
});
afterAll(() => server.close());

/** A store with the features of a fold, and a booster on them. */
async function training(entries = 100): Promise<{ store: Store; task: Task }> {
  const store = openFolderStore(join(await temporaryFolder(), 'store'));
  const features = { stage: 'features', key: 'f'.repeat(64) } as const;
  const staging = await store.begin(features.stage, features.key);
  await staging.commit({ ...features, explain: {}, summary: { entries, analysis: 64, assessment: 16 } });
  return { store, task: { ...boostTask('a'), inputs: { features } } };
}

async function chosen(
  estimate: number,
  where: Parameters<typeof chooseMemory>[3],
  settings: BatchSettings = AUTO,
  entries = 100,
) {
  vi.stubEnv('FAKE_ESTIMATE', String(estimate));
  const { store, task } = await training(entries);
  const choice = (await chooseMemory([task], store, settings, where)).get(task.id);
  vi.unstubAllEnvs();
  return choice;
}

describe('without --memory', () => {
  const anywhere = { platform: 'EC2', room: undefined } as const;

  test.each([1e6, 0.7 * GIB, 2 * GIB, 5.5 * GIB, 90 * GIB])(
    'an estimate of %d bytes fits, with room to spare',
    async (bytes) => {
      const ec2 = await chosen(bytes, anywhere);
      const fargate = await chosen(bytes, { platform: 'FARGATE', room: MOST_ON_FARGATE });
      for (const choice of [ec2, fargate]) {
        if (!choice || choice instanceof NlpflowError) throw new Error('nothing was chosen');
        expect(choice.from).toBe('estimate');
        expect(choice.estimate).toBeGreaterThan(bytes);
        expect(choice.mebibytes * 2 ** 20).toBeGreaterThanOrEqual(bytes * 1.25);
        expect(choice.mebibytes * 2 ** 20).toBeLessThan(bytes * 2.5 + 2 * GIB);
      }
      // A legal size of Fargate as it is, and what an instance of whole GiB offers.
      const whole = (fargate as { mebibytes: number }).mebibytes;
      expect(whole % 1024).toBe(0);
      expect(legalSize({ vcpus: 16, memory: whole }, 'FARGATE').memory).toBeGreaterThanOrEqual(whole);
      expect((ec2 as { mebibytes: number }).mebibytes).toBeLessThanOrEqual(left(whole * 1.5));
    },
  );

  test('the matrix counts, too', async () => {
    const [small, large] = [await chosen(1e6, anywhere), await chosen(1e6, anywhere, AUTO, 1e9)];
    const of = (one: typeof small) => (one as { estimate: number }).estimate;
    expect(of(large) - of(small)).toBeGreaterThan(7 * GIB);
  });

  test('never below the estimate: what no instance holds is refused, and what one holds barely is taken', async () => {
    expect(await chosen(3 * GIB, { platform: 'EC2', room: 3700 })).toMatchObject({ mebibytes: 3700, from: 'estimate' });
    expect(await chosen(3 * GIB, { platform: 'EC2', room: 3000 })).toMatchObject({ code: 'MEMORY_TOO_SMALL' });
  });

  test('what has no estimate gets 4 GiB, on instances a little less', async () => {
    expect(usualMemory(AUTO, 'FARGATE', undefined)).toEqual({ mebibytes: 4096, from: 'default' });
    expect(usualMemory(AUTO, 'EC2', undefined)).toEqual({ mebibytes: 3891, from: 'default' });
    expect(usualMemory(AUTO, 'EC2', 1946)).toEqual({ mebibytes: 1946, from: 'default' });
  });

  test('what was asked for stays', async () => {
    expect(await chosen(100 * GIB, anywhere, SETTINGS)).toEqual({ mebibytes: 4096, from: 'asked' });
  });
});

test('ECS leaves less than an instance has', () => {
  // AWS' own example, m4.large: 7,985 MiB seen by the system, of which the agent keeps 32.
  expect(left(8192)).toBeLessThanOrEqual(7985 - 32);
  // Two tasks of 3,910 MiB are known to run on an m6i.large, and two of 3,954 not to.
  expect(left(8192)).toBeLessThanOrEqual(2 * 3910);
  expect(roomy(left(8192), 'EC2')).toBe(left(8192));
  expect(roomy(left(8192) + 1, 'EC2')).toBe(left(12_288));
  const room = { name: 'm6i.large', installed: 8192, offered: left(8192) };
  expect(lowered({ vcpus: 1, memory: 7000 }, 'q', room)).toBeUndefined();
  expect(lowered({ vcpus: 1, memory: 8192 }, 'q', undefined)).toBeUndefined();
  expect(lowered({ vcpus: 1, memory: 8192 }, 'q', room)).toBe(
    'm6i.large has 1 vCPU and 8 GiB, of which the system and ECS keep a part: a task on q gets 1 vCPU and 7782 MiB',
  );
  expect(() => lowered({ vcpus: 1, memory: 8193 }, 'q', room)).toThrow('ask for less with --memory');
});

describe('on a queue', () => {
  /** Submits a booster and leaves at once; returns what was said and what the job got. */
  async function submitted(change: Partial<typeof AUTO>, estimate = 1e6) {
    vi.stubEnv('FAKE_ESTIMATE', String(estimate));
    const { store, task } = await training();
    const stop = new AbortController();
    const before = server.jobs.size;
    const run = `20261124-000000-m${before}`;
    server.faults.stuck = () => true;
    const executor = batchExecutor(store, server, change, run);
    const going = collect(executor, [task], { signal: stop.signal });
    const job = () => [...server.jobs.values()][before];
    try {
      await Promise.race([going, expect.poll(job, { timeout: 20_000 }).toBeDefined()]);
      const names: string[] = [];
      for await (const { path } of store.list(`runs/${run}/batch/`))
        names.push(...(/batch\/([^/]+)\//.exec(path)?.slice(1) ?? []));
      const manifest = names[0] === undefined ? undefined : await readManifest(store, pathsOf(run, names[0]).manifest);
      stop.abort();
      const { events, outcomes } = await going;
      const said = events.flatMap((event: Event) =>
        event.event === 'note' || event.event === 'warning' ? [event.message] : [],
      );
      return { said, outcomes, memory: manifest?.memory, given: job()?.container.resourceRequirements?.[1]?.value };
    } finally {
      vi.unstubAllEnvs();
      await executor.close();
    }
  }

  test('the estimate decides, is said, and stands in the manifest', async () => {
    const { said, memory, given } = await submitted({ autoMemory: true }, 2 * GIB);
    expect(given).toBe('2918');
    expect(memory).toMatchObject({ mebibytes: 2918, from: 'estimate' });
    expect(memory?.estimate).toBeGreaterThan(2 * GIB);
    expect(said).toEqual(['boost: 2918 MiB of memory a task, by an estimate of at most 2241 MiB']);
  });

  test('all of an instance is lowered to what ECS leaves of it, aloud; more is refused before anything is submitted', async () => {
    const whole = await submitted({ size: { vcpus: 1, memory: 16_384 } });
    expect(whole.given).toBe(String(left(16_384)));
    expect(whole.said).toEqual([expect.stringMatching(/^m6i\.xlarge has .* 16 GiB, of which .* gets .* 15564 MiB$/)]);
    const before = server.jobs.size;
    await expect(submitted({ size: { vcpus: 1, memory: 17_000 } })).rejects.toMatchObject({ code: 'BATCH_SETTINGS' });
    expect(server.jobs.size).toBe(before);
  });

  test('an estimate above every instance fails its task with what to do', async () => {
    const { outcomes, given } = await submitted({ autoMemory: true }, 40 * GIB);
    expect(given).toBeUndefined();
    expect(outcomes.get('a')).toMatchObject({ status: 'failed', code: 'MEMORY_TOO_SMALL' });
  });
});
