import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { storeContract } from '../contract/store.suite.ts';
import { s3Place } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

let server: S3Server;

describe.skipIf(!HAS_S3)('S3', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  storeContract('S3', () => s3Place(server));

  const KEY = 'f'.repeat(64);
  const FOLDER = `stages/features/${KEY}`;
  const commit = async (store: Store, text: string): Promise<void> => {
    const staging = await store.begin('features', KEY);
    await writeFile(join(staging.path, 'matrix.arrow'), text);
    await staging.commit({ stage: 'features', key: KEY, explain: {}, summary: text });
  };
  const content = async (store: Store): Promise<string> =>
    readFile(join(await store.folder('features', KEY), 'matrix.arrow'), 'utf8');

  test('a file that a killed writer left is used when it is the same', async () => {
    const { store, again } = await s3Place(server);
    const etag = await store.put(`${FOLDER}/matrix.arrow`, 'words');
    expect(await store.has('features', KEY)).toBe(false);
    await commit(store, 'words');
    expect((await store.get(`${FOLDER}/matrix.arrow`))?.etag).toBe(etag);
    expect(await content(again())).toBe('words');
  });

  test('another file of a killed writer is replaced when nobody finishes it', async () => {
    const { store, again } = await s3Place(server, { patienceMs: 200 });
    await store.put(`${FOLDER}/matrix.arrow`, 'half');
    await commit(store, 'words');
    expect(await content(again())).toBe('words');
    expect(await store.summary('features', KEY)).toBe('words');
  });

  test('another file of a writer that finishes meanwhile stays', async () => {
    const { store, again } = await s3Place(server);
    await store.put(`${FOLDER}/matrix.arrow`, 'first');
    const second = commit(store, 'second');
    await commit(again(), 'first');
    await second;
    expect(await content(again())).toBe('first');
    expect(await store.summary('features', KEY)).toBe('first');
  });

  test('a stage with far more results than were asked for is not listed to its end', async () => {
    const { store, again } = await s3Place(server, { pageSize: 1 });
    const keys = Array.from({ length: 17 }, (_, index) => `a${index.toString(16).padStart(31, '0')}`);
    for (const key of keys) {
      const staging = await store.begin('features', key);
      for (const file of ['1', '2']) await writeFile(join(staging.path, file), key);
      await staging.commit({ stage: 'features', key, explain: {}, summary: key });
    }
    // 51 objects, of which a listing may take 17 pages.
    const found = await again().summaries('features', keys);
    expect([...found.values()].sort()).toEqual(keys);
  });

  test('a result that lost a file counts as absent and is made again', async () => {
    const { store, again } = await s3Place(server);
    await commit(store, 'words');
    await store.delete(`${FOLDER}/matrix.arrow`);
    expect(await store.has('features', KEY)).toBe(false);
    await commit(again(), 'other');
    expect(await store.has('features', KEY)).toBe(true);
    expect(await content(again())).toBe('other');
    expect(await store.summary('features', KEY)).toBe('other');
  });

  test('an object that was changed behind our back is found by its checksum', { timeout: 120_000 }, async () => {
    const { store, again, url } = await s3Place(server);
    await commit(store, 'words');
    const file = join(server.objects, url.split('/').slice(3).join('/'), FOLDER, 'matrix.arrow');
    await writeFile(file, 'sword');
    await expect(again().folder('features', KEY)).rejects.toMatchObject({ code: 'STORE_TRANSFER_FAILED' });
  });
});
