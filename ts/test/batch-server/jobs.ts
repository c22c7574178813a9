/** SubmitJob, DescribeJobs, ListJobs, CancelJob, TerminateJob, GetJobQueueSnapshot. */

import { randomUUID } from 'node:crypto';
import type {
  CancelJobRequest,
  ContainerProperties,
  DescribeJobsRequest,
  GetJobQueueSnapshotRequest,
  ListJobsRequest,
  SubmitJobRequest,
  TerminateJobRequest,
} from '@aws-sdk/client-batch';
import type { Clock } from '../../src/executors/batch/clock.ts';
import { checkContainer, checkSubmission } from './checks.ts';
import type { Compute } from './compute.ts';
import { demand } from './errors.ts';
import type { Faults } from './faults.ts';
import { detail, type Job, summary } from './model.ts';
import type { Scheduler } from './scheduler.ts';

export class JobTable {
  readonly #jobs: Map<string, Job>;
  readonly #compute: Compute;
  readonly #scheduler: Scheduler;
  readonly #clock: Clock;

  readonly #faults: Faults;

  constructor(of: { jobs: Map<string, Job>; compute: Compute; scheduler: Scheduler; clock: Clock; faults: Faults }) {
    this.#jobs = of.jobs;
    this.#compute = of.compute;
    this.#scheduler = of.scheduler;
    this.#clock = of.clock;
    this.#faults = of.faults;
  }

  submit(request: SubmitJobRequest) {
    checkSubmission(request);
    const queue = this.#compute.queue(request.jobQueue);
    demand(queue.state === 'ENABLED' && queue.status === 'VALID', `JobQueue ${queue.jobQueueName} is not available`);
    const definition = this.#compute.definition(request.jobDefinition);
    const fargate = this.#compute
      .environmentsOf(queue)
      .some(({ computeResources }) => computeResources?.type?.startsWith('FARGATE'));
    const platform = fargate ? 'FARGATE' : 'EC2';
    demand(
      definition.platformCapabilities?.includes(platform),
      `The job definition's platform is not that of the queue, ${platform}`,
    );
    const container = overridden(definition.containerProperties ?? {}, request.containerOverrides);
    checkContainer(container, platform);
    const size = request.arrayProperties?.size;
    const common = {
      name: request.jobName ?? '',
      queue: queue.jobQueueName ?? '',
      definition: definition.jobDefinitionArn ?? '',
      definitionName: definition.jobDefinitionName ?? '',
      platform,
      container,
      retry: request.retryStrategy ?? definition.retryStrategy ?? { attempts: 1 },
      timeoutSeconds: (request.timeout ?? definition.timeout)?.attemptDurationSeconds,
      tags: { ...(definition.propagateTags ? definition.tags : {}), ...request.tags },
      createdAt: this.#clock.now(),
      dependsOn: request.dependsOn ?? [],
      cancelled: false,
      terminated: false,
    } as const;
    const id = randomUUID();
    const job = { ...common, id, parent: undefined, index: undefined, status: 'SUBMITTED' as const };
    const parent: Job = {
      ...job,
      history: ['SUBMITTED'],
      children: [],
      attempts: [],
      waitsFor: this.#dependencies(request, id, undefined),
    };
    for (let index = 0; index < (size ?? 0); index += 1) {
      const waitsFor = this.#dependencies(request, id, index);
      parent.children.push({
        ...job,
        id: `${id}:${index}`,
        parent,
        index,
        history: ['SUBMITTED'],
        children: [],
        attempts: [],
        waitsFor,
      });
    }
    for (const one of [parent, ...parent.children]) this.#jobs.set(one.id, one);
    if (request.tags) this.#compute.tag(jobArn(id), request.tags);
    this.#scheduler.add(size === undefined ? [parent] : parent.children);
    return { jobArn: jobArn(id), jobName: common.name, jobId: id };
  }

