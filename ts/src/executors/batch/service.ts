/** AWS Batch as the executor needs it. It brings the SDK along: load it only for commands that talk to AWS. */

import {
  BatchClient,
  type ComputeEnvironmentDetail,
  DescribeComputeEnvironmentsCommand,
  DescribeJobDefinitionsCommand,
  DescribeJobQueuesCommand,
  DescribeJobsCommand,
  GetJobQueueSnapshotCommand,
  type JobDetail,
  type JobQueueDetail,
  type JobSummary,
  ListJobsCommand,
  type ListJobsRequest,
  RegisterJobDefinitionCommand,
  type RegisterJobDefinitionRequest,
  SubmitJobCommand,
  type SubmitJobRequest,
  TerminateJobCommand,
} from '@aws-sdk/client-batch';
import { NlpflowError } from '../../errors.ts';
import { awsProblem } from './problems.ts';
import type { Platform } from './sizes.ts';

/** DescribeJobs takes this many ids. */
const DESCRIBED_AT_ONCE = 100;
/** A throttled or unanswered call is repeated by the SDK, each time later: all calls but SubmitJob may come twice. */
const TRIES = 10;
/** Connections that were cut while the machine slept say nothing for ever. */
const CONNECT_MS = 10_000;
const SILENCE_MS = 60_000;

/** A queue with the environments behind it. */
export interface Queue {
  readonly name: string;
  readonly platform: Platform;
  readonly detail: JobQueueDetail;
  readonly environments: readonly ComputeEnvironmentDetail[];
}

/** Calls of AWS Batch; endpoint, region and credentials come from the SDK's standard variables and files. */
export class BatchService {
  readonly #client: BatchClient;
  /** Sends each call once, whatever comes of it. */
  readonly #once: BatchClient;

  /** `config`: the SDK's settings where they differ. */
  constructor(config: { readonly maxAttempts?: number; readonly region?: string } = {}) {
    // Printed on Node 20, and nothing that a user of nlpflow can act on.
    process.env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const requestHandler = { connectionTimeout: CONNECT_MS, socketTimeout: SILENCE_MS };
    this.#client = new BatchClient({ maxAttempts: TRIES, requestHandler, ...config });
    this.#once = new BatchClient({ requestHandler, ...config, maxAttempts: 1 });
  }

  /** The region that the client works in. */
  async region(): Promise<string> {
    return this.#call('the region', () => this.#client.config.region());
  }

  /**
   * Calls SubmitJob once: AWS has no token that would make a second call harmless. After an error the job may be there
   * all the same, unless `wasRefused` says that it is not; `Placement` is the way to submit a job.
   */
  async submit(request: SubmitJobRequest): Promise<string> {
    // Where this machine's clock is wrong, the other client has found out by how much.
    this.#once.config.systemClockOffset = this.#client.config.systemClockOffset;
    const { jobId } = await this.#call('SubmitJob', () => this.#once.send(new SubmitJobCommand(request)));
    if (!jobId) throw new NlpflowError('AWS_UNREACHABLE', 'SubmitJob: the answer names no job; check the network');
    return jobId;
  }

  /** Jobs by their ids, a hundred a call; unknown ones are missing. */
  async describe(ids: readonly string[]): Promise<JobDetail[]> {
    const found: JobDetail[] = [];
    for (let from = 0; from < ids.length; from += DESCRIBED_AT_ONCE) {
      const jobs = ids.slice(from, from + DESCRIBED_AT_ONCE);
      const answer = await this.#call('DescribeJobs', () => this.#client.send(new DescribeJobsCommand({ jobs })));
      found.push(...(answer.jobs ?? []));
    }
    return found;
  }

  /** The failed children of an array. */
  async failedChildren(arrayJobId: string): Promise<JobSummary[]> {
    return this.#list({ arrayJobId, jobStatus: 'FAILED' });
  }

