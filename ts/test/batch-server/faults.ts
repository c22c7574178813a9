/** What a test makes go wrong; everything is fine by default. */

import type { Job } from './model.ts';

export interface Faults {
  /** Whether a call is answered with TooManyRequestsException. */
  throttle(operation: string): boolean;
  /** Whether a call is answered with AccessDeniedException. */
  deny(operation: string): boolean;
  /** Why a call of Batch is refused with ClientException. */
  refuse(operation: string): string | undefined;
  /** What becomes of the answer to a call of Batch that was carried out: the connection is dropped, or another error is told. */
  lose(operation: string): 'dropped' | 'error' | undefined;
  /** Milliseconds for which a new job is in no listing and no description. */
  hidden(job: Job): number;
  /** Milliseconds after its start at which an attempt's host is taken away. */
  reclaimAfter(job: Job, attempt: number): number | undefined;
  /** MiB that an attempt comes to need. */
  memoryNeeded(job: Job, attempt: number): number;
  /** Who is killed when memory runs out: the container as a whole, at once or after its first line, or its largest process only. */
  killed(job: Job): 'container' | 'container at work' | 'largest process';
  /** Why a container cannot be started, e.g. `CannotPullContainerError: …`. */
  startFailure(job: Job, attempt: number): string | undefined;
  /** A job that never leaves RUNNABLE; a text is what Batch says about it. */
  stuck(job: Job): boolean | string;
}

export function noFaults(): Faults {
  return {
    throttle: () => false,
    deny: () => false,
    refuse: () => undefined,
    lose: () => undefined,
    hidden: () => 0,
    reclaimAfter: () => undefined,
    memoryNeeded: () => 0,
    killed: () => 'container',
    startFailure: () => undefined,
    stuck: () => false,
  };
}

/** Loses each n-th answer to each of some operations. */
export function losingEach(n: number, operations: readonly string[]): Faults['lose'] {
  const calls = new Map<string, number>();
  return (operation) => {
    if (!operations.includes(operation)) return undefined;
    const count = (calls.get(operation) ?? 0) + 1;
    calls.set(operation, count);
    return count % n === 0 ? 'dropped' : undefined;
  };
}
