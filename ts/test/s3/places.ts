/** Stores on the test server, each on a prefix and with a cache of its own. */

import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished, vi } from 'vitest';
import { ObjectCache } from '../../src/store/cache.ts';
import { openS3Store, type S3StoreOptions } from '../../src/store/s3/store.ts';
import type { Store } from '../../src/store/store.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import type { S3Server } from './server.ts';

/** Points the SDK at a server until the test ends; `changes` overrides variables. */
export function useS3(server: S3Server, changes: Readonly<Record<string, string | undefined>> = {}): void {
  // A person's own settings, such as a profile, must not get in the way.
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries({ ...server.env, ...changes })) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
}

/** An address that no other test uses; emptied when the test ends. */
export function freshUrl(server: S3Server): string {
  const name = randomBytes(6).toString('hex');
  // Large objects of many tests would fill a small disk.
  onTestFinished(() => rm(join(server.objects, name), { recursive: true, force: true }));
  return `s3://${server.bucket}/${name}/store`;
}

/** Opens a store on an empty prefix; `again` the same a second time, as another machine would. */
export async function s3Place(
  server: S3Server,
  options: S3StoreOptions = {},
): Promise<{ store: Store; again: () => Store; url: string }> {
  useS3(server);
  const url = freshUrl(server);
  const folder = await temporaryFolder();
  let opened = 0;
  const again = (): Store => {
    opened += 1;
    return openS3Store(url, { cache: new ObjectCache(`${folder}/${opened}`, 2 ** 30), ...options });
  };
  return { store: again(), again, url };
}
