/** Moves jobs from state to state: dependencies, capacity, attempts, retries. */

import { randomBytes } from 'node:crypto';
import { EventEmitter, setMaxListeners } from 'node:events';
import type { Clock } from '../../src/executors/batch/clock.ts';
import type { Compute } from './compute.ts';
import type { Launch, RunningContainer } from './container.ts';
import type { Faults } from './faults.ts';
import type { LogStreams } from './logs.ts';
import { type Attempt, asked, enter, isOver, type Job } from './model.ts';
import { isRetried } from './retry.ts';

/** Milliseconds that things take. */
export interface Pace {
  /** From SUBMITTED on, and from RUNNABLE to STARTING where there is room. */
  readonly scheduling: number;
  /** STARTING: pulling the image. */
  readonly starting: number;
  /** From SIGTERM to SIGKILL when a host is taken away or a job is terminated. */
  readonly grace: number;
}

export class Scheduler {
  readonly #jobs: ReadonlyMap<string, Job>;
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #compute: Compute;
  readonly #launch: Launch;
  readonly #faults: Faults;
  readonly #logs: LogStreams;
  readonly #closed = new AbortController();
  /** RUNNABLE jobs by queue, first come first served. */
  readonly #lines = new Map<string, Job[]>();
  readonly #inUse = new Map<string, number>();
  readonly #dependents = new Map<string, Job[]>();
  readonly #running = new Set<Promise<void>>();

