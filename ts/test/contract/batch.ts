/** The executor of AWS Batch on a server of its own, whose containers are processes of the bundled command line. */

import { BatchExecutor } from '../../src/executors/batch/executor.ts';
import type { BatchSettings } from '../../src/executors/batch/settings.ts';
import { keyOf } from '../../src/flow/keys.ts';
import type { Store } from '../../src/store/store.ts';
import { localImage } from '../batch-server/container.ts';
import type { Pace } from '../batch-server/scheduler.ts';
import { type BatchServer, startBatchServer } from '../batch-server/server.ts';
import { addQueue, QUEUE } from '../batch-server/testing.ts';

/** A simulated second is so many real ones fewer: waiting is short, and processes start in a few of them. */
const SPEED = 20;

export const SETTINGS: BatchSettings = {
  queue: QUEUE,
  image: 'registry/nlpflow:test',
  size: { vcpus: 1, memory: 4096 },
  maxParallel: 10_000,
};

/** Starts a server with one queue whose image is `node <main> worker`, and points the SDK of this process to it. */
export async function batchWorld(
  main: string,
  of: { pace?: Partial<Pace>; vcpus?: number; speed?: number; type?: 'SPOT' | 'EC2' | 'FARGATE' | 'FARGATE_SPOT' } = {},
): Promise<BatchServer> {
  const server = await startBatchServer({
    speed: of.speed ?? SPEED,
    launch: () => localImage([process.execPath, main, 'worker'], containerVariables),
    pace: { grace: 60_000, ...of.pace },
  });
  addQueue(server, QUEUE, of);
  Object.assign(process.env, server.environment);
  return server;
}

/** What image and role give to a container: the add-on, and the keys of the store. */
function containerVariables(): NodeJS.ProcessEnv {
  const passed = Object.entries(process.env).filter(([name]) => /^(NLPFLOW_NATIVE|AWS_(ACCESS|SECRET).*)$/.test(name));
  return Object.fromEntries(passed);
}

let runs = 0;

/** An executor on the server; each has a run of its own unless told. */
export function batchExecutor(
  store: Store,
  server: BatchServer,
  change: Partial<BatchSettings> = {},
  run = `20261124-000000-${keyOf({ runs: ++runs }).slice(0, 4)}`,
): BatchExecutor {
  // The executor looks at its own clock, which runs as the server's.
  return new BatchExecutor(store, { ...SETTINGS, ...change }, run, { clock: server.clock });
}
