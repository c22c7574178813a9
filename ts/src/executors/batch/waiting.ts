/** Why a job waits. */

import type { JobDetail } from '@aws-sdk/client-batch';
import type { BatchService } from './service.ts';

/** A cause, and what to do about it. */
export interface Cause {
  readonly cause: string;
  readonly remedy: string;
}

/** The cause of a job's waiting; undefined when none is found. */
export async function explainWaiting(job: JobDetail, service: BatchService): Promise<Cause | undefined> {
  const { environments } = await service.queue(job.jobQueue ?? '');
  const broken = environments.find(({ status }) => status === 'INVALID');
  if (!broken) return undefined;
  return { cause: `${broken.computeEnvironmentName} is INVALID: ${broken.statusReason}`, remedy: 'repair it' };
}
