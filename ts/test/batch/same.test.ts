/**
 * A small real grid through the add-on: AWS Batch gives the bytes that this machine gives, whatever happens on the way. With
 * NLPFLOW_TEST_EXAMPLE=1 it is the whole grid of examples/debian-packages, which takes minutes.
 */

import type { ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { resolveConfig } from '../../src/config/resolve.ts';
import type { ResolvedConfig } from '../../src/config/types.ts';
import { BatchExecutor } from '../../src/executors/batch/executor.ts';
import { LocalExecutor } from '../../src/executors/local.ts';
import { type FlowOptions, runFlow } from '../../src/flow/run.ts';
import { addonPath } from '../../src/native/binding.ts';
import { registry } from '../../src/native/registry.ts';
import { findRun } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { losingEach, noFaults } from '../batch-server/faults.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { QUEUE } from '../batch-server/testing.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { batchWorld, SETTINGS } from '../contract/batch.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from '../native/built.ts';
import { HAS_S3, startS3 } from '../s3/server.ts';
import { begin, kill } from './project.ts';

let cli: BundledCli;
let server: BatchServer;

beforeAll(async () => {
  if (!BUILT) return;
  // Containers run a bundle that lies elsewhere.
  process.env['NLPFLOW_NATIVE'] = addonPath();
  cli = await bundleCli('real');
  server = await batchWorld(cli.main, { vcpus: 2 });
});
afterAll(async () => {
  await server?.close();
});
afterEach(() => {
  if (server) Object.assign(server.faults, noFaults());
});

const EXAMPLE = new URL('../../../examples/debian-packages/nlpflow.yaml', import.meta.url);

/** Texts whose outcome is a sum over their words, the same everywhere. */
function table(rows: number): string {
  const draw = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
  const nouns = 'apple bridge candle desert engine forest guitar harbor island jacket kettle ladder'.split(' ');
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = nouns.filter((noun) => draw(`${row} ${noun}`) < 0.3);
    const outcome = words.reduce((sum, word) => sum + draw(word) * 10, 1) + draw(`noise ${row}`);
    return `"${words.join(' ')}, the",${outcome.toFixed(4)}`;
  });
  return `description,size\n${lines.join('\n')}\n`;
}

const FILES = ['results.parquet', 'metrics.json', 'model.nlpf', 'model.ubj', 'predictions.parquet'];

async function filesOf(run: string, store: Store): Promise<Record<string, Buffer | null>> {
  return Object.fromEntries(await Promise.all(FILES.map(async (file) => [file, await store.getRun(run, file)])));
}

const IS_EXAMPLE = process.env['NLPFLOW_TEST_EXAMPLE'] === '1';
const PLAN = IS_EXAMPLE ? { configurations: 16, boosters: 8, folds: 5 } : { configurations: 4, boosters: 2, folds: 3 };
const TIMEOUT = IS_EXAMPLE ? 1_200_000 : 600_000;

async function configured(): Promise<ResolvedConfig> {
  if (IS_EXAMPLE) {
    const { document, base } = await loadConfig(fileURLToPath(EXAMPLE), process.cwd());
    return resolveConfig(document, [], base, registry());
  }
  const source = join(await temporaryFolder(), 'data.csv');
  await writeFile(source, table(400));
  return withConfig({
    recipe: [{ tokenize: { words: {} } }, { stopwords: {} }, { tokenfilter: { max_tokens: 20 } }, { tfidf: {} }],
    data: { source, outcome: 'size' },
    tune: { folds: 3, grid: { trees: [5, 20], tree_depth: [2, 4], sample_size: [0.8] } },
  });
}

function options(store: Store, change: Partial<FlowOptions> = {}): FlowOptions {
  return {
    store,
    workers: 2,
    until: 'fit',
    signal: new AbortController().signal,
    emit: () => {},
    worker: cli.worker,
    ...change,
  };
}

