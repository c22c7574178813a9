/** One worker process, seen from the parent. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { NlpflowError } from '../errors.ts';
import type { Task, TaskResult } from '../flow/task.ts';
import { addonPath } from '../native/binding.ts';
import type { Progress } from '../native/stages.ts';
import type { WorkerCommand } from './executor.ts';
import type { FromWorker, ToWorker } from './protocol.ts';
import type { Usage } from './usage.ts';

/** What a worker last wrote to stderr is part of the reason when it dies. */
const KEPT_STDERR = 2_000;
/** A cancelled task that has not ended after this time takes its worker with it: enough to send a checkpoint. */
const CANCEL_GRACE_MS = 10_000;
/** A process may leave its stderr to a child of its own: its end is not waited for longer than this. */
const LAST_WORDS_MS = 200;

/** A task that ended with an error of its own, and what it had cost by then. */
export class TaskError extends NlpflowError {
  readonly usage: Usage;

  constructor({ code, message, causes, usage }: Extract<FromWorker, { type: 'failed' }>) {
    super(code, message, { details: causes });
    this.usage = usage;
  }
}

/** What is told of a task while it runs. */
export interface TaskListener {
  progress(progress: Progress): void;
  /** What a person may want to know. */
  note(message: string): void;
  /** What the worker printed. */
  output(text: string): void;
}

/** A worker died while it had a task. */
export class WorkerDied extends NlpflowError {
  /** The signal that ended it, if one did. */
  readonly signal: NodeJS.Signals | null;

  constructor(message: string, signal: NodeJS.Signals | null = null) {
    super('WORKER_DIED', message);
    this.signal = signal;
  }
}

/** A worker loads the add-on that its parent has, wherever the worker's own file lies. */
function sameAddon(): NodeJS.ProcessEnv {
  const path = addonPath();
  return path === undefined ? {} : { NLPFLOW_NATIVE: path };
}

/** A child process that runs one task at a time. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  #stderr = '';
  #ended: string | undefined;
  #settle: ((settle: { result: TaskResult & { usage: Usage } } | { error: NlpflowError }) => void) | undefined;
  #listener: TaskListener | undefined;

  constructor(command: WorkerCommand) {
    this.#child = fork(command.module, command.args, {
      execArgv: [...(command.execArgv ?? [])],
      env: { ...process.env, ...sameAddon() },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
      this.#listener?.output(text);
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => this.#listener?.output(text));
    this.#child.on('message', (message: FromWorker) => this.#hear(message));
    this.#child.on('error', (error) => this.#end(`cannot be started: ${error.message}`));
    this.#child.on('exit', (code, signal) => void this.#exited(code, signal));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get alive(): boolean {
    return this.#ended === undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Runs a task; rejects with the task's own error or with `WorkerDied`. */
  async run(
    of: { store: string; task: Task; threads: number },
    signal: AbortSignal,
    listener: TaskListener,
  ): Promise<TaskResult & { usage: Usage }> {
    if (this.#ended !== undefined) throw this.#death();
    let kill: NodeJS.Timeout | undefined;
    const cancel = (): void => {
      this.#send({ type: 'cancel' });
      kill = setTimeout(() => this.#child.kill('SIGKILL'), CANCEL_GRACE_MS);
    };
    try {
      return await new Promise<TaskResult & { usage: Usage }>((resolve, reject) => {
        this.#settle = (settled) => ('result' in settled ? resolve(settled.result) : reject(settled.error));
        // Output arrives on another way than the end of a task: what comes late still belongs to it.
        this.#listener = listener;
        this.#send({ type: 'run', ...of });
        if (signal.aborted) cancel();
        else signal.addEventListener('abort', cancel, { once: true });
      });
    } finally {
      this.#settle = undefined;
      signal.removeEventListener('abort', cancel);
      clearTimeout(kill);
    }
  }

  /** Ends the process: it stops when its channel closes, and is killed when it does not. */
  async close(): Promise<void> {
    if (!this.alive) return;
    const exited = once(this.#child, 'exit');
    if (this.#child.connected) this.#child.disconnect();
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), CANCEL_GRACE_MS);
    await exited;
    clearTimeout(kill);
  }

  #send(message: ToWorker): void {
    // A failed send means that the process is ending: `close` tells what became of it.
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  #hear(message: FromWorker): void {
    if (message.type === 'progress') this.#listener?.progress(message.progress);
    else if (message.type === 'note') this.#listener?.note(message.message);
    else if (message.type === 'done') this.#settle?.({ result: { ...message.result, usage: message.usage } });
    else this.#settle?.({ error: new TaskError(message) });
  }

  /** Waits for the last words on stderr; the event `close` would too, but it never comes after `disconnect`. */
  async #exited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const { stderr } = this.#child;
    if (stderr && !stderr.readableEnded) {
      await Promise.race([once(stderr, 'end').catch(() => {}), delay(LAST_WORDS_MS, undefined, { ref: false })]);
    }
    this.#end(endInWords(code, signal));
  }

  #end(how: string): void {
    this.#ended ??= how;
    this.#settle?.({ error: this.#death() });
  }

  #death(): WorkerDied {
    const words = this.#stderr.trim();
    return new WorkerDied(
      `the worker process ${this.#ended}${words === '' ? '' : `; it said: ${words}`}`,
      this.#child.signalCode,
    );
  }
}

function endInWords(code: number | null, signal: NodeJS.Signals | null): string {
  if (signal === 'SIGKILL') return 'was killed (SIGKILL): by the system when memory runs out, or by a person';
  if (signal !== null) return `was ended by ${signal}`;
  return `ended with exit code ${code} in the middle of its work`;
}
