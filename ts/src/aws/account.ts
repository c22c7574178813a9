/** Who asks, and what an account holds beside the stack. */

import { BatchClient, JobStatus, ListJobsCommand } from '@aws-sdk/client-batch';
import {
  CreateServiceLinkedRoleCommand,
  GetOpenIDConnectProviderCommand,
  GetRoleCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import { HeadBucketCommand } from '@aws-sdk/client-s3';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { connect } from '../store/s3/client.ts';
import { withClient } from './client.ts';
import type { Place } from './policies.ts';

/** An identity, and where it is. */
export interface Identity extends Place {
  readonly arn: string;
}

/** The identity of the credentials. Throws `AWS_SETTINGS` where there are none or no region. */
export async function whoAsks(): Promise<Identity> {
  // Printed on Node 20, and nothing that a user of nlpflow can act on.
  process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
  return withClient(new STSClient({}), 'GetCallerIdentity', async (client) => {
    const region = await client.config.region();
    const { Account = '', Arn = '' } = await client.send(new GetCallerIdentityCommand({}));
    return { arn: Arn, account: Account, region, partition: Arn.split(':')[1] ?? 'aws' };
  });
}

/** Whether a bucket is there. */
export async function hasBucket(name: string): Promise<boolean> {
  return withClient(connect(), `HeadBucket ${name}`, async (client) => {
    try {
      await client.send(new HeadBucketCommand({ Bucket: name }));
      return true;
    } catch (error) {
      if ((error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 404) return false;
      throw error;
    }
  });
}

/** The role with which Batch acts; an account has one, which is made with its first environment or here. */
export async function ensureBatchRole(): Promise<void> {
  await withClient(new IAMClient({}), 'CreateServiceLinkedRole', async (client) => {
    if (await present(client.send(new GetRoleCommand({ RoleName: 'AWSServiceRoleForBatch' })))) return;
    await client.send(new CreateServiceLinkedRoleCommand({ AWSServiceName: 'batch.amazonaws.com' }));
  });
}

/** Whether the account trusts the tokens of GitHub's workflows. */
export async function trustsGithub({ partition, account }: Place): Promise<boolean> {
  const arn = `arn:${partition}:iam::${account}:oidc-provider/token.actions.githubusercontent.com`;
  return withClient(new IAMClient({}), 'GetOpenIDConnectProvider', (client) =>
    present(client.send(new GetOpenIDConnectProviderCommand({ OpenIDConnectProviderArn: arn }))),
  );
}

/** Jobs of queues that are not over; a queue that is not there has none. */
export async function liveJobs(queues: readonly string[]): Promise<number> {
  const over: readonly string[] = [JobStatus.SUCCEEDED, JobStatus.FAILED];
  return withClient(new BatchClient({}), 'ListJobs', async (client) => {
    let count = 0;
    try {
      for (const jobQueue of queues) {
        for (const jobStatus of Object.values(JobStatus).filter((status) => !over.includes(status))) {
          const { jobSummaryList = [] } = await client.send(new ListJobsCommand({ jobQueue, jobStatus }));
          count += jobSummaryList.length;
        }
      }
      return count;
    } catch (error) {
      if (/not (found|exist)/i.test(String(error))) return count;
      throw error;
    }
  });
}

/** Whether an answer comes, and not the word that there is no such thing. */
async function present(answer: Promise<unknown>): Promise<boolean> {
  try {
    await answer;
    return true;
  } catch (error) {
    if ((error as { name?: string }).name?.startsWith('NoSuchEntity')) return false;
    throw error;
  }
}
