/** Checks of an AWS account for runs on AWS Batch, in the order in which one rests on the other. */

import type { Identity } from '../aws/account.ts';
import { closedSubnets, instanceSizes, vcpuQuota } from '../executors/batch/account.ts';
import type { Queue } from '../executors/batch/service.ts';
import type { BatchSettings } from '../executors/batch/settings.ts';
import { inWords, legalSize } from '../executors/batch/sizes.ts';
import { architecturesOf, clockOffset, deniedTo, hasLogGroup, imageInEcr, principalOf, trustedBy } from './answers.ts';
import { type Check, type Finding, failed, ok, skipped, warning } from './check.ts';
import { startCalls, storeCalls, submitterCalls } from './permissions.ts';

export interface AwsFacts {
  readonly identity: Identity;
  readonly settings: BatchSettings;
  /** `s3://BUCKET/PREFIX`, or a path. */
  readonly store: string;
  /** The queues that are there, asked for once. */
  readonly queues: readonly Queue[];
}

/** AWS takes what is signed at most five minutes away. */
const TOLERATED_SECONDS = 60;
const TASKS = 'ecs-tasks.amazonaws.com';
const REPAIR = 'nlpflow configure aws sets it up';

/** A new check is an entry here. */
export const AWS_CHECKS: readonly Check<AwsFacts>[] = [
  { name: 'identity', look: async ({ identity }) => ok(`${identity.arn} in ${identity.region}`) },
  { name: 'clock', look: clock },
  { name: 'permissions', look: ownPermissions },
  { name: 'queues', look: queues },
  { name: 'environments', look: environments },
  { name: 'size', look: size },
  { name: 'quota', look: quota },
  { name: 'subnets', look: subnets },
  { name: 'image', look: image },
  { name: 'job role', look: jobRole },
  { name: 'execution role', look: executionRole },
  { name: 'logs', look: logs },
];

async function clock(): Promise<Finding> {
  const seconds = await clockOffset();
  if (Math.abs(seconds) < TOLERATED_SECONDS) return ok('right');
  return failed(
    `${Math.round(Math.abs(seconds))} s off: AWS refuses what is signed at another time`,
    'set the clock, for example with timedatectl set-ntp true',
  );
}

async function ownPermissions({ identity, queues: found, settings }: AwsFacts): Promise<Finding> {
  if (/:root$/.test(identity.arn))
    return warning(
      'the account itself, which may do everything',
      'use an identity of its own: nlpflow configure aws --iam-policy user',
    );
  const principal = await principalOf(identity.arn);
  if (principal === undefined) return skipped(`not looked at: IAM cannot simulate ${identity.arn}`);
  const arns = found.map(({ detail }) => detail.jobQueueArn ?? '*');
  const denied = await deniedTo(principal, submitterCalls(identity, arns, settings));
  if (denied.length === 0) return ok('jobs can be submitted and ended, by simulation');
  return failed(
    `${identity.arn} may not ${denied.join(', ')}`,
    'give it what nlpflow configure aws --iam-policy user prints',
  );
}

async function queues({ queues: found }: AwsFacts): Promise<Finding> {
  for (const { name, detail } of found) {
    if (detail.state !== 'ENABLED')
      return failed(`${name} is disabled`, `aws batch update-job-queue --job-queue ${name} --state ENABLED`);
    if (detail.status !== 'VALID')
      return failed(`${name} is ${detail.status}: ${detail.statusReason}`, 'repair the queue, or use another --queue');
  }
  return ok(found.map(({ name, platform }) => `${name} (${platform})`).join(', '));
}

async function environments({ queues: found }: AwsFacts): Promise<Finding> {
  for (const { environments: all } of found) {
    for (const { computeEnvironmentName: name, state, status, statusReason } of all) {
      if (state !== 'ENABLED')
        return failed(
          `${name} is disabled`,
          `aws batch update-compute-environment --compute-environment ${name} --state ENABLED`,
        );
      if (status !== 'VALID')
        return failed(`${name} is ${status}: ${statusReason}`, `repair what it names; ${REPAIR} anew`);
    }
  }
  return ok(found.flatMap(({ environments: all }) => all.map((one) => one.computeEnvironmentName)).join(', '));
}

async function size({ queues: found, settings }: AwsFacts): Promise<Finding> {
  for (const { name, platform, environments: all } of found) {
    const need = legalSize(settings.size, platform);
    if (platform === 'FARGATE') continue;
    const sizes = await instanceSizes(all.flatMap(({ computeResources }) => computeResources?.instanceTypes ?? []));
    // What ECS keeps of the memory is taken off the task's when it is submitted.
    if (sizes && ![...sizes.values()].some((one) => one.vcpus >= need.vcpus && one.memory >= need.memory)) {
      return failed(
        `no instance of ${name} holds a task of ${inWords(need)}`,
        'ask for less with --cpu and --memory, or allow larger instances',
      );
    }
  }
  return ok(`a task of ${inWords(settings.size)} fits`);
}

