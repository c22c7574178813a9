/** The calls of the administration API against moto, which others wrote from the same documentation as our own server. */

import { BatchClient, CreateComputeEnvironmentCommand, CreateJobQueueCommand } from '@aws-sdk/client-batch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definitionOf } from '../../src/executors/batch/definition.ts';
import { BatchService } from '../../src/executors/batch/service.ts';
import { HAS_MOTO, startMoto } from '../aws/moto.ts';
import { SETTINGS } from '../contract/batch.ts';

let moto: Awaited<ReturnType<typeof startMoto>> | undefined;

beforeAll(async () => {
  if (HAS_MOTO) moto = await startMoto();
});
afterAll(() => moto?.close());

/** A role, which a compute environment asks for. */
async function makeRole(): Promise<string> {
  const scope = 'Credential=test-key/20260101/us-east-1/iam/aws4_request';
  const body = new URLSearchParams({
    Action: 'CreateRole',
    Version: '2010-05-08',
    RoleName: 'batch',
    AssumeRolePolicyDocument: '{"Version":"2012-10-17","Statement":[]}',
  });
  const headers = { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` };
  const answer = await (await fetch(moto?.url ?? '', { method: 'POST', body, headers })).text();
  return /<Arn>(?<arn>[^<]+)<\/Arn>/.exec(answer)?.groups?.['arn'] ?? '';
}

describe.skipIf(!HAS_MOTO)('moto', () => {
  test('finds queue, environment and definition, and registers a definition once', async () => {
    const client = new BatchClient({});
    await client.send(
      new CreateComputeEnvironmentCommand({
        computeEnvironmentName: 'own',
        type: 'UNMANAGED',
        state: 'ENABLED',
        serviceRole: await makeRole(),
      }),
    );
    const order = [{ order: 1, computeEnvironment: 'own' }];
    await client.send(
      new CreateJobQueueCommand({ jobQueueName: 'q', state: 'ENABLED', priority: 1, computeEnvironmentOrder: order }),
    );
    client.destroy();
    const service = new BatchService();
    const queue = await service.queue('q');
    expect(queue).toMatchObject({ name: 'q', platform: 'EC2', detail: { state: 'ENABLED', status: 'VALID' } });
    expect(queue.environments).toMatchObject([{ computeEnvironmentName: 'own', state: 'ENABLED', status: 'VALID' }]);
    await expect(service.queue('none')).rejects.toMatchObject({ code: 'BATCH_QUEUE' });
    const role = 'arn:aws:iam::123456789012:role/batch';
    for (const platform of ['EC2', 'FARGATE'] as const) {
      const content = definitionOf({ ...SETTINGS, executionRole: role, timeoutSeconds: 600 }, platform);
      const first = await service.definition(content);
      expect(first).toContain(`${content.jobDefinitionName}:1`);
      expect(await service.definition(content)).toBe(first);
    }
    expect(await service.describe(['none'])).toEqual([]);
    service.close();
  });
});
