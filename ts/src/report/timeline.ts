/** What a run did and when: from its events, and more exactly from trace.parquet where that is there. */

import type { RecordBatch } from 'apache-arrow';
import { STAGES } from '../events.ts';
import type { Span, Timeline } from './data.ts';
import type { Table } from './tables.ts';

/** A line of events.jsonl; which fields it has depends on the event. */
interface Line {
  readonly time?: string;
  readonly event?: string;
  readonly stage?: string;
  readonly task?: string;
  readonly label?: string;
  readonly reused?: number;
  readonly message?: string;
  readonly workers?: number;
  readonly memoryPerBooster?: number;
  readonly reason?: string;
}

/** The tasks between start and end, the reused ones, estimates and warnings. A line that cannot be read is passed over. */
export function timelineOfEvents(text: string): Timeline {
  const open = new Map<string, number>();
  const spans: Span[] = [];
  const reused: Record<string, number> = {};
  const estimates: { workers: number; memory: number; reason: string }[] = [];
  const warnings: string[] = [];
  for (const line of lines(text)) {
    const time = Date.parse(line.time ?? '');
    const { event, task, stage = '', label = '' } = line;
    if (event === 'task.start' && task !== undefined) open.set(task, time);
    if ((event === 'task.done' || event === 'task.failed') && task !== undefined) {
      const started = open.get(task) ?? time;
      spans.push({ task, stage, label, status: event === 'task.done' ? 'done' : 'failed', started, ended: time });
    }
    if (event === 'stage.start' && (line.reused ?? 0) > 0) reused[stage] = (reused[stage] ?? 0) + (line.reused ?? 0);
    if (event === 'warning' && line.message !== undefined) warnings.push(line.message);
    if (event === 'estimate') {
      estimates.push({ workers: line.workers ?? 0, memory: line.memoryPerBooster ?? 0, reason: line.reason ?? '' });
    }
  }
  return { spans: spans.filter(isTimed), reused, estimates, warnings };
}

/** The tasks of trace.parquet: one row a try. */
export async function spansOfTrace(table: Table): Promise<Span[]> {
  const spans: Span[] = [];
  for await (const batch of table.batches()) {
    for (let row = 0; row < batch.numRows; row += 1) {
      const value = (name: string): unknown => batch.getChild(name)?.get(row);
      if (value('reused') === true) continue;
      spans.push({
        task: String(value('task')),
        stage: String(value('stage')),
        label: String(value('label') ?? ''),
        status: String(value('status')),
        started: moment(value('started')),
        ended: moment(value('ended')),
        ...measures(batch, row),
      });
    }
  }
  return spans.filter(isTimed);
}

function measures(batch: RecordBatch, row: number): Partial<Span> {
  const number = (name: string): number | undefined => {
    const value: unknown = batch.getChild(name)?.get(row);
    return value === null || value === undefined ? undefined : Number(value);
  };
  const found = {
    attempt: number('attempt'),
    peakMemory: number('peak_memory'),
    cpuSeconds: number('cpu_seconds'),
    roundsPerSecond: number('rounds_per_second'),
  };
  const host: unknown = batch.getChild('host')?.get(row);
  const measured = Object.fromEntries(Object.entries(found).filter(([, value]) => Number.isFinite(value)));
  return typeof host === 'string' ? { ...measured, host } : measured;
}

/** Spans in lanes, so that those of one lane do not overlap: as many lanes as tasks ran at the same time. */
export function lanes(spans: readonly Span[]): (Span & { readonly lane: number })[] {
  const free: number[] = [];
  return spans
    .toSorted((a, b) => a.started - b.started || stageOrder(a) - stageOrder(b))
    .map((span) => {
      const found = free.findIndex((until) => until <= span.started);
      const lane = found < 0 ? free.length : found;
      free[lane] = span.ended;
      return { ...span, lane: lane + 1 };
    });
}

function stageOrder({ stage }: Span): number {
  return (STAGES as readonly string[]).indexOf(stage);
}

function isTimed({ started, ended }: Span): boolean {
  return Number.isFinite(started) && Number.isFinite(ended) && ended >= started;
}

/** Milliseconds since 1970 of a time as Arrow gives it: a number of them, or text. */
function moment(value: unknown): number {
  return typeof value === 'string' ? Date.parse(value) : Number(value ?? Number.NaN);
}

function lines(text: string): Line[] {
  return text.split('\n').flatMap((line) => {
    if (line === '') return [];
    try {
      return [JSON.parse(line) as Line];
    } catch {
      return [];
    }
  });
}
