/** The limits that AWS Batch puts on jobs and job definitions. */

import type {
  ContainerProperties,
  JobTimeout,
  PlatformCapability,
  RegisterJobDefinitionRequest,
  RetryStrategy,
  SubmitJobRequest,
} from '@aws-sdk/client-batch';
import { demand } from './errors.ts';
import { asked } from './model.ts';

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/;
const PAYLOAD = 30 * 1024;
const WORDS = /^[A-Za-z0-9.:\s]{0,511}\*?$/;
const DIGITS = /^[0-9]{0,511}\*?$/;

/** Memory in MiB that goes with a number of vCPUs on Fargate, as AWS tabulates it. */
const FARGATE: Readonly<Record<string, readonly number[]>> = {
  '0.25': [512, 1024, 2048],
  '0.5': gibibytes(1, 4, 1),
  '1': gibibytes(2, 8, 1),
  '2': gibibytes(4, 16, 1),
  '4': gibibytes(8, 30, 1),
  '8': gibibytes(16, 60, 4),
  '16': gibibytes(32, 120, 8),
};

/** SubmitJob's own fields; what it refers to is looked up elsewhere. */
export function checkSubmission(request: SubmitJobRequest): void {
  const bytes = Buffer.byteLength(JSON.stringify(request));
  demand(bytes <= PAYLOAD, `Request size ${bytes} is above the limit of ${PAYLOAD} bytes`);
  demand(NAME.test(request.jobName ?? ''), `Job name ${request.jobName} should match valid pattern`);
  const size = request.arrayProperties?.size;
  demand(
    size === undefined || (Number.isInteger(size) && size >= 2 && size <= 10_000),
    `Array size ${size} should be between 2 and 10000`,
  );
  const dependencies = request.dependsOn ?? [];
  demand(dependencies.length <= 20, `A job can have at most 20 dependencies, not ${dependencies.length}`);
  for (const { jobId, type } of dependencies) {
    demand(type !== 'SEQUENTIAL' || size !== undefined, 'SEQUENTIAL dependencies are for array jobs');
    demand(type === 'SEQUENTIAL' || jobId, 'jobId is required in a dependency');
    demand(type !== 'N_TO_N' || size !== undefined, 'N_TO_N dependencies are for array jobs');
  }
  checkTags(request.tags);
  checkRetry(request.retryStrategy);
  checkTimeout(request.timeout);
}

/** RegisterJobDefinition's fields. */
export function checkDefinition(request: RegisterJobDefinitionRequest): void {
  demand(NAME.test(request.jobDefinitionName ?? ''), `Job definition name ${request.jobDefinitionName} is not valid`);
  demand(request.type === 'container', 'this server runs container jobs only');
  demand(request.containerProperties?.image, 'Image is required in containerProperties');
  checkTags(request.tags);
  checkRetry(request.retryStrategy);
  checkTimeout(request.timeout);
  for (const platform of request.platformCapabilities ?? ['EC2']) checkContainer(request.containerProperties, platform);
}

/** A container with all overrides in place. */
export function checkContainer(container: ContainerProperties, platform: PlatformCapability): void {
  const vcpus = asked(container, 'VCPU');
  const memory = asked(container, 'MEMORY');
  demand(memory >= 4 && Number.isInteger(memory), `Memory ${memory} must be a whole number of MiB, at least 4`);
  if (platform !== 'FARGATE') {
    demand(vcpus >= 1 && Number.isInteger(vcpus), `vCPU ${vcpus} must be a whole number of at least 1`);
    return;
  }
  demand(container.executionRoleArn, 'executionRoleArn is required for Fargate jobs');
  demand(
    FARGATE[String(vcpus)]?.includes(memory),
    `Fargate resource requirements (${vcpus} vCPU, ${memory} MiB) not valid.`,
  );
}

function checkRetry(retry: RetryStrategy | undefined): void {
  if (!retry) return;
  const { attempts, evaluateOnExit = [] } = retry;
  demand(
    attempts === undefined || (Number.isInteger(attempts) && attempts >= 1 && attempts <= 10),
    `Number of attempts ${attempts} should be between 1 and 10`,
  );
  demand(evaluateOnExit.length === 0 || attempts !== undefined, 'evaluateOnExit needs attempts');
  demand(evaluateOnExit.length <= 5, `evaluateOnExit can have at most 5 conditions, not ${evaluateOnExit.length}`);
  for (const { action, onReason, onStatusReason, onExitCode } of evaluateOnExit) {
    demand(/^(retry|exit)$/i.test(action ?? ''), `action ${action} should be RETRY or EXIT`);
    demand(onReason ?? onStatusReason ?? onExitCode, 'a condition of evaluateOnExit is empty');
    for (const pattern of [onReason ?? '', onStatusReason ?? '']) {
      demand(WORDS.test(pattern), `the pattern ${pattern} is not valid`);
    }
    demand(DIGITS.test(onExitCode ?? ''), `onExitCode ${onExitCode} is not valid`);
  }
}

function checkTimeout(timeout: JobTimeout | undefined): void {
  const seconds = timeout?.attemptDurationSeconds;
  demand(seconds === undefined || seconds >= 60, `attemptDurationSeconds ${seconds} must be at least 60`);
}

function checkTags(tags: Record<string, string> = {}): void {
  demand(Object.keys(tags).length <= 50, 'a resource can have at most 50 tags');
  for (const [key, value] of Object.entries(tags)) {
    demand(/^(?!aws:).{1,128}$/.test(key), `the tag key ${key} is not valid`);
    demand(value.length <= 256, `the value of the tag ${key} is longer than 256 characters`);
  }
}

function gibibytes(from: number, to: number, step: number): number[] {
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => (from + index * step) * 1024);
}
