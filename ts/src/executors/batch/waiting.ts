/** Why a job waits: the causes that keep jobs in RUNNABLE, the most certain evidence first. */

import type { ComputeEnvironmentDetail, JobDetail } from '@aws-sdk/client-batch';
import type { BatchService, Queue } from './service.ts';
import { type ContainerSize, inWords, left } from './sizes.ts';

/** A cause, and what to do about it. */
export interface Cause {
  readonly kind:
    | 'dependency'
    | 'image'
    | 'architecture'
    | 'role'
    | 'subnet'
    | 'environment'
    | 'size'
    | 'quota'
    | 'maximum'
    | 'order'
    | 'capacity';
  readonly cause: string;
  readonly remedy: string;
}

/** What a cause is looked for in. */
interface Facts {
  /** The job, or a child of the array that waits. */
  readonly job: JobDetail;
  readonly need: ContainerSize;
  readonly queue: Queue;
  readonly service: BatchService;
}

/** The cause of a job's waiting; undefined when none is found. A new cause is a function and a line in `LOOKS`. */
export async function explainWaiting(job: JobDetail, service: BatchService): Promise<Cause | undefined> {
  const counts = job.arrayProperties?.statusSummary;
  const waits = counts ? (counts['RUNNABLE'] ?? 0) > 0 : job.status === 'RUNNABLE';
  if (!waits) return job.status === 'PENDING' || job.status === 'SUBMITTED' ? DEPENDENCY : undefined;
  const child = counts ? await service.runnableChild(job.jobId ?? '') : undefined;
  const [detail = job] = child?.jobId ? await service.describe([child.jobId]) : [];
  const queue = await service.queue(job.jobQueue ?? '');
  const facts = { job: detail, need: sizeOf(detail), queue, service };
  for (const look of LOOKS) {
    const found = await look(facts);
    if (found) return found;
  }
  return undefined;
}

const DEPENDENCY: Cause = {
  kind: 'dependency',
  cause: 'it waits for the jobs before it',
  remedy: 'it starts when they are done',
};

const LOOKS: readonly ((facts: Facts) => Cause | undefined | Promise<Cause | undefined>)[] = [
  startFailed,
  brokenEnvironment,
  toldByBatch,
  noRoomForOne,
  quotaReached,
  atMaximum,
  noInstanceJoined,
  othersFirst,
];

/** Attempts that came to nothing say why: image, role or network. */
function startFailed({ job }: Facts): Cause | undefined {
  const last = job.attempts?.at(-1);
  const reason = [last?.statusReason, last?.container?.reason].filter(Boolean).join(': ');
  const image = job.container?.image ?? 'the image';
  if (/exec format|no matching manifest|platform|architecture/i.test(reason)) {
    return {
      kind: 'architecture',
      cause: `${image} was not built for the processors of the queue (${reason})`,
      remedy: 'build it for both: linux/amd64 and linux/arm64, or use instance types of its kind',
    };
  }
  if (/assume the role|not authorized|AccessDenied|denied/i.test(reason)) {
    return {
      kind: 'role',
      cause: `a role does not allow what starting the container needs (${reason})`,
      remedy:
        'check --execution-role (pulling the image, writing logs), --job-role and the trust of ecs-tasks.amazonaws.com',
    };
  }
  if (/timeout|timed out|connection|network|dial tcp/i.test(reason)) {
    return {
      kind: 'subnet',
      cause: `the container's subnet does not reach the registry (${reason})`,
      remedy: 'give the subnet a route to the internet (NAT or public addresses) or endpoints for ECR, S3 and logs',
    };
  }
  if (/CannotPull/i.test(reason)) {
    return {
      kind: 'image',
      cause: `${image} cannot be pulled (${reason})`,
      remedy: 'push the image, or correct --image',
    };
  }
  return undefined;
}

function brokenEnvironment({ queue }: Facts): Cause | undefined {
  if (queue.environments.some(works)) return undefined;
  const [broken] = queue.environments;
  const why = `${broken?.computeEnvironmentName} is ${broken?.state === 'DISABLED' ? 'DISABLED' : broken?.status}: ${broken?.statusReason}`;
  if (/assume|role|not authorized|AccessDenied/i.test(broken?.statusReason ?? '')) {
    return { kind: 'role', cause: why, remedy: 'repair the service or instance role of the compute environment' };
  }
  return {
    kind: 'environment',
    cause: why,
    remedy: 'repair or enable the compute environment, or use another --queue',
  };
}

/** Batch explains jobs at the head of a queue itself. */
function toldByBatch({ job, need }: Facts): Cause | undefined {
  const reason = job.statusReason ?? '';
  if (/JOB_RESOURCE_REQUIREMENT/.test(reason)) return tooLarge(need, reason);
  if (/SERVICE_ROLE_PERMISSIONS/.test(reason)) {
    return { kind: 'role', cause: reason, remedy: 'repair the service role of the compute environment' };
  }
  if (/INSUFFICIENT_INSTANCE_CAPACITY/.test(reason)) {
    return {
      kind: 'capacity',
      cause: `AWS has no such instances to give at present (${reason})`,
      remedy: 'allow more instance types and zones in the compute environment, or use an on-demand queue',
    };
  }
  return undefined;
}

