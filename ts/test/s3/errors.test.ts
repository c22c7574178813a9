/** What goes wrong with S3 for ever, in words that say what to do. */

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ObjectCache } from '../../src/store/cache.ts';
import { s3Problem } from '../../src/store/s3/problems.ts';
import { openS3Store } from '../../src/store/s3/store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { freshUrl, useS3 } from './places.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

const KEY = 'd'.repeat(64);
let server: S3Server;

/** The verbs that may be the first to meet trouble. */
const FIRST: readonly (readonly [string, (store: Store) => Promise<unknown>])[] = [
  ['has', (store) => store.has('fit', KEY)],
  ['putRun', (store) => store.putRun('r', 'run.json', '{}')],
  ['getRun', (store) => store.getRun('r', 'run.json')],
  ['listRuns', (store) => store.listRuns()],
  ['put', (store) => store.put('index/a', 'x', { absent: true })],
  ['delete', (store) => store.delete('index/a')],
];

async function store(url: string, env: Record<string, string | undefined>): Promise<Store> {
  useS3(server, { AWS_MAX_ATTEMPTS: '2', ...env });
  return openS3Store(url, { cache: new ObjectCache(await temporaryFolder(), 2 ** 30) });
}

describe.skipIf(!HAS_S3)('S3 in trouble', () => {
  beforeAll(async () => {
    server = await startS3();
  });
  afterAll(() => server.close());

  describe.each(FIRST)('%s', (_, verb) => {
    test('a bucket that is not there', async () => {
      await expect(verb(await store('s3://no-such-bucket/x', {}))).rejects.toMatchObject({
        code: 'STORE_BUCKET_NOT_FOUND',
        exitCode: 4,
        message: expect.stringMatching(/^s3:\/\/no-such-bucket\/x.*its bucket does not exist/) as string,
      });
    });

    test.each([
      ['an unknown key', { AWS_ACCESS_KEY_ID: 'stranger' }],
      ['a wrong secret', { AWS_SECRET_ACCESS_KEY: 'guessed' }],
    ])('%s', async (__, env) => {
      const error = (await verb(await store(freshUrl(server), env)).catch((problem: unknown) => problem)) as Error;
      expect(error).toMatchObject({ code: 'STORE_CREDENTIALS_INVALID', exitCode: 4 });
      expect(JSON.stringify({ ...error, message: error.message, stack: error.stack })).not.toContain('guessed');
    });

    test('no credentials', async () => {
      const env = { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' };
      await expect(verb(await store(freshUrl(server), env))).rejects.toMatchObject({ code: 'STORE_NO_CREDENTIALS' });
    });

    test('a server that is not there', async () => {
      const env = { AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:9' };
      await expect(verb(await store(freshUrl(server), env))).rejects.toMatchObject({
        code: 'STORE_UNREACHABLE',
        message: expect.stringContaining('AWS_ENDPOINT_URL_S3') as string,
      });
    });
  });

  test.each(['', undefined])('a missing region (%j) is named where no endpoint stands for it', async (region) => {
    const env = { AWS_REGION: region, AWS_ENDPOINT_URL_S3: undefined };
    await expect((await store(freshUrl(server), env)).listRuns()).rejects.toMatchObject({ code: 'STORE_REGION_WRONG' });
  });
});

test.each([
  ['AccessDenied', 'STORE_ACCESS_DENIED'],
  ['PermanentRedirect', 'STORE_REGION_WRONG'],
  ['InternalError', 'STORE_BUSY'],
  ['InvalidRequest', 'STORE_REQUEST_FAILED'],
])('%s is %s', (name, code) => {
  const error = Object.assign(new Error('no'), { name, $metadata: { httpStatusCode: 400 } });
  expect(s3Problem(error, 's3://b/p')).toMatchObject({ code, exitCode: 4, details: [`${name}: no`] });
});

test('an error that is none of S3 stays what it is', () => {
  const error = new TypeError('x is not a function');
  expect(s3Problem(error, 's3://b/p')).toBe(error);
});

test.each(['s3://', 's3:///x', 's3://Bucket/x', 's3://bu/x', 's3://bucket/../x', 's3://bucket/a//b'])(
  '%s is no address of a store',
  (url) => {
    expect(() => openS3Store(url)).toThrow(/s3:\/\/|names no place/);
  },
);
