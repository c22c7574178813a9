import { setTimeout as delay } from 'node:timers/promises';
import { findRun } from '../runs/index.ts';
import { type LogLine, readLog } from '../runs/logs.ts';
import type { KeptEvent } from '../runs/trace.ts';
import type { Store } from '../store/store.ts';
import { brief, duration } from '../ui/format.ts';
import { bestWords, estimateWords, planWords, stageEnd } from '../ui/words.ts';
import type { Context } from './command.ts';

/** A followed log is read again after this time, or after this many times what a reading takes. */
const POLL_MS = 1_000;
const POLL_FACTOR = 10;

/** What `logs` was asked for. */
export interface LogArguments {
  readonly run: string;
  readonly task: string | undefined;
  readonly follow: boolean | undefined;
  readonly failed: boolean | undefined;
}

/** Prints the log of a run; with `--follow` until the run ends. */
export async function showLog(args: LogArguments, store: Store, context: Context): Promise<void> {
  const { out, signal } = context;
  const { id } = await findRun(store, args.run);
  const filter = {
    ...(args.task === undefined ? {} : { task: args.task }),
    ...(args.failed === true ? { failed: true } : {}),
  };
  const shown = new Map<string, number>();
  for (;;) {
    // Asked first: what a run writes at its end must be read after it.
    const { status } = await findRun(store, id);
    const started = performance.now();
    const lines = await readLog(id, store, filter, eventWords);
    for (const line of unseen(lines, shown)) {
      out.result('log', { run: id, ...line });
      out.line(`${line.time} ${line.task === null ? '' : `[${place(line)}] `}${line.text}`);
    }
    if (args.follow !== true || status !== 'running' || signal.aborted) {
      if (shown.size === 0)
        out.line(`no lines${args.task === undefined ? '' : ` of tasks with ${args.task} in their names`}`);
      return;
    }
    const pause = Math.max(POLL_MS, POLL_FACTOR * (performance.now() - started));
    await delay(pause, undefined, { signal }).catch(() => {});
  }
}

/** Lines that were not shown yet; of equal lines those beyond the number that was shown. */
function unseen(lines: readonly LogLine[], shown: Map<string, number>): LogLine[] {
  const met = new Map<string, number>();
  return lines.filter((line) => {
    const identity = JSON.stringify(line);
    const count = (met.get(identity) ?? 0) + 1;
    met.set(identity, count);
    if (count <= (shown.get(identity) ?? 0)) return false;
    shown.set(identity, count);
    return true;
  });
}

function place({ task, attempt }: LogLine): string {
  return attempt > 1 ? `${task} attempt ${attempt}` : String(task);
}

/** Events in words; what the logs of tasks say better is left to them. */
function eventWords(event: KeptEvent): string | undefined {
  switch (event.event) {
    case 'run.start':
      return `run ${event.run} (${event.name})`;
    case 'plan':
      return `plan: ${planWords(event)}`;
    case 'estimate':
      return `boost: ${estimateWords(event)}`;
    case 'stage.done':
      return `${event.stage}: ${stageEnd(event)}`;
    case 'task.start':
      return `started: ${event.label}`;
    case 'task.reused':
      return `reused: ${event.label}`;
    case 'task.failed':
      return `failed: ${event.label}: ${brief(event.message)} (${event.code})`;
    case 'warning':
    case 'note':
      return `${event.event}: ${brief(event.message)}`;
    case 'best':
      return `best so far: ${bestWords(event)}`;
    case 'run.done':
      return `run ${event.run} ${event.status} after ${duration(event.seconds)}`;
    default:
      return undefined;
  }
}
