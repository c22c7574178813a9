/** The cause of waiting is named in each of the situations that keep jobs in RUNNABLE. */

import { beforeEach, describe, expect, test } from 'vitest';
import { BatchService } from '../../src/executors/batch/service.ts';
import { explainWaiting } from '../../src/executors/batch/waiting.ts';
import { type BatchServer, startBatchServer } from '../batch-server/server.ts';
import { addQueue, QUEUE } from '../batch-server/testing.ts';

let server: BatchServer;
let service: BatchService;
/** Whether the job's first attempt comes to nothing. */
let fails = false;

beforeEach(async () => {
  fails = false;
  server = await startBatchServer();
  server.faults.stuck = () => true;
  addQueue(server, QUEUE);
  Object.assign(process.env, server.environment);
  service = new BatchService();
  return async () => {
    service.close();
    await server.close();
  };
});

/** Submits a job that stays RUNNABLE, and asks why. */
async function why(size?: number) {
  await service.definition({
    jobDefinitionName: 'worker',
    type: 'container',
    retryStrategy: { attempts: 3 },
    containerProperties: {
      image: 'registry/nlpflow:test',
      resourceRequirements: [
        { type: 'VCPU', value: '2' },
        { type: 'MEMORY', value: '8192' },
      ],
    },
  });
  const array = size === undefined ? {} : { arrayProperties: { size } };
  const id = await service.submit({ jobName: 'waits', jobQueue: QUEUE, jobDefinition: 'worker', ...array });
  const waits = (): boolean => {
    const job = server.jobs.get(size === undefined ? id : `${id}:0`);
    return job?.status === 'RUNNABLE' && server.waiting(QUEUE).includes(job) && (!fails || job.attempts.length > 0);
  };
  await expect.poll(waits).toBe(true);
  const [job] = await service.describe([id]);
  return explainWaiting(job as never, service);
}

const environment = () => server.compute.environments.get(QUEUE) as never as Record<string, unknown>;
const resources = () => environment()['computeResources'] as Record<string, unknown>;

describe('a job waits', () => {
  test.each<[string, () => void, string, RegExp]>([
    [
      'for a quota',
      () => {
        server.account.quotas['L-34B43A08'] = 1;
      },
      'quota',
      /may use 1 vCPUs of SPOT \(quota L-34B43A08\)/,
    ],
    [
      'because its environment is full',
      () => Object.assign(resources(), { desiredvCpus: 4 }),
      'maximum',
      /at its maximum of 4 vCPUs/,
    ],
    [
      'because its environment is INVALID',
      () =>
        Object.assign(environment(), { status: 'INVALID', statusReason: 'CLIENT_ERROR - Launch template not found' }),
      'environment',
      /spot is INVALID: CLIENT_ERROR - Launch template not found/,
    ],
    [
      'because no instance is large enough, counting what ECS keeps',
      () => {
        server.account.instanceTypes['m6i.xlarge'] = { vcpus: 4, memory: 8192, architecture: 'x86_64' };
      },
      'size',
      /no instance of the queue holds a task of 2 vCPU and 8 GiB \(m6i\.xlarge: 4 vCPU and 8 GiB, of whose memory the system and ECS keep a part/,
    ],
    [
      'because Batch says that nothing is large enough',
      () => {
        server.faults.stuck = () => 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - higher than can be met';
      },
      'size',
      /JOB_RESOURCE_REQUIREMENT/,
    ],
    [
      'because its image is not there',
      () => failStart('CannotPullContainerError: registry/nlpflow:test: not found'),
      'image',
      /registry\/nlpflow:test cannot be pulled .*not found/,
    ],
    [
      'because its image is for other processors',
      () => failStart('CannotPullContainerError: no matching manifest for linux/arm64 in the manifest list entries'),
      'architecture',
      /was not built for the processors/,
    ],
    [
      'because its subnet leads nowhere',
      () => {
        Object.assign(resources(), { desiredvCpus: 2 });
        server.account.subnets['subnet-1'] = { outward: false };
      },
      'subnet',
      /none of them has joined its ECS cluster: subnet-1 has no route/,
    ],
    [
      'because the registry is not reached',
      () => failStart('CannotPullContainerError: dial tcp 1.2.3.4:443: i/o timeout'),
      'subnet',
      /does not reach the registry/,
    ],
    [
      'because a role is wrong',
      () =>
        failStart(
          "ECS was unable to assume the role 'arn:aws:iam::000000000000:role/x' that was provided for this task",
        ),
      'role',
      /unable to assume the role/,
    ],
    [
      'because the role of its environment is wrong',
      () =>
        Object.assign(environment(), {
          status: 'INVALID',
          statusReason: 'CLIENT_ERROR - not authorized to perform: sts:AssumeRole',
        }),
      'role',
      /sts:AssumeRole/,
    ],
    [
      'for capacity',
      () => {
        server.faults.stuck = () => 'CAPACITY:INSUFFICIENT_INSTANCE_CAPACITY - service cannot fulfill the request';
      },
      'capacity',
      /no such instances/,
    ],
  ])('%s', async (_, set, kind, words) => {
    set();
    const cause = await why();
    expect(cause).toMatchObject({ kind, cause: expect.stringMatching(words) as string });
    expect(cause?.remedy).not.toBe('');
  });

  test('behind others in the queue; an array is looked at through one of its children', async () => {
    await why();
    expect(await why(2)).toMatchObject({ kind: 'order', cause: '1 job stands before it in spot' });
  });

  test('for the jobs before it, and without a cause that can be found', async () => {
    expect(await why()).toBeUndefined();
    const [first] = [...server.jobs.keys()];
    const after = { dependsOn: [{ jobId: first }] };
    const id = await service.submit({ jobName: 'later', jobQueue: QUEUE, jobDefinition: 'worker', ...after });
    await expect.poll(() => server.jobs.get(id)?.status).toBe('PENDING');
    const [job] = await service.describe([id]);
    expect(await explainWaiting(job as never, service)).toMatchObject({ kind: 'dependency' });
  });
});

/** One attempt that cannot be started; the next one waits for ever. */
function failStart(reason: string): void {
  fails = true;
  server.faults.startFailure = () => reason;
  server.faults.stuck = (job) => job.attempts.length > 0;
}
