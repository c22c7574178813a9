/** The tasks of one stage on AWS Batch, from submission to outcome. */

import { asNlpflowError, NlpflowError } from '../../errors.ts';
import type { Task } from '../../flow/task.ts';
import type { Store } from '../../store/store.ts';
import type { ExecutorRun, TaskOutcome } from '../executor.ts';
import { adopt } from './adoption.ts';
import { attemptOf } from './attempts.ts';
import type { Clock } from './clock.ts';
import { judge, MORE_MEMORY } from './failures.ts';
import { lastLines } from './logs.ts';
import type { MemoryChoice, TaskState } from './manifest.ts';
import { isPassing } from './problems.ts';
import type { BatchService } from './service.ts';
import { type BatchSettings, LARGEST_ARRAY } from './settings.ts';
import type { Submission, Submitter } from './submission.ts';
import { WaitingWatch } from './watch.ts';

/** Milliseconds between two looks at the store. */
const LOOK = 3_000;
/** Milliseconds between two questions to Batch: at first, and at most. */
const POLL = { first: 5_000, last: 60_000, growth: 1.5, jitter: 0.2 };
/** A network that is away longer than this ends the command, not the jobs. */
const PATIENCE = 30 * 60_000;

/** What a fan-out needs. */
export interface FanoutParts {
  readonly run: string;
  readonly store: Store;
  readonly service: BatchService;
  readonly submitter: Submitter;
  readonly settings: BatchSettings;
  readonly clock: Clock;
  /** Jobs go on when this process leaves them. */
  readonly keep: boolean;
}

/** The outcome of a task that was done without this process. */
const OF_ANOTHER = { seconds: 0, reused: true };

/** A task with how it is to be run. */
interface Waiting {
  readonly task: Task;
  readonly queue: string;
  readonly memory: MemoryChoice;
}

export class Fanout {
  readonly #parts: FanoutParts;
  readonly #exec: ExecutorRun;
  readonly #waiting: Waiting[];
  readonly #live: Submission[] = [];
  /** Memory and queue of each task's last submission. */
  readonly #tried = new Map<string, Waiting>();
  readonly #watch: WaitingWatch;
  /** Tasks that fit nowhere. */
  readonly #refused: readonly (readonly [Task, NlpflowError])[];
  /** The job that ends a run that was left to itself, and takes what other jobs leave to it. */
  #finish: Submission | undefined;
  #pause = POLL.first;
  #nextPoll = 0;
  #troubleSince: number | undefined;
  #left = false;