  /** A child of an array that waits for room; the first that Batch names. */
  async runnableChild(arrayJobId: string): Promise<JobSummary | undefined> {
    const { jobSummaryList = [] } = await this.#call('ListJobs', () =>
      this.#client.send(new ListJobsCommand({ arrayJobId, jobStatus: 'RUNNABLE', maxResults: 1 })),
    );
    return jobSummaryList[0];
  }

  /** Jobs of a queue by their name, oldest first; a name that ends with `*` stands for all that begin so. */
  async named(jobQueue: string, name: string): Promise<JobSummary[]> {
    const found = await this.#list({ jobQueue, filters: [{ name: 'JOB_NAME', values: [name] }] });
    return found.sort((a, b) => (a.createdAt ?? 0) - (b.createdAt ?? 0));
  }

  /** Ends a job or an array with all its children, in whatever state. */
  async terminate(jobId: string, reason: string): Promise<void> {
    await this.#call('TerminateJob', () => this.#client.send(new TerminateJobCommand({ jobId, reason })));
  }

  /** A queue by name or ARN. Throws `BATCH_QUEUE` when it is not there or takes no jobs. */
  async queue(name: string): Promise<Queue> {
    const found = await this.#call('DescribeJobQueues', () =>
      this.#client.send(new DescribeJobQueuesCommand({ jobQueues: [name] })),
    );
    const detail = found.jobQueues?.[0];
    if (!detail) {
      throw new NlpflowError('BATCH_QUEUE', `there is no job queue ${name} in ${await this.region()}; check --queue`);
    }
    const names = (detail.computeEnvironmentOrder ?? []).map(({ computeEnvironment }) => computeEnvironment ?? '');
    const { computeEnvironments = [] } = await this.#call('DescribeComputeEnvironments', () =>
      this.#client.send(new DescribeComputeEnvironmentsCommand({ computeEnvironments: names })),
    );
    const isFargate = computeEnvironments.some(({ computeResources }) => computeResources?.type?.startsWith('FARGATE'));
    return {
      name: detail.jobQueueName ?? name,
      platform: isFargate ? 'FARGATE' : 'EC2',
      detail,
      environments: computeEnvironments,
    };
  }

  /** ARNs of the jobs at the front of a queue, first come first. */
  async front(jobQueue: string): Promise<string[]> {
    const { frontOfQueue } = await this.#call('GetJobQueueSnapshot', () =>
      this.#client.send(new GetJobQueueSnapshotCommand({ jobQueue })),
    );
    return (frontOfQueue?.jobs ?? []).map(({ jobArn }) => jobArn ?? '');
  }

  /** ARN of an active definition with this name; registered when there is none. */
  async definition(content: RegisterJobDefinitionRequest): Promise<string> {
    const { jobDefinitionName } = content;
    const { jobDefinitions = [] } = await this.#call('DescribeJobDefinitions', () =>
      this.#client.send(new DescribeJobDefinitionsCommand({ jobDefinitionName, status: 'ACTIVE' })),
    );
    const known = jobDefinitions[0]?.jobDefinitionArn;
    if (known !== undefined) return known;
    const made = await this.#call('RegisterJobDefinition', () =>
      this.#client.send(new RegisterJobDefinitionCommand(content)),
    );
    return made.jobDefinitionArn ?? '';
  }

  close(): void {
    this.#client.destroy();
    this.#once.destroy();
  }

  async #list(request: ListJobsRequest): Promise<JobSummary[]> {
    const found: JobSummary[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.#call('ListJobs', () =>
        this.#client.send(new ListJobsCommand({ ...request, ...(nextToken ? { nextToken } : {}) })),
      );
      found.push(...(page.jobSummaryList ?? []));
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return found;
  }

  async #call<Value>(what: string, call: () => Promise<Value>): Promise<Value> {
    try {
      return await call();
    } catch (error) {
      throw awsProblem(what, error);
    }
  }
}
