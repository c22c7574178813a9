/** A job on AWS Batch and the tasks that it still owes. */

import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import { indexOfState, pathsOf, readJson, type SubmittedJob, type TaskState } from './manifest.ts';
import type { Placement } from './placement.ts';
import type { BatchService } from './service.ts';

/** States are read this many at a time. */
const AT_ONCE = 32;

/** A job's name on AWS. */
export function jobName(run: string, submission: string): string {
  return `nlpflow-${run}-${submission}`.replace(/[^A-Za-z0-9_-]/g, '_').slice(0, 128);
}

/** Whose job a submission is, beside this process'. */
export interface Origin {
  /** The run that submitted it, and in whose folder its manifest and states are. */
  readonly run: string;
  /** That run goes on by itself: the job is its own, and not ended from here. */
  readonly goesOn: boolean;
}

/** A job with the tasks that are not settled yet. */
export class Submission {
  readonly name: string;
  readonly job: SubmittedJob;
  /** Undefined where this run submitted it. */
  readonly origin: Origin | undefined;
  /** By index; a task leaves when it is settled. */
  readonly open: Map<number, Task>;
  /** The job that ends the run: it makes the tasks on its own, without a state for each. */
  readonly isFinish: boolean;
  /** Indices whose containers were seen. */
  readonly started = new Map<number, number>();
  /** Failed children that Batch has told of. */
  failed = 0;
  /** Polls in a row in which AWS Batch did not know the job. */
  unknown = 0;
  readonly #run: string;
  readonly #placement: Placement | undefined;
  readonly #etags = new Map<number, string>();

  constructor(of: {
    run: string;
    job: SubmittedJob;
    open: Map<number, Task>;
    isFinish?: boolean;
    placement?: Placement;
    origin?: Origin;
  }) {
    this.#run = of.run;
    this.#placement = of.placement;
    this.origin = of.origin;
    this.isFinish = of.isFinish ?? false;
    this.name = of.job.name;
    this.job = of.job;
    this.open = of.open;
  }

  /** Ends jobs that came of a submission which AWS did not answer, where this one took its place. */
  async endTwins(): Promise<void> {
    await this.#placement?.endTwins();
  }

  /** Ends the job with all its children, and every other job of its name that this process may have submitted. */
  async end(service: BatchService, reason: string): Promise<void> {
    if (this.#placement) await this.#placement.end(reason);
    else await service.terminate(this.job.id, reason);
  }

  get isArray(): boolean {
    return this.job.size > 1;
  }

  /** The job of an index, as Batch calls it. */
  jobId(index: number): string {
    return this.isArray ? `${this.job.id}:${index}` : this.job.id;
  }

  /** States of open tasks that changed since they were last asked for. */
  async changes(store: Store): Promise<[index: number, state: TaskState][]> {
    const changed: [number, string, string][] = [];
    for await (const { path, etag } of store.list(pathsOf(this.#run, this.name).folder)) {
      const index = indexOfState(path);
      if (index !== undefined && this.open.has(index) && this.#etags.get(index) !== etag) {
        changed.push([index, path, etag]);
      }
    }
    const states: [number, TaskState][] = [];
    await inParallel(changed, AT_ONCE, async ([index, path, etag]) => {
      const state = await readJson<TaskState>(store, path);
      this.#etags.set(index, etag);
      if (state) states.push([index, state]);
    });
    return states.sort(([a], [b]) => a - b);
  }
}
