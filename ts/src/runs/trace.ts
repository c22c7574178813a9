/** `trace.parquet`: one row an attempt of a task, made from the events of a run. */

import type { Vector } from 'apache-arrow';
import { matchBills } from '../cost/bill.ts';
import type { Event, StageName, TaskAttempt } from '../events.ts';

/** An event as `events.jsonl` keeps it. */
export type KeptEvent = Event & { readonly time: string };

/** A row: an attempt, or a task that needed none because its result was there or it was refused (attempt 0). */
export interface TraceRow
  extends Omit<TaskAttempt, 'status' | 'host' | 'code' | 'message' | 'causes' | 'queued' | 'started'> {
  readonly status: TaskAttempt['status'];
  readonly host: string | null;
  readonly queued: string;
  readonly started: string;
  readonly reused: boolean;
  readonly code: string | null;
  /** Seconds for which it is paid, where a bill says so. */
  readonly paid_seconds?: number;
}

/** The events of `events.jsonl`; a line that cannot be read is left out. */
export function parseEvents(text: string): KeptEvent[] {
  return text.split('\n').flatMap((line) => {
    try {
      const event = line === '' ? undefined : (JSON.parse(line) as KeptEvent | null);
      return typeof event?.event === 'string' && typeof event.time === 'string' ? [event] : [];
    } catch {
      return [];
    }
  });
}

/** The attempts that events tell of, each once: who takes a run over may be told again of some. The last word holds. */
export function attemptsOf(events: readonly KeptEvent[]): TaskAttempt[] {
  const told = new Map<string, TaskAttempt>();
  for (const event of events) {
    if (event.event !== 'task.attempt') continue;
    const { event: _, time: __, v: ___, ...attempt } = event as typeof event & { v?: number };
    told.set(attemptId(attempt), attempt);
  }
  return [...told.values()];
}

function attemptId({ task, attempt, started }: TaskAttempt): string {
  return `${task} ${attempt} ${started}`;
}

/** The rows of a trace, in the order in which attempts ended. */
export function traceRows(events: readonly KeptEvent[]): TraceRow[] {
  const attempts = new Map(attemptsOf(events).map((attempt) => [attemptId(attempt), attempt]));
  const tried = new Set<string>();
  // A task without an attempt has one row, however often it was looked for.
  const untriedRows = new Map<string, TraceRow>();
  const rows: TraceRow[] = [];
  for (const event of events) {
    if (event.event === 'task.attempt') {
      const told = attempts.get(attemptId(event));
      tried.add(event.task);
      if (!told) continue;
      attempts.delete(attemptId(event));
      const { message: _, causes: __, ...attempt } = told;
      rows.push({ ...attempt, reused: attempt.status === 'reused', code: attempt.code ?? null });
    } else if ((event.event === 'task.reused' || event.event === 'task.failed') && !tried.has(event.task)) {
      const row = untried(event, event.time);
      const before = untriedRows.get(event.task);
      if (before) Object.assign(before, row);
      else rows.push(row);
      untriedRows.set(event.task, before ?? row);
    }
  }
  return withBills(rows, events);
}

/**
 * AWS Batch knows attempts better than they know themselves: what they cost, and those that ended without a word, which get
 * a row of their own.
 */
function withBills(rows: readonly TraceRow[], events: readonly KeptEvent[]): TraceRow[] {
  // Who takes a run over is told of all its attempts again.
  const bills = new Map<string, Extract<KeptEvent, { event: 'task.bill' }>>();
  for (const event of events) {
    if (event.event === 'task.bill') bills.set(`${event.task} ${event.attempt} ${event.started}`, event);
  }
  const matched = matchBills(
    rows.filter(({ attempt }) => attempt > 0),
    [...bills.values()],
  );
  const known = rows.map((row): TraceRow => {
    const bill = matched.get(row);
    if (!bill) return row;
    const { vcpus, spot, cost } = bill;
    return { ...row, vcpus, spot, cost, paid_seconds: paidSeconds(bill) };
  });
  const open = new Set(bills.values());
  for (const bill of matched.values()) open.delete(bill);
  return [...known, ...[...open].map(unspoken)];
}