/** No instance type of the queue holds even one task. */
async function noRoomForOne({ need, queue }: Facts): Promise<Cause | undefined> {
  const limits = queue.environments.filter(works).map(({ computeResources }) => computeResources?.maxvCpus ?? 0);
  if (limits.length > 0 && Math.max(...limits) < need.vcpus) {
    return tooLarge(need, `the largest compute environment has ${Math.max(...limits)} vCPUs in all`);
  }
  if (queue.platform !== 'EC2') return undefined;
  const { instanceSizes } = await import('./account.ts');
  const names = queue.environments
    .filter(works)
    .flatMap(({ computeResources }) => computeResources?.instanceTypes ?? []);
  const sizes = await instanceSizes(names);
  if (!sizes || sizes.size === 0) return undefined;
  const fits = [...sizes.values()].some((size) => size.vcpus >= need.vcpus && left(size.memory) >= need.memory);
  if (fits) return undefined;
  const listed = [...sizes].map(([name, size]) => `${name}: ${inWords(size)}`).join('; ');
  return tooLarge(need, `${listed}, of whose memory the system and ECS keep a part`);
}

async function quotaReached({ need, queue }: Facts): Promise<Cause | undefined> {
  const { vcpuQuota } = await import('./account.ts');
  for (const { computeResources } of queue.environments.filter(works)) {
    const quota = await vcpuQuota(computeResources?.type ?? '');
    const used = computeResources?.desiredvCpus ?? 0;
    if (!quota || used + need.vcpus <= quota.value) continue;
    return {
      kind: 'quota',
      cause: `the account may use ${quota.value} vCPUs of ${computeResources?.type} (quota ${quota.code}); ${used} are in use and a task needs ${need.vcpus}`,
      remedy: `ask for more: aws service-quotas request-service-quota-increase --service-code ${quota.service} --quota-code ${quota.code} --desired-value N`,
    };
  }
  return undefined;
}

function atMaximum({ need, queue }: Facts): Cause | undefined {
  const full = queue.environments.filter(works).filter(({ computeResources: resources }) => {
    return (resources?.desiredvCpus ?? 0) + need.vcpus > (resources?.maxvCpus ?? 0);
  });
  const [first] = full;
  if (!first || full.length < queue.environments.filter(works).length) return undefined;
  return {
    kind: 'maximum',
    cause: `${first.computeEnvironmentName} is at its maximum of ${first.computeResources?.maxvCpus} vCPUs`,
    remedy: 'wait for other jobs to end, or raise maxvCpus of the compute environment',
  };
}

/** Instances run but none has joined the cluster: they reach nothing. */
async function noInstanceJoined({ queue }: Facts): Promise<Cause | undefined> {
  const { closedSubnets, registeredInstances } = await import('./account.ts');
  for (const { computeResources, ecsClusterArn, computeEnvironmentName } of queue.environments.filter(works)) {
    if (queue.platform !== 'EC2' || !computeResources?.desiredvCpus || ecsClusterArn === undefined) continue;
    if ((await registeredInstances(ecsClusterArn)) !== 0) continue;
    const closed = (await closedSubnets(computeResources.subnets ?? [])) ?? [];
    const where = closed.length > 0 ? `: ${closed.join(', ')} has no route to the internet` : '';
    return {
      kind: 'subnet',
      cause: `instances of ${computeEnvironmentName} run, but none of them has joined its ECS cluster${where}`,
      remedy:
        'give the subnets a route to ECS (NAT, public addresses or endpoints); check the instance role and the security group',
    };
  }
  return undefined;
}

async function othersFirst({ job, queue, service }: Facts): Promise<Cause | undefined> {
  const front = await service.front(queue.name);
  const own = (job.jobId ?? '').split(':')[0] ?? '';
  const before = front.findIndex((arn) => arn.includes(own));
  const count = before < 0 ? front.length : before;
  if (count === 0) return undefined;
  return {
    kind: 'order',
    cause: `${count === 1 ? '1 job stands' : `${before < 0 ? 'at least ' : ''}${count} jobs stand`} before it in ${queue.name}`,
    remedy: 'wait, or use a queue with a higher priority',
  };
}

function tooLarge(need: ContainerSize, why: string): Cause {
  return {
    kind: 'size',
    cause: `no instance of the queue holds a task of ${inWords(need)} (${why})`,
    remedy: 'ask for less with --cpu and --memory, or add larger instance types to the compute environment',
  };
}

function works({ state, status }: ComputeEnvironmentDetail): boolean {
  return state === 'ENABLED' && status === 'VALID';
}

function sizeOf({ container }: JobDetail): ContainerSize {
  const amount = (type: string): number =>
    Number(container?.resourceRequirements?.find((one) => one.type === type)?.value ?? 0);
  return { vcpus: amount('VCPU'), memory: amount('MEMORY') };
}