  constructor(
    tasks: readonly Task[],
    memory: ReadonlyMap<string, MemoryChoice | NlpflowError>,
    exec: ExecutorRun,
    parts: FanoutParts,
  ) {
    this.#parts = parts;
    this.#exec = exec;
    const { queue } = parts.settings;
    const chosen = tasks.map((task) => [task, memory.get(task.id)] as const);
    this.#refused = chosen.flatMap(([task, one]) => (one instanceof NlpflowError ? [[task, one] as const] : []));
    this.#waiting = chosen.flatMap(([task, one]) =>
      one === undefined || one instanceof NlpflowError ? [] : [{ task, queue, memory: one }],
    );
    this.#watch = new WaitingWatch(parts, exec.emit);
  }

  /** Runs all; jobs of an earlier process are taken over. When the loop is left, or the signal aborted, every child is ended. */
  async *outcomes(): AsyncGenerator<TaskOutcome, void, void> {
    const { clock } = this.#parts;
    const { signal, emit } = this.#exec;
    for (const [task, { code, message }] of this.#refused) {
      const { stage, id, label } = task;
      emit({ event: 'task.failed', stage, task: id, label, code, message });
      yield { task, status: 'failed', code, message };
    }
    try {
      yield* await this.#adopt();
      while (!signal.aborted && this.#waiting.length + this.#live.length > 0) {
        const found: TaskOutcome[] = [];
        await this.#patiently(async () => {
          await this.#submit();
          await this.#look(this.#live, found);
          if (clock.now() >= this.#nextPoll) await this.#poll(found);
        });
        yield* found;
        if (this.#waiting.length + this.#live.length > 0 && found.length === 0) await clock.sleep(LOOK, signal);
      }
      if (!signal.aborted) return;
      const rest = [...this.#waiting.map(({ task }) => task), ...this.#live.flatMap(({ open }) => [...open.values()])];
      await this.#terminate();
      yield* rest.map((task) => ({ task, status: 'cancelled' as const }));
    } finally {
      await this.#terminate();
    }
  }

  /** Takes over what an earlier process of the run began; returns the tasks that ended without one. */
  async #adopt(): Promise<TaskOutcome[]> {
    const { settings } = this.#parts;
    const tasks = this.#waiting.map(({ task }) => task);
    const { submissions, done, finish } = await adopt(tasks, { ...this.#parts, queue: settings.queue });
    const running = submissions.flatMap(({ open }) => [...open.values()]);
    const waiting = new Map(this.#waiting.map((one) => [one.task.id, one]));
    for (const { job, open } of submissions) {
      for (const task of open.values()) {
        const { memory } = waiting.get(task.id) as Waiting;
        const had: MemoryChoice = {
          mebibytes: job.memory || memory.mebibytes,
          from: job.more ? 'more' : memory.from,
        };
        this.#tried.set(task.id, { task, queue: job.queue, memory: had });
      }
    }
    this.#finish = finish;
    const keys = new Set([...done, ...running].map(({ key }) => key));
    this.#waiting.splice(0, Number.POSITIVE_INFINITY, ...this.#waiting.filter(({ task }) => !keys.has(task.key)));
    this.#live.push(...submissions);
    if (running.length > 0) {
      const message = `${counted(running.length)} on AWS Batch already: going on with them`;
      this.#exec.emit({ event: 'note', message });
    }
    return Promise.all(
      done.map(async (task) => {
        const { stage, id, label, key } = task;
        this.#exec.emit({ event: 'task.reused', stage, task: id, label });
        return { task, status: 'done', ...OF_ANOTHER, summary: await this.#parts.store.summary(stage, key) };
      }),
    );
  }

  /** Submits the next wave: all that waits, or half of what may run at once when that became free. */
  async #submit(): Promise<void> {
    if (this.#parts.keep) return this.#leaveToFinish();
    const limit = Math.max(1, this.#exec.workers);
    while (this.#waiting.length > 0) {
      const running = this.#live.reduce((sum, { open }) => sum + open.size, 0);
      const room = Math.min(limit - running, this.#waiting.length);
      if (room < Math.min(this.#waiting.length, Math.ceil(limit / 2))) return;
      const first = this.#waiting[0] as Waiting;
      const alike = this.#waiting
        .filter(({ queue, memory }) => queue === first.queue && memory.mebibytes === first.memory.mebibytes)
        .slice(0, Math.min(room, LARGEST_ARRAY));
      const submission = await this.#parts.submitter.submit(
        alike.map(({ task }) => task),
        { queue: first.queue, memory: strongest(alike.map(({ memory }) => memory)) },
      );
      for (const waiting of alike) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#tried.set(waiting.task.id, waiting);
      }
      this.#live.push(submission);
      this.#pause = POLL.first;
      this.#schedule();
    }
  }

  /** Who only watches submits nothing: what no other job does is left to the last one. */
  #leaveToFinish(): void {
    const finish = this.#finish;
    const waiting = this.#waiting.splice(0);
    if (waiting.length === 0) return;
    if (!finish) {
      throw new NlpflowError('TASK_LOST', `the last job of run ${this.#parts.run} is over, and left tasks undone`);
    }
    if (!this.#live.includes(finish)) this.#live.push(finish);
    for (const one of waiting) {
      this.#tried.set(one.task.id, one);
      finish.open.set(Math.max(-1, ...finish.open.keys()) + 1, one.task);
    }
  }

  /** Reads what containers left on the store. */
  async #look(submissions: readonly Submission[], found: TaskOutcome[]): Promise<void> {
    for (const submission of [...submissions]) {
      if (submission.isFinish) {
        for (const [index, { stage, key }] of [...submission.open]) {
          if (await this.#parts.store.has(stage, key)) await this.#done(submission, index, found, OF_ANOTHER);
        }
        continue;
      }
      for (const [index, state] of await submission.changes(this.#parts.store)) {
        await this.#take(submission, index, state, found);
      }
    }
  }

  async #take(submission: Submission, index: number, state: TaskState, found: TaskOutcome[]): Promise<void> {
    const { emit } = this.#exec;
    const task = submission.open.get(index);
    if (!task) return;
    const { stage, id, label } = task;
    const before = submission.started.get(index);
    submission.started.set(index, state.attempt);
    this.#watch.started(submission);
    if (before === undefined) emit({ event: 'task.start', stage, task: id, label });
    else if (state.attempt > before) {
      emit({ event: 'note', message: `${label}: its host was taken away; attempt ${state.attempt} goes on` });
    }
    if (state.printed) emit({ event: 'task.output', stage, task: id, attempt: state.attempt, text: state.printed });
    if (state.state !== 'running') emit({ event: 'task.attempt', ...attemptOf(task, submission.job.submitted, state) });
    if (state.progress) emit({ event: 'task.progress', stage, task: id, ...state.progress });
    if (state.state === 'done') await this.#done(submission, index, found, state);
    if (state.state === 'failed') {
      const { code = 'INTERNAL', message = 'no reason was given' } = state;
      this.#failed(submission, index, found, code, message);
    }
    if (state.state === 'left') await this.#leave(submission, index, found, state);
  }

  /** A task that its job could not do in a run that nobody watched: the last job does it, or another one where that is over. */
  async #leave(submission: Submission, index: number, found: TaskOutcome[], state: TaskState): Promise<void> {
    const task = submission.open.get(index) as Task;
    const { code = 'INTERNAL', message = 'no reason was given' } = state;
    const finish = this.#finish;
    if (finish) {
      this.#exec.emit({ event: 'warning', message: `${task.label}: ${message}` });
      this.#settle(submission, index);
      if (!this.#live.includes(finish)) this.#live.push(finish);
      finish.open.set(Math.max(-1, ...finish.open.keys()) + 1, task);
      return;
    }
    const last = this.#tried.get(task.id) as Waiting;
    const more = code === 'MEMORY_TOO_SMALL' ? await this.#moreFor(last) : last.memory;
    if (!more) return this.#failed(submission, index, found, code, message);
    this.#exec.emit({ event: 'warning', message: `${task.label}: it goes to another job` });
    this.#settle(submission, index);
    this.#waiting.push({ task, queue: this.#parts.settings.onDemandQueue ?? last.queue, memory: more });
  }

  /** More memory for a task that ran out of it; undefined when it had more, or no instance offers more. */
  async #moreFor({ queue, memory: { mebibytes, from } }: Waiting): Promise<MemoryChoice | undefined> {
    if (from === 'more') return undefined;
    const { room } = await this.#parts.submitter.target(queue);
    const more = Math.min(Math.ceil(mebibytes * MORE_MEMORY), room ?? Number.POSITIVE_INFINITY);
    return more > mebibytes ? { mebibytes: more, from: 'more' } : undefined;
  }

  async #done(
    submission: Submission,
    index: number,
    found: TaskOutcome[],
    { seconds, reused = false }: Pick<TaskState, 'seconds' | 'reused'>,
  ): Promise<void> {
    const { emit } = this.#exec;
    const task = submission.open.get(index) as Task;
    const { stage, id, label } = task;
    const summary = await this.#parts.store.summary(stage, task.key);
    if (reused) emit({ event: 'task.reused', stage, task: id, label });
    else emit({ event: 'task.done', stage, task: id, label, seconds, summary });
    this.#settle(submission, index);
    found.push({ task, status: 'done', seconds, reused, summary });
  }

  #failed(submission: Submission, index: number, found: TaskOutcome[], code: string, message: string): void {
    const task = submission.open.get(index) as Task;
    const { stage, id, label } = task;
    this.#exec.emit({ event: 'task.failed', stage, task: id, label, code, message });
    this.#settle(submission, index);
    found.push({ task, status: 'failed', code, message });
  }

  #settle(submission: Submission, index: number): void {
    submission.open.delete(index);
    if (submission.open.size === 0) this.#live.splice(this.#live.indexOf(submission), 1);
  }

  /** Asks Batch about the jobs; the store alone cannot tell of a container that died. */
  async #poll(found: TaskOutcome[]): Promise<void> {
    const { service } = this.#parts;
    if (this.#live.length === 0) return;
    // Also when the call fails: the next one must not follow at once.
    this.#schedule();
    this.#pause = Math.min(POLL.last, this.#pause * POLL.growth);
    const jobs = new Map((await service.describe(this.#live.map(({ job }) => job.id))).map((job) => [job.jobId, job]));
    for (const submission of [...this.#live]) {
      const job = jobs.get(submission.job.id);
      const isOver = job === undefined || job.status === 'SUCCEEDED' || job.status === 'FAILED';
      const failed = job?.arrayProperties?.statusSummary?.['FAILED'] ?? (job?.status === 'FAILED' ? 1 : 0);
      if (!submission.isFinish && (isOver || failed > submission.failed)) {
        submission.failed = failed;
        await this.#settleFailed(submission, found);
      }
      if (isOver) await this.#settleRest(submission, found);
      else await this.#watch.look(submission, job);
    }
  }

  /** Judges the children that failed without leaving a word. */
  async #settleFailed(submission: Submission, found: TaskOutcome[]): Promise<void> {
    const { service } = this.#parts;
    const ids = submission.isArray
      ? (await service.failedChildren(submission.job.id)).map(({ jobId }) => jobId ?? '')
      : [submission.job.id];
    // What a container wrote before it ended must be seen first.
    await this.#look([submission], found);
    const indices = new Map([...submission.open.keys()].map((index) => [submission.jobId(index), index]));
    const details = await service.describe(ids.filter((id) => indices.has(id)));
    for (const detail of details.filter(({ status }) => status === 'FAILED')) {
      const index = indices.get(detail.jobId ?? '');
      const task = index === undefined ? undefined : submission.open.get(index);
      if (index === undefined || !task) continue;
      const { settings } = this.#parts;
      const last = this.#tried.get(task.id) as Waiting;
      const more = await this.#moreFor(last);
      const tried = {
        moreMemory: more === undefined,
        onDemand: last.queue === settings.onDemandQueue,
        hasOnDemand: settings.onDemandQueue !== undefined,
      };
      const first = judge(detail, tried);
      if (first.again === undefined) {
        const log = await lastLines(detail);
        const { code, message } = judge(detail, tried, log) as typeof first;
        // What it said is kept with the run, where `nlpflow logs` finds it.
        if (log.length > 0) {
          const { stage, id } = task;
          const attempt = detail.attempts?.length ?? 1;
          this.#exec.emit({ event: 'task.output', stage, task: id, attempt, text: `${log.join('\n')}\n` });
        }
        this.#failed(submission, index, found, code, message);
        continue;
      }
      this.#exec.emit({ event: 'warning', message: `${task.label}: ${first.why}` });
      this.#settle(submission, index);
      this.#waiting.push({
        task,
        queue: first.again === 'on-demand' ? (settings.onDemandQueue ?? last.queue) : last.queue,
        memory: first.again === 'memory' ? (more ?? last.memory) : last.memory,
      });
    }
  }

  /** A job is over: what it still owes is on the store, or lost. */
  async #settleRest(submission: Submission, found: TaskOutcome[]): Promise<void> {
    const { store, settings } = this.#parts;
    for (const [index, task] of [...submission.open]) {
      if (await store.has(task.stage, task.key)) await this.#done(submission, index, found, OF_ANOTHER);
      else if (submission.isFinish) {
        // The job that was to do it is gone: it is done as every other task.
        this.#finish = undefined;
        this.#settle(submission, index);
        const { memory } = this.#tried.get(task.id) as Waiting;
        this.#waiting.push({ task, queue: settings.queue, memory });
      } else {
        const message = `AWS Batch has no job ${submission.jobId(index)} any more, and its result is not on the store`;
        this.#failed(submission, index, found, 'TASK_LOST', message);
      }
    }
  }

  /** Goes on when AWS cannot be reached for a while, as on a laptop that slept. */
  async #patiently(work: () => Promise<void>): Promise<void> {
    const { clock } = this.#parts;
    try {
      await work();
      this.#troubleSince = undefined;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (this.#troubleSince === undefined) {
        this.#troubleSince = clock.now();
        const { code, message } = asNlpflowError(error);
        // To be called less often is nothing that a person must know of.
        if (code !== 'AWS_THROTTLED') this.#exec.emit({ event: 'warning', message: `${message}; trying again` });
      } else if (clock.now() - this.#troubleSince > PATIENCE) {
        this.#left = true;
        throw new NlpflowError(
          'AWS_UNREACHABLE',
          `AWS has not been reached for 30 minutes; the jobs go on: nlpflow attach ${this.#parts.run} takes them up again`,
          { cause: error },
        );
      }
      this.#pause = Math.min(POLL.last, this.#pause * 2);
      this.#schedule();
      await clock.sleep(this.#pause, this.#exec.signal);
    }
  }

  #schedule(): void {
    const jitter = 1 + (Math.random() * 2 - 1) * POLL.jitter;
    this.#nextPoll = this.#parts.clock.now() + this.#pause * jitter;
  }

  /** Ends every child of the jobs that are still there. */
  async #terminate(): Promise<void> {
    if (this.#left || this.#parts.keep || isTakenOver(this.#exec.signal)) return;
    const reason = 'nlpflow was stopped';
    const ended = this.#live.splice(0).map(({ job }) => this.#parts.service.terminate(job.id, reason));
    const failed = (await Promise.allSettled(ended)).find((one) => one.status === 'rejected');
    if (!failed) return;
    const { message } = asNlpflowError(failed.reason);
    const how = `nlpflow cancel ${this.#parts.run} ends them`;
    this.#exec.emit({ event: 'warning', message: `jobs may still run on AWS Batch (${message}); ${how}` });
  }
}

/** Of choices of one size the one with the largest estimate. */
function strongest(choices: readonly MemoryChoice[]): MemoryChoice {
  const by = ({ estimate = 0 }: MemoryChoice): number => estimate;
  return choices.reduce((most, one) => (by(one) > by(most) ? one : most));
}

/** Whether a process was stopped because another one has its run, and its jobs, now. */
function isTakenOver({ aborted, reason }: AbortSignal): boolean {
  return aborted && reason instanceof NlpflowError && reason.code === 'RUN_ACTIVE';
}

function counted(tasks: number): string {
  return tasks === 1 ? '1 task is' : `${tasks} tasks are`;
}
