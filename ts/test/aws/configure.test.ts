/** Setting up an account, against moto: made, found again, changed, removed. */

import { BatchClient, DescribeComputeEnvironmentsCommand } from '@aws-sdk/client-batch';
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runCli } from '../cli/run-cli.ts';
import { HAS_MOTO, startMoto } from './moto.ts';

let moto: Awaited<ReturnType<typeof startMoto>> | undefined;

beforeAll(async () => {
  if (!HAS_MOTO) return;
  moto = await startMoto();
  await batchRole();
});
afterAll(() => moto?.close());

/** moto writes the name of this role otherwise than AWS does, so it is made here as AWS makes it. */
async function batchRole(): Promise<void> {
  const client = new IAMClient({});
  await client.send(
    new CreateRoleCommand({
      Path: '/aws-service-role/batch.amazonaws.com/',
      RoleName: 'AWSServiceRoleForBatch',
      AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
    }),
  );
  client.destroy();
}

async function environments(): Promise<string[]> {
  const client = new BatchClient({});
  const { computeEnvironments = [] } = await client.send(new DescribeComputeEnvironmentsCommand({}));
  client.destroy();
  return computeEnvironments.map(({ computeEnvironmentName = '' }) => computeEnvironmentName).sort();
}

async function ownNetwork(): Promise<string[]> {
  const client = new EC2Client({});
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const filter = { Name: 'vpc-id', Values: [Subnets[0]?.VpcId ?? ''] };
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({ Filters: [filter] }));
  client.destroy();
  return ['--subnets', Subnets[0]?.SubnetId ?? '', '--security-groups', SecurityGroups[0]?.GroupId ?? ''];
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
    expect((await environments()).length).toBe(3);
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

  test('a change of size is made in place, one of the network beside the old environment', async () => {
    const before = await environments();
    await runCli('configure aws --max-vcpus 64');
    expect(await environments()).toEqual(before);
    const named = (line: string) =>
      runCli(`configure aws --print ${line}`).then(({ stdout }) => stdout.match(/nlpflow-spot-[0-9a-f]{8}/)?.[0]);
    expect(await named('--max-vcpus 7')).toBe(await named(''));
    expect(await named('--subnets s-1 --security-groups g-1')).not.toBe(await named(''));
  });

  test('removes all but the bucket, and says so', async () => {
    // moto removes a network in no order, so this stack lives in one that is there.
    const options = ['--name', 'other', ...(await ownNetwork())];
    expect(await runCli(['configure', 'aws', ...options])).toMatchObject({ code: 0 });
    expect((await environments()).filter((name) => name.startsWith('other-'))).not.toEqual([]);
    const removed = await runCli(['configure', 'aws', ...options, '--destroy']);
    expect(removed).toMatchObject({ code: 0 });
    // moto keeps environments, so that alone says that they went is what CloudFormation says.
    expect(removed.stdout).toContain('the stack other is gone\n');
    expect(removed.stdout).toContain('the bucket other-123456789012-eu-central-1 is still there');
    expect((await runCli('configure aws --name other --destroy')).stdout).toBe('there is no stack other\n');
  });

  test('a bucket that is not there is refused', async () => {
    const { code, stderr } = await runCli('configure aws --bucket none-of-ours');
    expect(code).toBe(4);
    expect(stderr).toContain('there is no bucket none-of-ours');
  });
});
