import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { indexRun, listEntries } from '../../src/runs/entries.ts';
import { findRun, listRuns } from '../../src/runs/index.ts';
import { changeLabels, readLabels } from '../../src/runs/labels.ts';
import { serialiseRun } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { bundledProgram } from '../contract/worker-process.ts';
import { record, runId } from './records.ts';

/** A store that counts what is asked of it. */
function counting(store: Store): { store: Store; counts: Record<string, number>; reset(): void } {
  const counts: Record<string, number> = {};
  const counted = new Proxy(store, {
    get(target, name: keyof Store) {
      const value = target[name];
      if (typeof value !== 'function') return value;
      return (...args: never[]) => {
        counts[name] = (counts[name] ?? 0) + 1;
        return (value as (...args: never[]) => unknown).apply(target, args);
      };
    },
  });
  return {
    store: counted,
    counts,
    reset: () => {
      for (const name of Object.keys(counts)) Reflect.deleteProperty(counts, name);
    },
  };
}

async function storeOf(size: number, indexed: boolean): Promise<Store> {
  const store = openFolderStore(await temporaryFolder());
  for (let number = 0; number < size; number += 1) {
    const run = record(runId(number));
    await store.putRun(run.id, 'run.json', serialiseRun(run));
    if (indexed) await indexRun(store, run.id);
  }
  return store;
}

test('runs that were written before there was an index are found, and indexed by the first reader', async () => {
  const { store, counts, reset } = counting(await storeOf(60, false));
  expect(await listEntries(store)).toHaveLength(60);
  expect(counts['getRun']).toBe(60);
  reset();
  const again = await listEntries(store);
  expect(again.map(({ id }) => id)).toEqual(Array.from({ length: 60 }, (_, number) => runId(number)));
  expect(counts).toEqual({ listRuns: 1, list: 1, get: 1 });
});

test('a list of many runs is one listing and one cache; what changed is read anew', async () => {
  const { store, counts, reset } = counting(await storeOf(100, true));
  await listEntries(store);
  reset();
  await listEntries(store);
  expect(counts).toEqual({ listRuns: 1, list: 1, get: 1 });
  await changeLabels(store, runId(7), { add: ['keep'] });
  await indexRun(store, runId(7));
  await store.putRun(runId(200), 'run.json', serialiseRun(record(runId(200))));
  reset();
  const changed = await listEntries(store);
  expect(changed.find(({ id }) => id === runId(7))?.tags).toEqual(['keep']);
  expect(changed.at(-1)?.id).toBe(runId(200));
  expect(counts['getRun']).toBe(1);
});

test('the cache is believed only as far as the listing goes', async () => {
  const store = await storeOf(30, true);
  await listEntries(store);
  const cache = (await store.get('index/cache.json'))?.bytes.toString('utf8') ?? '';
  expect(cache).toContain(runId(3));
  // An old cache of another reader comes back: runs that are gone, tags that are not up to date.
  await changeLabels(store, runId(4), { add: ['new'] });
  await indexRun(store, runId(4));
  for await (const { path } of store.list(`runs/${runId(3)}/`)) await store.delete(path);
  await store.delete(`index/runs/${runId(3)}.json`);
  await store.put('index/cache.json', cache);
  const entries = await listEntries(store);
  expect(entries.map(({ id }) => id)).not.toContain(runId(3));
  expect(entries.find(({ id }) => id === runId(4))?.tags).toEqual(['new']);
  for (const damaged of ['', '{', '{"format":1,"entries":3}', '{"format":99,"entries":{}}']) {
    await store.put('index/cache.json', damaged);
    expect(await listEntries(store)).toHaveLength(29);
  }
});

test('a damaged entry is made again, an entry without a run is not shown', async () => {
  const store = await storeOf(2, true);
  await store.put(`index/runs/${runId(0)}.json`, '{"format":1,');
  await store.put(`index/runs/${runId(5)}.json`, JSON.stringify({ format: 1, id: runId(5), tags: [] }));
  expect((await listEntries(store)).map(({ id }) => id)).toEqual([runId(0), runId(1)]);
});

test('a store that cannot be written can be listed', async () => {
  const store = await storeOf(3, false);
  store.put = () => Promise.reject(new Error('read-only'));
  const readOnly = store;
  expect(await listEntries(readOnly)).toHaveLength(3);
});

test('many processes write one run: every tag stays, and the entry is that of the last state', async () => {
  const store = await storeOf(1, true);
  const program = await bundledProgram(
    'labels',
    `import { workerData } from 'node:worker_threads';
     import { openStore } from '../../src/store/open.ts';
     import { changeLabels } from '../../src/runs/labels.ts';
     import { indexRun, listEntries } from '../../src/runs/entries.ts';
     const { url, id, writer } = workerData;
     const store = await openStore(url);
     for (let number = 0; number < 5; number += 1) {
       await changeLabels(store, id, { add: ['t' + writer + '-' + number] });
       await indexRun(store, id);
       await listEntries(store);
     }`,
  );
  const writers = Array.from({ length: 8 }, (_, writer) => {
    const worker = new Worker(program, { workerData: { url: store.url, id: runId(0), writer } });
    return new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`exit ${code}`))));
    });
  });
  await Promise.all(writers);
  const { tags } = await readLabels(store, runId(0));
  expect(tags).toHaveLength(40);
  expect((await listEntries(store))[0]?.tags).toEqual(tags);
});

test('a label replaces the name, also for those who look for it', async () => {
  const store = await storeOf(3, true);
  await changeLabels(store, runId(1), { name: 'best of all' });
  await indexRun(store, runId(1));
  expect((await findRun(store, 'best of all')).id).toBe(runId(1));
  expect((await listRuns(store)).map(({ name }) => name)).toEqual(['debian', 'best of all', 'debian']);
});

test.each(['', ' x', '../x', 'a b', '-x', 'x\ny', 'x'])('%j is no tag', async (tag) => {
  const store = await storeOf(1, true);
  await expect(changeLabels(store, runId(0), { add: [tag] })).rejects.toMatchObject({ code: 'USAGE' });
});
