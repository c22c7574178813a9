/** Whether runs whose records say that they are running still do; what is learned of a run that was left to itself is noted. */

import { type Event, eventLine } from '../events.ts';
import { type LastJobState, lastJobStates } from '../executors/batch/lastjob.ts';
import type { Owner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';
import { changeRecord } from './change.ts';
import { readRecord } from './entries.ts';
import { isBeating, stopBeating } from './heartbeat.ts';
import type { RunRecord, RunStatus } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { parseEvents } from './trace.ts';

/** The events of a run; see `journal.ts`, which writes them while a run goes on. */
const EVENTS_FILE = 'events.jsonl';
const ATTEMPTS = 20;
/** Runs that are looked at together. */
const WIDTH = 32;

type Over = Extract<LastJobState, { kind: 'over' }>;

/** What is said of a run beside its status. */
export interface Presence {
  /** Why it is not known whether a run that was left to itself still goes on. */
  readonly unconfirmed?: string;
}

type Known = {
  readonly id: string;
  readonly status: RunStatus;
  readonly created: string;
  readonly process: Owner;
};

/**
 * The runs with their present status. One whose process is gone is interrupted. One that was left to itself is what its last
 * job is: AWS Batch is asked once for all of them, and an end that the job could not write down is written here.
 */
export async function withPresentStatus<Run extends Known>(
  store: Store,
  runs: readonly Run[],
): Promise<(Run & Presence)[]> {
  const running = runs.filter(({ status }) => status === 'running');
  const states = await lastJobStates(
    running.map(({ id }) => id),
    store,
  );
  return inParallel(runs, WIDTH, async (run): Promise<Run & Presence> => {
    if (run.status !== 'running') return run;
    const state = states.get(run.id);
    if (!state) return (await isBeating(store, run)) ? run : { ...run, status: 'interrupted' };
    if (state.kind === 'alive') return run;
    if (state.kind === 'unknown') return { ...run, unconfirmed: state.why };
    const { status, finished, seconds, error } = await noteEnd(store, run, state);
    // An error is part of a record, not of an entry of the index.
    const shown = 'config' in run && error ? { error } : {};
    return { ...run, status, ...(finished === undefined ? {} : { finished }), seconds, ...shown };
  });
}

type End = Pick<RunRecord, 'status' | 'finished' | 'seconds' | 'error'>;

/** Notes how a run ended whose last job did not; its last event first, as its own process would. A store that cannot be written keeps nothing. */
async function noteEnd(store: Store, { id, created }: Known, over: Over): Promise<End> {
  const { status, code, message, ended } = over;
  const seconds = Math.max(0, (Date.parse(ended) - Date.parse(created)) / 1000);
  const end: End = { status, finished: ended, seconds, error: { code, message } };
  try {
    const before = await readRecord(store, id);
    // The job itself was faster.
    if (before && before.status !== 'running') return before;
    await tellEnd(store, id, [
      { event: 'warning', message },
      { event: 'run.done', run: id, seconds, status },
    ]);
    const now = await changeRecord(store, id, (record) =>
      record.status === 'running' ? { ...record, ...end } : undefined,
    );
    await stopBeating(store, id);
    return now ?? end;
  } catch {
    return end;
  }
}

/** Adds events to those of a run that nobody writes any more, unless they end with `run.done` already. */
async function tellEnd(store: Store, id: string, told: readonly Event[]): Promise<void> {
  const lines = told.map((event) => eventLine(event)).join('');
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const found = await store.get(`runs/${id}/${EVENTS_FILE}`);
    const text = found?.bytes.toString('utf8') ?? '';
    if (parseEvents(text.slice(text.trimEnd().lastIndexOf('\n') + 1)).at(-1)?.event === 'run.done') return;
    const condition = found ? { etag: found.etag } : ({ absent: true } as const);
    if ((await store.putRun(id, EVENTS_FILE, text + lines, condition)) !== null) return;
  }
}
