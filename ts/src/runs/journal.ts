/** Keeps a run's record, events, logs, trace and entry in the store while it goes on. */

import type { Spent } from '../cost/ledger.ts';
import { asNlpflowError, NlpflowError } from '../errors.ts';
import { type Emit, type Event, eventLine, type TaskAttempt } from '../events.ts';
import type { Plan } from '../flow/plan.ts';
import { tableBytes } from '../native/table.ts';
import type { Store } from '../store/store.ts';
import { indexRun, RUN_FILE, readRecord } from './entries.ts';
import { BEAT_MS, beat, stopBeating } from './heartbeat.ts';
import { changeLabels, type LabelChange } from './labels.ts';
import { type RunRecord, serialiseRun } from './manifest.ts';
import { OwnedFiles } from './owned.ts';
import { inParallel } from './parallel.ts';
import { cleanEvent, cleanPlan, cleanRecord, cleanText, type Unsayable } from './portable.ts';
import { secretValues } from './secrets.ts';
import { afterSweep } from './sweeplock.ts';
import { type TaskLog, TaskLogs } from './tasklog.ts';
import { attemptsOf, type KeptEvent, traceIpc, traceRows } from './trace.ts';
import { usageOf } from './usage.ts';

/** The events of a run, one JSON document a line. */
export const EVENTS_FILE = 'events.jsonl';
/** Configurations, boosters and tasks with their keys. */
export const PLAN_FILE = 'plan.json';
/** One row an attempt of a task. */
export const TRACE_FILE = 'trace.parquet';

/** What happened is written this often, for those who follow from elsewhere. */
const FLUSH_MS = 2_000;
/** Writing may take this share of the time. */
const FLUSH_SHARE = 0.05;
/** Logs written at once. */
const WIDTH = 8;

/** Writes the files of a run; whole files, so that it works on any store. */
export class Journal {
  readonly record: RunRecord;
  readonly #store: Store;
  readonly #emit: Emit;
  readonly #lines: string[] = [];
  readonly #events: KeptEvent[] = [];
  readonly #logs = new TaskLogs();
  readonly #unsayable: Unsayable;
  #saving: Promise<void> = Promise.resolve();
  #saved = { run: '', lines: -1, entry: '' };
  /** What could not be written when it was last tried, and why. */
  readonly #unwritten = new Map<string, unknown>();
  readonly #files: OwnedFiles;
  readonly #lost = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #beaten = 0;
  #hasLeft = false;

