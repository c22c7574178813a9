/** What a test makes go wrong; everything is fine by default. */

import type { Job } from './model.ts';

export interface Faults {
  /** Whether a call is answered with TooManyRequestsException. */
  throttle(operation: string): boolean;
  /** Milliseconds after its start at which an attempt's host is taken away. */
  reclaimAfter(job: Job, attempt: number): number | undefined;
  /** MiB that an attempt comes to need. */
  memoryNeeded(job: Job, attempt: number): number;
  /** Why a container cannot be started, e.g. `CannotPullContainerError: …`. */
  startFailure(job: Job, attempt: number): string | undefined;
  /** A job that never leaves RUNNABLE; a text is what Batch says about it. */
  stuck(job: Job): boolean | string;
}

export function noFaults(): Faults {
  return {
    throttle: () => false,
    reclaimAfter: () => undefined,
    memoryNeeded: () => 0,
    startFailure: () => undefined,
    stuck: () => false,
  };
}
