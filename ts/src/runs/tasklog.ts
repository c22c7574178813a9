/** What a task's worker printed and how it ended, an attempt at a time: `runs/<id>/logs/<task>/<attempt>.log`. */

import type { Event, TaskAttempt } from '../events.ts';

/** A worker that prints without end must fill neither memory nor store: beginning and end are kept. */
const KEPT = 512 * 1024;

/** The log of one attempt while it grows. */
export class TaskLog {
  readonly task: string;
  readonly attempt: number;
  #head = '';
  #tail = '';
  #dropped = 0;
  #open = false;
  /** Whether something came since the text was last taken. */
  dirty = false;

  constructor(task: string, attempt: number) {
    this.task = task;
    this.attempt = attempt;
  }

  /** Its file below the run's folder. */
  get file(): string {
    return `logs/${this.task}/${this.attempt}.log`;
  }

  /** Takes what a worker printed, in pieces of any size. */
  print(text: string, time: Date): void {
    for (const part of text.split(/(?<=\n)/)) {
      if (!this.#open) this.#add(`${time.toISOString()} `);
      this.#add(part);
      this.#open = !part.endsWith('\n');
    }
  }

  /** Says how the attempt ended. */
  end(attempt: TaskAttempt): void {
    const ended = new Date(attempt.ended);
    if (this.#open) this.print('\n', ended);
    this.print(endInWords(attempt), ended);
  }

  /** The whole text so far. */
  text(): string {
    this.dirty = false;
    const gap = this.#dropped > 0 ? `\n[${this.#dropped} characters left out]\n` : '';
    return this.#head + gap + this.#tail;
  }

  #add(text: string): void {
    this.dirty = true;
    const room = KEPT - this.#head.length;
    this.#head += text.slice(0, Math.max(0, room));
    this.#tail += text.slice(Math.max(0, room));
    // Cut now and then only: a copy for each piece would be slow.
    if (this.#tail.length > 2 * KEPT) {
      this.#dropped += this.#tail.length - KEPT;
      this.#tail = this.#tail.slice(-KEPT);
    }
  }
}

/** How an attempt ended, in lines. */
export function endInWords(attempt: TaskAttempt): string {
  const { status, ended, started, host, peak_memory, cpu_seconds, code, message, causes = [] } = attempt;
  const seconds = (Date.parse(ended) - Date.parse(started)) / 1000;
  const lines = [
    `${status} on ${host} after ${seconds.toFixed(1)} s` +
      (cpu_seconds === null ? '' : `, ${cpu_seconds.toFixed(1)} s of processor time`) +
      (peak_memory === null ? '' : `, ${(peak_memory / 2 ** 20).toFixed(0)} MiB at most`),
    ...(code === undefined ? [] : [`${code}: ${message ?? ''}`]),
    ...causes.map((cause) => `caused by: ${cause}`),
  ];
  return lines.map((line) => `${line.replaceAll('\n', '\n  ')}\n`).join('');
}

/** The logs of a run's tasks, by what its events tell. */
export class TaskLogs {
  readonly #logs = new Map<string, TaskLog>();

  take(event: Event, time: Date): void {
    if (event.event === 'task.output') this.#log(event.task, event.attempt).print(event.text, time);
    else if (event.event === 'task.attempt') this.#log(event.task, event.attempt).end(event);
  }

  /** The logs that changed since they were last asked for. */
  changed(): TaskLog[] {
    return [...this.#logs.values()].filter(({ dirty }) => dirty);
  }

  #log(task: string, attempt: number): TaskLog {
    const id = `${task}/${attempt}`;
    const log = this.#logs.get(id) ?? new TaskLog(task, attempt);
    this.#logs.set(id, log);
    return log;
  }
}
