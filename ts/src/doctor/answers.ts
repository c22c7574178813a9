/** What AWS says of images, roles and log groups. */

import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import { GetRoleCommand, IAMClient, type Role, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { withClient } from '../aws/client.ts';
import type { Calls } from './permissions.ts';

/** Seconds that this machine's clock is off, as the SDK found it from the answer's date. */
export async function clockOffset(): Promise<number> {
  return withClient(new STSClient({}), 'GetCallerIdentity', async (client) => {
    await client.send(new GetCallerIdentityCommand({}));
    return client.config.systemClockOffset / 1000;
  });
}

const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
];

/** An image by what ECR calls it. */
export interface ImageInEcr {
  readonly registryId: string;
  readonly region: string;
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** An image in ECR: `000000000000.dkr.ecr.REGION.amazonaws.com/NAME:TAG` or `@DIGEST`; undefined for another registry. */
export function imageInEcr(image: string): ImageInEcr | undefined {
  const parts =
    /^(?<registryId>\d{12})\.dkr\.ecr(?:-fips)?\.(?<region>[^./]+)\.[^/]+\/(?<repository>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>.+))?$/.exec(
      image,
    );
  const { registryId, region, repository, tag, digest } = parts?.groups ?? {};
  if (registryId === undefined || region === undefined || repository === undefined) return undefined;
  return { registryId, region, repository, ...(digest ? { digest } : { tag: tag ?? 'latest' }) };
}

/** The processors that an image was built for, as Docker calls them; undefined when there is no such image. */
export async function architecturesOf(of: ImageInEcr): Promise<string[] | undefined> {
  const { registryId, repository: repositoryName, tag, digest } = of;
  return withClient(new ECRClient({}), 'BatchGetImage', async (client) => {
    const id = digest === undefined ? { imageTag: tag } : { imageDigest: digest };
    const found = await client
      .send(new BatchGetImageCommand({ registryId, repositoryName, imageIds: [id], acceptedMediaTypes: MANIFESTS }))
      .catch((error: Error) => {
        if (error.name === 'RepositoryNotFoundException') return { images: [] };
        throw error;
      });
    const text = found.images?.[0]?.imageManifest;
    if (text === undefined) return undefined;
    const { manifests, config } = JSON.parse(text) as {
      manifests?: { platform?: { architecture?: string } }[];
      config?: { digest: string };
    };
    if (manifests) return manifests.flatMap(({ platform }) => platform?.architecture ?? []);
    const layer = { registryId, repositoryName, layerDigest: config?.digest };
    const { downloadUrl = '' } = await client.send(new GetDownloadUrlForLayerCommand(layer));
    const { architecture } = (await (await fetch(downloadUrl)).json()) as { architecture?: string };
    return architecture === undefined ? [] : [architecture];
  });
}

/** The services that may take on a role; undefined when there is no such role. */
export async function trustedBy(role: string): Promise<string[] | undefined> {
  const found = await roleOf(role.split('/').at(-1) ?? '');
  if (!found) return undefined;
  const { Statement = [] } = JSON.parse(decodeURIComponent(found.AssumeRolePolicyDocument ?? '{}')) as {
    Statement?: { Principal?: { Service?: string | string[] } }[];
  };
  return Statement.flatMap(({ Principal }) => Principal?.Service ?? []);
}

/**
 * The user or role behind an identity, which alone can be simulated; undefined for other identities. The ARN of a session has
 * its role's name without the path that the role's own ARN has, as every role of IAM Identity Center does.
 */
export async function principalOf(arn: string): Promise<string | undefined> {
  const session = /^arn:[^:]+:sts::\d+:assumed-role\/(?<role>[^/]+)\//.exec(arn)?.groups?.['role'];
  if (session !== undefined) return (await roleOf(session))?.Arn;
  return /^arn:[^:]+:iam::\d+:(user|role)\//.test(arn) ? arn : undefined;
}

async function roleOf(name: string): Promise<Role | undefined> {
  return withClient(new IAMClient({}), 'GetRole', async (client) => {
    try {
      return (await client.send(new GetRoleCommand({ RoleName: name }))).Role;
    } catch (error) {
      if ((error as Error).name.startsWith('NoSuchEntity')) return undefined;
      throw error;
    }
  });
}

/** The calls among these that a principal may not make. */
export async function deniedTo(principal: string, calls: readonly Calls[]): Promise<string[]> {
  return withClient(new IAMClient({}), 'SimulatePrincipalPolicy', async (client) => {
    const denied = new Set<string>();
    for (const { actions, resource, context = {} } of calls) {
      const { EvaluationResults = [] } = await client.send(
        new SimulatePrincipalPolicyCommand({
          PolicySourceArn: principal,
          ActionNames: [...actions],
          ResourceArns: [resource],
          ContextEntries: Object.entries(context).map(([key, value]) => ({
            ContextKeyName: key,
            ContextKeyType: key === 'aws:TagKeys' ? 'stringList' : 'string',
            ContextKeyValues: [value],
          })),
        }),
      );
      for (const { EvalDecision, EvalActionName = '' } of EvaluationResults) {
        if (EvalDecision !== 'allowed') denied.add(EvalActionName);
      }
    }
    return [...denied];
  });
}

/** Whether a log group is there. */
export async function hasLogGroup(name: string): Promise<boolean> {
  return withClient(new CloudWatchLogsClient({}), 'DescribeLogGroups', async (client) => {
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return logGroups.some(({ logGroupName }) => logGroupName === name);
  });
}
