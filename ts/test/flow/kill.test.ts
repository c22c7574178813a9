import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import { STAGES } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runFlow } from '../../src/flow/run.ts';
import { findRun, listRuns } from '../../src/runs/index.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { isAlive } from '../../src/store/staging.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram, bundledWorker, FAKE_NATIVE } from '../contract/worker-process.ts';
import { withConfig } from './fixture.ts';

/** Runs the flow that its first message describes and tells each event. */
const PROGRAM = `
  import { runFlow } from '../../src/flow/run.ts';
  import { openStore } from '../../src/store/open.ts';
  process.once('message', ({ config, store, worker }) => {
    const options = { store: openStore(store), workers: 2, until: 'fit', signal: new AbortController().signal, worker };
    void runFlow(config, { ...options, emit: (event) => process.send(event) }).then(() => process.disconnect());
  });
`;

let worker: WorkerCommand;
let remove: () => Promise<void>;
let program: string;

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

beforeAll(async () => {
  ({ command: worker, remove } = await bundledWorker());
  program = await bundledProgram('flow', PROGRAM);
});
afterAll(() => remove());

/** Every folder below stages/ must be a whole result. */
async function wholeResults(store: Store): Promise<number> {
  let whole = 0;
  for (const stage of STAGES) {
    for (const key of await readdir(join(store.url, 'stages', stage)).catch(() => [])) {
      expect(await store.has(stage, key), `${stage}/${key} is whole`).toBe(true);
      whole += 1;
    }
  }
  return whole;
}

async function runToEnd(config: ResolvedConfig, store: Store): Promise<Record<string, Buffer | null>> {
  const options = { store, workers: 2, until: 'fit', emit: () => {}, worker } as const;
  const { id } = await runFlow(config, { ...options, signal: new AbortController().signal });
  const files = ['results.parquet', 'metrics.json', 'model.nlpf', 'plan.json'];
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file, await store.getRun(id, file)])));
}

test('kill -9 of the program at any moment: no half result, no worker left, and the next start ends with the same bytes', async () => {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, 'description,installed_size\nsome text,1\n');
  const grid = { trees: [10, 20], tree_depth: [3, 6, 9, 12] };
  const config = withConfig({ data: { source }, model: { fake: 'slow' }, tune: { folds: 3, grid } });
  const store = openFolderStore(join(folder, 'store'));
  let before = 0;
  for (let round = 0; round < 10; round += 1) {
    const child = fork(program, { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const exited = once(child, 'exit');
    child.send({ config, store: store.url, worker });
    await once(child, 'message');
    // From the first event on, at moments that spread over a run.
    await delay(17 * round);
    const workers = await childrenOf(child.pid ?? 0);
    child.kill('SIGKILL');
    await exited;
    await expect.poll(() => workers.filter(isAlive), { timeout: 4_000 }).toEqual([]);
    const whole = await wholeResults(store);
    expect(whole).toBeGreaterThanOrEqual(before);
    before = whole;
  }
  expect((await listRuns(store)).map(({ status }) => status)).not.toContain('running');
  const continued = await runToEnd(config, store);
  const undisturbed = await runToEnd(config, openFolderStore(join(folder, 'other')));
  expect(continued).toEqual(undisturbed);
  expect((await findRun(store, 'last')).status).toBe('done');
});

/** Processes whose parent is `pid`, where the system tells. */
async function childrenOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  return text.split(' ').filter(Boolean).map(Number);
}
