/** The tasks of one stage on AWS Batch, from submission to outcome. */

import { asNlpflowError, NlpflowError } from '../../errors.ts';
import { finishedTasks } from '../../flow/finished.ts';
import type { Task } from '../../flow/task.ts';
import { inParallel } from '../../runs/parallel.ts';
import type { Store } from '../../store/store.ts';
import type { ExecutorRun, TaskOutcome } from '../executor.ts';
import { adopt } from './adoption.ts';
import { attemptOf, lostAttempts } from './attempts.ts';
import type { Clock } from './clock.ts';
import type { Draft } from './draft.ts';
import { byOrigin, endAll, tasksOf } from './ending.ts';
import { judge, MORE_MEMORY } from './failures.ts';
import type { Submission } from './job.ts';
import { lastLines } from './logs.ts';
import type { MemoryChoice, TaskState } from './manifest.ts';
import type { OtherRuns } from './others.ts';
import { Outage } from './outage.ts';
import type { BatchService } from './service.ts';
import { type BatchSettings, LARGEST_ARRAY } from './settings.ts';
import type { Submitter } from './submission.ts';
import { WaitingWatch } from './watch.ts';

/** Milliseconds between two looks at the store. */
const LOOK = 3_000;
/** Milliseconds between two questions to Batch: at first, and at most. */
const POLL = { first: 5_000, last: 60_000, growth: 1.5, jitter: 0.2 };
/** A job that Batch does not know in so many polls in a row is gone: a new one may be shown late. */
const UNKNOWN_POLLS = 3;
/** Requests to the store at a time. */
const AT_ONCE = 32;

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
  /** Runs whose jobs may hold the same tasks. */
  readonly others: OtherRuns;
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
  /** What is being submitted, and what of it. */
  #draft: { readonly draft: Draft; readonly tasks: readonly Waiting[] } | undefined;
  /** How each task is run at first. */
  readonly #asked: ReadonlyMap<string, Waiting>;
  /** Memory and queue of each task's last submission. */
  readonly #tried = new Map<string, Waiting>();
  readonly #watch: WaitingWatch;
  /** Tasks that fit nowhere. */
  readonly #refused: readonly (readonly [Task, NlpflowError])[];
  /** The job that ends a run that was left to itself, and takes what other jobs leave to it. */
  #finish: Submission | undefined;
  #pause = POLL.first;
  #nextPoll = 0;
  readonly #outage: Outage;
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
    this.#asked = new Map(this.#waiting.map((one) => [one.task.id, one]));
    this.#watch = new WaitingWatch(parts, exec.emit);
    this.#outage = new Outage(parts.run, parts.clock, exec.emit);
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
      const ended: TaskOutcome[] = [];
      let isAdopted = false;
      while (!signal.aborted && !isAdopted) {
        isAdopted = await this.#patiently(async () => {
          ended.push(...(await this.#adopt()));
        });
      }
      yield* ended;
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

  /** Takes over what earlier processes began; returns the tasks that ended without this one. */
  async #adopt(): Promise<TaskOutcome[]> {
    const { run, store, service, clock, others, keep } = this.#parts;
    const tasks = this.#waiting.map(({ task }) => task);
    const of = { run, store, service, clock, ...(keep ? {} : { others }) };
    const { submissions, done, finish, twins } = await adopt(tasks, of);
    const outcomes = await inParallel(done, AT_ONCE, async (task): Promise<TaskOutcome> => {
      const { stage, key } = task;
      return { task, status: 'done', ...OF_ANOTHER, summary: await store.summary(stage, key) };
    });
    if (!keep) for (const id of twins) await service.terminate(id, 'nlpflow: another job does the same');
    for (const { task } of outcomes) {
      this.#exec.emit({ event: 'task.reused', stage: task.stage, task: task.id, label: task.label });
    }
    for (const { job, open } of submissions) {
      for (const task of open.values()) {
        const { memory } = this.#asked.get(task.id) as Waiting;
        const had: MemoryChoice = {
          mebibytes: job.memory || memory.mebibytes,
          from: job.more ? 'more' : memory.from,
        };
        this.#tried.set(task.id, { task, queue: job.queue, memory: had });
      }
    }
    this.#finish = finish;
    const keys = new Set([...done, ...submissions.flatMap(({ open }) => [...open.values()])].map(({ key }) => key));
    this.#waiting.splice(0, Number.POSITIVE_INFINITY, ...this.#waiting.filter(({ task }) => !keys.has(task.key)));
    this.#live.push(...submissions);
    for (const [origin, held] of byOrigin(submissions)) {
      const whose = origin === undefined ? '' : `, of run ${origin}`;
      const message = `${tasksOf(held)} on AWS Batch already${whose}: going on with them`;
      this.#exec.emit({ event: 'note', message });
    }
    return outcomes;
  }

  /** Submits the next wave: all that waits, or half of what may run at once when that became free. */
  async #submit(): Promise<void> {
    if (this.#parts.keep) return this.#leaveToFinish();
    const limit = Math.max(1, this.#exec.workers);
    while (this.#draft || this.#waiting.length > 0) {
      if (!this.#draft) {
        const running = this.#live.reduce((sum, { open }) => sum + open.size, 0);
        const room = Math.min(limit - running, this.#waiting.length);
        if (room < Math.min(this.#waiting.length, Math.ceil(limit / 2))) return;
        const first = this.#waiting[0] as Waiting;
        const tasks = this.#waiting
          .filter(({ queue, memory }) => queue === first.queue && memory.mebibytes === first.memory.mebibytes)
          .slice(0, Math.min(room, LARGEST_ARRAY));
        const wanted = { queue: first.queue, memory: strongest(tasks.map(({ memory }) => memory)) };
        const draft = await this.#parts.submitter.draft(
          tasks.map(({ task }) => task),
          wanted,
        );
        this.#draft = { draft, tasks };
      }
      // It stays until it is placed: what was submitted without an answer must not be submitted under another name.
      const { draft, tasks } = this.#draft;
      this.#live.push(await draft.place(this.#exec.signal));
      this.#draft = undefined;
      for (const waiting of tasks) {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#tried.set(waiting.task.id, waiting);
      }
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
        const finished = await finishedTasks([...submission.open.values()], this.#parts.store);
        for (const [index, { id }] of [...submission.open]) {
          if (finished.has(id)) await this.#done(submission, index, found, OF_ANOTHER);
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
    if (state.state === 'running') this.#exec.seen?.({ task: id, ...state });
    else emit({ event: 'task.attempt', ...attemptOf(task, submission.job.submitted, state) });
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
    const { origin } = submission;
    if (origin) {
      // It may have failed for what was corrected since, or been ended with its own run.
      const text = `${label}: the job of run ${origin.run} did not do it (${message}): it is submitted again`;
      this.#exec.emit({ event: 'warning', message: text });
      this.#settle(submission, index);
      this.#waiting.push(this.#asked.get(id) as Waiting);
      return;
    }
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
      submission.unknown = job ? 0 : submission.unknown + 1;
      await submission.endTwins();
      if (!job && submission.unknown < UNKNOWN_POLLS) continue;
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
      for (const attempt of lostAttempts(task, detail)) this.#exec.seen?.(attempt);
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
    const finished = await finishedTasks([...submission.open.values()], store);
    for (const [index, task] of [...submission.open]) {
      if (finished.has(task.id)) await this.#done(submission, index, found, OF_ANOTHER);
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

  /** Goes on when AWS cannot be reached for a while; says whether the work was done. */
  async #patiently(work: () => Promise<void>): Promise<boolean> {
    const { clock } = this.#parts;
    const { signal } = this.#exec;
    try {
      if (await this.#outage.survives(work)) return true;
    } catch (error) {
      // Whatever the work was stopped in: what is there is ended.
      if (signal.aborted) return false;
      this.#left = asNlpflowError(error).code === 'AWS_UNREACHABLE';
      throw error;
    }
    this.#pause = Math.min(POLL.last, this.#pause * 2);
    this.#schedule();
    await clock.sleep(this.#pause, signal);
    return false;
  }

  #schedule(): void {
    const jitter = 1 + (Math.random() * 2 - 1) * POLL.jitter;
    this.#nextPoll = this.#parts.clock.now() + this.#pause * jitter;
  }

  /** Ends every child of the jobs that are still there, and of what may have been submitted; leaves what belongs to a run that goes on. */
  async #terminate(): Promise<void> {
    if (this.#left || this.#parts.keep || isTakenOver(this.#exec.signal)) return;
    const { run, service } = this.#parts;
    const draft = this.#draft?.draft;
    this.#draft = undefined;
    await endAll(this.#live.splice(0), draft, { run, service, emit: this.#exec.emit });
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
