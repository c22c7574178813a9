/** Queues, compute environments, job definitions and tags: what is set up before a job is submitted. */

import type {
  ComputeEnvironmentDetail,
  CreateComputeEnvironmentRequest,
  CreateJobQueueRequest,
  DescribeJobDefinitionsRequest,
  JobDefinition,
  JobQueueDetail,
  RegisterJobDefinitionRequest,
} from '@aws-sdk/client-batch';
import { checkDefinition } from './checks.ts';
import { demand } from './errors.ts';

const ARN = 'arn:aws:batch:eu-test-1:000000000000';

export class Compute {
  readonly environments = new Map<string, ComputeEnvironmentDetail>();
  readonly queues = new Map<string, JobQueueDetail>();
  readonly #definitions: JobDefinition[] = [];
  readonly #tags = new Map<string, Record<string, string>>();

  createEnvironment(request: CreateComputeEnvironmentRequest) {
    const name = request.computeEnvironmentName ?? '';
    demand(!this.environments.has(name), `Object already exists: ${name}`);
    const arn = `${ARN}:compute-environment/${name}`;
    this.environments.set(name, {
      computeEnvironmentName: name,
      computeEnvironmentArn: arn,
      ecsClusterArn: `arn:aws:ecs:eu-test-1:000000000000:cluster/AWSBatch-${name}`,
      type: request.type,
      state: request.state ?? 'ENABLED',
      status: 'VALID',
      statusReason: 'ComputeEnvironment Healthy',
      containerOrchestrationType: 'ECS',
      ...(request.computeResources ? { computeResources: { desiredvCpus: 0, ...request.computeResources } } : {}),
      ...(request.serviceRole ? { serviceRole: request.serviceRole } : {}),
    });
    return { computeEnvironmentName: name, computeEnvironmentArn: arn };
  }

  createQueue(request: CreateJobQueueRequest) {
    const name = request.jobQueueName ?? '';
    demand(!this.queues.has(name), `Object already exists: ${name}`);
    const order = (request.computeEnvironmentOrder ?? []).map(({ order: place, computeEnvironment }) => {
      const found = find(this.environments, computeEnvironment);
      demand(found, `ComputeEnvironment ${computeEnvironment} does not exist`);
      return { order: place, computeEnvironment: found.computeEnvironmentArn };
    });
    demand(order.length > 0 && order.length <= 3, 'a queue has one to three compute environments');
    const jobQueueArn = `${ARN}:job-queue/${name}`;
    this.queues.set(name, {
      jobQueueName: name,
      jobQueueArn,
      state: request.state ?? 'ENABLED',
      status: 'VALID',
      statusReason: 'JobQueue Healthy',
      priority: request.priority,
      computeEnvironmentOrder: order,
    });
    return { jobQueueName: name, jobQueueArn };
  }

  /** The queue of a name or an ARN. */
  queue(nameOrArn: string | undefined): JobQueueDetail {
    const found = find(this.queues, nameOrArn);
    demand(found, `JobQueue ${nameOrArn} not found.`);
    return found;
  }

  /** The environments of a queue in their order. */
  environmentsOf(queue: JobQueueDetail): ComputeEnvironmentDetail[] {
    return [...(queue.computeEnvironmentOrder ?? [])]
      .sort((a, b) => (a.order ?? 0) - (b.order ?? 0))
      .map(({ computeEnvironment }) => find(this.environments, computeEnvironment))
      .filter((found) => found !== undefined);
  }

  register(request: RegisterJobDefinitionRequest) {
    checkDefinition(request);
    const name = request.jobDefinitionName ?? '';
    const revision = this.#definitions.filter(({ jobDefinitionName }) => jobDefinitionName === name).length + 1;
    const arn = `${ARN}:job-definition/${name}:${revision}`;
    this.#definitions.push({
      ...request,
      jobDefinitionName: name,
      type: 'container',
      jobDefinitionArn: arn,
      revision,
      status: 'ACTIVE',
      platformCapabilities: request.platformCapabilities ?? ['EC2'],
    });
    if (request.tags) this.#tags.set(arn, { ...request.tags });
    return { jobDefinitionName: name, jobDefinitionArn: arn, revision };
  }

  deregister(wanted: string | undefined): void {
    const found = this.#definitions.find((one) => isMeant(one, wanted, true));
    demand(found, `JobDefinition ${wanted} not found`);
    found.status = 'INACTIVE';
  }

  /** The active definition of `name`, `name:revision` or an ARN; without a revision the newest. */
  definition(wanted: string | undefined): JobDefinition {
    const found = this.#definitions.filter((one) => one.status === 'ACTIVE' && isMeant(one, wanted, false)).at(-1);
    demand(found, `JobDefinition ${wanted} not found or not ACTIVE`);
    return found;
  }

  describeDefinitions(request: DescribeJobDefinitionsRequest): JobDefinition[] {
    const { jobDefinitionName, jobDefinitions, status } = request;
    return this.#definitions
      .filter((one) => status === undefined || one.status === status)
      .filter((one) => jobDefinitionName === undefined || one.jobDefinitionName === jobDefinitionName)
      .filter((one) => jobDefinitions === undefined || jobDefinitions.some((wanted) => isMeant(one, wanted, false)))
      .reverse();
  }

  tag(arn: string, tags: Readonly<Record<string, string>>): void {
    this.#tags.set(arn, { ...this.#tags.get(arn), ...tags });
  }

  untag(arn: string, keys: readonly string[]): void {
    const left = Object.entries(this.tags(arn)).filter(([key]) => !keys.includes(key));
    this.#tags.set(arn, Object.fromEntries(left));
  }

  tags(arn: string): Record<string, string> {
    return { ...this.#tags.get(arn) };
  }
}

function find<Value>(named: ReadonlyMap<string, Value>, nameOrArn: string | undefined): Value | undefined {
  return named.get(nameOrArn?.split('/').at(-1) ?? '');
}

function isMeant(one: JobDefinition, wanted: string | undefined, exact: boolean): boolean {
  const name = wanted?.split('/').at(-1);
  return name === `${one.jobDefinitionName}:${one.revision}` || (!exact && name === one.jobDefinitionName);
}
