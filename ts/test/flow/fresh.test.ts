/** `--fresh`: all is made anew, and nothing is taken from others for it. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import type { Event, StageName } from '../../src/events.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { type FlowOptions, runFlow } from '../../src/flow/run.ts';
import { findRun } from '../../src/runs/index.ts';
import type { RunRecord } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledWorker, FAKE_NATIVE } from '../contract/worker-process.ts';
import { withConfig } from './fixture.ts';

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

let worker: WorkerCommand;

beforeAll(async () => {
  worker = await bundledWorker();
});

interface Bench {
  readonly store: Store;
  run(options?: Partial<FlowOptions>): Promise<{ record: RunRecord; events: Event[] }>;
}

/** 2 boosters × 2 folds, of which one takes a moment. */
async function bench(): Promise<Bench> {
  const folder = await temporaryFolder();
  const source = join(folder, 'data.csv');
  await writeFile(source, 'description,installed_size\nsome text,1\n');
  const grid = { trees: [10, 20], tree_depth: [3, 6] };
  const config: ResolvedConfig = withConfig({ data: { source }, tune: { folds: 2, grid } });
  const store = openFolderStore(join(folder, 'store'));
  return {
    store,
    run: async (options = {}) => {
      const events: Event[] = [];
      const emit = (event: Event): void => {
        events.push(event);
        options.emit?.(event);
      };
      const signal = options.signal ?? new AbortController().signal;
      const record = await runFlow(config, { store, workers: 1, until: 'fit', worker, ...options, signal, emit });
      return { record, events };
    },
  };
}

interface Ref {
  readonly stage: StageName;
  readonly key: string;
}

/** All results that a run used. */
async function resultsOf({ id }: RunRecord, store: Store): Promise<Ref[]> {
  return (JSON.parse(String(await store.getRun(id, 'plan.json'))) as { tasks: Ref[] }).tasks;
}

async function missing(refs: readonly Ref[], store: Store): Promise<string[]> {
  const absent: string[] = [];
  for (const { stage, key } of refs) if (!(await store.has(stage, key))) absent.push(`${stage}/${key}`);
  return absent;
}

const count = (events: readonly Event[], kind: Event['event']): number =>
  events.filter(({ event }) => event === kind).length;

/** What is said of results that came out otherwise than before. */
const differences = (events: readonly Event[]): string[] =>
  events.flatMap((event) => (event.event === 'note' && event.message.includes('differs') ? [event.message] : []));

test('results of others are there at every moment of it, also when it is interrupted', async () => {
  const { store, run } = await bench();
  const { record } = await run();
  const refs = await resultsOf(record, store);
  expect(refs).toHaveLength(2 + 3 + 4 + 1);
  const stop = new AbortController();
  const absent: string[] = [];
  let looking: Promise<unknown> = Promise.resolve();
  const emit = ({ event }: Event): void => {
    looking = looking.then(async () => absent.push(...(await missing(refs, store))));
    if (event === 'task.done') stop.abort();
  };
  await expect(run({ fresh: true, emit, signal: stop.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  await looking;
  expect(absent).toEqual([]);
  expect(await missing(refs, store)).toEqual([]);
  expect((await findRun(store, 'last')).status).toBe('interrupted');
});

test('all is computed, with the same result, and nothing of it is left but the result', async () => {
  const { store, run } = await bench();
  const first = await run();
  const again = await run({ fresh: true });
  expect([count(again.events, 'task.done'), count(again.events, 'task.reused')]).toEqual([10, 0]);
  expect(again.record.keys).toEqual(first.record.keys);
  expect(again.record.results).toEqual(first.record.results);
  expect(differences(again.events)).toEqual([]);
  expect((await readdir(join(store.url, 'runs', again.record.id))).filter((name) => name === 'fresh')).toEqual([]);
  const third = await run();
  expect([count(third.events, 'task.done'), count(third.events, 'task.reused')]).toEqual([0, 10]);
});

test('one that was interrupted and is taken up again makes only what it has not made yet', async () => {
  const { store, run } = await bench();
  await run();
  const stop = new AbortController();
  let done = 0;
  const emit = ({ event }: Event): void => {
    done += event === 'task.done' ? 1 : 0;
    if (done === 4) stop.abort();
  };
  await expect(run({ fresh: true, emit, signal: stop.signal })).rejects.toMatchObject({ code: 'INTERRUPTED' });
  const { events } = await run({ resume: await findRun(store, 'last') });
  expect(count(events, 'task.done') + done).toBe(10);
  expect(count(events, 'task.reused')).toBe(done);
});

test('a result that is damaged in its place, with the size that it had, is made whole', async () => {
  const { store, run } = await bench();
  const { record } = await run();
  const [boost] = (await resultsOf(record, store)).filter(({ stage }) => stage === 'boost');
  const path = join(store.url, 'stages', 'boost', boost?.key ?? '', 'boost.bin');
  const right = await readFile(path);
  await writeFile(path, Buffer.alloc(right.length));
  const { events } = await run({ fresh: true });
  expect(await readFile(path)).toEqual(right);
  expect(differences(events)).toEqual([
    'fold 1 b01 tree_depth=3: the result differs from the earlier one, which it replaces',
  ]);
});
