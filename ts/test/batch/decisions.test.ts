/** The pure parts: sizes, settings, rules, and what becomes of a failed job. */

import type { JobDetail } from '@aws-sdk/client-batch';
import { describe, expect, test } from 'vitest';
import { definitionOf, retryStrategy } from '../../src/executors/batch/definition.ts';
import { judge } from '../../src/executors/batch/failures.ts';
import { awsProblem, isPassing } from '../../src/executors/batch/problems.ts';
import { readSettings } from '../../src/executors/batch/settings.ts';
import { legalSize } from '../../src/executors/batch/sizes.ts';
import type { Attempt } from '../batch-server/model.ts';
import { isRetried } from '../batch-server/retry.ts';
import { SETTINGS } from '../contract/batch.ts';

describe('sizes', () => {
  test.each([
    [
      { vcpus: 0.25, memory: 512 },
      { vcpus: 0.25, memory: 512 },
    ],
    [
      { vcpus: 0.25, memory: 1100 },
      { vcpus: 0.25, memory: 2048 },
    ],
    [
      { vcpus: 0.3, memory: 100 },
      { vcpus: 0.5, memory: 1024 },
    ],
    [
      { vcpus: 1, memory: 4096 },
      { vcpus: 1, memory: 4096 },
    ],
    [
      { vcpus: 1, memory: 9000 },
      { vcpus: 2, memory: 9216 },
    ],
    [
      { vcpus: 3, memory: 1 },
      { vcpus: 4, memory: 8192 },
    ],
    [
      { vcpus: 4, memory: 31_000 },
      { vcpus: 8, memory: 32_768 },
    ],
    [
      { vcpus: 16, memory: 120 * 1024 },
      { vcpus: 16, memory: 122_880 },
    ],
  ])('Fargate: %o becomes %o', (asked, legal) => {
    expect(legalSize(asked, 'FARGATE')).toEqual(legal);
  });

  test('what Fargate does not have is refused; EC2 takes whole vCPUs', () => {
    expect(() => legalSize({ vcpus: 17, memory: 1 }, 'FARGATE')).toThrow('at most 16 vCPU and 120 GiB');
    expect(() => legalSize({ vcpus: 1, memory: 121 * 1024 }, 'FARGATE')).toThrow('1 vCPU and 121 GiB');
    expect(legalSize({ vcpus: 0.5, memory: 700.2 }, 'EC2')).toEqual({ vcpus: 1, memory: 701 });
  });
});

test('settings are read and checked', () => {
  const given = { queue: 'q', image: 'i', cpu: 2, memory: '15GiB', 'max-parallel': 7, timeout: 60.2, 'job-role': 'r' };
  expect(readSettings(given)).toEqual({
    queue: 'q',
    image: 'i',
    size: { vcpus: 2, memory: 15_360 },
    maxParallel: 7,
    timeoutSeconds: 61,
    jobRole: 'r',
  });
  const { memory: _, ...unsaid } = given;
  expect(readSettings(unsaid)).toMatchObject({ size: { vcpus: 2, memory: 4096 }, autoMemory: true });
  const wrong: [object, string][] = [
    [{ cpu: 0 }, '--cpu must be above 0'],
    [{ memory: 'much' }, 'is no amount of memory'],
    [{ 'max-parallel': 0.5 }, '--max-parallel must be a whole number'],
    [{ timeout: 59 }, '--timeout must be at least 60'],
  ];
  for (const [change, message] of wrong) expect(() => readSettings({ ...given, ...change })).toThrow(message);
});

