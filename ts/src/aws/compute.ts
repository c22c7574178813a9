/** Compute environments and their queues. */

import { keyOf } from '../flow/keys.ts';
import type { Network } from './network.ts';
import { attribute, type Resource, type Resources, ref, substituted, tagMap, tags } from './resources.ts';
import { ACCOUNT, PARTITION, QUEUES, queueOf, type Setup } from './setup.ts';

/** Families of x86 instances of three generations of kinds: the more there are, the rarer is a lack of spot capacity. */
const FAMILIES = ['c6a', 'c6i', 'c7i', 'm6a', 'm6i', 'm7i', 'r6a', 'r6i', 'r7i'];
/** GiB of an instance's disk: for images and the cache of the store. */
const DISK = 60;

/** Instances give no credentials to containers, which have their own role, and keep nothing in the clear. */
function launchTemplate({ name }: Setup): Resource {
  return {
    Type: 'AWS::EC2::LaunchTemplate',
    Properties: {
      LaunchTemplateData: {
        MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1 },
        BlockDeviceMappings: [
          {
            DeviceName: '/dev/xvda',
            Ebs: { VolumeSize: DISK, VolumeType: 'gp3', Encrypted: true, DeleteOnTermination: true },
          },
        ],
        TagSpecifications: [{ ResourceType: 'instance', Tags: tags(name) }],
      },
    },
  };
}

/** What the environment of each queue is made of, beside network and size. */
const KINDS: Readonly<Record<(typeof QUEUES)[number], (setup: Setup) => Record<string, unknown>>> = {
  fargate: () => ({ Type: 'FARGATE' }),
  'fargate-spot': () => ({ Type: 'FARGATE_SPOT' }),
  spot: ({ name }) => ({
    Type: 'SPOT',
    // Not BEST_FIT: an environment with that can never be updated.
    AllocationStrategy: 'SPOT_PRICE_CAPACITY_OPTIMIZED',
    MinvCpus: 0,
    InstanceTypes: FAMILIES,
    InstanceRole: attribute('InstanceProfile', 'Arn'),
    LaunchTemplate: { LaunchTemplateId: ref('Instances'), Version: attribute('Instances', 'LatestVersionNumber') },
    Tags: tagMap(name),
  }),
};

/** Environments, queues and what instances are launched from. */
export function computeOf(setup: Setup, network: Network): Resources {
  const resources: Record<string, Resource> = { Instances: launchTemplate(setup) };
  for (const kind of QUEUES) {
    const id = logicalName(kind);
    const fixed = {
      ...KINDS[kind](setup),
      Subnets: network.subnets,
      SecurityGroupIds: network.securityGroups,
    };
    resources[`${id}Environment`] = {
      Type: 'AWS::Batch::ComputeEnvironment',
      // Routes must be there until the last container has ended.
      ...(network.routes.length > 0 ? { DependsOn: network.routes } : {}),
      Properties: {
        ComputeEnvironmentName: environmentName(setup, kind, fixed, network),
        Type: 'MANAGED',
        State: 'ENABLED',
        ServiceRole: substituted(
          `arn:${PARTITION}:iam::${ACCOUNT}:role/aws-service-role/batch.amazonaws.com/AWSServiceRoleForBatch`,
        ),
        ComputeResources: { ...fixed, MaxvCpus: setup.maxVcpus },
        Tags: tagMap(setup.name),
      },
    };
    resources[`${id}Queue`] = {
      Type: 'AWS::Batch::JobQueue',
      Properties: {
        JobQueueName: queueOf(setup, kind),
        Priority: 1,
        State: 'ENABLED',
        ComputeEnvironmentOrder: [{ Order: 1, ComputeEnvironment: ref(`${id}Environment`) }],
        Tags: tagMap(setup.name),
      },
    };
  }
  return resources;
}

/**
 * An environment is called after all that cannot be changed in it. Another one is thus made beside the old, the queue goes over to
 * it, and the old one is removed, with no moment in which a queue has none. Its largest size can be changed in place.
 */
function environmentName(setup: Setup, kind: string, fixed: Record<string, unknown>, { resources }: Network): string {
  const key = keyOf({ fixed, network: resources, instances: kind === 'spot' ? launchTemplate(setup) : null });
  return `${setup.name}-${kind}-${key.slice(0, 8)}`;
}

/** `FargateSpot` for `fargate-spot`: logical names are letters and digits. */
export function logicalName(kind: string): string {
  return kind.replace(/(^|-)([a-z])/g, (_, __, letter: string) => letter.toUpperCase());
}
