/** A server with a queue, for tests: its processes are gone when the running test has ended. */

import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/executors/batch/clock.ts';
import { type Launch, localImage } from './container.ts';
import type { Pace } from './scheduler.ts';
import { type BatchServer, startBatchServer } from './server.ts';

/** The queue of `serverWithQueue`. */
export const QUEUE = 'spot';

/** Starts a server with an environment and a queue named `spot`. */
export async function serverWithQueue(
  of: {
    launch?: (clock: Clock) => Launch;
    speed?: number;
    pace?: Partial<Pace>;
    type?: 'SPOT' | 'EC2' | 'FARGATE' | 'FARGATE_SPOT';
    vcpus?: number;
  } = {},
): Promise<BatchServer> {
  const server = await startBatchServer(of);
  onTestFinished(() => server.close());
  addQueue(server, QUEUE, of);
  return server;
}

/** Adds an environment and a queue of one name. */
export function addQueue(
  { compute }: BatchServer,
  name: string,
  of: { type?: 'SPOT' | 'EC2' | 'FARGATE' | 'FARGATE_SPOT'; vcpus?: number } = {},
): void {
  compute.createEnvironment({
    computeEnvironmentName: name,
    type: 'MANAGED',
    computeResources: {
      type: of.type ?? 'SPOT',
      maxvCpus: of.vcpus ?? 4,
      subnets: ['subnet-1'],
      instanceTypes: ['m6i.xlarge'],
    },
  });
  compute.createQueue({
    jobQueueName: name,
    priority: 1,
    computeEnvironmentOrder: [{ order: 1, computeEnvironment: name }],
  });
}

/** An image whose command is a piece of JavaScript. */
export function scriptImage(): Launch {
  return localImage([process.execPath, '--input-type=module', '-e'], () => ({}));
}
