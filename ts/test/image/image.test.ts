/** The image that `scripts/image` built: a grid in its containers, and trainings in them that are stopped and go on. */

import { createHash } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import { newManifest, pathsOf, readJson, type TaskState } from '../../src/executors/batch/manifest.ts';
import { checkpointPath } from '../../src/flow/checkpoint.ts';
import { plan } from '../../src/flow/plan.ts';
import { runTask, type Task } from '../../src/flow/task.ts';
import { digestFile } from '../../src/native/binding.ts';
import { registry } from '../../src/native/registry.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { startBatchServer } from '../batch-server/server.ts';
import { addQueue } from '../batch-server/testing.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { withConfig } from '../flow/fixture.ts';
import { BUILT } from '../native/built.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';
import { containerImage, HAS_IMAGE } from './container.ts';

const WORDS = 'apple bridge candle desert engine forest guitar harbor island jacket'.split(' ');
const FILES = ['results.parquet', 'metrics.json', 'predictions.parquet', 'model.nlpf', 'model.ubj'];
/** Trees of the training that is stopped: some seconds of work. */
const TREES = 6_000;

function table(rows: number): string {
  const draw = (text: string): number => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
  const lines = Array.from({ length: rows }, (_, row) => {
    const words = WORDS.filter((word) => draw(`${row} ${word}`) < 0.4);
    return `${words.join(' ')} the,${(words.length + draw(`noise ${row}`)).toFixed(4)}`;
  });
  return `description,size\n${lines.join('\n')}\n`;
}

/** Each file of a task's result. */
async function filesOf({ stage, key }: Task, store: Store): Promise<Record<string, string>> {
  const folder = await store.folder(stage, key);
  const digest = async (name: string): Promise<string> =>
    createHash('sha256')
      .update(await readFile(join(folder, name)))
      .digest('hex');
  // Its record alone says when it was made.
  const names = (await readdir(folder)).filter((name) => name !== 'stage.json').sort();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await digest(name)])));
}

describe.skipIf(!HAS_IMAGE || !HAS_S3 || !BUILT)('the image', () => {
  let s3: S3Server;
  let cli: BundledCli;
  beforeAll(async () => {
    cli = await bundleCli('real');
    s3 = await startS3();
  });
  afterAll(async () => {
    await s3.close();
  });
  const launch = containerImage(() => s3.env);

  test('runs a grid with the bytes of this machine', { timeout: 600_000 }, async () => {
    const server = await startBatchServer({ speed: 20, launch: () => launch, pace: { grace: 600_000 } });
    try {
      addQueue(server, 'spot', { vcpus: 2 });
      const grid = 'grid: { trees: [5, 20], tree_depth: [2, 4] }';
      const config = `data: { source: a.csv, text: description, outcome: size }\ntune: { folds: 2, ${grid} }\n`;
      const cwd = await folderWith({ 'nlpflow.yaml': config, 'a.csv': table(400) });
      const saved = { ...process.env };
      Object.assign(process.env, server.environment, s3.env);
      const batch = { NLPFLOW_QUEUE: 'spot', NLPFLOW_IMAGE: 'test', NLPFLOW_STORE: `s3://${s3.bucket}/grid` };
      const nlpflow = (line: string, env: NodeJS.ProcessEnv = {}) => runCli(line, { cwd, env, worker: cli.worker });
      try {
        expect(await nlpflow('run --store here')).toMatchObject({ code: 0 });
        expect(await nlpflow('run --on batch', batch)).toMatchObject({ code: 0 });
        for (const file of FILES) {
          const name = file.split('.')[0] ?? '';
          expect(await nlpflow(`get last ${name} -o here-${file} --store here`)).toMatchObject({ code: 0 });
          expect(await nlpflow(`get last ${name} -o batch-${file}`, batch)).toMatchObject({ code: 0 });
          const [here, there] = await Promise.all(['here', 'batch'].map((of) => readFile(join(cwd, `${of}-${file}`))));
          expect(there?.equals(here ?? Buffer.of()), file).toBe(true);
        }
      } finally {
        process.env = saved;
      }
    } finally {
      await server.close();
    }
  });

  test('stops a training at SIGTERM, and the next container goes on from there', { timeout: 600_000 }, async () => {
    Object.assign(process.env, s3.env);
    const source = join(await temporaryFolder(), 'data.csv');
    await writeFile(source, table(1_000));
    const config: ResolvedConfig = withConfig({
      data: { source, outcome: 'size' },
      recipe: [{ tokenize: { words: {} } }, { tfidf: {} }],
      model: { sample_size: 0.8 },
      tune: { folds: 2, grid: { trees: [TREES], tree_depth: [6] } },
    });
    const { tasks } = plan(config, { digest: await digestFile(source), registry: registry() });
    const boost = tasks.find(({ stage }) => stage === 'boost') ?? expect.unreachable();
    const before = tasks.filter(({ stage }) => stage !== 'boost' && stage !== 'fit');
    const here = openFolderStore(join(await temporaryFolder(), 'store'));
    const url = `s3://${s3.bucket}/stopped`;
    const store = await openStore(url);
    const own = { signal: new AbortController().signal, progress: () => {}, threads: 1 };
    for (const task of before) {
      await runTask(task, here, own);
      await runTask(task, store, own);
    }
    await runTask(boost, here, own);

    // Only the first progress of an attempt is written before its end: that tells where it began.
    const paths = pathsOf('20261124-000000-test', 'one');
    const manifest = newManifest({
      run: '20261124-000000-test',
      tasks: [boost],
      threads: 1,
      beat: 3_600,
      failures: 'exit',
    });
    await store.put(paths.manifest, JSON.stringify(manifest));
    const words: string[] = [];
    const attempt = (number: number) =>
      launch({
        jobId: 'one',
        command: ['--manifest', paths.manifest],
        environment: { NLPFLOW_STORE: url, AWS_BATCH_JOB_ATTEMPT: String(number) },
        log: (line) => words.push(line),
      });
    /** The round at which an attempt began to tell how far it is; -1 when it ended without. */
    const beginOf = async (number: number, ended: Promise<unknown>): Promise<number> => {
      let isOver = false;
      void ended.then(() => {
        isOver = true;
      });
      while (!isOver) {
        const state = await readJson<TaskState>(store, paths.state(0));
        if (state?.attempt === number && state.state === 'running' && state.progress) return state.progress.done;
        await delay(20);
      }
      return -1;
    };

    const first = attempt(1);
    await beginOf(1, first.ended);
    first.kill('SIGTERM');
    expect(await first.ended, words.join('\n')).toMatchObject({ code: 130 });
    expect(await readJson<TaskState>(store, paths.state(0))).toMatchObject({ state: 'stopped', attempt: 1 });
    const kept = (await store.get(checkpointPath(boost)))?.bytes ?? expect.unreachable();
    const { rounds } = JSON.parse(kept.toString('utf8', 0, kept.indexOf('\n'))) as { rounds: number };
    expect(rounds).toBeGreaterThan(0);
    expect(rounds).toBeLessThan(TREES);

    const second = attempt(2);
    expect(await beginOf(2, second.ended), words.join('\n')).toBeGreaterThanOrEqual(rounds);
    expect(await second.ended, words.join('\n')).toMatchObject({ code: 0 });
    expect(await filesOf(boost, store)).toEqual(await filesOf(boost, here));
    expect(await store.get(checkpointPath(boost))).toBeNull();
  });
});
