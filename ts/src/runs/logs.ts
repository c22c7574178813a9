/** The log of a run as lines in the order of time: what happened, and what the workers of its tasks printed. */

import type { Store } from '../store/store.ts';
import { EVENTS_FILE } from './journal.ts';
import { inParallel } from './parallel.ts';
import { type KeptEvent, parseEvents } from './trace.ts';

const WIDTH = 16;
const BEGINNINGS: ReadonlySet<string> = new Set(['run.start', 'plan', 'stage.start', 'task.start']);

/** A line; `task` is null for what concerns the whole run. */
export interface LogLine {
  readonly time: string;
  readonly task: string | null;
  /** Attempt of the task; 0 for a line that tells an event. */
  readonly attempt: number;
  readonly text: string;
}

/** Which lines are wanted. */
export interface LogFilter {
  /** Part of a task's id or label. */
  readonly task?: string;
  /** Only tasks that failed. */
  readonly failed?: boolean;
}

/** The lines of a run's log; `words` tells an event, undefined leaves it out. */
export async function readLog(
  id: string,
  store: Store,
  filter: LogFilter,
  words: (event: KeptEvent) => string | undefined,
): Promise<LogLine[]> {
  const events = parseEvents((await store.getRun(id, EVENTS_FILE))?.toString('utf8') ?? '');
  const isWanted = wanted(events, filter);
  const everything = filter.task === undefined && filter.failed !== true;
  const tell = (event: KeptEvent): LogLine[] => {
    const task = 'task' in event ? event.task : null;
    if (task === null ? !everything : !isWanted(task)) return [];
    const text = words(event);
    return text === undefined ? [] : [{ time: event.time, task, attempt: 0, text }];
  };
  const files: string[] = [];
  for await (const { path } of store.list(`runs/${id}/logs/`)) if (isWanted(taskOf(path, id).task)) files.push(path);
  const printed = await inParallel(files, WIDTH, async (path) => {
    const { task, attempt } = taskOf(path, id);
    return linesOf((await store.get(path))?.bytes.toString('utf8') ?? '', task, attempt);
  });
  // Within a millisecond: what begins, what was printed, what ended.
  const begins = ({ event }: KeptEvent): boolean => BEGINNINGS.has(event);
  const lines = [
    ...events.filter(begins).flatMap(tell),
    ...printed.flat(),
    ...events.filter((event) => !begins(event)).flatMap(tell),
  ];
  return lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

function wanted(events: readonly KeptEvent[], { task: asked, failed }: LogFilter): (task: string) => boolean {
  const labels = new Map(events.flatMap((event) => ('label' in event ? [[event.task, event.label] as const] : [])));
  const bad = new Set(events.flatMap((event) => (event.event === 'task.failed' ? [event.task] : [])));
  return (task) =>
    (asked === undefined || task.includes(asked) || (labels.get(task) ?? '').includes(asked)) &&
    (failed !== true || bad.has(task));
}

/** `runs/<id>/logs/boost/b01/fold1/2.log` → the task and its second attempt. */
function taskOf(path: string, id: string): { task: string; attempt: number } {
  const parts = path.slice(`runs/${id}/logs/`.length).split('/');
  return { task: parts.slice(0, -1).join('/'), attempt: Number.parseInt(parts.at(-1) ?? '', 10) || 0 };
}

/** A line that does not begin with a time goes on from the one before. */
function linesOf(text: string, task: string, attempt: number): LogLine[] {
  let time = '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const stamp = /^(?<time>\d{4}-\d\d-\d\dT[\d:.]+Z) (?<rest>.*)$/.exec(line)?.groups;
      time = stamp?.['time'] ?? time;
      return { time, task, attempt, text: stamp?.['rest'] ?? line };
    });
}
