/** Sixteen processes that write the same keys at once leave one correct object each. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import { freshUrl, useS3 } from '../s3/places.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';
import { temporaryFolder } from './temporary.ts';
import { bundledProgram } from './worker-process.ts';

const PROCESSES = 16;
const KEYS = ['a', 'b', 'c'].map((letter) => letter.repeat(64));

/** Writes every kind of object; prints whether it was the first. */
const PROGRAM = `
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
const [url, number] = process.argv.slice(2);
const store = await openStore(url);
for (const key of ${JSON.stringify(KEYS)}) {
  const staging = await store.begin('features', key);
  await writeFile(join(staging.path, 'matrix.arrow'), key.repeat(20_000));
  await writeFile(join(staging.path, 'vocabulary.arrow'), key);
  await staging.commit({ stage: 'features', key, explain: {}, summary: { by: number } });
}
const first = await store.put('index/first', number, { absent: true });
await store.put('index/any', number.repeat(5_000));
for (;;) {
  const found = (await store.get('index/count')) ?? (await store.put('index/count', '0', { absent: true }), await store.get('index/count'));
  if (await store.put('index/count', String(Number(String(found.bytes)) + 1), { etag: found.etag })) break;
}
process.stdout.write(first === null ? 'later' : 'first');
`;

let server: S3Server | undefined;

beforeAll(async () => {
  if (HAS_S3) server = await startS3();
});
afterAll(async () => server?.close());

const PLACES: readonly (readonly [string, boolean, () => Promise<string>])[] = [
  ['a folder', true, async () => join(await temporaryFolder(), 'store')],
  [
    'S3',
    HAS_S3,
    async () => {
      if (!server) throw new Error('no server');
      useS3(server, { NLPFLOW_CACHE: await temporaryFolder() });
      return freshUrl(server);
    },
  ],
];

describe.each(PLACES)('in %s', (name, isHere, place) => {
  test.skipIf(!isHere)('sixteen processes that write the same keys', { timeout: 120_000 }, async () => {
    const url = await place();
    const program = await bundledProgram('writer', PROGRAM);
    const children = Array.from({ length: PROCESSES }, (_, index) =>
      spawn(process.execPath, [program, url, String(index)], { stdio: ['ignore', 'pipe', 'pipe'] }),
    );
    const ends = await Promise.all(
      children.map(async (child) => {
        const [said, complaint] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
        return { said, complaint, code: child.exitCode };
      }),
    );
    expect(ends.filter(({ code }) => code !== 0)).toEqual([]);
    // Nothing is said on standard error either, such as the SDK's words about old versions of Node.
    expect(ends.map(({ complaint }) => complaint).join('')).toBe('');
    const winners = ends.flatMap(({ said }, index) => (said === 'first' ? [String(index)] : []));
    const store = await openStore(url);
    for (const key of KEYS) {
      expect(await store.has('features', key)).toBe(true);
      const folder = await store.folder('features', key);
      expect(await readFile(join(folder, 'matrix.arrow'), 'utf8')).toBe(key.repeat(20_000));
      expect(await readFile(join(folder, 'vocabulary.arrow'), 'utf8')).toBe(key);
    }
    expect(winners).toEqual([String((await store.get('index/first'))?.bytes)]);
    expect(String((await store.get('index/any'))?.bytes)).toMatch(/^(\d+)\1{4999}$/);
    expect(String((await store.get('index/count'))?.bytes)).toBe(String(PROCESSES));
    const paths: string[] = [];
    for await (const { path } of store.list('')) paths.push(path);
    expect(paths).toHaveLength(3 + 3 * KEYS.length);
    if (name === 'a folder') expect(await readdir(join(url, 'tmp'))).toEqual([]);
  });
});
