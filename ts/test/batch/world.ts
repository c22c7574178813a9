/** What a file of tests on the Batch server begins and ends with. */

import { afterAll, afterEach, beforeAll } from 'vitest';
import { noFaults } from '../batch-server/faults.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { batchWorld } from '../contract/batch.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';

/**
 * Bundles the command line, with the add-on that trains nothing, and starts a server for the tests of a file; `ready` gets both.
 * Faults end with the test that made them.
 */
export function withBatch(
  ready: (world: { cli: BundledCli; server: BatchServer }) => void,
  of: Parameters<typeof batchWorld>[1] = {},
): void {
  let server: BatchServer | undefined;
  beforeAll(async () => {
    const cli = await bundleCli('fake');
    process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;
    server = await batchWorld(cli.main, of);
    ready({ cli, server });
  }, 120_000);
  afterAll(async () => {
    await server?.close();
  });
  afterEach(() => {
    if (server) Object.assign(server.faults, noFaults());
  });
}
