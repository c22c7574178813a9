/** The doctor finds each misconfiguration, says what to do, and ends with another exit code than 0. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { executionPolicy, POLICIES, policyIn } from '../../src/aws/policies.ts';
import { readSetup } from '../../src/aws/setup.ts';
import { type BatchServer, startBatchServer } from '../batch-server/server.ts';
import { addQueue, QUEUE } from '../batch-server/testing.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';

let server: BatchServer;

beforeEach(async () => {
  process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;
  server = await startBatchServer();
  addQueue(server, QUEUE);
  addQueue(server, 'fargate', { type: 'FARGATE' });
  server.account.subnets['subnet-1'] = { outward: true };
  Object.assign(process.env, server.environment);
  return () => server.close();
});

const ROLE = 'arn:aws:iam::000000000000:role';
const IMAGE = '000000000000.dkr.ecr.eu-test-1.amazonaws.com/nlpflow:test';
const ENV = {
  NLPFLOW_QUEUE: QUEUE,
  NLPFLOW_IMAGE: IMAGE,
  NLPFLOW_JOB_ROLE: `${ROLE}/job`,
  NLPFLOW_EXECUTION_ROLE: `${ROLE}/execution`,
  NLPFLOW_LOG_GROUP: '/nlpflow/tasks',
};

interface Shown {
  readonly ok: boolean;
  readonly checks: readonly { check: string; status: string; words: string; remedy?: string }[];
}

async function doctor(line = '', env: NodeJS.ProcessEnv = {}, cwd?: string): Promise<Shown & { code: number }> {
  const { code, stdout } = await runCli(`doctor --json ${line}`, { env: { ...ENV, ...env }, ...(cwd ? { cwd } : {}) });
  const results = stdout.split('\n').filter((one) => one.includes('"result"'));
  return { code, ...(JSON.parse(results[0] ?? '{}') as { data: Shown }).data };
}

const environment = () => server.compute.environments.get(QUEUE) as never as Record<string, unknown>;
const queue = () => server.compute.queues.get(QUEUE) as never as Record<string, unknown>;

describe('doctor', () => {
  test('finds nothing where all is well', async () => {
    const { code, checks } = await doctor();
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(checks.length).toBe(16);
    expect(code).toBe(0);
  });

  test.each<[string, () => void, string, RegExp, RegExp, string?, NodeJS.ProcessEnv?]>([
    [
      'credentials',
      () => {
        server.account.refusal = 'InvalidClientTokenId';
      },
      'aws',
      /does not accept the credentials/,
      /AWS_PROFILE/,
    ],
    ['a clock', () => Object.assign(server.account, { clockSkew: 3_600_000 }), 'clock', /s off/, /set the clock/],
    [
      'permissions of the person',
      () => {
        server.account.denied['test'] = ['batch:SubmitJob'];
      },
      'permissions',
      /may not batch:SubmitJob/,
      /--iam-policy user/,
    ],
    ['a queue that is not there', () => {}, 'aws', /no job queue none/, /configure aws/, '--queue none'],
    [
      'a queue that is closed',
      () => Object.assign(queue(), { state: 'DISABLED' }),
      'queues',
      /spot is disabled/,
      /update-job-queue/,
    ],
    [
      'an environment that is closed',
      () => Object.assign(environment(), { state: 'DISABLED' }),
      'environments',
      /spot is disabled/,
      /update-compute-environment/,
    ],
    [
      'an environment that is INVALID',
      () => Object.assign(environment(), { status: 'INVALID', statusReason: 'no such security group' }),
      'environments',
      /no such security group/,
      /repair/,
    ],
    ['a task that no instance holds', () => {}, 'size', /no instance of spot holds/, /--memory/, '--memory 60GiB'],
    [
      'a quota below one task',
      () => {
        server.account.quotas['L-34B43A08'] = 0;
      },
      'quota',
      /may use 0 vCPUs/,
      /request-service-quota-increase .*L-34B43A08/,
    ],
    [
      'a subnet without a way out',
      () => {
        server.account.subnets['subnet-1'] = { outward: false };
      },
      'subnets',
      /subnet-1 has no route/,
      /add a route/,
    ],
    [
      'an image that is not there',
      () => void delete server.account.images['test'],
      'image',
      /there is no image/,
      /scripts\/image --push/,
    ],
    [
      'an image for other processors',
      () => {
        server.account.images['test'] = ['arm64'];
      },
      'image',
      /built for arm64, the queue has amd64/,
      /linux\/amd64/,
    ],
    [
      'a job role that is not there',
      () => void delete server.account.roles['job'],
      'job role',
      /there is no role/,
      /correct its ARN/,
    ],
    [
      'a job role that tasks cannot have',
      () => {
        server.account.roles['job'] = ['ec2.amazonaws.com'];
      },
      'job role',
      /does not trust ecs-tasks/,
      /trust policy/,
    ],
    [
      'an execution role that may not write logs',
      () => {
        server.account.denied['execution'] = ['logs:PutLogEvents'];
      },
      'execution role',
      /may not logs:PutLogEvents/,
      /configure aws/,
    ],
    [
      'Fargate without execution role',
      () => {},
      'execution role',
      /Fargate needs one/,
      /--execution-role/,
      '--queue fargate',
      { NLPFLOW_EXECUTION_ROLE: '' },
    ],
    [
      'a log group that is not there',
      () => void server.account.logGroups.splice(0),
      'logs',
      /there is no log group/,
      /create-log-group/,
    ],
  ])('finds %s', async (_, set, check, words, remedy, line, env) => {
    set();
    const { code, ok, checks } = await doctor(line, env);
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([
      {
        check,
        status: 'failed',
        words: expect.stringMatching(words) as string,
        remedy: expect.stringMatching(remedy) as string,
      },
    ]);
    expect({ code, ok }).toEqual({ code: 2, ok: false });
  });

  test('a session of a role with a path, as IAM Identity Center makes them, is simulated by the ARN of its role', async () => {
    const name = 'AWSReservedSSO_Data_0123456789abcdef';
    server.account.roles[name] = ['sso.amazonaws.com'];
    server.account.roleArns[name] = `${ROLE}/aws-reserved/sso.amazonaws.com/eu-central-1/${name}`;
    server.account.caller = `arn:aws:sts::000000000000:assumed-role/${name}/me@example.org`;
    const { code, checks } = await doctor();
    expect(checks.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(code).toBe(0);
    server.account.denied[name] = ['batch:TerminateJob'];
    const denied = await doctor();
    expect(denied.checks.find(({ check }) => check === 'permissions')?.words).toMatch(/may not batch:TerminateJob/);
    expect(denied.code).toBe(2);
  });

  test.each(['arn:aws:sts::000000000000:federated-user/me', 'arn:aws:sts::000000000000:assumed-role/elsewhere/me'])(
    'an identity that IAM cannot simulate is not looked at: %s',
    async (caller) => {
      server.account.caller = caller;
      const { code, checks } = await doctor();
      expect(checks.find(({ check }) => check === 'permissions')).toMatchObject({ status: 'skipped' });
      expect(code).toBe(0);
    },
  );

  const SETUP = readSetup({
    name: 'nlpflow',
    bucket: 'mine',
    prefix: 'runs',
    'max-vcpus': 4,
    subnets: [],
    'security-groups': [],
    github: undefined,
  });

  test.each(['aws', 'aws-us-gov', 'aws-cn'])('what configure aws sets up in %s is in order', async (partition) => {
    const place = { partition, region: process.env['AWS_REGION'] ?? '', account: '000000000000' };
    const own = (name: string): string => `arn:${partition}:iam::000000000000:role/${name}`;
    const [job, execution] = ['nlpflow-JobRole-1', 'nlpflow-ExecutionRole-1'];
    for (const name of [job, execution]) {
      server.account.roles[name] = ['ecs-tasks.amazonaws.com'];
      server.account.roleArns[name] = own(name);
    }
    server.account.caller = `arn:${partition}:iam::000000000000:user/test`;
    server.account.policies[job] = policyIn(POLICIES.job(SETUP), place);
    server.account.policies[execution] = policyIn(executionPolicy(SETUP), place);
    server.account.policies['test'] = policyIn(POLICIES.user(SETUP), place);
    addQueue(server, 'nlpflow-fargate', { type: 'FARGATE' });
    const queue = server.compute.queues.get('nlpflow-fargate') as { jobQueueArn: string };
    queue.jobQueueArn = `arn:${partition}:batch:${place.region}:000000000000:job-queue/nlpflow-fargate`;
    const cwd = await folderWith({});
    const line = '--store s3://mine/runs --queue nlpflow-fargate';
    const given = {
      NLPFLOW_JOB_ROLE: own(job),
      NLPFLOW_EXECUTION_ROLE: own(execution),
      NLPFLOW_LOG_GROUP: '/nlpflow/tasks',
    };
    const { checks } = await doctor(line, given, cwd);
    const roles = checks.filter(({ check }) => ['permissions', 'job role', 'execution role'].includes(check));
    expect(roles.map(({ check, status, words }) => [check, status, words])).toEqual([
      ['permissions', 'ok', expect.any(String)],
      ['job role', 'ok', 'may use the store, by simulation'],
      ['execution role', 'ok', expect.any(String)],
    ]);
  });

  test.each(['s3:ListBucket', 's3:AbortMultipartUpload', 's3:PutObject'])(
    'a job role without %s does not pass',
    async (action) => {
      server.account.denied['job'] = [action];
      const { checks } = await doctor('--store s3://mine/runs');
      expect(checks.find(({ check }) => check === 'job role')).toMatchObject({
        status: 'failed',
        words: `${ROLE}/job may not ${action} in s3://mine/runs`,
      });
    },
  );

  test('finds a quota below the plan, which only makes tasks wait', async () => {
    server.account.quotas['L-34B43A08'] = 2;
    const { code, checks } = await doctor();
    expect(checks.find(({ check }) => check === 'quota')).toMatchObject({
      status: 'warning',
      words: /the plan up to 4/ as never,
    });
    expect(code).toBe(0);
  });

  test('finds a store that cannot be written, on this machine alone', async () => {
    const cwd = await folderWith({});
    await writeFile(join(cwd, '.nlpflow'), 'a file');
    const { code, checks } = await doctor('', { NLPFLOW_QUEUE: '' }, cwd);
    expect(checks.map(({ check, status }) => [check, status])).toEqual([
      ['node', 'ok'],
      ['add-on', 'ok'],
      ['store', 'failed'],
      ['machine', expect.any(String)],
    ]);
    expect(code).toBe(2);
  });
});