/** Runs on the server; the table is read on this machine. */
function onBatch(store: Store): FlowOptions {
  const { clock } = server;
  const executor = async (run: string): Promise<BatchExecutor> =>
    new BatchExecutor(store, SETTINGS, run, { clock, here: new LocalExecutor(store, cli.worker) });
  return options(store, { executor });
}

/** A store that containers and this process share. */
async function storeOf(kind: 'folder' | 's3'): Promise<Store> {
  if (kind === 'folder') return openFolderStore(join(await temporaryFolder(), 'store'));
  const s3 = await startS3();
  onTestFinished(() => s3.close());
  Object.assign(process.env, s3.env);
  return openStore(`s3://${s3.bucket}/batch`);
}

/** Three of ten attempts lose their host at some time of their life, the first one certainly; and AWS refuses every fourth call. */
function loseHosts(): void {
  const chance = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
  let starts = 0;
  server.faults.reclaimAfter = () => {
    starts += 1;
    if (starts === 1) return 1_000;
    return chance(`lost ${starts}`) < 0.3 ? chance(`when ${starts}`) * 15_000 : undefined;
  };
  let calls = 0;
  server.faults.throttle = () => ++calls % 4 === 0;
}

/** Attempts of jobs after the first so many that lost their host. */
function lostHosts(before: number): number {
  const attempts = [...server.jobs.values()].slice(before).flatMap((job) => job.attempts);
  return attempts.filter(({ statusReason }) => statusReason?.startsWith('Host EC2')).length;
}

/** A folder in which the command line finds the configuration. */
async function projectOf({ data, split, recipe, model, tune }: ResolvedConfig): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'nlpflow.yaml'), JSON.stringify({ data, split, recipe, model, tune }));
  return cwd;
}

function serverVariables(store: Store): NodeJS.ProcessEnv {
  return { NLPFLOW_STORE: store.url, NLPFLOW_SHARED_STORE: '1', NLPFLOW_QUEUE: QUEUE, NLPFLOW_IMAGE: 'x:y' };
}

/** Starts a command line in a process of its own. */
function start(args: string[], cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  return begin([cli.main, ...args], cwd, env);
}

/** Jobs after the first so many, arrays as one. */
function jobsAfter(before: number): Job[] {
  return [...server.jobs.values()].slice(before).filter(({ parent }) => !parent);
}

/** How many tasks the jobs of each stage hold. */
function tasksByStage(jobs: readonly Job[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { tags, children } of jobs) {
    const stage = tags['nlpflow:stage'] ?? '';
    counts[stage] = (counts[stage] ?? 0) + Math.max(1, children.length);
  }
  return counts;
}

function isLive({ status }: Job): boolean {
  return status !== 'SUCCEEDED' && status !== 'FAILED';
}

/** Waits until a booster is being trained. */
async function untilTraining(before: number): Promise<void> {
  const trains = (): boolean =>
    [...server.jobs.values()]
      .slice(before)
      .some(({ tags, status }) => tags['nlpflow:stage'] === 'boost' && ['STARTING', 'RUNNING'].includes(status));
  await expect.poll(trains, { timeout: TIMEOUT / 2, interval: 10 }).toBe(true);
}