  constructor(of: {
    jobs: ReadonlyMap<string, Job>;
    clock: Clock;
    pace: Pace;
    compute: Compute;
    launch: Launch;
    faults: Faults;
    logs: LogStreams;
  }) {
    this.#jobs = of.jobs;
    this.#clock = of.clock;
    this.#pace = of.pace;
    this.#compute = of.compute;
    this.#launch = of.launch;
    this.#faults = of.faults;
    this.#logs = of.logs;
    // Every job that waits listens to it.
    setMaxListeners(0, this.#closed.signal);
  }

  /** Takes over jobs that were just submitted; of an array the children. */
  add(jobs: readonly Job[]): void {
    for (const job of jobs) {
      for (const id of job.waitsFor) this.#dependents.set(id, [...(this.#dependents.get(id) ?? []), job]);
    }
    this.#later(this.#pace.scheduling, () => {
      for (const job of jobs) {
        if (job.status !== 'SUBMITTED') continue;
        enter(job, 'PENDING');
        if (job.cancelled) this.#fail(job, job.statusReason ?? '');
        else this.#settleDependencies(job);
      }
    });
  }

  /** Cancels what has not begun to start; says nothing about the rest. */
  cancel(job: Job, reason: string): void {
    for (const one of [job, ...job.children]) {
      if (one.children.length > 0 || !['SUBMITTED', 'PENDING', 'RUNNABLE'].includes(one.status)) continue;
      one.cancelled = true;
      this.#fail(one, reason);
    }
  }

  /** Ends a job in whatever state. */
  terminate(job: Job, reason: string): void {
    for (const one of [job, ...job.children]) {
      if (one.children.length > 0 || isOver(one)) continue;
      one.terminated = true;
      if (one.stop) one.stop(reason);
      else if (one.status !== 'STARTING') this.#fail(one, reason);
      else one.statusReason = reason;
    }
  }

  /** Jobs that wait for room, in their order. */
  runnable(queue: string): readonly Job[] {
    return this.#lines.get(queue) ?? [];
  }

  /** vCPUs of a queue's jobs that start or run. */
  inUse(queue: string): number {
    return this.#inUse.get(queue) ?? 0;
  }

  /** Ends all processes. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const job of this.#jobs.values()) job.stop?.('the server was closed');
    await Promise.all(this.#running);
  }

  #later(milliseconds: number, then: () => void): void {
    void this.#clock.sleep(milliseconds, this.#closed.signal).then(() => {
      if (!this.#closed.signal.aborted) then();
    });
  }

  #settleDependencies(job: Job): void {
    for (const id of job.waitsFor) {
      const status = this.#jobs.get(id)?.status;
      if (status === 'FAILED') {
        this.#fail(job, 'Dependent Job failed');
        return;
      }
      if (status === 'SUCCEEDED') job.waitsFor.delete(id);
    }
    if (job.waitsFor.size === 0) this.#makeRunnable(job);
  }

  #makeRunnable(job: Job): void {
    enter(job, 'RUNNABLE');
    if (job.parent && job.parent.status === 'SUBMITTED') enter(job.parent, 'PENDING');
    this.#later(this.#pace.scheduling, () => {
      if (job.status !== 'RUNNABLE') return;
      this.#lines.set(job.queue, [...(this.#lines.get(job.queue) ?? []), job]);
      this.#fill(job.queue);
    });
  }

  /** Starts as many jobs as the queue's environments have room for. */
  #fill(name: string): void {
    const line = this.#lines.get(name) ?? [];
    const environments = this.#compute.environmentsOf(this.#compute.queue(name));
    const usable = environments.filter(({ status, state }) => status === 'VALID' && state === 'ENABLED');
    let room = usable.reduce((sum, { computeResources }) => sum + (computeResources?.maxvCpus ?? 0), 0);
    room -= this.inUse(name);
    for (let at = 0; at < line.length; ) {
      const job = line[at] as Job;
      const stuck = this.#faults.stuck(job);
      // Batch says why about the job at the head of the queue only.
      if (typeof stuck === 'string' && at === 0) job.statusReason = stuck;
      if (stuck !== false) {
        at += 1;
        continue;
      }
      const need = asked(job.container, 'VCPU');
      if (need > room) return;
      room -= need;
      line.splice(at, 1);
      this.#start(job);
    }
  }

  #start(job: Job): void {
    enter(job, 'STARTING');
    this.#use(job, 1);
    delete job.statusReason;
    const task = randomBytes(16).toString('hex');
    const prefix = job.container.logConfiguration?.options?.['awslogs-stream-prefix'] ?? job.definitionName;
    const instance = `i-0${randomBytes(8).toString('hex')}`;
    const attempt: Attempt = { task, instance, logStream: `${prefix}/default/${task}` };
    job.attempts.push(attempt);
    this.#later(this.#pace.starting, () => {
      if (job.terminated) return this.#endAttempt(job, attempt, { statusReason: job.statusReason ?? '' });
      const failure = this.#faults.startFailure(job, job.attempts.length);
      if (failure !== undefined) {
        return this.#endAttempt(job, attempt, { statusReason: 'Task failed to start', reason: failure });
      }
      const run = this.#run(job, attempt);
      this.#running.add(run);
      void run.finally(() => this.#running.delete(run));
    });
  }

  async #run(job: Job, attempt: Attempt): Promise<void> {
    enter(job, 'RUNNING');
    attempt.startedAt = Math.round(this.#clock.now());
    job.startedAt = attempt.startedAt;
    const group = job.container.logConfiguration?.options?.['awslogs-group'] ?? '/aws/batch/job';
    const begun = new EventEmitter();
    const log = (message: string): void => {
      this.#logs.write(group, attempt.logStream, { timestamp: Math.round(this.#clock.now()), message });
      begun.emit('line');
    };
    const container = this.#launch({
      jobId: job.id,
      command: job.container.command ?? [],
      environment: environmentOf(job),
      log,
    });
    const over = new AbortController();
    const why = this.#watch(job, attempt, { container, begun }, over.signal);
    const { code, signal } = await container.ended;
    over.abort();
    delete job.stop;
    delete job.reclaim;
    const exitCode = code ?? (signal === 'SIGKILL' ? 137 : 143);
    const forced = why();
    this.#endAttempt(job, attempt, {
      exitCode,
      statusReason: 'Essential container in task exited',
      // A container that had finished when its host was taken away has succeeded all the same.
      ...(code === 0 ? {} : forced),
    });
  }

  /** Looks after all that may end a container before its time; returns what did. */
  #watch(
    job: Job,
    attempt: Attempt,
    { container, begun }: { container: RunningContainer; begun: EventEmitter },
    over: AbortSignal,
  ): () => Partial<Attempt> {
    let forced: Partial<Attempt> = {};
    const end = (why: Partial<Attempt>, grace: number): void => {
      if (Object.keys(forced).length > 0) return;
      forced = why;
      container.kill('SIGTERM');
      void this.#clock.sleep(grace, over).then(() => container.kill('SIGKILL'));
    };
    const after = (milliseconds: number | undefined, then: () => void): void => {
      if (milliseconds === undefined) return;
      void this.#clock.sleep(milliseconds, over).then(() => {
        if (!over.aborted) then();
      });
    };
    job.stop = (statusReason) => end({ statusReason }, this.#closed.signal.aborted ? 0 : this.#pace.grace);
    const seconds = job.timeoutSeconds;
    after(seconds === undefined ? undefined : seconds * 1000, () => {
      job.terminated = true;
      end({ statusReason: 'Job attempt duration exceeded timeout' }, this.#pace.grace);
    });
    job.reclaim = () => {
      const statusReason =
        job.platform === 'FARGATE'
          ? 'Your Spot Task was interrupted.'
          : `Host EC2 (instance ${attempt.instance}) terminated.`;
      // The host takes the exit code with it.
      end({ statusReason, exitCode: undefined as never }, this.#pace.grace);
    };
    after(this.#faults.reclaimAfter(job, job.attempts.length), job.reclaim);
    if (this.#faults.memoryNeeded(job, job.attempts.length) > asked(job.container, 'MEMORY')) {
      const killed = this.#faults.killed(job);
      const kill = (): void => {
        forced = { reason: 'OutOfMemoryError: Container killed due to memory usage', exitCode: 137 };
        container.kill('SIGKILL');
      };
      if (killed === 'largest process') void container.killLargest?.(over);
      else if (killed === 'container at work') begun.once('line', kill);
      else kill();
    }
    return () => forced;
  }

  #endAttempt(job: Job, attempt: Attempt, how: Partial<Attempt>): void {
    Object.assign(attempt, how, { stoppedAt: Math.round(this.#clock.now()) });
    this.#use(job, -1);
    if (attempt.exitCode === undefined) delete attempt.exitCode;
    if (attempt.exitCode === 0) {
      job.statusReason = attempt.statusReason ?? '';
      this.#end(job, 'SUCCEEDED');
    } else if (!job.terminated && !job.cancelled && isRetried(job.retry, job.attempts)) {
      this.#makeRunnable(job);
    } else {
      this.#fail(job, attempt.statusReason ?? '');
    }
    this.#fill(job.queue);
  }

  #use(job: Job, sign: 1 | -1): void {
    this.#inUse.set(job.queue, this.inUse(job.queue) + sign * asked(job.container, 'VCPU'));
  }

  #fail(job: Job, reason: string): void {
    const line = this.#lines.get(job.queue) ?? [];
    if (line.includes(job)) line.splice(line.indexOf(job), 1);
    job.statusReason = reason;
    this.#end(job, 'FAILED');
  }

  #end(job: Job, status: 'SUCCEEDED' | 'FAILED'): void {
    enter(job, status);
    job.stoppedAt = Math.round(this.#clock.now());
    for (const dependent of this.#dependents.get(job.id) ?? []) {
      if (dependent.status === 'PENDING') this.#settleDependencies(dependent);
    }
    const { parent } = job;
    if (parent && !isOver(parent) && parent.children.every(isOver)) {
      const failed = parent.children.some((child) => child.status === 'FAILED');
      if (failed) parent.statusReason = 'Array Child Job failed';
      this.#end(parent, failed ? 'FAILED' : 'SUCCEEDED');
    }
  }
}

function environmentOf(job: Job): Record<string, string> {
  const given = (job.container.environment ?? []).map(({ name, value }) => [name ?? '', value ?? '']);
  return {
    ...Object.fromEntries(given),
    AWS_BATCH_JOB_ID: job.id,
    AWS_BATCH_JQ_NAME: job.queue,
    AWS_BATCH_JOB_ATTEMPT: String(job.attempts.length),
    ...(job.parent
      ? {
          AWS_BATCH_JOB_ARRAY_INDEX: String(job.index),
          AWS_BATCH_JOB_ARRAY_SIZE: String(job.parent.children.length),
        }
      : {}),
  };
}
