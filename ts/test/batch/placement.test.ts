/** A job is submitted once, whatever becomes of the answers. */

import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Placement } from '../../src/executors/batch/placement.ts';
import { BatchService } from '../../src/executors/batch/service.ts';
import { scriptedImage } from '../batch-server/container.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import { QUEUE, serverWithQueue } from '../batch-server/testing.ts';

let before: NodeJS.ProcessEnv = {};
let server: BatchServer;
let service: BatchService;

beforeAll(() => {
  before = { ...process.env };
});
beforeEach(async () => {
  // Containers that run until they are ended; half a minute of waiting takes a quarter of a second.
  server = await serverWithQueue({
    launch: (clock) => scriptedImage(clock, () => ({ milliseconds: 1e9 })),
    speed: 120,
  });
  Object.assign(process.env, server.environment);
  service = new BatchService();
  await service.definition({
    jobDefinitionName: 'worker',
    type: 'container',
    containerProperties: {
      image: 'x',
      resourceRequirements: [
        { type: 'VCPU', value: '1' },
        { type: 'MEMORY', value: '64' },
      ],
    },
  });
});
afterEach(() => {
  service.close();
  process.env = before;
});

function placement(): Placement {
  const request = { jobName: 'own-name', jobQueue: QUEUE, jobDefinition: 'worker' };
  return new Placement(request, service, server.clock);
}

const jobs = (): Job[] => [...server.jobs.values()];
const calls = (operation: string): number => server.calls.filter((call) => call.operation === operation).length;
const isLive = ({ status }: Job): boolean => status !== 'FAILED' && status !== 'SUCCEEDED';

/** Loses the first answer to SubmitJob. */
function loseFirst(how: 'dropped' | 'error' = 'dropped'): void {
  let left = 1;
  server.faults.lose = (operation) => (operation === 'submitjob' && left-- > 0 ? how : undefined);
}

test.each(['dropped', 'error'] as const)('an answer that is lost (%s): the job is found by its name', async (how) => {
  loseFirst(how);
  const id = await placement().place();
  expect(jobs().map((job) => job.id)).toEqual([id]);
  expect(calls('submitjob')).toBe(1);
});

test('a job that is shown late is waited for', async () => {
  loseFirst();
  server.faults.hidden = () => (calls('listjobs') > 3 ? 0 : Number.POSITIVE_INFINITY);
  const id = await placement().place();
  expect(jobs().map((job) => job.id)).toEqual([id]);
  expect(calls('submitjob')).toBe(1);
  expect(calls('listjobs')).toBe(4);
});

test('nothing came of it: it is submitted again, and later calls take what is there', async () => {
  let left = 1;
  // The request did not arrive.
  server.faults.lose = () => undefined;
  const original = service.submit.bind(service);
  service.submit = async (request) => {
    if (left-- > 0) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
    return original(request);
  };
  const id = await placement().place();
  expect(jobs().map((job) => job.id)).toEqual([id]);
});

describe('two jobs of one name, since the first was shown very late', () => {
  async function twice(): Promise<{ placed: Placement; id: string }> {
    loseFirst();
    server.faults.hidden = () => Number.POSITIVE_INFINITY;
    const placed = placement();
    const id = await placed.place();
    expect(jobs().map(({ name }) => name)).toEqual(['own-name', 'own-name']);
    expect(jobs()[1]?.id).toBe(id);
    return { placed, id };
  }

  test('the one that nobody knew is ended as soon as it is seen', async () => {
    const { placed, id } = await twice();
    await placed.endTwins();
    expect(jobs().every(isLive)).toBe(true);
    server.faults.hidden = () => 0;
    await placed.endTwins();
    await expect
      .poll(() =>
        jobs()
          .filter(isLive)
          .map((job) => job.id),
      )
      .toEqual([id]);
  });

  test('both are ended when the run is', async () => {
    const { placed } = await twice();
    server.faults.hidden = () => 0;
    await placed.end('test');
    await expect.poll(() => jobs().filter(isLive)).toEqual([]);
  });
});

test('what was submitted without an answer is ended with the run, also when it is shown late', async () => {
  const stop = new AbortController();
  server.faults.lose = (operation) => {
    if (operation !== 'submitjob') return undefined;
    stop.abort();
    return 'dropped';
  };
  server.faults.hidden = () => (calls('listjobs') > 2 ? 0 : Number.POSITIVE_INFINITY);
  const placed = placement();
  await expect(placed.place(stop.signal)).rejects.toThrow();
  expect(jobs().filter(isLive)).toHaveLength(1);
  await placed.end('test');
  await expect.poll(() => jobs().filter(isLive)).toEqual([]);
});

test('throttled submissions are repeated, refused ones are not', async () => {
  let left = 3;
  server.faults.throttle = (operation) => operation === 'submitjob' && left-- > 0;
  const id = await placement().place();
  expect(jobs().map((job) => job.id)).toEqual([id]);
  expect([calls('submitjob'), calls('listjobs')]).toEqual([4, 0]);
  server.faults.refuse = () => 'no';
  await expect(placement().place()).rejects.toMatchObject({ code: 'AWS_REFUSED' });
  expect([calls('submitjob'), calls('listjobs')]).toEqual([5, 0]);
});