describe.skipIf(!BUILT)('the same bytes', { timeout: TIMEOUT }, () => {
  const stores = HAS_S3 ? (['folder', 's3'] as const) : (['folder'] as const);

  test.each(stores)('as on this machine, with results on a store of kind %s', async (kind) => {
    const config = await configured();
    const here = openFolderStore(join(await temporaryFolder(), 'here'));
    const local = await filesOf((await runFlow(config, options(here))).id, here);
    const store = await storeOf(kind);
    const record = await runFlow(config, onBatch(store));
    expect(record).toMatchObject({ status: 'done', failures: [], plan: PLAN });
    expect(await filesOf(record.id, store)).toEqual(local);
    // Features, boosters and the fit ran in containers; what reads the table did not.
    const ran = [...server.jobs.values()]
      .filter(({ children }) => children.length === 0)
      .map(({ tags }) => tags['nlpflow:stage']);
    expect(new Set(ran)).toEqual(new Set(['features', 'boost', 'fit']));
  });

  test.each(stores)('also when hosts vanish and AWS asks for patience, on a store of kind %s', async (kind) => {
    const config = await configured();
    const here = openFolderStore(join(await temporaryFolder(), 'here'));
    const local = await filesOf((await runFlow(config, options(here))).id, here);
    const before = server.jobs.size;
    loseHosts();
    const store = await storeOf(kind);
    const record = await runFlow(config, onBatch(store));
    expect(record).toMatchObject({ status: 'done', failures: [] });
    expect(lostHosts(before)).toBeGreaterThan(0);
    expect(await filesOf(record.id, store)).toEqual(local);
  });

  test.each(stores.slice(-1))(
    'and when the command is killed besides, and attached to, on a store of kind %s',
    async (kind) => {
      const cwd = await projectOf(await configured());
      const store = await storeOf(kind);
      const before = server.jobs.size;
      loseHosts();
      const onServer = serverVariables(store);
      const killed = start(['run', '--on', 'batch'], cwd, onServer);
      await untilTraining(before);
      await kill(killed, 'SIGKILL');
      const { id, status } = await findRun(store, 'last');
      expect(status).toBe('interrupted');
      expect(await once(start(['attach', 'last'], cwd, onServer), 'exit')).toEqual([0, null]);
      expect(await findRun(store, 'last')).toMatchObject({ id, status: 'done', failures: [] });
      expect(lostHosts(before)).toBeGreaterThan(0);
      expect(await once(start(['run', '--store', join(cwd, 'here')], cwd, {}), 'exit')).toEqual([0, null]);
      const here = openFolderStore(join(cwd, 'here'));
      expect(await filesOf(id, store)).toEqual(await filesOf((await findRun(here, 'last')).id, here));
    },
  );

  test.each(IS_EXAMPLE ? [2, 3, 4, 5, 6, 7] : [2, 3])(
    'and when each answer %i to SubmitJob, DescribeJobs and TerminateJob is lost, and the command is killed and given again',
    async (n) => {
      const cwd = await projectOf(await configured());
      const here = openFolderStore(join(cwd, 'here'));
      expect(await once(start(['run', '--store', here.url], cwd, {}), 'exit')).toEqual([0, null]);
      const local = await filesOf((await findRun(here, 'last')).id, here);
      server.faults.lose = losingEach(n, ['submitjob', 'describejobs', 'terminatejob']);

      // Killed without a word: the same command takes over what it submitted.
      const store = await storeOf('folder');
      const before = server.jobs.size;
      const killed = start(['run', '--on', 'batch'], cwd, serverVariables(store));
      await untilTraining(before);
      await kill(killed, 'SIGKILL');
      expect(await once(start(['run', '--on', 'batch'], cwd, serverVariables(store)), 'exit')).toEqual([0, null]);
      const record = await findRun(store, 'last');
      expect(record).toMatchObject({ status: 'done', failures: [], plan: PLAN });
      expect(await filesOf(record.id, store)).toEqual(local);
      const jobs = jobsAfter(before);
      // One array for each stage and size of its tasks, and each task in one of them. The tasks of the folds, and those of the final model:
      expect(tasksByStage(jobs)).toEqual({
        features: PLAN.folds + 1,
        boost: PLAN.folds * PLAN.boosters,
        fit: 1,
      });
      const sizes = jobs.map(({ tags, container }) => JSON.stringify([tags, container.resourceRequirements]));
      expect(new Set(sizes).size).toBe(jobs.length);
      await expect.poll(() => jobs.filter(isLive)).toEqual([]);

      // Stopped by Ctrl-C: nothing goes on.
      const other = await storeOf('folder');
      const second = server.jobs.size;
      const stopped = start(['run', '--on', 'batch'], cwd, serverVariables(other));
      await untilTraining(second);
      expect(await kill(stopped, 'SIGINT')).toBe(130);
      await expect.poll(() => jobsAfter(second).filter(isLive), { timeout: TIMEOUT / 4 }).toEqual([]);
    },
  );
});