function paidSeconds({ started, ended }: { readonly started: string; readonly ended: string }): number {
  return (Date.parse(ended) - Date.parse(started)) / 1000;
}

/** An attempt of which only its bill is known. */
function unspoken(bill: Extract<KeptEvent, { event: 'task.bill' }>): TraceRow {
  const { stage, task, label, attempt, job, queued, started, ended, vcpus, spot, cost, reason } = bill;
  const measured = { peak_memory: null, cpu_seconds: null, rounds: null, rounds_per_second: null };
  const status = reason === undefined ? 'done' : 'died';
  const what = { stage, task, label, status, attempt, queued, started, ended, host: null } as const;
  const paid = { vcpus, spot, cost, paid_seconds: paidSeconds(bill) };
  return { ...what, ...(job === undefined ? {} : { job }), ...measured, ...paid, reused: false, code: codeOf(reason) };
}

function codeOf(reason: string | undefined): string | null {
  if (reason === undefined) return null;
  if (/^(Host EC2|Your Spot Task)/.test(reason)) return 'TASK_RECLAIMED';
  return /^OutOfMemory/.test(reason) ? 'MEMORY_TOO_SMALL' : 'TASK_ENDED';
}

function untried(
  event: Extract<Event, { event: 'task.reused' | 'task.start' | 'task.failed' }>,
  time: string,
): TraceRow {
  const reused = event.event === 'task.reused';
  const { stage, task, label } = event as { stage: StageName; task: string; label: string };
  return {
    stage,
    task,
    label,
    status: reused ? 'reused' : 'failed',
    attempt: 0,
    queued: time,
    started: time,
    ended: time,
    host: null,
    peak_memory: null,
    cpu_seconds: null,
    rounds: null,
    rounds_per_second: null,
    reused,
    code: event.event === 'task.failed' ? event.code : null,
  };
}

/** The rows as an Arrow IPC stream. */
export async function traceIpc(rows: readonly TraceRow[]): Promise<Uint8Array> {
  // Loaded only here: it is the slowest import of the program.
  const arrow = await import('apache-arrow');
  const text = (value: (row: TraceRow) => string | null): Vector =>
    arrow.vectorFromArray(rows.map(value), new arrow.Utf8());
  const time = (value: (row: TraceRow) => string): Vector =>
    arrow.vectorFromArray(
      rows.map((row) => Date.parse(value(row))),
      // An offset: readers of CSV know no names of zones.
      new arrow.TimestampMillisecond('+00:00'),
    );
  const float = (value: (row: TraceRow) => number | null): Vector =>
    arrow.vectorFromArray(rows.map(value), new arrow.Float64());
  const whole = (value: (row: TraceRow) => number | null): Vector =>
    arrow.vectorFromArray(
      rows.map((row) => {
        const number = value(row);
        return number === null ? null : BigInt(Math.round(number));
      }),
      new arrow.Int64(),
    );
  const flag = (value: (row: TraceRow) => boolean | null): Vector =>
    arrow.vectorFromArray(rows.map(value), new arrow.Bool());
  const columns: Record<string, Vector> = {
    task: text((row) => row.task),
    stage: text((row) => row.stage),
    label: text((row) => row.label),
    status: text((row) => row.status),
    attempt: arrow.vectorFromArray(
      rows.map((row) => row.attempt),
      new arrow.Int32(),
    ),
    queued: time((row) => row.queued),
    started: time((row) => row.started),
    ended: time((row) => row.ended),
    peak_memory: whole((row) => row.peak_memory),
    cpu_seconds: float((row) => row.cpu_seconds),
    rounds: whole((row) => row.rounds),
    rounds_per_second: float((row) => row.rounds_per_second),
    host: text((row) => row.host),
    vcpus: float((row) => row.vcpus ?? null),
    spot: flag((row) => row.spot ?? null),
    paid_seconds: float((row) => row.paid_seconds ?? null),
    cost: float((row) => row.cost ?? null),
    reused: flag((row) => row.reused),
    code: text((row) => row.code),
  };
  return arrow.tableToIPC(new arrow.Table(columns), 'stream');
}
