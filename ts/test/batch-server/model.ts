/** What the server keeps of a job. */

import type {
  ContainerProperties,
  JobDependency,
  JobDetail,
  JobStatus,
  JobSummary,
  PlatformCapability,
  RetryStrategy,
} from '@aws-sdk/client-batch';

/** States in the order of a job's life. */
export const STATES = ['SUBMITTED', 'PENDING', 'RUNNABLE', 'STARTING', 'RUNNING', 'SUCCEEDED', 'FAILED'] as const;

/** One try of a job, whether it came to a process or not. */
export interface Attempt {
  readonly task: string;
  readonly instance: string;
  readonly logStream: string;
  startedAt?: number;
  stoppedAt?: number;
  exitCode?: number;
  /** The container's reason, e.g. `OutOfMemoryError: …`. */
  reason?: string;
  /** The job's reason, e.g. `Essential container in task exited`. */
  statusReason?: string;
}

export interface Job {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  /** `arn:…:job-definition/name:revision`. */
  readonly definition: string;
  readonly definitionName: string;
  readonly platform: PlatformCapability;
  readonly container: ContainerProperties;
  readonly retry: RetryStrategy;
  readonly timeoutSeconds: number | undefined;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly dependsOn: readonly JobDependency[];
  /** Ids of the jobs that must have succeeded. */
  readonly waitsFor: Set<string>;
  readonly parent: Job | undefined;
  readonly index: number | undefined;
  /** Of an array job. */
  readonly children: Job[];
  status: JobStatus;
  /** Every state that it was in, in order. */
  readonly history: JobStatus[];
  statusReason?: string;
  startedAt?: number;
  stoppedAt?: number;
  readonly attempts: Attempt[];
  cancelled: boolean;
  terminated: boolean;
  /** Ends the running container, SIGTERM first. */
  stop?: (statusReason: string) => void;
  /** Takes its host away. */
  reclaim?: () => void;
}

/** Moves a job to a state. */
export function enter(job: Job, status: JobStatus): void {
  job.status = status;
  job.history.push(status);
}

/** Whether a job is over. */
export function isOver({ status }: Job): boolean {
  return status === 'SUCCEEDED' || status === 'FAILED';
}

/** The amount that a container asks for: vCPUs, or memory in MiB. */
export function asked(container: ContainerProperties, type: 'VCPU' | 'MEMORY'): number {
  return Number(container.resourceRequirements?.find((one) => one.type === type)?.value ?? 0);
}

/** Children by state, as `arrayProperties.statusSummary` has them. */
export function statusSummary({ children }: Job): Record<string, number> {
  const counts: Record<string, number> = Object.fromEntries(STATES.map((state) => [state, 0]));
  for (const { status } of children) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}

/** A job as DescribeJobs answers it. */
export function detail(job: Job): JobDetail {
  const last = job.attempts.at(-1);
  return {
    ...common(job),
    jobQueue: job.queue,
    startedAt: job.startedAt ?? 0,
    dependsOn: [...job.dependsOn],
    jobDefinition: job.definition,
    retryStrategy: job.retry,
    ...(job.timeoutSeconds === undefined ? {} : { timeout: { attemptDurationSeconds: job.timeoutSeconds } }),
    tags: { ...job.tags },
    platformCapabilities: [job.platform],
    attempts: job.attempts
      .filter(({ stoppedAt }) => stoppedAt !== undefined)
      .map((attempt) => ({
        startedAt: attempt.startedAt,
        stoppedAt: attempt.stoppedAt,
        statusReason: attempt.statusReason,
        container: container(attempt),
      })),
    container: { ...job.container, ...(last ? container(last) : {}) },
    isCancelled: job.cancelled,
    isTerminated: job.terminated,
  } as JobDetail;
}

/** A job as ListJobs answers it. */
export function summary(job: Job): JobSummary {
  const last = job.attempts.at(-1);
  return {
    ...common(job),
    jobDefinition: job.definition,
    ...(last ? { container: { exitCode: last.exitCode, reason: last.reason } } : {}),
  };
}

function common(job: Job) {
  const array =
    job.children.length > 0
      ? { size: job.children.length, statusSummary: statusSummary(job) }
      : job.index === undefined
        ? undefined
        : { index: job.index };
  return {
    jobArn: `arn:aws:batch:eu-test-1:000000000000:job/${job.id}`,
    jobId: job.id,
    jobName: job.name,
    status: job.status,
    statusReason: job.statusReason,
    createdAt: Math.round(job.createdAt),
    startedAt: job.startedAt,
    stoppedAt: job.stoppedAt,
    ...(array ? { arrayProperties: array } : {}),
  };
}

function container({ exitCode, reason, logStream, task, instance }: Attempt) {
  return {
    exitCode,
    reason,
    logStreamName: logStream,
    taskArn: `arn:aws:ecs:eu-test-1:000000000000:task/${task}`,
    containerInstanceArn: `arn:aws:ecs:eu-test-1:000000000000:container-instance/${instance}`,
  };
}
