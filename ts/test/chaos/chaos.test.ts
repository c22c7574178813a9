/** A short `scripts/chaos`: the real command line and add-on, a few kills over a folder and over S3. */

import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { addonPath } from '../../src/native/binding.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { BUILT } from '../native/built.ts';
import { freshUrl, useS3 } from '../s3/places.ts';
import { HAS_S3, type S3Server, startS3 } from '../s3/server.ts';
import { chaos } from './chaos.ts';
import { cutProject } from './cut.ts';

const TABLE = fileURLToPath(new URL('../../../examples/debian-packages/packages.csv.gz', import.meta.url));

let program: BundledCli;
let server: S3Server | undefined;

beforeAll(async () => {
  program = await bundleCli('real');
  if (HAS_S3) server = await startS3();
});
afterAll(async () => {
  await server?.close();
});

const PLACES: readonly (readonly [string, boolean, (folder: string) => string])[] = [
  ['a folder', BUILT, (folder) => join(folder, Math.random().toString(36).slice(2))],
  ['S3', BUILT && HAS_S3, () => freshUrl(server ?? expect.unreachable())],
];

describe.each(PLACES)('over %s', (name, isHere, place) => {
  test.skipIf(!isHere)(
    'killed runs end like undisturbed ones, and do nothing twice',
    async () => {
      const folder = await temporaryFolder();
      if (server) useS3(server);
      vi.stubEnv('NLPFLOW_CACHE', join(folder, 'cache'));
      vi.stubEnv('NLPFLOW_NATIVE', addonPath());
      vi.stubEnv('NLPFLOW_CHECKPOINT_ROUNDS', '5');
      await cutProject(TABLE, folder, 1_000);
      const report = await chaos({
        main: program.main,
        project: folder,
        env: process.env,
        kills: 5,
        seed: name,
        place: async () => place(folder),
        undisturbed: join(folder, 'undisturbed'),
      });
      vi.unstubAllEnvs();
      expect(report.violations).toEqual([]);
      expect(Object.values(report.kills).reduce((sum, count) => sum + count, 0)).toBe(5);
    },
    240_000,
  );
});
