import { setTimeout as delay } from 'node:timers/promises';
import { asNlpflowError } from '../errors.ts';
import { isOnBatch } from '../executors/batch/manifest.ts';
import { isPassing } from '../executors/batch/problems.ts';
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
/** AWS is asked less often: after this time at first, and later and later while nothing comes. */
const AWAY = { first: 2_000, last: 60_000, idle: 10_000, growth: 1.5 };

/** What `logs` was asked for. */
export interface LogArguments {
  readonly run: string;
  readonly only: string | undefined;
  readonly task: string | undefined;
  readonly follow: boolean | undefined;
  readonly failed: boolean | undefined;
}

/** Prints the log of a run; with `--follow` until the run ends. */
export async function showLog(args: LogArguments, store: Store, context: Context): Promise<void> {
  const { out, signal } = context;
  const { id } = await findRun(store, args.run);
  const task = args.only ?? args.task;
  const filter = { ...(task === undefined ? {} : { task }), ...(args.failed === true ? { failed: true } : {}) };
  const shown = new ShownLines();
  const print = (lines: readonly LogLine[]): void => {
    for (const line of lines) {
      out.result('log', { run: id, ...line });
      out.line(`${line.time} ${line.task === null ? '' : `[${place(line)}] `}${line.text}`);
    }
  };
  const away = args.follow === true && args.failed !== true ? await followAway(id, store, task, context) : undefined;
  let isUnsure = false;
  try {
    for (;;) {
      // Asked first: what a run writes at its end must be read after it.
      const { status, unconfirmed } = await findRun(store, id);
      if (unconfirmed !== undefined && !isUnsure) {
        isUnsure = true;
        context.emit({ event: 'warning', message: `run ${id} may be over: ${unconfirmed}` });
      }
      const started = performance.now();
      if (status === 'running') print(shown.further((await away?.lines()) ?? []));
      print(shown.among(await readLog(id, store, filter, eventWords)));
      if (args.follow !== true || status !== 'running' || signal.aborted) break;
      const pause = Math.max(POLL_MS, away?.pause ?? 0, POLL_FACTOR * (performance.now() - started));
      await delay(pause, undefined, { signal }).catch(() => {});
    }
  } finally {
    away?.close();
  }
  if (shown.isEmpty) out.line(`no lines${task === undefined ? '' : ` of tasks with ${task} in their names`}`);
}

/** Lines of containers as they come, where a run is on AWS Batch. */
interface Away {
  lines(): Promise<LogLine[]>;
  /** Milliseconds until they should be asked for again. */
  readonly pause: number;
  close(): void;
}

async function followAway(
  id: string,
  store: Store,
  task: string | undefined,
  { emit }: Context,
): Promise<Away | undefined> {
  if (!(await isOnBatch(id, store))) return undefined;
  const { ContainerLogs } = await import('../executors/batch/follow.ts');
  const logs = new ContainerLogs(id, store, (one) => task === undefined || `${one.id}\n${one.label}`.includes(task));
  let isOpen = true;
  let pause = AWAY.first;
  return {
    get pause() {
      return isOpen ? pause : 0;
    },
    lines: async () => {
      if (!isOpen) return [];
      try {
        const lines = await logs.lines();
        pause = lines.length > 0 ? AWAY.first : Math.min(AWAY.idle, pause * AWAY.growth);
        return lines;
      } catch (error) {
        if (isPassing(error)) {
          pause = Math.min(AWAY.last, pause * 2);
          return [];
        }
        isOpen = false;
        const { message } = asNlpflowError(error);
        emit({ event: 'warning', message: `${message}; what tasks print is shown once it is in the store` });
        return [];
      }
    },
    close: () => logs.close(),
  };
}

/** Which lines were shown, wherever they came from: a container's lines stand in CloudWatch first and in the store later. */
class ShownLines {
  readonly #shown = new Map<string, number>();
  readonly #further = new Map<string, number>();

  get isEmpty(): boolean {
    return this.#shown.size === 0;
  }

  /** Lines that follow those that were given before. */
  further(lines: readonly LogLine[]): LogLine[] {
    return lines.filter((line) => this.#isNew(line, this.#further));
  }

  /** Of a whole log what was not shown yet; of equal lines those beyond the number that was. */
  among(lines: readonly LogLine[]): LogLine[] {
    const met = new Map<string, number>();
    return lines.filter((line) => this.#isNew(line, met));
  }

  #isNew(line: LogLine, met: Map<string, number>): boolean {
    const { time, task, attempt, text } = line;
    // The clocks of a container and of CloudWatch differ.
    const identity = JSON.stringify(attempt === 0 ? [time, task, text] : [task, attempt, text.trim()]);
    const count = (met.get(identity) ?? 0) + 1;
    met.set(identity, count);
    if (count <= (this.#shown.get(identity) ?? 0)) return false;
    this.#shown.set(identity, count);
    return true;
  }
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
