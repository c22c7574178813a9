/** What template and job definitions may hold, where the lints of others are silent. */

import { describe, expect, test } from 'vitest';
import { readSetup } from '../../src/aws/setup.ts';
import { templateOf } from '../../src/aws/template.ts';
import { definitionOf } from '../../src/executors/batch/definition.ts';
import { readSettings } from '../../src/executors/batch/settings.ts';
import { checkDefinition } from '../batch-server/checks.ts';

const ARGUMENTS = {
  name: 'nlpflow',
  bucket: undefined,
  prefix: 'runs',
  'max-vcpus': 8,
  subnets: [],
  'security-groups': [],
  github: undefined,
};
const LEGAL_RETENTION = [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365];

describe('job definitions', () => {
  const sizes = [
    { cpu: 0.25, memory: '512MiB' },
    { cpu: 0.25, memory: '1500MiB' },
    { cpu: 1, memory: '9GiB' },
    { cpu: 3, memory: '5GiB' },
    { cpu: 16, memory: '113GiB' },
  ];
  test.each(sizes)('are legal for $cpu vCPU and $memory', (size) => {
    const settings = readSettings({ queue: 'q', image: 'i', timeout: 60, 'execution-role': 'r', ...size });
    for (const platform of ['EC2', 'FARGATE'] as const) {
      const definition = definitionOf(settings, platform);
      expect(() => checkDefinition(definition)).not.toThrow();
      expect(definition.retryStrategy?.attempts).toBeLessThanOrEqual(10);
    }
  });

  test('are refused with a timeout that is too short', () => {
    expect(() => readSettings({ queue: 'q', image: 'i', timeout: 59 })).toThrow(/at least 60 seconds/);
  });
});

describe('the template', () => {
  const { Resources } = templateOf(readSetup(ARGUMENTS));
  const ofType = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);

  test('has environments that can be updated, in sizes that are legal, and names that AWS takes', () => {
    const all = ofType('AWS::Batch::ComputeEnvironment').map(({ Properties = {} }) => Properties);
    expect(all.length).toBe(3);
    for (const { ComputeEnvironmentName, ComputeResources } of all) {
      const { MaxvCpus, MinvCpus = 0, AllocationStrategy } = ComputeResources as Record<string, number | string>;
      expect(ComputeEnvironmentName).toMatch(/^[A-Za-z0-9][A-Za-z0-9_-]{1,126}[A-Za-z0-9]$/);
      expect([MaxvCpus, MinvCpus]).toEqual([8, 0]);
      expect(AllocationStrategy).not.toBe('BEST_FIT');
    }
  });

  test('keeps logs for a time that CloudWatch knows, and the bucket whatever happens', () => {
    expect(
      ofType('AWS::Logs::LogGroup').map(({ Properties }) =>
        LEGAL_RETENTION.includes(Number(Properties?.['RetentionInDays'])),
      ),
    ).toEqual([true]);
    expect(ofType('AWS::S3::Bucket')).toMatchObject([{ DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' }]);
  });

  test.each([
    [{ name: 'Upper' }, /--name/],
    [{ 'max-vcpus': 0 }, /--max-vcpus/],
    [{ subnets: ['s-1'] }, /belong together/],
    [{ github: 'alone' }, /OWNER\/REPOSITORY/],
    [{ prefix: '../up' }, /--prefix/],
  ])('refuses %j', (change, words) => {
    expect(() => readSetup({ ...ARGUMENTS, ...change })).toThrow(words);
  });
});
