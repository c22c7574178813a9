/** The state of one attempt on the store, and what it printed. */

import { hostname } from 'node:os';
import type { Task } from '../../flow/task.ts';
import type { Progress } from '../../native/stages.ts';
import { blotOut, secretValues } from '../../runs/secrets.ts';
import { endInWords, TaskLog } from '../../runs/tasklog.ts';
import type { Store } from '../../store/store.ts';
import { measureUsage, type Usage } from '../usage.ts';
import { attemptOf } from './attempts.ts';
import type { TaskState } from './manifest.ts';

/** Characters of the output that a state holds; the log beside it has more. */
const KEPT = 16_384;

export interface StateOptions {
  readonly store: Store;
  readonly path: string;
  readonly run: string;
  readonly task: Task;
  readonly attempt: number;
  /** Id of this container's job. */
  readonly job: string | undefined;
  /** Attempts before this one that ended without a word. */
  readonly vanished: number;
  /** Takes what the attempt says, for whoever follows the container's log. */
  readonly print: (text: string) => void;
}

/** Writes follow each other and the last one wins. */
export class StateFile {
  readonly #of: StateOptions;
  readonly #started = Date.now();
  readonly #log: TaskLog;
  readonly #secrets = secretValues();
  readonly #measure = measureUsage();
  #usage: Usage | undefined;
  #progress: Progress | undefined;
  #printed = '';
  #written = 0;
  #busy: Promise<unknown> = Promise.resolve();

  constructor(of: StateOptions) {
    this.#of = of;
    this.#log = new TaskLog(of.task.id, of.attempt);
  }

  /** The first sign of life. */
  async begin(): Promise<void> {
    await this.write({ state: 'running' });
    const { task, attempt } = this.#of;
    this.say(`${task.label}: attempt ${attempt} begins on ${hostname()}\n`);
  }

  /** Says something: in the container's log, and in that of the run. */
  say(text: string): void {
    const clean = blotOut(text, this.#secrets);
    this.#of.print(clean);
    this.#log.print(clean, new Date());
    this.#printed = (this.#printed + clean).slice(-KEPT);
  }

  /** What the task cost, where another process did it. */
  spent(usage: Usage): void {
    this.#usage = usage;
  }

  async write(what: Pick<TaskState, 'state' | 'reused' | 'code' | 'message'>): Promise<void> {
    await this.#busy.catch(() => {});
    const { store, path, attempt, job, vanished } = this.#of;
    const isOver = what.state !== 'running';
    const state: TaskState = {
      ...what,
      attempt,
      ...(job === undefined ? {} : { job }),
      started: new Date(this.#started).toISOString(),
      updated: new Date().toISOString(),
      seconds: (Date.now() - this.#started) / 1000,
      host: hostname(),
      ...(isOver ? { usage: this.#usage ?? this.#measure(), printed: this.#printed } : {}),
      ...(this.#progress ? { progress: this.#progress } : {}),
      ...(vanished > 0 ? { vanished } : {}),
    };
    if (isOver) await this.#close(state);
    await store.put(path, JSON.stringify(state));
  }

  /** Keeps progress; writes it at once the first time, later when the last write is a beat ago. */
  progress(value: Progress, every: number): void {
    const isFirst = this.#progress === undefined;
    this.#progress = value;
    if (isFirst || Date.now() - this.#written >= every) this.#inBackground();
  }

  /** A sign of life now and then; the function that it returns ends them and waits for the last one. */
  beat(every: number): () => Promise<void> {
    const timer = setInterval(() => {
      const { done, total, unit } = this.#progress ?? {};
      if (unit !== undefined) this.say(`${done} of ${total} ${unit}\n`);
      this.#inBackground();
    }, every);
    return async () => {
      clearInterval(timer);
      await this.#busy.catch(() => {});
    };
  }

  /** The last words, and the log of the attempt; that it cannot be written must not cost the task. */
  async #close(state: TaskState): Promise<void> {
    const { store, run, task, print } = this.#of;
    const attempt = attemptOf(task, state.started, state);
    print(blotOut(endInWords(attempt), this.#secrets));
    this.#log.end(attempt);
    await store.putRun(run, this.#log.file, blotOut(this.#log.text(), this.#secrets)).catch(() => {});
  }

  /** A sign of life that cannot be written must not cost the task. */
  #inBackground(): void {
    this.#written = Date.now();
    this.#busy = this.write({ state: 'running' }).catch(() => {});
  }
}