describe('retry rules', () => {
  test.each<[string, Partial<Attempt>, boolean]>([
    ['a lost host', { statusReason: 'Host EC2 (instance i-1) terminated.' }, true],
    ['a lost Fargate host', { statusReason: 'Your Spot Task was interrupted.' }, true],
    [
      'an image that cannot be pulled',
      { statusReason: 'Task failed to start', reason: 'CannotPullContainerError: x' },
      true,
    ],
    ['a tired agent', { statusReason: 'x', reason: 'DockerTimeoutError: Could not transition' }, true],
    ['a failed task', { statusReason: 'Essential container in task exited', exitCode: 5 }, false],
    ['no memory', { statusReason: 'x', reason: 'OutOfMemoryError: Container killed', exitCode: 137 }, false],
  ])('%s: retried %o', (_, attempt, retried) => {
    const whole = { task: 't', instance: 'i', logStream: 'l', ...attempt };
    expect(isRetried(retryStrategy(2), [whole])).toBe(retried);
  });

  test('a definition is named after its content, whatever the size of one submission', () => {
    const name = (change: object): string => definitionOf({ ...SETTINGS, ...change }, 'EC2').jobDefinitionName;
    expect(name({})).toMatch(/^nlpflow-[0-9a-f]{16}$/);
    expect(name({})).toBe(name({ queue: 'other', maxParallel: 3 }));
    expect(name({})).not.toBe(name({ image: 'other' }));
    expect(name({})).not.toBe(name({ jobRole: 'arn' }));
  });
});

describe('a failed job', () => {
  const never = { moreMemory: false, onDemand: false, hasOnDemand: false };
  const job = (change: object): JobDetail => ({ status: 'FAILED', attempts: [{}], ...change }) as JobDetail;
  const host = { statusReason: 'Host EC2 (instance i-1) terminated.' };

  test.each<[string, object, object, object]>([
    ['lost hosts, no other queue', { attempts: [host, host] }, never, { code: 'TASK_RECLAIMED' }],
    ['lost hosts, another queue', { attempts: [host] }, { ...never, hasOnDemand: true }, { again: 'on-demand' }],
    [
      'lost there, too',
      { attempts: [host] },
      { ...never, hasOnDemand: true, onDemand: true },
      { code: 'TASK_RECLAIMED' },
    ],
    ['out of memory', { container: { exitCode: 137 } }, never, { again: 'memory' }],
    [
      'out of memory again',
      { container: { exitCode: 137 } },
      { ...never, moreMemory: true },
      { code: 'MEMORY_TOO_SMALL' },
    ],
    [
      'killed when it was ended',
      { container: { exitCode: 137 }, isTerminated: true, statusReason: 'x' },
      never,
      { code: 'TASK_ENDED' },
    ],
    [
      'too slow',
      { statusReason: 'Job attempt duration exceeded timeout', isTerminated: true },
      never,
      { code: 'TASK_TIMEOUT' },
    ],
    ['not started', { attempts: [], statusReason: 'Dependent Job failed' }, never, { code: 'TASK_NOT_STARTED' }],
    ['crashed', { container: { exitCode: 9 } }, never, { code: 'WORKER_DIED' }],
  ])('%s', (_, change, tried, verdict) => {
    expect(judge(job(change), tried as typeof never)).toMatchObject(verdict);
  });
});

test('errors of AWS are told in words, and never with credentials', () => {
  const of = (error: object): unknown => awsProblem('SubmitJob', Object.assign(new Error('it said'), error));
  const codes: [object, string, boolean][] = [
    [{ name: 'TooManyRequestsException' }, 'AWS_THROTTLED', true],
    [{ name: 'CredentialsProviderError' }, 'AWS_SETTINGS', false],
    [{ name: 'AccessDeniedException', $metadata: { httpStatusCode: 403 } }, 'AWS_DENIED', false],
    [{ name: 'ClientException', $metadata: { httpStatusCode: 400 } }, 'AWS_REFUSED', false],
    [{ code: 'ECONNREFUSED' }, 'AWS_UNREACHABLE', true],
    [{ name: 'ServerException', $metadata: { httpStatusCode: 500 } }, 'AWS_UNREACHABLE', true],
    [{ message: 'Region is missing' }, 'AWS_SETTINGS', false],
  ];
  for (const [error, code, passing] of codes) {
    expect(of(error)).toMatchObject({ code });
    expect(isPassing(of(error))).toBe(passing);
  }
  const defect = new TypeError('x is not a function');
  expect(awsProblem('SubmitJob', defect)).toBe(defect);
});
