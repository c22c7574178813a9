import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import type { StageName } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runFlow } from '../../src/flow/run.ts';
import { findRun, listRuns } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { openStore } from '../../src/store/open.ts';
import { isAlive } from '../../src/store/owner.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram, bundledWorker, FAKE_NATIVE } from '../contract/worker-process.ts';
import { freshUrl, useS3 } from '../s3/places.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';
import { withConfig } from './fixture.ts';

/** Runs the flow that its first message describes and tells each event. */
const PROGRAM = `
  import { runFlow } from '../../src/flow/run.ts';
  import { openStore } from '../../src/store/open.ts';
  process.once('message', async ({ config, store: url, worker }) => {
    const options = { store: await openStore(url), workers: 2, until: 'fit', signal: new AbortController().signal, worker };
    void runFlow(config, { ...options, emit: (event) => process.send(event) }).then(() => process.disconnect());
  });
`;

let worker: WorkerCommand;
let program: string;
let server: S3Server | undefined;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  worker = await bundledWorker();
  program = await bundledProgram('flow', PROGRAM);
  if (HAS_S3) server = await startS3();
});
afterAll(async () => {
  await server?.close();
});

/** Every result that is listed must be whole. */
async function wholeResults(store: Store): Promise<number> {
  const results = new Set<string>();
  for await (const { path } of store.list('stages/')) results.add(path.split('/').slice(1, 3).join('/'));
  for (const result of results) {
    const [stage = '', key = ''] = result.split('/');
    expect(await store.has(stage as StageName, key), `${result} is whole`).toBe(true);
  }
  return results.size;
}

async function runToEnd(config: ResolvedConfig, store: Store): Promise<Record<string, Buffer | null>> {
  const options = { store, workers: 2, until: 'fit', emit: () => {}, worker } as const;
  const { id } = await runFlow(config, { ...options, signal: new AbortController().signal });
  const files = ['results.parquet', 'metrics.json', 'model.nlpf', 'plan.json'];
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await store.getRun(id, file)])));
}

/** Where the runs are kept, and how many milliseconds later each kill comes than the one before. */
const PLACES: readonly (readonly [string, boolean, number, () => Promise<string>])[] = [
  ['a folder', true, 5, async () => join(await temporaryFolder(), 'store')],
  [
    'S3',
    HAS_S3,
    15,
    async () => {
      if (!server) throw new Error('no server');
      useS3(server, { NLPFLOW_CACHE: await temporaryFolder() });
      return freshUrl(server);
    },
  ],
];

describe.each(PLACES)('over %s', (_, isHere, step, place) => {
  test.skipIf(!isHere)(
    'kill -9 of the program at any moment: no half result, no worker left, and the next start ends with the same bytes',
    async () => {
      const folder = await temporaryFolder();
      const source = join(folder, 'data.csv');
      await writeFile(source, 'description,installed_size\nsome text,1\n');
      const grid = { trees: [10, 20], tree_depth: [3, 6, 9, 12] };
      const config = withConfig({ data: { source }, model: { fake: 'slow' }, tune: { folds: 3, grid } });
      const store = await openStore(await place());
      let before = 0;
      for (let round = 0; round < 10; round += 1) {
        const child = fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
        const exited = once(child, 'exit');
        child.send({ config, store: store.url, worker });
        let done = 0;
        child.on('message', ({ event }: { event: string }) => {
          done += event === 'task.done' ? 1 : 0;
        });
        await once(child, 'message');
        // After none, one or two results, and a moment of its own.
        await expect.poll(() => done, { timeout: 20_000, interval: 1 }).toBeGreaterThanOrEqual(round % 3);
        await delay(step * round);
        const workers = await childrenOf(child.pid ?? 0);
        child.kill('SIGKILL');
        await exited;
        await expect.poll(() => workers.filter(isAlive), { timeout: 4_000 }).toEqual([]);
        const whole = await wholeResults(store);
        expect(whole).toBeGreaterThanOrEqual(before);
        before = whole;
      }
      expect(before).toBeGreaterThan(0);
      expect((await listRuns(store)).map(({ status }) => status)).not.toContain('running');
      const continued = await runToEnd(config, store);
      const undisturbed = await runToEnd(config, openFolderStore(join(folder, 'other')));
      expect(continued).toEqual(undisturbed);
      expect((await findRun(store, 'last')).status).toBe('done');
    },
  );
});

/** Processes whose parent is `pid`, where the system tells. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
