/** Watches one attempt of a task, for the trace of the run. */

import { hostname } from 'node:os';
import { asNlpflowError, causesOf } from '../errors.ts';
import type { TaskAttempt } from '../events.ts';
import type { Task, TaskResult } from '../flow/task.ts';
import type { Progress } from '../native/stages.ts';
import type { SeenAttempt } from './executor.ts';
import { TaskError, WorkerDied } from './process.ts';
import { UNKNOWN_USAGE, type Usage } from './usage.ts';

/** A speed is measured between two reports of progress when they lie so far apart. */
const SPAN_MS = 1_000;

/** Notes when an attempt began and how fast it is. */
export class AttemptWatch {
  readonly #task: Task;
  readonly #attempt: number;
  readonly #queued: string;
  readonly #started = new Date();
  #first: { done: number; at: number } | undefined;
  #last: { done: number; at: number } | undefined;

  constructor(task: Task, attempt: number, queued: string) {
    this.#task = task;
    this.#attempt = attempt;
    this.#queued = queued;
  }

  /** The attempt as it begins. */
  get begun(): SeenAttempt {
    return { task: this.#task.id, attempt: this.#attempt, started: this.#started.toISOString(), seconds: 0 };
  }

  progress({ done, unit }: Progress): void {
    if (unit !== 'rounds') return;
    this.#last = { done, at: performance.now() };
    this.#first ??= this.#last;
  }

  done({ reused, summary, resumed = 0 }: TaskResult, usage: Usage): TaskAttempt {
    const made = (summary as { rounds?: unknown } | null)?.rounds;
    const rounds = !reused && typeof made === 'number' ? made - resumed : undefined;
    return { ...this.#end(reused ? 'reused' : 'done', usage, rounds), ...(resumed > 0 ? { resumed } : {}) };
  }

  failed(error: unknown, cancelled: boolean): TaskAttempt {
    const { code, message } = asNlpflowError(error);
    const status = cancelled ? 'cancelled' : error instanceof WorkerDied ? 'died' : 'failed';
    const usage = error instanceof TaskError ? error.usage : UNKNOWN_USAGE;
    return { ...this.#end(status, usage), code, message, causes: causesOf(error) };
  }

  #end(status: TaskAttempt['status'], usage: Usage, made?: number): TaskAttempt {
    const { id: task, stage, label } = this.#task;
    const ended = new Date();
    const rounds = made ?? this.#last?.done ?? null;
    return {
      stage,
      task,
      label,
      status,
      attempt: this.#attempt,
      queued: this.#queued,
      started: this.#started.toISOString(),
      ended: ended.toISOString(),
      host: hostname(),
      peak_memory: usage.peak_memory,
      cpu_seconds: usage.cpu_seconds,
      rounds,
      rounds_per_second: this.#pace(rounds, (ended.getTime() - this.#started.getTime()) / 1000),
    };
  }

  /** Rounds a second without the time that comes before the first, where that can be told. */
  #pace(rounds: number | null, seconds: number): number | null {
    const [first, last] = [this.#first, this.#last];
    if (first && last && last.at - first.at >= SPAN_MS) return ((last.done - first.done) * 1000) / (last.at - first.at);
    return rounds === null || seconds <= 0 ? null : rounds / seconds;
  }
}
