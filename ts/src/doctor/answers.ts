/** What AWS says of images, roles and log groups. */

import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { BatchGetImageCommand, ECRClient, GetDownloadUrlForLayerCommand } from '@aws-sdk/client-ecr';
import { GetRoleCommand, IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { withClient } from '../aws/client.ts';

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

/** An image in ECR: `000000000000.dkr.ecr.REGION.amazonaws.com/NAME:TAG` or `@DIGEST`; undefined for another registry. */
export function imageInEcr(
  image: string,
): { registryId: string; repository: string; tag?: string; digest?: string } | undefined {
  const parts =
    /^(?<registryId>\d{12})\.dkr\.ecr\.[^/]+\/(?<repository>[^:@]+)(?::(?<tag>[^@]+))?(?:@(?<digest>.+))?$/.exec(image);
  const { registryId, repository, tag, digest } = parts?.groups ?? {};
  if (registryId === undefined || repository === undefined) return undefined;
  return { registryId, repository, ...(digest ? { digest } : { tag: tag ?? 'latest' }) };
}

/** The processors that an image was built for, as Docker calls them; undefined when there is no such image. */
export async function architecturesOf(of: NonNullable<ReturnType<typeof imageInEcr>>): Promise<string[] | undefined> {
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
  return withClient(new IAMClient({}), 'GetRole', async (client) => {
    const { Role } = await client
      .send(new GetRoleCommand({ RoleName: role.split('/').at(-1) }))
      .catch((error: Error) => {
        if (error.name.startsWith('NoSuchEntity')) return { Role: undefined };
        throw error;
      });
    if (!Role) return undefined;
    const { Statement = [] } = JSON.parse(decodeURIComponent(Role.AssumeRolePolicyDocument ?? '{}')) as {
      Statement?: { Principal?: { Service?: string | string[] } }[];
    };
    return Statement.flatMap(({ Principal }) => Principal?.Service ?? []);
  });
}

/** The calls among these that a principal may not make. */
export async function deniedTo(
  principal: string,
  actions: readonly string[],
  resources: readonly string[],
): Promise<string[]> {
  return withClient(new IAMClient({}), 'SimulatePrincipalPolicy', async (client) => {
    const { EvaluationResults = [] } = await client.send(
      new SimulatePrincipalPolicyCommand({
        PolicySourceArn: principal,
        ActionNames: [...actions],
        ResourceArns: [...resources],
      }),
    );
    return EvaluationResults.filter(({ EvalDecision }) => EvalDecision !== 'allowed').map(
      ({ EvalActionName = '' }) => EvalActionName,
    );
  });
}

/** Whether a log group is there. */
export async function hasLogGroup(name: string): Promise<boolean> {
  return withClient(new CloudWatchLogsClient({}), 'DescribeLogGroups', async (client) => {
    const { logGroups = [] } = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: name }));
    return logGroups.some(({ logGroupName }) => logGroupName === name);
  });
}