  /** `source` is the absolute path of the table, which no file of the run shows. */
  constructor(record: RunRecord, store: Store, emit: Emit, source?: string) {
    this.record = record;
    this.#store = store;
    this.#files = new OwnedFiles(store, record.id);
    this.#emit = emit;
    this.#unsayable = {
      source: source ?? '',
      relativeSource: record.config.data.source,
      store: store.url,
      secrets: secretValues(),
    };
  }

  /** Passes an event on and keeps it; progress is passed on only, and what workers print is kept in logs. */
  readonly emit: Emit = (event: Event) => {
    const time = new Date();
    if (event.event !== 'task.progress' && event.event !== 'task.output') {
      this.#lines.push(eventLine(cleanEvent(event, this.#unsayable), time));
      if (event.event.startsWith('task.')) this.#events.push({ ...event, time: time.toISOString() });
    }
    if (event.event === 'forecast') {
      const { event: _, ...forecast } = event;
      this.record.forecast = forecast;
    }
    if (event.event === 'estimate') {
      const { event: _, memoryPerBooster: memory, memoryAvailable: __, reason: ___, ...foretold } = event;
      this.record.estimate = { work: 0, tasks: 0, ...foretold, memory };
    }
    this.#logs.take(event, time);
    this.#emit(event);
  };

  /**
   * Aborted when the run is no longer this process's: another one cancelled, removed or took it over. Nothing of it is written
   * from then on; the reason says what happened.
   */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Goes on with the record and the events of an earlier process of the run. */
  async takeUp(): Promise<void> {
    await this.#files.take(RUN_FILE);
    const kept = await this.#files.take(EVENTS_FILE);
    for (const line of kept?.split('\n').filter(Boolean) ?? []) {
      const event = JSON.parse(line) as KeptEvent;
      this.#lines.push(`${line}\n`);
      if (event.event.startsWith('task.')) this.#events.push(event);
    }
  }

  /** Keeps attempts that were noted elsewhere; those that are known already are left out. */
  learn(attempts: readonly TaskAttempt[]): void {
    const known = new Set(attemptsOf(this.#events).map(({ task, started }) => `${task} ${started}`));
    for (const attempt of attempts) {
      if (!known.has(`${attempt.task} ${attempt.started}`)) this.emit({ event: 'task.attempt', ...attempt });
    }
  }

  /** The attempts that were paid for so far. */
  paid(): Spent[] {
    return traceRows(this.#events).flatMap((row) => (row.cost === undefined ? [] : [{ ...row, cost: row.cost }]));
  }

  /** What was used so far. */
  spent(): { dollars: number; vcpu_hours: number } {
    const dollars = this.paid().reduce((sum, { cost }) => sum + cost, 0);
    return { dollars, vcpu_hours: usageOf(this.#events, undefined)?.vcpu_hours ?? 0 };
  }

  /** Begins: the run is in the store, with what a person wrote on it, and gives signs of life from now on. */
  async open(labels: LabelChange): Promise<void> {
    const { id } = this.record;
    if (labels.note !== undefined || (labels.add ?? []).length > 0) await changeLabels(this.#store, id, labels);
    await this.#beat();
    await this.save();
    this.#schedule(FLUSH_MS);
  }

  /** Writes the plan: every result that the run may use, so that `gc` leaves it alone from now on. */
  async plan(planned: Plan, signal: AbortSignal): Promise<void> {
    await this.#store.putRun(
      this.record.id,
      PLAN_FILE,
      `${JSON.stringify(cleanPlan(planned, this.#unsayable), undefined, 1)}\n`,
    );
    await afterSweep(this.#store, signal, () =>
      this.emit({ event: 'note', message: 'waiting until nlpflow gc has swept the store' }),
    );
  }

  /** Writes the present state. */
  save(): Promise<void> {
    this.#saving = this.#saving.catch(() => {}).then(() => this.#write());
    return this.#saving;
  }

  /** Leaves a run that goes on without this process: what it was told is kept, and the record stays as it is. */
  async leave(): Promise<void> {
    clearTimeout(this.#timer);
    this.#hasLeft = true;
    await this.save();
  }

  /** Ends: writes the trace, too. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#hasLeft = true;
    const { id } = this.record;
    const usage = usageOf(this.#events, this.record.estimate);
    if (usage) this.record.usage = usage;
    await this.save();
    if (this.lost.aborted) return;
    await this.#optional('its trace', async () =>
      this.#store.putRun(id, TRACE_FILE, await tableBytes(await traceIpc(traceRows(this.#events)), TRACE_FILE)),
    );
    for (const [what, error] of this.#unwritten) {
      const message = `${what} could not be written, and is missing or old: ${asNlpflowError(error).message}`;
      this.emit({ event: 'warning', message: `run ${id}: ${message}` });
    }
    await stopBeating(this.#store, id).catch(() => {});
  }

  /** What only helps to look at the run costs no run: it is tried again with the next save, and told at the end. */
  async #optional(what: string, write: () => Promise<unknown>): Promise<void> {
    try {
      await write();
      this.#unwritten.delete(what);
    } catch (error) {
      this.#unwritten.set(what, error);
    }
  }

  async #write(): Promise<void> {
    const { id } = this.record;
    if (this.lost.aborted) return;
    // Taken first: a record that says how the run ended must not be seen before the event that tells it.
    const text = serialiseRun(cleanRecord(this.record, this.#unsayable));
    if (this.#saved.lines !== this.#lines.length) {
      const lines = this.#lines.length;
      if (!(await this.#files.write(EVENTS_FILE, this.#lines.join('')))) return this.#lose();
      this.#saved.lines = lines;
    }
    await this.#optional('a log', () => inParallel(this.#logs.changed(), WIDTH, (log) => this.#writeLog(log)));
    if (text !== this.#saved.run && !(await this.#files.write(RUN_FILE, text))) return this.#lose();
    this.#saved.run = text;
    if (text === this.#saved.entry) return;
    await this.#optional('its entry in the list of runs', async () => {
      await indexRun(this.#store, id);
      this.#saved.entry = text;
    });
  }

  async #writeLog(log: TaskLog): Promise<void> {
    try {
      await this.#store.putRun(this.record.id, log.file, cleanText(log.text(), this.#unsayable));
    } catch (error) {
      log.dirty = true;
      throw error;
    }
  }

  /** Another process has written the run's files: it is that one's now. */
  async #lose(): Promise<void> {
    clearTimeout(this.#timer);
    const { id } = this.record;
    const now = await readRecord(this.#store, id).catch(() => undefined);
    this.#lost.abort(lostTo(id, now));
  }

  async #beat(): Promise<void> {
    this.#beaten = performance.now();
    await beat(this.#store, this.record.id);
  }

  #schedule(ms: number): void {
    this.#timer = setTimeout(() => void this.#flush(), ms);
    this.#timer.unref();
  }

  /** A store that fails for a moment fails no run: what matters is written by `save`. */
  async #flush(): Promise<void> {
    const started = performance.now();
    try {
      if (started - this.#beaten >= BEAT_MS) await this.#beat();
      await this.save();
    } catch {
      // Told by the next save that somebody waits for.
    }
    const spent = performance.now() - started;
    if (this.record.status === 'running' && !this.#hasLeft && !this.lost.aborted)
      this.#schedule(Math.max(FLUSH_MS, spent / FLUSH_SHARE));
  }
}

/** Why a run is no longer this process's. */
function lostTo(id: string, now: RunRecord | undefined): NlpflowError {
  if (!now) return new NlpflowError('CANCELLED', `run ${id} was removed by another process; this one has stopped`);
  if (now.status !== 'running') {
    const why = now.error ? `: ${now.error.message}` : '';
    return new NlpflowError('CANCELLED', `another process noted that run ${id} is ${now.status}${why}`);
  }
  return new NlpflowError(
    'RUN_ACTIVE',
    `run ${id} was taken over by process ${now.process.pid} on ${now.process.host}; this one has stopped, and its jobs go on`,
  );
}
