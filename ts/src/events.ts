/** What happens during a run, as data: renderers (terminal, plain lines, JSON lines) and `events.jsonl` listen to it. */

import type { Bill } from './cost/bill.ts';
import type { Forecast } from './flow/forecast.ts';

/** The native stages in the order in which a run needs them. */
export const STAGES = ['corpus', 'split', 'features', 'boost', 'fit'] as const;

/** Name of a stage whose result is kept in the store. */
export type StageName = (typeof STAGES)[number];

/** Version of the event format, printed with every event. */
export const EVENT_VERSION = 1;

/** One try of a task, told when it is over; `trace.parquet` holds a row for each. */
export interface TaskAttempt {
  readonly stage: StageName;
  readonly task: string;
  readonly label: string;
  /** `died`: the worker ended; `cancelled`: the run was stopped. */
  readonly status: 'done' | 'reused' | 'failed' | 'died' | 'cancelled';
  /** From 1. */
  readonly attempt: number;
  /** Id of its job, on AWS Batch. */
  readonly job?: string;
  /** ISO times: handed to the executor, taken by a worker, over. */
  readonly queued: string;
  readonly started: string;
  readonly ended: string;
  readonly host: string;
  /** Largest resident memory of the worker during the attempt in bytes; null where the system does not tell. */
  readonly peak_memory: number | null;
  /** Processor time in seconds. */
  readonly cpu_seconds: number | null;
  readonly rounds: number | null;
  /** Rounds that a checkpoint saved; they are not part of `rounds`. */
  readonly resumed?: number;
  readonly rounds_per_second: number | null;
  /** vCPUs, or threads of this machine, that it had. */
  readonly vcpus?: number;
  /** Whether its machine could be taken away. */
  readonly spot?: boolean;
  /** Dollars, by its own times; a bill that follows knows better. */
  readonly cost?: number;
  /** Why it ended otherwise than done, with the chain of causes. */
  readonly code?: string;
  readonly message?: string;
  readonly causes?: readonly string[];
}

/** Unit of the progress of a result that is on its way to a distant store: the task itself is done. */
export const SENT = 'bytes sent';

/** One thing that happened. */
export type Event =
  | { event: 'run.start'; run: string; name: string; config: string | null; store: string }
  | {
      event: 'plan';
      configurations: number;
      boosters: number;
      folds: number;
      recipes: number;
      tasks: Record<StageName, number>;
    }
  | {
      event: 'estimate';
      workers: number;
      /** Bytes that the largest booster of the group needs. */
      memoryPerBooster: number;
      /** Bytes that may be used. */
      memoryAvailable: number;
      reason: string;
      /** Work of the boosters, in steps over values and bins; see `flow/foretell.ts`. */
      work?: number;
      tasks?: number;
      /** Engine of the largest booster. */
      engine?: string;
      /** Seconds that the boosters will take, when that can be told. */
      seconds?: number;
      /** How the time was found. */
      basis?: string;
    }
  | ({ event: 'forecast' } & Forecast)
  | { event: 'stage.start'; stage: StageName; total: number; reused: number }
  | { event: 'task.start' | 'task.reused'; stage: StageName; task: string; label: string }
  | { event: 'task.progress'; stage: StageName; task: string; done: number; total: number; unit: string }
  | { event: 'task.done'; stage: StageName; task: string; label: string; seconds: number; summary: unknown }
  | { event: 'task.failed'; stage: StageName; task: string; label: string; code: string; message: string }
  | ({ event: 'task.attempt' } & TaskAttempt)
  | ({ event: 'task.bill' } & Bill)
  | { event: 'task.output'; stage: StageName; task: string; attempt: number; text: string }
  | { event: 'stage.done'; stage: StageName; done: number; reused: number; failed: number; seconds: number }
  | { event: 'warning'; message: string }
  | { event: 'note'; message: string }
  | {
      event: 'best';
      configuration: Record<string, number | string>;
      metric: string;
      mean: number;
      std_err: number | null;
    }
  | { event: 'run.done'; run: string; seconds: number; status: 'done' | 'failed' | 'interrupted' };

/** Receives events; must not throw. */
export type Emit = (event: Event) => void;

/** One event as a line of JSON with version and time, as `--json` prints it and `events.jsonl` keeps it. */
export function eventLine(event: Event, time: Date = new Date()): string {
  return `${JSON.stringify({ v: EVENT_VERSION, time: time.toISOString(), ...event })}\n`;
}
