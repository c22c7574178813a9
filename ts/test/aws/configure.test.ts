/** Setting up an account, against moto: made, found again, changed, removed. */

import { BatchClient, DescribeJobQueuesCommand } from '@aws-sdk/client-batch';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/store/s3/client.ts';
import { runCli } from '../cli/run-cli.ts';
import { HAS_MOTO, startMoto } from './moto.ts';

let moto: Awaited<ReturnType<typeof startMoto>> | undefined;

beforeAll(async () => {
  if (HAS_MOTO) moto = await startMoto();
});
afterAll(() => moto?.close());

async function queues(): Promise<string[]> {
  const client = new BatchClient({});
  const { jobQueues = [] } = await client.send(new DescribeJobQueuesCommand({}));
  client.destroy();
  return jobQueues.map(({ jobQueueName = '' }) => jobQueueName);
}

describe.skipIf(!HAS_MOTO)('configure aws', () => {
  test('makes what is needed, prints the settings, and finds all of it again', async () => {
    const first = await runCli('configure aws');
    expect(first).toMatchObject({ code: 0 });
    expect(first.stderr).toContain('the stack nlpflow is created');
    expect(first.stdout).toContain('export AWS_REGION=eu-central-1\n');
    expect(first.stdout).toContain('export NLPFLOW_STORE=s3://nlpflow-123456789012-eu-central-1/runs\n');
    expect(first.stdout).toMatch(/export NLPFLOW_JOB_ROLE=arn:aws:iam::123456789012:role\/nlpflow-JobRole-\S+\n/);
    expect(first.stdout).toContain('export NLPFLOW_LOG_GROUP=/nlpflow/tasks\n');
    expect((await queues()).length).toBe(3);
    const again = await runCli('configure aws');
    expect(again.stderr).toContain('the stack nlpflow is unchanged');
    expect(again.stdout).toBe(first.stdout);
  });

  test('a policy has the values of the account', async () => {
    const { stdout } = await runCli('configure aws --iam-policy job');
    const policy = JSON.parse(stdout) as { Statement: { Resource: string[] }[] };
    expect(policy.Statement.map(({ Resource }) => Resource)).toEqual([
      ['arn:aws:s3:::nlpflow-123456789012-eu-central-1'],
      ['arn:aws:s3:::nlpflow-123456789012-eu-central-1/runs/*'],
    ]);
  });

  test('removes all but the bucket, and uses that the next time', async () => {
    const removed = await runCli('configure aws --destroy');
    expect(removed).toMatchObject({ code: 0 });
    expect(removed.stdout).toContain('the stack nlpflow is gone\n');
    expect(removed.stdout).toContain('the bucket nlpflow-123456789012-eu-central-1 is still there');
    expect(await queues()).toEqual([]);
    expect((await runCli('configure aws --destroy')).stdout).toBe('there is no stack nlpflow\n');
    // moto removes a retained bucket too, unlike AWS.
    const s3 = connect();
    await s3.send(new HeadBucketCommand({ Bucket: 'nlpflow-123456789012-eu-central-1' })).catch(() => {});
    s3.destroy();
  });

  test('a bucket that is not there is refused', async () => {
    const { code, stderr } = await runCli('configure aws --bucket none-of-ours');
    expect(code).toBe(4);
    expect(stderr).toContain('there is no bucket none-of-ours');
  });
});
