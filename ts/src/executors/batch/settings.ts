/** What a person says about AWS Batch, checked. */

import { NlpflowError } from '../../errors.ts';
import { parseBytes } from '../capacity.ts';
import type { ContainerSize } from './sizes.ts';

/** MiB of a task whose need is not known. */
const USUAL_MEMORY = 4096;

/** An array has at most this many children. */
export const LARGEST_ARRAY = 10_000;

export interface BatchSettings {
  readonly queue: string;
  /** Where a task goes whose host was taken away twice. */
  readonly onDemandQueue?: string;
  /** With tag or digest. */
  readonly image: string;
  readonly size: ContainerSize;
  /** The memory was not asked for: it follows from a task's estimate, where there is one. */
  readonly autoMemory?: boolean;
  /** Containers at once. */
  readonly maxParallel: number;
  /** For an attempt of a task. */
  readonly timeoutSeconds?: number;
  /** For an attempt of the job that ends a run which was left to itself. */
  readonly finishTimeoutSeconds?: number;
  readonly jobRole?: string;
  readonly executionRole?: string;
  readonly logGroup?: string;
  /** The table goes to the store, and is read in a container, too. */
  readonly uploadData?: boolean;
}

/** The options of the command line that `readSettings` reads. */
export interface BatchArguments {
  readonly queue?: string | undefined;
  readonly 'on-demand-queue'?: string | undefined;
  readonly image?: string | undefined;
  readonly cpu?: number | undefined;
  readonly memory?: string | undefined;
  readonly 'max-parallel'?: number | undefined;
  readonly timeout?: number | undefined;
  readonly 'finish-timeout'?: number | undefined;
  readonly 'job-role'?: string | undefined;
  readonly 'execution-role'?: string | undefined;
  readonly 'log-group'?: string | undefined;
  readonly 'upload-data'?: boolean | undefined;
}

/** Settings from options. Throws `BATCH_SETTINGS` for what is missing and `USAGE` for what is out of range. */
export function readSettings(args: BatchArguments): BatchSettings {
  const { queue, image, cpu = 1, memory, timeout } = args;
  const maxParallel = args['max-parallel'] ?? LARGEST_ARRAY;
  if (!queue) throw missing('--queue NAME', 'NLPFLOW_QUEUE', 'the job queue that takes the tasks');
  if (!image) throw missing('--image URI', 'NLPFLOW_IMAGE', 'the container image with nlpflow, in a registry');
  if (!(cpu > 0)) throw new NlpflowError('USAGE', `--cpu must be above 0, not ${cpu}`);
  if (!Number.isInteger(maxParallel) || maxParallel < 1) {
    throw new NlpflowError('USAGE', `--max-parallel must be a whole number of at least 1, not ${maxParallel}`);
  }
  const finishTimeout = args['finish-timeout'];
  for (const [flag, seconds] of [
    ['--timeout', timeout],
    ['--finish-timeout', finishTimeout],
  ] as const) {
    if (seconds === undefined || seconds >= 60) continue;
    throw new NlpflowError('USAGE', `${flag} must be at least 60 seconds, not ${seconds}`);
  }
  return {
    queue,
    image,
    size: { vcpus: cpu, memory: memory === undefined ? USUAL_MEMORY : Math.ceil(parseBytes(memory) / 1024 ** 2) },
    ...(memory === undefined ? { autoMemory: true } : {}),
    maxParallel,
    ...(args['on-demand-queue'] ? { onDemandQueue: args['on-demand-queue'] } : {}),
    ...(timeout === undefined ? {} : { timeoutSeconds: Math.ceil(timeout) }),
    ...(finishTimeout === undefined ? {} : { finishTimeoutSeconds: Math.ceil(finishTimeout) }),
    ...(args['job-role'] ? { jobRole: args['job-role'] } : {}),
    ...(args['execution-role'] ? { executionRole: args['execution-role'] } : {}),
    ...(args['upload-data'] === true ? { uploadData: true } : {}),
    ...(args['log-group'] ? { logGroup: args['log-group'] } : {}),
  };
}

function missing(flag: string, variable: string, what: string): NlpflowError {
  return new NlpflowError('BATCH_SETTINGS', `--on batch needs ${flag} (or ${variable}): ${what}`);
}