  describe({ jobs = [] }: DescribeJobsRequest) {
    demand(jobs.length > 0 && jobs.length <= 100, `DescribeJobs takes 1 to 100 jobs, not ${jobs.length}`);
    const found = jobs.map((id) => this.#jobs.get(id ?? '')).filter((job) => job !== undefined);
    return { jobs: found.filter((job) => this.#isSeen(job)).map(detail) };
  }

  list(request: ListJobsRequest) {
    const { jobQueue, arrayJobId, jobStatus, filters = [], maxResults = 100, nextToken } = request;
    demand((jobQueue === undefined) !== (arrayJobId === undefined), 'give one of jobQueue and arrayJobId');
    demand(maxResults >= 1 && maxResults <= 100, `maxResults ${maxResults} should be between 1 and 100`);
    demand(filters.length <= 1, 'only one filter can be used at a time');
    const queue = jobQueue === undefined ? undefined : this.#compute.queue(jobQueue).jobQueueName;
    const all =
      arrayJobId === undefined
        ? [...this.#jobs.values()].filter((job) => job.queue === queue && !job.parent && this.#isSeen(job))
        : (this.#jobs.get(arrayJobId)?.children ?? []);
    const [filter] = filters;
    // A filter takes the place of the state, and without either only running jobs are listed.
    const chosen = all.filter((job) => (filter ? passes(job, filter) : job.status === (jobStatus ?? 'RUNNING')));
    const from = Number(nextToken ?? 0);
    const page = chosen.slice(from, from + maxResults);
    const more = from + maxResults < chosen.length;
    return { jobSummaryList: page.map(summary), ...(more ? { nextToken: String(from + maxResults) } : {}) };
  }

  cancel({ jobId, reason }: CancelJobRequest) {
    const job = this.#find(jobId, reason);
    this.#scheduler.cancel(job, reason ?? '');
    return {};
  }

  terminate({ jobId, reason }: TerminateJobRequest) {
    const job = this.#find(jobId, reason);
    this.#scheduler.terminate(job, reason ?? '');
    return {};
  }

  /** The first hundred jobs of a queue that wait for room. */
  snapshot({ jobQueue }: GetJobQueueSnapshotRequest) {
    const name = this.#compute.queue(jobQueue).jobQueueName ?? '';
    const jobs = this.#scheduler.runnable(name).slice(0, 100);
    return {
      frontOfQueue: {
        jobs: jobs.map(({ id, createdAt }) => ({ jobArn: jobArn(id), earliestTimeAtPosition: createdAt / 1000 })),
        lastUpdatedAt: this.#clock.now() / 1000,
      },
    };
  }

  /** New jobs may be shown late. */
  #isSeen(job: Job): boolean {
    return this.#clock.now() - job.createdAt >= this.#faults.hidden(job);
  }

  #find(id: string | undefined, reason: string | undefined): Job {
    demand(reason, 'reason is required');
    const job = this.#jobs.get(id ?? '');
    demand(job, `Job ${id} not found`);
    return job;
  }

  /** Ids that a job, or a child of an array, has to wait for. */
  #dependencies(request: SubmitJobRequest, id: string, index: number | undefined): Set<string> {
    const ids = new Set<string>();
    for (const { jobId, type } of request.dependsOn ?? []) {
      if (type === 'SEQUENTIAL') {
        if (index !== undefined && index > 0) ids.add(`${id}:${index - 1}`);
        continue;
      }
      const other = this.#jobs.get(jobId ?? '');
      demand(other, `Job ${jobId} of dependsOn not found`);
      const matching = other.children.length === request.arrayProperties?.size;
      demand(type !== 'N_TO_N' || matching, 'N_TO_N needs arrays of one size');
      ids.add(type === 'N_TO_N' && index !== undefined ? `${other.id}:${index}` : other.id);
    }
    return ids;
  }
}

function jobArn(id: string): string {
  return `arn:aws:batch:eu-test-1:000000000000:job/${id}`;
}

function passes(
  job: Job,
  { name, values = [] }: { name?: string | undefined; values?: string[] | undefined },
): boolean {
  const matches = (text: string): boolean =>
    values.some((value) =>
      value.endsWith('*')
        ? text.toLowerCase().startsWith(value.slice(0, -1).toLowerCase())
        : text.toLowerCase() === value.toLowerCase(),
    );
  if (name === 'JOB_NAME') return matches(job.name);
  if (name === 'JOB_DEFINITION') return matches(job.definitionName);
  if (name === 'BEFORE_CREATED_AT') return job.createdAt < Number(values[0]);
  if (name === 'AFTER_CREATED_AT') return job.createdAt > Number(values[0]);
  demand(false, `there is no filter ${name}`);
}

/** Overrides replace the command, and add to or replace single variables and resources. */
function overridden(
  container: ContainerProperties,
  { command, environment = [], resourceRequirements = [] }: NonNullable<SubmitJobRequest['containerOverrides']> = {},
): ContainerProperties {
  const variables = new Map([...(container.environment ?? []), ...environment].map((one) => [one.name, one]));
  const resources = new Map(
    [...(container.resourceRequirements ?? []), ...resourceRequirements].map((one) => [one.type, one]),
  );
  return {
    ...container,
    ...(command ? { command } : {}),
    environment: [...variables.values()],
    resourceRequirements: [...resources.values()],
  };
}
