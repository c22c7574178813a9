/** Keeps a run's record, events, logs, trace and entry in the store while it goes on. */

import { asNlpflowError } from '../errors.ts';
import { type Emit, type Event, eventLine } from '../events.ts';
import type { Plan } from '../flow/plan.ts';
import { tableBytes } from '../native/table.ts';
import type { Store } from '../store/store.ts';
import { indexRun, RUN_FILE } from './entries.ts';
import { BEAT_MS, beat, stopBeating } from './heartbeat.ts';
import { changeLabels, type LabelChange } from './labels.ts';
import { type RunRecord, serialiseRun } from './manifest.ts';
import { inParallel } from './parallel.ts';
import { cleanEvent, cleanPlan, cleanRecord, cleanText, type Unsayable } from './portable.ts';
import { secretValues } from './secrets.ts';
import { afterSweep } from './sweeplock.ts';
import { type TaskLog, TaskLogs } from './tasklog.ts';
import { type KeptEvent, traceIpc, traceRows } from './trace.ts';
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
  #timer: NodeJS.Timeout | undefined;
  #beaten = 0;

  /** `source` is the absolute path of the table, which no file of the run shows. */
  constructor(record: RunRecord, store: Store, emit: Emit, source?: string) {
    this.record = record;
    this.#store = store;
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

  /** Goes on with the events of an earlier process of the run. */
  async takeUp(): Promise<void> {
    const kept = await this.#store.getRun(this.record.id, EVENTS_FILE);
    for (const line of kept?.toString('utf8').split('\n').filter(Boolean) ?? []) {
      const event = JSON.parse(line) as KeptEvent;
      this.#lines.push(`${line}\n`);
      if (event.event.startsWith('task.')) this.#events.push(event);
    }
  }

  /** Dollars by task so far, and what else was used. */
  spent(): { dollars: Map<string, number>; vcpu_hours: number } {
    const dollars = new Map<string, number>();
    for (const { task, cost = 0 } of traceRows(this.#events)) dollars.set(task, (dollars.get(task) ?? 0) + cost);
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

  /** Ends: writes the trace, too. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    const { id } = this.record;
    const usage = usageOf(this.#events, this.record.estimate);
    if (usage) this.record.usage = usage;
    await this.save();
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
    // Taken first: a record that says how the run ended must not be seen before the event that tells it.
    const text = serialiseRun(cleanRecord(this.record, this.#unsayable));
    if (this.#saved.lines !== this.#lines.length) {
      const lines = this.#lines.length;
      await this.#store.putRun(id, EVENTS_FILE, this.#lines.join(''));
      this.#saved.lines = lines;
    }
    await this.#optional('a log', () => inParallel(this.#logs.changed(), WIDTH, (log) => this.#writeLog(log)));
    if (text !== this.#saved.run) await this.#store.putRun(id, RUN_FILE, text);
    this.#saved.run = text;
    if (text === this.#saved.entry) return;
    await this.#optional('its entry in the list of runs', async () => {
      await indexRun(this.#store, id, JSON.parse(text) as RunRecord);
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
    if (this.record.status === 'running') this.#schedule(Math.max(FLUSH_MS, spent / FLUSH_SHARE));
  }
}
