/** Two thousand tasks, in simulated time: AWS is asked seldom, and what goes wrong on the way is nothing that a user sees. */

import { expect, onTestFinished, test } from 'vitest';
import type { Event } from '../../src/events.ts';
import { type Manifest, pathsOf, readJson, type TaskState } from '../../src/executors/batch/manifest.ts';
import type { Store } from '../../src/store/store.ts';
import type { Launch } from '../batch-server/container.ts';
import { startBatchServer } from '../batch-server/server.ts';
import { addQueue, QUEUE } from '../batch-server/testing.ts';
import { batchExecutor } from '../contract/batch.ts';
import { boostTask, collect } from '../contract/executor.suite.ts';

const TASKS = 2_000;
const FIVE_MINUTES = 5 * 60_000;

test('2,000 tasks: fewer than 100 calls in the first five minutes, with every fifth call refused and some hosts vanishing', async () => {
  const store = memoryStore();
  const server = await startBatchServer({
    speed: 60,
    // Each task takes two to six minutes; 1,000 run at once.
    launch: (clock) => actor(store, (index) => clock.sleep(120_000 + (index % 5) * 60_000)),
  });
  onTestFinished(() => server.close());
  addQueue(server, QUEUE, { vcpus: 1_000 });
  Object.assign(process.env, server.environment);
  server.faults.reclaimAfter = ({ index }, attempt) => (attempt === 1 && (index ?? 0) % 97 === 0 ? 1_000 : undefined);
  let calls = 0;
  server.faults.throttle = () => ++calls % 5 === 0;
  const executor = batchExecutor(store, server);
  const tasks = Array.from({ length: TASKS }, (_, index) => boostTask(`t${index}`));
  const { outcomes, events } = await collect(executor, tasks, { workers: 10_000 });
  await executor.close();
  expect(outcomes.size).toBe(TASKS);
  expect(new Set([...outcomes.values()].map(({ status }) => status))).toEqual(new Set(['done']));
  expect(events.filter((event: Event) => event.event === 'warning')).toEqual([]);
  const jobs = server.calls.filter(({ operation }) => ['submitjob', 'describejobs', 'listjobs'].includes(operation));
  const first = server.calls[0]?.time ?? 0;
  expect(jobs.at(-1)?.time ?? 0).toBeGreaterThan(first + FIVE_MINUTES);
  expect(jobs.filter(({ time }) => time < first + FIVE_MINUTES).length).toBeLessThan(100);
}, 180_000);

type MemoryStore = Store & { readonly results: Set<string> };

/** As much of a store as goes to and fro, without a disk. */
function memoryStore(): MemoryStore {
  const objects = new Map<string, { bytes: Buffer; etag: string }>();
  const results = new Set<string>();
  let writes = 0;
  const store: Partial<MemoryStore> = {
    url: 'memory',
    results,
    has: async (_, key) => results.has(key),
    summary: async () => ({ rounds: 10 }),
    summaries: async (_, keys) => new Map(keys.filter((key) => results.has(key)).map((key) => [key, { rounds: 10 }])),
    getRun: async () => null,
    put: async (path, bytes) => {
      const etag = String(++writes);
      objects.set(path, { bytes: Buffer.from(bytes), etag });
      return etag;
    },
    get: async (path) => objects.get(path) ?? null,
    list: async function* (prefix) {
      for (const [path, { etag, bytes }] of objects) {
        if (path.startsWith(prefix)) yield { path, etag, bytes: bytes.length, modified: new Date() };
      }
    },
  };
  return store as MemoryStore;
}

/** Plays the container of each task: leaves a result and a state on the store after a while. */
function actor(store: MemoryStore, work: (index: number) => Promise<void>): Launch {
  const manifests = new Map<string, Promise<Manifest | null>>();
  return ({ environment }) => {
    const path = environment['NLPFLOW_MANIFEST'] ?? '';
    const index = Number(environment['AWS_BATCH_JOB_ARRAY_INDEX'] ?? 0);
    const killed = new AbortController();
    const play = async (): Promise<{ code: number; signal: null }> => {
      const known = manifests.get(path) ?? readJson<Manifest>(store, path);
      manifests.set(path, known);
      const manifest = await known;
      const task = manifest?.tasks[index];
      if (!manifest || !task) return { code: 2, signal: null };
      const attempt = Number(environment['AWS_BATCH_JOB_ATTEMPT']);
      const now = new Date().toISOString();
      const state = (name: TaskState['state']): Promise<unknown> => {
        const value: TaskState = { state: name, attempt, started: now, updated: now, seconds: 1, host: 'played' };
        const submission = path.split('/').at(-2) ?? '';
        return store.put(pathsOf(manifest.run, submission).state(index), JSON.stringify(value));
      };
      await state('running');
      const stopped = new Promise<void>((resolve) => killed.signal.addEventListener('abort', () => resolve()));
      await Promise.race([work(index), stopped]);
      if (killed.signal.aborted) {
        await state('stopped');
        return { code: 130, signal: null };
      }
      store.results.add(task.key);
      await state('done');
      return { code: 0, signal: null };
    };
    return { ended: play(), kill: () => killed.abort() };
  };
}
