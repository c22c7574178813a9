/**
 * What parent and worker say to each other over Node's IPC channel.
 *
 * The parent sends `run`; the worker answers with any number of `progress` and `note` and exactly one of `done` or
 * `failed`, then takes the next `run`. `cancel` asks the worker to stop its task, which then ends as `failed` with code
 * `CANCELLED`. When the channel closes the worker stops its task and ends: its parent is gone. A worker that is asked to
 * end (SIGTERM) does so, too, without an answer, as one that dies: its task is tried again.
 */

import type { Task, TaskResult } from '../flow/task.ts';
import type { Progress } from '../native/stages.ts';
import type { Usage } from './usage.ts';

export type ToWorker =
  | { readonly type: 'run'; readonly store: string; readonly task: Task; readonly threads: number }
  | { readonly type: 'cancel' };

export type FromWorker =
  | { readonly type: 'progress'; readonly progress: Progress }
  | { readonly type: 'note'; readonly message: string }
  | { readonly type: 'done'; readonly result: TaskResult; readonly usage: Usage }
  | {
      readonly type: 'failed';
      readonly code: string;
      readonly message: string;
      readonly causes: readonly string[];
      readonly usage: Usage;
    };
