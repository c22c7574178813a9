/** Faults between store and server: work succeeds after retries, or stops with a clear error and goes on later. */

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { ObjectCache } from '../../src/store/cache.ts';
import { openS3Store } from '../../src/store/s3/store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { freshUrl, useS3 } from './places.ts';
import { type FaultKind, type FaultProxy, startProxy } from './proxy.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

const KEY = 'c'.repeat(64);
const META = { stage: 'features', key: KEY, explain: {}, summary: { columns: 3 } } as const;
/** Three parts. */
const LARGE = randomBytes(17 << 20);

let server: S3Server;
let proxy: FaultProxy;

/** Everything that a run does with a store. */
async function work(store: Store, cold: () => Promise<Store>): Promise<void> {
  const staging = await store.begin('features', KEY);
  await writeFile(join(staging.path, 'matrix.arrow'), LARGE);
  await writeFile(join(staging.path, 'vocabulary.arrow'), 'words');
  await staging.commit(META);
  expect(await store.has('features', KEY)).toBe(true);
  await store.putRun('r', 'run.json', '{"status":"done"}');
  await store.linkRun('r', 'model.nlpf', { stage: 'features', key: KEY, file: 'matrix.arrow' });
  // A store with an empty cache reads over the network.
  const reader = await cold();
  const folder = await reader.folder('features', KEY);
  expect((await readFile(join(folder, 'matrix.arrow'))).equals(LARGE)).toBe(true);
  expect(await readFile(join(folder, 'vocabulary.arrow'), 'utf8')).toBe('words');
  expect(String(await reader.getRun('r', 'run.json'))).toBe('{"status":"done"}');
  expect((await readFile(await reader.local('runs/r/model.nlpf'))).equals(LARGE)).toBe(true);
  expect(await reader.listRuns()).toEqual(['r']);
  const paths: string[] = [];
  for await (const { path } of reader.list('')) paths.push(path);
  expect(paths).toHaveLength(5);
}

async function place(env: Record<string, string> = {}): Promise<{ store: Store; cold: () => Promise<Store> }> {
  useS3(server, { AWS_ENDPOINT_URL_S3: proxy.endpoint, ...env });
  const url = freshUrl(server);
  const cold = async (): Promise<Store> =>
    openS3Store(url, { cache: new ObjectCache(await temporaryFolder(), 2 ** 30) });
  return { store: await cold(), cold };
}

describe.skipIf(!HAS_S3)('S3 with faults', () => {
  beforeAll(async () => {
    server = await startS3();
    proxy = await startProxy(server.port);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });
  beforeEach(() => proxy.heal());

  test.each<[FaultKind, number, RegExp]>([
    ['reset', 3, /^/],
    ['reset', 3, /^PUT/],
    ['reset', 3, /^GET .*x-id=GetObject/],
    ['answer lost', 1, /^PUT .*stage\.json/],
    ['answer lost', 2, /partNumber=/],
    ['answer lost', 1, /^POST .*uploadId=/],
    ['slow down', 3, /^/],
    ['slow down', 3, /^PUT/],
    ['folder gone', 3, /^PUT/],
    ['truncated', 3, /^GET .*arrow/],
    ['truncated', 2, /^GET .*json/],
    ['truncated', 2, /list-type=2/],
    ['corrupted', 1, /^GET .*matrix\.arrow/],
    ['corrupted', 1, /^GET .*vocabulary\.arrow/],
    ['corrupted', 1, /^GET .*run\.json/],
    ['corrupted upload', 2, /^PUT/],
    ['corrupted upload', 2, /partNumber=2/],
  ])('%s, %i times on %s: the work succeeds', async (kind, times, on) => {
    const { store, cold } = await place();
    proxy.inject({ kind, times, on });
    await work(store, cold);
    expect(proxy.spoilt).toBe(times);
  });

  test.each<[FaultKind, RegExp, string, string]>([
    ['reset', /^/, 'STORE_UNREACHABLE', 'check the network and the endpoint'],
    ['slow down', /^/, 'STORE_BUSY', 'start again later'],
    ['truncated', /^GET .*matrix\.arrow/, 'STORE_TRANSFER_FAILED', 'cut off'],
    ['corrupted', /^GET .*matrix\.arrow/, 'STORE_TRANSFER_FAILED', 'checksum'],
    ['corrupted upload', /^PUT/, 'STORE_TRANSFER_FAILED', 'arrived changed'],
    ['expired credentials', /^PUT/, 'STORE_CREDENTIALS_EXPIRED', 'sign in again'],
    ['expired credentials', /^GET/, 'STORE_CREDENTIALS_EXPIRED', 'sign in again'],
    ['expired credentials', /^HEAD|^GET .*Object/, 'STORE_CREDENTIALS_EXPIRED', 'sign in again'],
    ['clock skew', /^/, 'STORE_CLOCK_SKEW', 'clock'],
  ])('%s on %s for ever: a clear error, and a later start goes on', async (kind, on, code, words) => {
    const { store, cold } = await place({ AWS_MAX_ATTEMPTS: '2' });
    proxy.inject({ kind, times: Number.POSITIVE_INFINITY, on });
    const error = (await work(store, cold).catch((problem: unknown) => problem)) as Error;
    expect(error).toMatchObject({ code, exitCode: 4, message: expect.stringContaining(words) as string });
    expect(error.message).not.toContain(server.env['AWS_SECRET_ACCESS_KEY']);
    proxy.heal();
    await work(store, cold);
  });

  test('a clock that is an hour wrong is made up for', async () => {
    const { store, cold } = await place();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
    onTestFinished(() => void vi.useRealTimers());
    await work(store, cold);
  });

  test('expired credentials in the middle of a large upload: nothing is visible, a later start goes on', async () => {
    const { store, cold } = await place();
    proxy.inject({ kind: 'expired credentials', times: Number.POSITIVE_INFINITY, on: /partNumber=3/ });
    await expect(work(store, cold)).rejects.toMatchObject({ code: 'STORE_CREDENTIALS_EXPIRED' });
    proxy.heal();
    expect(await (await cold()).has('features', KEY)).toBe(false);
    await work(store, cold);
  });

  test('a conditional write whose answer is lost knows its own object', async () => {
    const { store } = await place();
    proxy.inject({ kind: 'answer lost', times: 1, on: /^PUT/ });
    const first = await store.put('index/a', 'one', { absent: true });
    expect(first).not.toBeNull();
    proxy.inject({ kind: 'answer lost', times: 1, on: /^PUT/ });
    const second = await store.put('index/a', 'two', { etag: first ?? '' });
    expect(second).toBe((await store.get('index/a'))?.etag);
  });
});
