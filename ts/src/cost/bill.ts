/** An attempt of a task as it is paid for. */

import type { StageName } from '../events.ts';

export interface Bill {
  readonly stage: StageName;
  readonly task: string;
  readonly label: string;
  /** From 1, in its job. */
  readonly attempt: number;
  /** ISO times. */
  readonly queued: string;
  readonly started: string;
  readonly ended: string;
  readonly vcpus: number;
  /** MiB. */
  readonly memory: number;
  readonly spot: boolean;
  readonly cost: number;
  /** Why it ended, when it did not end by itself. */
  readonly reason?: string;
}