/** The account's limit against what the plan would use at once. */
async function quota({ queues: found, settings }: AwsFacts): Promise<Finding> {
  const told: string[] = [];
  for (const { platform, environments: all } of found) {
    const { vcpus } = legalSize(settings.size, platform);
    for (const { computeResources } of all) {
      const granted = await vcpuQuota(computeResources?.type ?? '');
      if (!granted) continue;
      const wanted = Math.min(settings.maxParallel * vcpus, computeResources?.maxvCpus ?? 0);
      const words = `${granted.value} vCPUs of ${computeResources?.type}`;
      const remedy = `aws service-quotas request-service-quota-increase --service-code ${granted.service} --quota-code ${granted.code} --desired-value ${wanted}`;
      if (granted.value < vcpus) return failed(`the account may use ${words}, and a task needs ${vcpus}`, remedy);
      if (granted.value < wanted)
        return warning(`the account may use ${words}, the plan up to ${wanted}: tasks will wait`, remedy);
      told.push(words);
    }
  }
  return told.length > 0 ? ok(told.join(', ')) : skipped('not looked at: quotas may not be asked for');
}

async function subnets({ queues: found }: AwsFacts): Promise<Finding> {
  const all = found.flatMap(({ environments: own }) =>
    own.flatMap(({ computeResources }) => computeResources?.subnets ?? []),
  );
  const closed = await closedSubnets([...new Set(all)]);
  if (!closed) return skipped('not looked at: routes may not be asked for');
  if (closed.length === 0) return ok('have a way out');
  return failed(
    `${closed.join(', ')} has no route to ECR, S3 and CloudWatch`,
    `add a route to a gateway, or endpoints for ECR, S3 and logs; ${REPAIR} with a network of its own`,
  );
}

async function image({ settings, queues: found }: AwsFacts): Promise<Finding> {
  const inEcr = imageInEcr(settings.image);
  if (!inEcr) return skipped(`not looked at: ${settings.image} is not in ECR`);
  const built = await architecturesOf(inEcr);
  if (!built)
    return failed(
      `there is no image ${settings.image}`,
      'scripts/image --push builds and pushes it; or correct --image',
    );
  const instances = found.flatMap(({ environments: all }) =>
    all.flatMap(({ computeResources }) => computeResources?.instanceTypes ?? []),
  );
  // Families whose number is followed by a g have Arm processors.
  const isArm = (type: string): boolean => /^[a-z]+\d+g/.test(type);
  const wanted = new Set(
    instances.length === 0 ? ['amd64'] : instances.map((type) => (isArm(type) ? 'arm64' : 'amd64')),
  );
  const missing = [...wanted].filter((one) => !built.includes(one));
  if (missing.length === 0) return ok(`${settings.image} for ${built.join(' and ')}`);
  return failed(
    `${settings.image} was built for ${built.join(' and ')}, the queue has ${missing.join(' and ')}`,
    `scripts/image --push --platform linux/${missing[0]}`,
  );
}

async function jobRole({ identity, settings, store }: AwsFacts): Promise<Finding> {
  if (settings.jobRole === undefined)
    return warning('none is given: tasks use the role of their instance', `give --job-role; ${REPAIR}`);
  const trust = await untrusted(settings.jobRole);
  if (trust) return trust;
  const place = /^s3:\/\/(.+)$/.exec(store)?.[1];
  if (place === undefined) return ok(settings.jobRole);
  const denied = await deniedTo(settings.jobRole, storeCalls(identity, place));
  if (denied.length === 0) return ok('may use the store, by simulation');
  return failed(
    `${settings.jobRole} may not ${denied.join(', ')} in ${store}`,
    'give it what nlpflow configure aws --iam-policy job prints',
  );
}

async function executionRole({ identity, settings, queues: found }: AwsFacts): Promise<Finding> {
  if (settings.executionRole === undefined) {
    if (!found.some(({ platform }) => platform === 'FARGATE')) return ok('not needed on instances');
    return failed('none is given, and Fargate needs one', `give --execution-role; ${REPAIR}`);
  }
  const trust = await untrusted(settings.executionRole);
  if (trust) return trust;
  const denied = await deniedTo(
    settings.executionRole,
    startCalls(identity, imageInEcr(settings.image), settings.logGroup),
  );
  if (denied.length === 0) return ok('may pull images and write logs, by simulation');
  return failed(`${settings.executionRole} may not ${denied.join(', ')}`, REPAIR);
}

async function untrusted(role: string): Promise<Finding | undefined> {
  const trusted = await trustedBy(role);
  if (!trusted) return failed(`there is no role ${role}`, `correct its ARN; ${REPAIR}`);
  if (trusted.includes(TASKS)) return undefined;
  return failed(
    `${role} does not trust ${TASKS}, so that no task can have it`,
    `add it to the role's trust policy; ${REPAIR}`,
  );
}

async function logs({ settings }: AwsFacts): Promise<Finding> {
  // Batch makes its own group by itself.
  if (settings.logGroup === undefined) return ok('/aws/batch/job');
  if (await hasLogGroup(settings.logGroup)) return ok(settings.logGroup);
  return failed(
    `there is no log group ${settings.logGroup}: no task can start`,
    `aws logs create-log-group --log-group-name ${settings.logGroup}`,
  );
}
