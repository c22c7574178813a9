/** What else an account tells about a job that waits: instance types, routes, cluster, quotas. What cannot be asked is undefined. */

import {
  type _InstanceType,
  DescribeInstanceTypesCommand,
  DescribeRouteTablesCommand,
  DescribeSpotPriceHistoryCommand,
  EC2Client,
} from '@aws-sdk/client-ec2';
import { DescribeClustersCommand, ECSClient } from '@aws-sdk/client-ecs';
import { GetServiceQuotaCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import { asked } from '../../aws/client.ts';
import type { ContainerSize } from './sizes.ts';

/** Sizes of instance types by name; families and `optimal` are left out. */
export async function instanceSizes(names: readonly string[]): Promise<Map<string, ContainerSize> | undefined> {
  const types = names.filter((name) => name.includes('.')) as _InstanceType[];
  if (types.length < names.length || types.length === 0) return undefined;
  return asked(new EC2Client({}), async (client) => {
    const { InstanceTypes = [] } = await client.send(new DescribeInstanceTypesCommand({ InstanceTypes: types }));
    return new Map(
      InstanceTypes.map((one) => [
        String(one.InstanceType),
        { vcpus: one.VCpuInfo?.DefaultVCpus ?? 0, memory: one.MemoryInfo?.SizeInMiB ?? 0 },
      ]),
    );
  });
}

/** Subnets whose own route table leads nowhere. */
export async function closedSubnets(subnets: readonly string[]): Promise<string[] | undefined> {
  return asked(new EC2Client({}), async (client) => {
    const filter = { Name: 'association.subnet-id', Values: [...subnets] };
    const { RouteTables = [] } = await client.send(new DescribeRouteTablesCommand({ Filters: [filter] }));
    const closed = RouteTables.filter(
      ({ Routes = [] }) => !Routes.some(({ DestinationCidrBlock }) => DestinationCidrBlock === '0.0.0.0/0'),
    );
    return closed.flatMap(({ Associations = [] }) => Associations.map(({ SubnetId }) => SubnetId ?? ''));
  });
}

/** Instances that joined the cluster of a compute environment. */
export async function registeredInstances(cluster: string): Promise<number | undefined> {
  return asked(new ECSClient({}), async (client) => {
    const { clusters = [] } = await client.send(new DescribeClustersCommand({ clusters: [cluster] }));
    return clusters[0]?.registeredContainerInstancesCount;
  });
}

/** The vCPUs that the account may use for a kind of compute resource. */
export async function vcpuQuota(type: string): Promise<{ code: string; service: string; value: number } | undefined> {
  const quota = QUOTAS[type];
  if (!quota) return undefined;
  return asked(new ServiceQuotasClient({}), async (client) => {
    const { Quota } = await client.send(
      new GetServiceQuotaCommand({ ServiceCode: quota.service, QuotaCode: quota.code }),
    );
    return Quota?.Value === undefined ? undefined : { ...quota, value: Quota.Value };
  });
}

/** What instance types cost on Spot since a time, in all zones; the error where that cannot be asked. */
export async function spotPrices(
  types: readonly string[],
  since: Date,
  pages: number,
): Promise<{ type: string; dollars: number }[] | Error> {
  const client = new EC2Client({});
  const found: { type: string; dollars: number }[] = [];
  try {
    let NextToken: string | undefined;
    for (let page = 0; page < pages && (page === 0 || NextToken); page += 1) {
      const answer = await client.send(
        new DescribeSpotPriceHistoryCommand({
          InstanceTypes: [...types] as _InstanceType[],
          ProductDescriptions: ['Linux/UNIX'],
          StartTime: since,
          ...(NextToken ? { NextToken } : {}),
        }),
      );
      for (const { InstanceType: type, SpotPrice: price } of answer.SpotPriceHistory ?? []) {
        if (type !== undefined && Number(price) > 0) found.push({ type, dollars: Number(price) });
      }
      NextToken = answer.NextToken;
    }
    return found;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    client.destroy();
  }
}

/** vCPU quotas by the type of the compute resources. */
const QUOTAS: Readonly<Record<string, { code: string; service: string }>> = {
  EC2: { code: 'L-1216C47A', service: 'ec2' },
  SPOT: { code: 'L-34B43A08', service: 'ec2' },
  FARGATE: { code: 'L-3032A538', service: 'fargate' },
  FARGATE_SPOT: { code: 'L-36FBB829', service: 'fargate' },
};
