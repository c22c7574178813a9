/** The index, labels and gc over S3, with the number of requests that they take. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { collect } from '../../src/runs/collect.ts';
import { indexRun, listEntries } from '../../src/runs/entries.ts';
import { changeLabels } from '../../src/runs/labels.ts';
import { serialiseRun } from '../../src/runs/manifest.ts';
import { inParallel } from '../../src/runs/parallel.ts';
import type { Store } from '../../src/store/store.ts';
import { record, runId } from '../runs/records.ts';
import { s3Place } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

/** More than one page of a listing. */
const RUNS = 1_200;
/** Every request of Node's HTTP client. */
const REQUESTS = 'http.client.request.start';

let server: S3Server;

async function fill(store: Store, numbers: readonly number[]): Promise<void> {
  await inParallel(numbers, 16, async (number) => {
    const run = record(runId(number));
    const plan = { tasks: [{ id: 'corpus', stage: 'corpus', key: `k${number}`, explain: {}, inputs: {} }] };
    await store.putRun(run.id, 'plan.json', JSON.stringify(plan));
    await store.putRun(run.id, 'run.json', serialiseRun(run));
  });
}

/** Requests that a piece of work takes. */
async function requestsOf(work: () => Promise<unknown>): Promise<number> {
  let requests = 0;
  const count = (): void => {
    requests += 1;
  };
  subscribe(REQUESTS, count);
  try {
    await work();
  } finally {
    unsubscribe(REQUESTS, count);
  }
  return requests;
}

describe.skipIf(!HAS_S3)('runs over S3', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  test('a list of many runs takes the pages of two listings and the cache; one that changed takes one request more', async () => {
    const { store, again } = await s3Place(server);
    await fill(
      store,
      Array.from({ length: RUNS }, (_, number) => number),
    );
    // Runs of before the index: the first reader makes it.
    expect(await listEntries(store)).toHaveLength(RUNS);
    const reader = again();
    let entries: Awaited<ReturnType<typeof listEntries>> = [];
    const requests = await requestsOf(async () => {
      entries = await listEntries(reader);
    });
    expect(entries.map(({ id }) => id)).toEqual(Array.from({ length: RUNS }, (_, number) => runId(number)));
    expect(requests).toBeGreaterThanOrEqual(3);
    expect(requests).toBeLessThanOrEqual(6);
    await changeLabels(store, runId(7), { add: ['keep'] });
    await indexRun(store, runId(7));
    expect(await requestsOf(() => listEntries(reader))).toBe(requests + 1);
    expect((await listEntries(again())).find(({ id }) => id === runId(7))?.tags).toEqual(['keep']);
  }, 180_000);

  test('tags that many set at once all stay, and gc removes what no run refers to', async () => {
    const { store, again } = await s3Place(server);
    await fill(store, [1, 2]);
    await Promise.all(
      Array.from({ length: 12 }, async (_, writer) => {
        const place = again();
        await changeLabels(place, runId(1), { add: [`t${writer}`] });
        await indexRun(place, runId(1));
      }),
    );
    expect((await listEntries(store)).find(({ id }) => id === runId(1))?.tags).toHaveLength(12);
    for (const number of [1, 2]) {
      await store.put(`stages/corpus/k${number}/stage.json`, '{}');
      await store.put(`stages/corpus/k${number}/corpus.bin`, 'x');
    }
    const rules = { olderThanMs: -1, keep: ['tagged'], dryRun: false, higherIsBetter: () => false } as const;
    const collected = await collect(store, { ...rules, graceMs: -3_600_000 });
    expect(collected.runs.map(({ id }) => id)).toEqual([runId(2)]);
    expect(collected.results.map(({ key }) => key)).toEqual(['k2']);
    const left: string[] = [];
    for await (const { path } of store.list('')) left.push(path);
    expect(left.filter((path) => path.startsWith('stages/'))).toEqual([
      'stages/corpus/k1/corpus.bin',
      'stages/corpus/k1/stage.json',
    ]);
    expect(left.filter((path) => path.startsWith('runs/'))).toHaveLength(3);
  });
});
