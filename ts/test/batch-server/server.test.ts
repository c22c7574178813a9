/** The server against BEHAVIOUR.md, through the SDK's clients. */

import {
  BatchClient,
  CancelJobCommand,
  DeregisterJobDefinitionCommand,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  GetJobQueueSnapshotCommand,
  type JobDetail,
  ListJobsCommand,
  ListTagsForResourceCommand,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionCommandInput,
  type RetryStrategy,
  SubmitJobCommand,
  type SubmitJobCommandInput,
  TagResourceCommand,
  TerminateJobCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-batch';
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { describe, expect, test } from 'vitest';
import { localImage, scriptedImage } from './container.ts';
import { losingEach } from './faults.ts';
import type { Job } from './model.ts';
import { isRetried } from './retry.ts';
import type { BatchServer } from './server.ts';
import { QUEUE, scriptImage, serverWithQueue } from './testing.ts';

process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';

type Options = Parameters<typeof serverWithQueue>[0];

class Bench {
  readonly server: BatchServer;
  readonly client: BatchClient;

  constructor(server: BatchServer) {
    this.server = server;
    this.client = new BatchClient({ ...clientOf(server), maxAttempts: 1 });
  }

  async define(change: Partial<RegisterJobDefinitionCommandInput> = {}): Promise<string> {
    const { jobDefinitionArn } = await this.client.send(
      new RegisterJobDefinitionCommand({
        jobDefinitionName: 'worker',
        type: 'container',
        containerProperties: container(['console.log("ran", process.env.AWS_BATCH_JOB_ARRAY_INDEX)']),
        ...change,
      }),
    );
    return jobDefinitionArn ?? '';
  }

  async submit(change: Partial<SubmitJobCommandInput> = {}): Promise<string> {
    const request = { jobName: 'job', jobQueue: QUEUE, jobDefinition: 'worker', ...change };
    return (await this.client.send(new SubmitJobCommand(request))).jobId ?? '';
  }

  /** Runs JavaScript as a job. */
  script(code: string, change: Partial<SubmitJobCommandInput> = {}): Promise<string> {
    return this.submit({ containerOverrides: { command: [code] }, ...change });
  }

  async job(id: string): Promise<JobDetail> {
    const { jobs } = await this.client.send(new DescribeJobsCommand({ jobs: [id] }));
    return jobs?.[0] as JobDetail;
  }

  async until(id: string, ...states: string[]): Promise<JobDetail> {
    await expect.poll(async () => (await this.job(id)).status, { timeout: 20_000, interval: 10 }).toBeOneOf(states);
    return this.job(id);
  }

  over(id: string): Promise<JobDetail> {
    return this.until(id, 'SUCCEEDED', 'FAILED');
  }
}

function clientOf(server: BatchServer) {
  return {
    endpoint: server.url,
    region: 'eu-test-1',
    credentials: { accessKeyId: 'test-key', secretAccessKey: 'test-secret' },
  };
}

function container(command: string[] = [], memory = '512') {
  return {
    image: 'nlpflow:test',
    command,
    resourceRequirements: [
      { type: 'VCPU' as const, value: '1' },
      { type: 'MEMORY' as const, value: memory },
    ],
  };
}

async function bench(options: Options = {}): Promise<Bench> {
  const made = new Bench(await serverWithQueue({ launch: () => scriptImage(), ...options }));
  await made.define();
  return made;
}

/** Containers that end after a time. */
const scripted = (milliseconds: number, code = 0): Options => ({
  launch: (clock) => scriptedImage(clock, () => ({ milliseconds, code })),
});

describe('states', () => {
  test('a plain job goes through all of them, in order', async () => {
    const { submit, over, server } = bound(await bench());
    const id = await submit();
    const job = await over(id);
    const states = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED'];
    expect(server.jobs.get(id)?.history).toEqual(states);
    expect(job).toMatchObject({
      status: 'SUCCEEDED',
      container: { exitCode: 0 },
      attempts: [{ container: { exitCode: 0 } }],
    });
    expect(job.statusReason).toBe('Essential container in task exited');
  });

  test('an array has children with an index each, and a parent that is PENDING until they end', async () => {
    const { script, until, over, job } = bound(await bench({ vcpus: 1 }));
    const id = await script('await new Promise((done) => setTimeout(done, 50))', { arrayProperties: { size: 3 } });
    const parent = await until(id, 'PENDING');
    expect(Object.keys(parent.arrayProperties?.statusSummary ?? {}).sort()).toEqual(
      ['FAILED', 'PENDING', 'RUNNABLE', 'RUNNING', 'STARTING', 'SUBMITTED', 'SUCCEEDED'].sort(),
    );
    expect(await over(id)).toMatchObject({
      status: 'SUCCEEDED',
      arrayProperties: { size: 3, statusSummary: { SUCCEEDED: 3, RUNNING: 0 } },
    });
    expect(await job(`${id}:2`)).toMatchObject({ arrayProperties: { index: 2 }, status: 'SUCCEEDED' });
  });

  test('one failed child fails the parent, after the others ended', async () => {
    const { script, over, job } = bound(await bench());
    const id = await script('process.exit(Number(process.env.AWS_BATCH_JOB_ARRAY_INDEX))', {
      arrayProperties: { size: 2 },
    });
    expect(await over(id)).toMatchObject({
      status: 'FAILED',
      arrayProperties: { statusSummary: { SUCCEEDED: 1, FAILED: 1 } },
    });
    expect(await job(`${id}:1`)).toMatchObject({ container: { exitCode: 1 } });
  });

  test('no more run at once than the environment has vCPUs', async () => {
    const { submit, over, server } = bound(await bench({ ...scripted(20), vcpus: 2 }));
    const id = await submit({ arrayProperties: { size: 6 } });
    await over(id);
    const attempts = [...server.jobs.values()].flatMap((job) => job.attempts);
    const most = Math.max(
      ...attempts.map(({ startedAt: at = 0 }) => {
        return attempts.filter(({ startedAt = 0, stoppedAt = 0 }) => startedAt <= at && at < stoppedAt).length;
      }),
    );
    expect(most).toBe(2);
  });
});

describe('what a container sees', () => {
  test('its job, queue, attempt and index; and not the machine', async () => {
    const { script, over, server } = bound(await bench());
    process.env['NLPFLOW_TEST_LEAK'] = '1';
    const id = await script('console.log(JSON.stringify(process.env))', {
      arrayProperties: { size: 2 },
      containerOverrides: {
        command: ['console.log(JSON.stringify(process.env))'],
        environment: [{ name: 'OWN', value: 'x' }],
      },
    });
    await over(id);
    Reflect.deleteProperty(process.env, 'NLPFLOW_TEST_LEAK');
    const env = JSON.parse((await logOf(server, `${id}:1`))[0] ?? '{}') as Record<string, string>;
    expect(env).toMatchObject({
      AWS_BATCH_JOB_ID: `${id}:1`,
      AWS_BATCH_JQ_NAME: QUEUE,
      AWS_BATCH_JOB_ATTEMPT: '1',
      AWS_BATCH_JOB_ARRAY_INDEX: '1',
      OWN: 'x',
    });
    expect(env).not.toHaveProperty('NLPFLOW_TEST_LEAK');
  });

  test('a plain job has no index', async () => {
    const { script, over, server } = bound(await bench());
    const id = await script('console.log(process.env.AWS_BATCH_JOB_ARRAY_INDEX ?? "none")');
    await over(id);
    expect(await logOf(server, id)).toEqual(['none']);
  });

  test('its output is a log stream, named after definition and task', async () => {
    const { script, over, server } = bound(await bench());
    const id = await script('console.log("one"); console.error("two")');
    const { container: ran } = await over(id);
    expect(ran?.logStreamName).toMatch(/^worker\/default\/[0-9a-f]{32}$/);
    expect((await logOf(server, id)).sort()).toEqual(['one', 'two']);
    const logs = new CloudWatchLogsClient(clientOf(server));
    const place = { logGroupName: '/aws/batch/job', logStreamName: ran?.logStreamName, startFromHead: true };
    const first = await logs.send(new GetLogEventsCommand({ ...place, limit: 1 }));
    const second = await logs.send(new GetLogEventsCommand({ ...place, nextToken: first.nextForwardToken }));
    const end = await logs.send(new GetLogEventsCommand({ ...place, nextToken: second.nextForwardToken }));
    expect([first.events?.length, second.events?.length, end.events?.length]).toEqual([1, 1, 0]);
    expect(end.nextForwardToken).toBe(second.nextForwardToken);
    const missing = new GetLogEventsCommand({ ...place, logStreamName: 'none' });
    await expect(logs.send(missing)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

describe('dependencies', () => {
  test('a job waits for others, and fails when one of them fails', async () => {
    const { script, submit, over, job, server } = bound(await bench());
    const first = await script('await new Promise((done) => setTimeout(done, 80))', { arrayProperties: { size: 2 } });
    const then = await submit({ dependsOn: [{ jobId: first }] });
    await expect.poll(async () => (await job(then)).status).toBe('PENDING');
    await over(then);
    expect(server.jobs.get(then)?.attempts[0]?.startedAt ?? 0).toBeGreaterThanOrEqual(
      server.jobs.get(first)?.stoppedAt ?? 1e15,
    );
    const bad = await script('process.exit(3)');
    const never = await submit({ dependsOn: [{ jobId: bad }], arrayProperties: { size: 2 } });
    expect(await over(never)).toMatchObject({ status: 'FAILED' });
    expect(await job(`${never}:0`)).toMatchObject({ statusReason: 'Dependent Job failed', attempts: [] });
  });

  test('SEQUENTIAL: one child after the other; N_TO_N: each after its own', async () => {
    const { script, over, server } = bound(await bench());
    const pause = 'await new Promise((done) => setTimeout(done, 30 * (2 - process.env.AWS_BATCH_JOB_ARRAY_INDEX)))';
    const array = { arrayProperties: { size: 2 } };
    const row = await script(pause, { ...array, dependsOn: [{ type: 'SEQUENTIAL' }] });
    const pairs = await script('0', { ...array, dependsOn: [{ jobId: row, type: 'N_TO_N' }] });
    await over(pairs);
    const at = (id: string, when: 'startedAt' | 'stoppedAt'): number => server.jobs.get(id)?.[when] ?? Number.NaN;
    expect(at(`${row}:1`, 'startedAt')).toBeGreaterThanOrEqual(at(`${row}:0`, 'stoppedAt'));
    expect(at(`${pairs}:0`, 'startedAt')).toBeGreaterThanOrEqual(at(`${row}:0`, 'stoppedAt'));
    expect(at(`${pairs}:0`, 'startedAt')).toBeLessThanOrEqual(at(`${row}:1`, 'stoppedAt'));
  });
});

describe('retries', () => {
  const rule = (...evaluateOnExit: NonNullable<RetryStrategy['evaluateOnExit']>): RetryStrategy => ({
    attempts: 3,
    evaluateOnExit,
  });
  const reclaimed = { task: 't', instance: 'i', logStream: 'l', statusReason: 'Host EC2 (instance i-0) terminated.' };
  const failed = {
    task: 't',
    instance: 'i',
    logStream: 'l',
    statusReason: 'Essential container in task exited',
    exitCode: 1,
  };

  test.each<[string, RetryStrategy, typeof reclaimed | typeof failed, boolean]>([
    ['no rules: retried', { attempts: 2 }, failed, true],
    ['no rule matches: retried', rule({ onReason: 'CannotPull*', action: 'EXIT' }), failed, true],
    [
      'the first that matches decides',
      rule({ onExitCode: '1', action: 'EXIT' }, { onReason: '*', action: 'RETRY' }),
      failed,
      false,
    ],
    [
      'conditions of a rule are combined by AND',
      rule({ onExitCode: '1', onReason: 'X', action: 'EXIT' }),
      failed,
      true,
    ],
    ['a trailing star is a prefix', rule({ onStatusReason: 'Host EC2*', action: 'exit' as 'EXIT' }), reclaimed, false],
    ['without a star all of it counts', rule({ onStatusReason: 'Host EC2', action: 'EXIT' }), reclaimed, true],
    ['a star alone holds without a reason', rule({ onReason: '*', action: 'EXIT' }), reclaimed, false],
    ['an absent exit code is not 0', rule({ onExitCode: '0', action: 'EXIT' }), reclaimed, true],
  ])('%s', (_, retry, attempt, expected) => {
    expect(isRetried(retry, [attempt])).toBe(expected);
    expect(isRetried(retry, Array(retry.attempts).fill(attempt))).toBe(false);
  });

  test('each attempt is counted from 1 and listed', async () => {
    const { script, over, server } = bound(await bench());
    const id = await script('console.log(process.env.AWS_BATCH_JOB_ATTEMPT); process.exit(7)', {
      retryStrategy: { attempts: 3 },
    });
    const job = await over(id);
    expect(job.attempts?.map((attempt) => attempt.container?.exitCode)).toEqual([7, 7, 7]);
    expect(new Set(job.attempts?.map((attempt) => attempt.container?.logStreamName)).size).toBe(3);
    expect(await logOf(server, id)).toEqual(['3']);
  });

  test('a job goes back to RUNNABLE before it is tried again', async () => {
    const { submit, over, server } = bound(await bench(scripted(5, 1)));
    const id = await submit({ retryStrategy: { attempts: 2 } });
    expect((await over(id)).attempts).toHaveLength(2);
    const attempt = ['RUNNABLE', 'STARTING', 'RUNNING'];
    expect(server.jobs.get(id)?.history).toEqual(['SUBMITTED', 'PENDING', ...attempt, ...attempt, 'FAILED']);
  });
});

describe('ends before the time', () => {
  const WAIT = 'setTimeout(() => {}, 60_000); console.log("up")';

  test('cancelling ends what waits and leaves what runs, without an error', async () => {
    const { client, script, until, over, job, server } = bound(await bench({ vcpus: 1 }));
    const id = await script(WAIT, { arrayProperties: { size: 3 } });
    await until(`${id}:0`, 'RUNNING');
    await client.send(new CancelJobCommand({ jobId: id, reason: 'not needed' }));
    expect(await job(`${id}:0`)).toMatchObject({ status: 'RUNNING' });
    expect(await job(`${id}:2`)).toMatchObject({
      status: 'FAILED',
      statusReason: 'not needed',
      isCancelled: true,
      attempts: [],
    });
    await client.send(new CancelJobCommand({ jobId: `${id}:0`, reason: 'not needed' }));
    expect(server.jobs.get(`${id}:0`)?.status).toBe('RUNNING');
    await client.send(new TerminateJobCommand({ jobId: id, reason: 'enough' }));
    expect(await over(id)).toMatchObject({ status: 'FAILED' });
  });

  test('a terminated job gets SIGTERM, then SIGKILL, and is not tried again', async () => {
    const { client, script, over, server } = bound(await bench({ pace: { grace: 100 } }));
    const id = await script(`process.on('SIGTERM', () => console.log('asked')); ${WAIT}`, {
      retryStrategy: { attempts: 5 },
    });
    await expect.poll(() => logOf(server, id).catch(() => [])).toEqual(['up']);
    await client.send(new TerminateJobCommand({ jobId: id, reason: 'enough' }));
    const job = await over(id);
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'enough', isTerminated: true });
    expect(job.attempts).toHaveLength(1);
    expect(job.container?.exitCode).toBe(137);
    expect(await logOf(server, id)).toEqual(['up', 'asked']);
  });

  test('a timeout of an attempt ends the job, whatever attempts are left', async () => {
    const { script, over } = bound(await bench({ speed: 300 }));
    const id = await script(WAIT, { retryStrategy: { attempts: 5 }, timeout: { attemptDurationSeconds: 60 } });
    const job = await over(id);
    expect(job).toMatchObject({ status: 'FAILED', statusReason: 'Job attempt duration exceeded timeout' });
    expect(job.attempts).toHaveLength(1);
  });

  test('a host that is taken away: SIGTERM, then no exit code, and the next attempt', async () => {
    const made = await bench();
    made.server.faults.reclaimAfter = (_: Job, attempt: number) => (attempt === 1 ? 200 : undefined);
    const id = await made.script(`if (process.env.AWS_BATCH_JOB_ATTEMPT === '1') { ${WAIT} }`, {
      retryStrategy: {
        attempts: 2,
        evaluateOnExit: [
          { onStatusReason: 'Host EC2*', action: 'RETRY' },
          { onReason: '*', action: 'EXIT' },
        ],
      },
    });
    const { status, attempts } = await made.over(id);
    expect(status).toBe('SUCCEEDED');
    expect(attempts?.[0]?.statusReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/);
    expect(attempts?.[0]?.container).not.toHaveProperty('exitCode');
  });

  test('memory that runs out is exit code 137 with its reason', async () => {
    const made = await bench();
    made.server.faults.memoryNeeded = () => 600;
    const small = await made.script(WAIT);
    const large = await made.script('0', {
      containerOverrides: { command: ['0'], resourceRequirements: [{ type: 'MEMORY', value: '1024' }] },
    });
    expect(await made.over(small)).toMatchObject({
      container: { exitCode: 137, reason: 'OutOfMemoryError: Container killed due to memory usage' },
    });
    expect(await made.over(large)).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('an image that cannot be pulled is an attempt without a start', async () => {
    const made = await bench();
    made.server.faults.startFailure = () => 'CannotPullContainerError: pull image manifest has been retried';
    const job = await made.over(await made.submit());
    expect(job).toMatchObject({ statusReason: 'Task failed to start', container: { reason: /^CannotPull/ } } as never);
    expect(job.attempts?.[0]).not.toHaveProperty('startedAt');
  });

  test('a stuck job stays RUNNABLE, with what Batch says when it is at the head', async () => {
    const made = await bench();
    made.server.faults.stuck = () => 'MISCONFIGURATION:JOB_RESOURCE_REQUIREMENT - too large';
    const id = await made.submit();
    await expect.poll(async () => (await made.job(id)).statusReason).toMatch(/^MISCONFIGURATION/);
    expect((await made.job(id)).status).toBe('RUNNABLE');
    const { frontOfQueue } = await made.client.send(new GetJobQueueSnapshotCommand({ jobQueue: QUEUE }));
    expect(frontOfQueue?.jobs?.[0]?.jobArn).toContain(id);
  });
});

describe('limits', () => {
  test.each<[string, Partial<SubmitJobCommandInput>]>([
    ['an array of one', { arrayProperties: { size: 1 } }],
    ['an array of 10,001', { arrayProperties: { size: 10_001 } }],
    ['21 dependencies', { dependsOn: Array(21).fill({ jobId: 'x' }) }],
    ['an unknown dependency', { dependsOn: [{ jobId: 'x' }] }],
    ['SEQUENTIAL without an array', { dependsOn: [{ type: 'SEQUENTIAL' }] }],
    ['more than 30 KiB', { containerOverrides: { command: ['x'.repeat(31_000)] } }],
    ['no attempts', { retryStrategy: { attempts: 0 } }],
    ['11 attempts', { retryStrategy: { attempts: 11 } }],
    ['six rules', { retryStrategy: { attempts: 2, evaluateOnExit: Array(6).fill({ onReason: '*', action: 'EXIT' }) } }],
    ['a star in the middle', { retryStrategy: { attempts: 2, evaluateOnExit: [{ onReason: 'a*b', action: 'EXIT' }] } }],
    [
      'brackets in a pattern',
      { retryStrategy: { attempts: 2, evaluateOnExit: [{ onStatusReason: 'Host EC2 (', action: 'EXIT' }] } },
    ],
    ['rules without attempts', { retryStrategy: { evaluateOnExit: [{ onReason: '*', action: 'EXIT' }] } }],
    ['a timeout below a minute', { timeout: { attemptDurationSeconds: 59 } }],
    ['a name with a dot', { jobName: 'a.b' }],
    ['an unknown queue', { jobQueue: 'none' }],
    ['an unknown definition', { jobDefinition: 'none' }],
    ['half a vCPU on EC2', { containerOverrides: { resourceRequirements: [{ type: 'VCPU', value: '0.5' }] } }],
  ])('%s is refused', async (_, change) => {
    const { submit } = bound(await bench());
    await expect(submit(change)).rejects.toMatchObject({ name: 'ClientException' });
  });

  test('what is just within them is taken', async () => {
    const { submit } = bound(await bench(scripted(1)));
    await submit({ arrayProperties: { size: 10_000 } });
    await submit({ retryStrategy: { attempts: 10 }, timeout: { attemptDurationSeconds: 60 } });
  });

  test('Fargate takes its own sizes and needs an execution role', async () => {
    const made = new Bench(await serverWithQueue({ ...scripted(1), type: 'FARGATE_SPOT' }));
    const size = (vcpu: string, memory: string) => [
      { type: 'VCPU' as const, value: vcpu },
      { type: 'MEMORY' as const, value: memory },
    ];
    const fargate = {
      image: 'x',
      executionRoleArn: 'arn:aws:iam::000000000000:role/e',
      resourceRequirements: size('1', '2048'),
    };
    await made.define({ platformCapabilities: ['FARGATE'], containerProperties: fargate });
    await made.submit({ containerOverrides: { resourceRequirements: size('16', '122880') } });
    const refused = { name: 'ClientException' };
    await expect(
      made.submit({ containerOverrides: { resourceRequirements: size('1', '3000') } }),
    ).rejects.toMatchObject(refused);
    await expect(
      made.define({ platformCapabilities: ['FARGATE'], containerProperties: container([], '2048') }),
    ).rejects.toMatchObject(refused);
    await made.define({ jobDefinitionName: 'ec2' });
    await expect(made.submit({ jobDefinition: 'ec2' })).rejects.toMatchObject(refused);
  });

  test('101 jobs cannot be described at once; unknown ones are left out', async () => {
    const { client } = bound(await bench());
    const ask = (count: number) => client.send(new DescribeJobsCommand({ jobs: Array(count).fill('x') }));
    await expect(ask(101)).rejects.toMatchObject({ name: 'ClientException' });
    expect((await ask(100)).jobs).toEqual([]);
  });

  test('a throttled call is TooManyRequestsException', async () => {
    const { server, job } = bound(await bench());
    server.faults.throttle = () => true;
    await expect(job('x')).rejects.toMatchObject({
      name: 'TooManyRequestsException',
      $metadata: { httpStatusCode: 429 },
    });
    expect(server.calls.at(-1)).toMatchObject({ operation: 'describejobs', throttled: true });
  });
});

describe('answers that do not come', () => {
  test.each([
    ['dropped', 'ECONNRESET', undefined],
    ['error', undefined, 500],
  ] as const)('%s: the call was carried out', async (how, code, httpStatusCode) => {
    const { server, submit, client } = bound(await bench(scripted(1)));
    server.faults.lose = (operation) => (operation === 'submitjob' ? how : undefined);
    const lost = await submit({ jobName: 'lost' }).catch((error: unknown) => error as Error & { code?: string });
    expect(lost).toBeInstanceOf(Error);
    expect(lost).toMatchObject(code === undefined ? { $metadata: { httpStatusCode } } : { code });
    server.faults.lose = () => undefined;
    const filters = [{ name: 'JOB_NAME', values: ['lost'] }];
    const { jobSummaryList = [] } = await client.send(new ListJobsCommand({ jobQueue: QUEUE, filters }));
    expect(jobSummaryList.map(({ jobName }) => jobName)).toEqual(['lost']);
    // A second submission under the same name is a second job.
    await submit({ jobName: 'lost' });
    expect([...server.jobs.values()].map(({ name }) => name)).toEqual(['lost', 'lost']);
  });

  test('each n-th of some operations', () => {
    const lose = losingEach(3, ['submitjob', 'describejobs']);
    const asked = ['submitjob', 'submitjob', 'describejobs', 'submitjob', 'listjobs', 'submitjob', 'describejobs'];
    expect([...asked, 'describejobs'].map((operation) => lose(operation) ?? '-')).toEqual([
      '-',
      '-',
      '-',
      'dropped',
      '-',
      '-',
      '-',
      'dropped',
    ]);
  });

  test('a refused call does nothing', async () => {
    const { server, submit } = bound(await bench());
    server.faults.refuse = () => 'not today';
    await expect(submit()).rejects.toMatchObject({ name: 'ClientException', message: 'not today' });
    expect(server.jobs.size).toBe(0);
  });

  test('a new job is shown late, and can be ended at once', async () => {
    const { server, client, submit, job } = bound(await bench({ ...scripted(1_000_000), speed: 20 }));
    server.faults.hidden = () => 10_000;
    const named = async () => {
      const filters = [{ name: 'JOB_NAME', values: ['late'] }];
      return (await client.send(new ListJobsCommand({ jobQueue: QUEUE, filters }))).jobSummaryList?.length;
    };
    const id = await submit({ jobName: 'late' });
    expect([await job(id), await named()]).toEqual([undefined, 0]);
    await client.send(new TerminateJobCommand({ jobId: id, reason: 'test' }));
    await expect.poll(named).toBe(1);
    await expect.poll(async () => (await job(id)).status).toBe('FAILED');
  });
});

describe('lists and definitions', () => {
  test('lists by state, name and array, page by page', async () => {
    const { client, submit, over } = bound(await bench(scripted(1)));
    const id = await submit({ jobName: 'many', arrayProperties: { size: 150 } });
    await submit({ jobName: 'other' });
    await over(id);
    const first = await client.send(new ListJobsCommand({ arrayJobId: id, jobStatus: 'SUCCEEDED' }));
    const second = await client.send(
      new ListJobsCommand({ arrayJobId: id, jobStatus: 'SUCCEEDED', nextToken: first.nextToken }),
    );
    expect([first.jobSummaryList?.length, second.jobSummaryList?.length, second.nextToken]).toEqual([
      100,
      50,
      undefined,
    ]);
    expect((await client.send(new ListJobsCommand({ jobQueue: QUEUE }))).jobSummaryList).toEqual([]);
    const filters = [{ name: 'JOB_NAME', values: ['man*'] }];
    const named = await client.send(new ListJobsCommand({ jobQueue: QUEUE, filters }));
    expect(named.jobSummaryList?.map(({ jobId }) => jobId)).toEqual([id]);
  });

  test('definitions have revisions; an inactive one cannot be used', async () => {
    const { client, define, submit } = bound(await bench(scripted(1)));
    const arn = await define({ tags: { a: '1' } });
    expect(arn).toMatch(/job-definition\/worker:2$/);
    await client.send(new DeregisterJobDefinitionCommand({ jobDefinition: arn }));
    await expect(submit({ jobDefinition: arn })).rejects.toMatchObject({ name: 'ClientException' });
    const active = new DescribeJobDefinitionsCommand({ jobDefinitionName: 'worker', status: 'ACTIVE' });
    expect((await client.send(active)).jobDefinitions?.map(({ revision }) => revision)).toEqual([1]);
    await client.send(new TagResourceCommand({ resourceArn: arn, tags: { b: '2' } }));
    await client.send(new UntagResourceCommand({ resourceArn: arn, tagKeys: ['a'] }));
    expect((await client.send(new ListTagsForResourceCommand({ resourceArn: arn }))).tags).toEqual({ b: '2' });
  });

  test('queues and environments can be asked for by name', async () => {
    const { client } = bound(await bench());
    const { jobQueues } = await client.send(new DescribeJobQueuesCommand({ jobQueues: [QUEUE] }));
    const wanted = jobQueues?.[0]?.computeEnvironmentOrder?.map((one) => one.computeEnvironment ?? '') ?? [];
    const found = await client.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: wanted }));
    expect(found.computeEnvironments).toMatchObject([
      { status: 'VALID', computeResources: { type: 'SPOT', maxvCpus: 4 } },
    ]);
    expect((await client.send(new DescribeJobQueuesCommand({ jobQueues: ['none'] }))).jobQueues).toEqual([]);
  });

  test('a program that is not there is exit code 127', async () => {
    const made = await bench({ launch: () => localImage(['/no/such/program'], () => ({})) });
    expect(await made.over(await made.submit())).toMatchObject({ status: 'FAILED', container: { exitCode: 127 } });
  });
});

/** Methods that can be taken apart. */
function bound(made: Bench) {
  return {
    server: made.server,
    client: made.client,
    define: made.define.bind(made),
    submit: made.submit.bind(made),
    script: made.script.bind(made),
    job: made.job.bind(made),
    until: made.until.bind(made),
    over: made.over.bind(made),
  };
}

/** The lines of a job's last attempt. */
async function logOf(server: BatchServer, id: string): Promise<string[]> {
  const logs = new CloudWatchLogsClient(clientOf(server));
  const logStreamName = server.jobs.get(id)?.attempts.at(-1)?.logStream;
  const answer = await logs.send(
    new GetLogEventsCommand({ logGroupName: '/aws/batch/job', logStreamName, startFromHead: true }),
  );
  return answer.events?.map(({ message }) => message ?? '') ?? [];
}
