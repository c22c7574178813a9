import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ObjectCache, parseLimit } from '../../src/store/cache.ts';
import { temporaryFolder } from './temporary.ts';

const FILES = { data: 100 };

/** Fills an entry with 100 bytes and counts how often. */
function filler(): { fill: (path: string) => Promise<void>; times: () => number } {
  let times = 0;
  return {
    times: () => times,
    fill: async (path) => {
      times += 1;
      await writeFile(join(path, 'data'), 'x'.repeat(100));
    },
  };
}

/** Gives an entry to a process that is gone: nobody uses it any more. */
async function release(root: string, name: string, age: number): Promise<void> {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  const used = join(root, 'used', name);
  for (const mark of await readdir(used)) await rm(join(used, mark));
  const mark = join(used, `${hostname().replace(/[^A-Za-z0-9.]/g, '_')}-${child.pid}-0123456789ab`);
  await writeFile(mark, '');
  const then = new Date(Date.now() - age * 1000);
  await utimes(mark, then, then);
  await utimes(join(root, 'entries', name), then, then);
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

describe('the cache of objects', () => {
  test('fetches once, also for readers at the same time and for other processes', async () => {
    const root = await temporaryFolder();
    const { fill, times } = filler();
    const caches = Array.from({ length: 8 }, () => new ObjectCache(root, 1000));
    const paths = await Promise.all(caches.map((cache) => cache.folder('a', FILES, fill)));
    expect(new Set(paths).size).toBe(1);
    expect(times()).toBe(1);
    expect(await readFile(join(paths[0] ?? '', 'data'), 'utf8')).toBe('x'.repeat(100));
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
  });

  test('what was used longest ago goes first, and only as much as must', async () => {
    const root = await temporaryFolder();
    const { fill } = filler();
    const cache = new ObjectCache(root, 300);
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await cache.folder(name, FILES, fill);
      await release(root, name, 1000 - index * 100);
    }
    await new ObjectCache(root, 300).folder('a', FILES, fill);
    await cache.folder('d', FILES, fill);
    expect((await readdir(join(root, 'entries'))).sort()).toEqual(['a', 'c', 'd']);
  });

  test('what a living process uses stays, even above the limit', async () => {
    const root = await temporaryFolder();
    const { fill } = filler();
    const cache = new ObjectCache(root, 150);
    const path = await cache.folder('a', FILES, fill);
    const other = new ObjectCache(root, 150);
    await other.folder('b', FILES, fill);
    await other.folder('c', FILES, fill);
    expect(await isThere(join(path, 'data'))).toBe(true);
    expect((await readdir(join(root, 'entries'))).sort()).toEqual(['a', 'b', 'c']);
  });

  test('a process that was killed holds nothing for ever', async () => {
    const root = await temporaryFolder();
    const { fill } = filler();
    await new ObjectCache(root, 150).folder('a', FILES, fill);
    await release(root, 'a', 120);
    await new ObjectCache(root, 150).folder('b', FILES, fill);
    expect(await readdir(join(root, 'entries'))).toEqual(['b']);
    expect(await readdir(join(root, 'used'))).toEqual(['b']);
  });

  test('an entry that lost bytes is fetched again', async () => {
    const root = await temporaryFolder();
    const { fill, times } = filler();
    const path = await new ObjectCache(root, 1000).folder('a', FILES, fill);
    await truncate(join(path, 'data'), 10);
    await new ObjectCache(root, 1000).folder('a', FILES, fill);
    expect(times()).toBe(2);
  });

  test('a fetch that fails leaves nothing, and the next one is tried', async () => {
    const root = await temporaryFolder();
    const cache = new ObjectCache(root, 1000);
    const fail = async (path: string): Promise<void> => {
      await writeFile(join(path, 'data'), 'half');
      throw new Error('gone');
    };
    await expect(cache.folder('a', FILES, fail)).rejects.toThrow('gone');
    expect(await readdir(join(root, 'entries'))).toEqual([]);
    expect(await readdir(join(root, 'tmp'))).toEqual([]);
    await expect(cache.folder('a', FILES, () => Promise.resolve())).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
    await cache.folder('a', FILES, filler().fill);
  });

  test('a finished folder is taken over without a copy; one that is larger than the cache is not', async () => {
    const root = await temporaryFolder();
    const { fill, times } = filler();
    const cache = new ObjectCache(root, 150);
    const path = await cache.temporary();
    await fill(path);
    await cache.adopt('a', path);
    await cache.folder('a', FILES, fill);
    expect(times()).toBe(1);
    const large = await cache.temporary();
    await writeFile(join(large, 'data'), 'x'.repeat(200));
    await cache.adopt('b', large);
    expect(await readdir(join(root, 'entries'))).toEqual(['a']);
  });

  test('a cache that cannot be written is named with its variable', async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, 'file'), '');
    await expect(new ObjectCache(join(folder, 'file', 'x'), 1).temporary()).rejects.toMatchObject({
      code: 'STORE_NOT_WRITABLE',
      message: expect.stringContaining('NLPFLOW_CACHE') as string,
    });
  });

  test.each([
    ['20GiB', 20 * 2 ** 30],
    ['1.5 MB', 1.5e6],
    ['7k', 7000],
    ['123', 123],
    ['0', 0],
  ])('the limit %s', (text, bytes) => {
    expect(parseLimit(text)).toBe(bytes);
  });

  test.each(['', 'much', '-1', '5 parsecs', 'GiB', '1.2.3'])('%j is no limit', (text) => {
    expect(() => parseLimit(text)).toThrow('NLPFLOW_CACHE_LIMIT must be a size such as 20GiB');
  });
});
