/**
 * Kills runs at random moments, starts them again, and looks whether anything was lost, done twice or left half: the
 * command line and its workers, by SIGKILL and SIGTERM, over any store.
 */

import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Event } from '../../src/events.ts';
import { findRun } from '../../src/runs/index.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { configOf, ENGINES, type Engine } from './cut.ts';
import { brokenObjects } from './inspect.ts';
import { Random } from './random.ts';
import { type Ending, Session } from './session.ts';

/** Whom and how. */
export const KINDS = ['command SIGKILL', 'command SIGTERM', 'worker SIGKILL', 'worker SIGTERM'] as const;
type Kind = (typeof KINDS)[number];

/** A run that was killed so often is let end, and another one begins. */
const MOST_KILLS = 6;
/** A kill comes after at most so many finished tasks, and at most so many milliseconds after the last of them. */
const MOST_TASKS = 3;
const MOST_MS = 500;
/** A start that still runs after this time hangs. */
const PATIENCE_MS = 120_000;

export interface ChaosOptions {
  /** The bundled command line. */
  readonly main: string;
  /** Folder with the project of `cut.ts`. */
  readonly project: string;
  readonly env: NodeJS.ProcessEnv;
  readonly kills: number;
  readonly seed: string;
  /** A new, empty store for each run. */
  readonly place: () => Promise<string>;
  /** An empty folder for the runs that nobody disturbs. */
  readonly undisturbed: string;
  readonly say?: (line: string) => void;
}

/** What came of it. */
export interface ChaosReport {
  readonly kills: Readonly<Record<Kind, number>>;
  readonly runs: number;
  /** Starts of the command line. */
  readonly starts: number;
  /** Trainings that went on from a checkpoint, and the rounds that those saved. */
  readonly resumed: number;
  readonly rounds: number;
  /** Results that were computed, each of them once. */
  readonly computed: number;
  /** What must never happen and did. */
  readonly violations: readonly string[];
}

/** SHA-256 of the files that must not depend on what happened. */
type Digests = Readonly<Record<string, string>>;

/** Kills until enough was killed. */
export async function chaos(options: ChaosOptions): Promise<ChaosReport> {
  const { say = () => {} } = options;
  const random = new Random(options.seed);
  const expected = new Map<Engine, Digests>();
  for (const engine of ENGINES) {
    const run = new KilledRun(options, options.undisturbed, engine);
    const started = performance.now();
    const digests = await run.finish();
    if (run.violations.length > 0) throw new Error(`the undisturbed run: ${run.violations.join('; ')}`);
    expected.set(engine, digests);
    say(`undisturbed, ${engine}: ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  const kills = Object.fromEntries(KINDS.map((kind) => [kind, 0])) as Record<Kind, number>;
  const total = (): number => Object.values(kills).reduce((sum, count) => sum + count, 0);
  const runs: KilledRun[] = [];
  while (total() < options.kills) {
    const engine = random.one(ENGINES);
    const run = new KilledRun(options, await options.place(), engine);
    runs.push(run);
    const wanted = Math.min(random.whole(1, MOST_KILLS), options.kills - total());
    for (let kill = 0; kill < wanted; kill += 1) {
      const kind = random.one(KINDS);
      const moment = { tasks: random.whole(0, MOST_TASKS), ms: random.next() * MOST_MS };
      // A start that ended before its kill ends this run.
      if (!(await run.kill(kind, moment, random.next()))) break;
      kills[kind] += 1;
    }
    run.compare(await run.finish(), expected.get(engine) ?? {});
    say(`${total()} of ${options.kills}: run ${runs.length} (${engine}), ${run.starts} starts, ${run.resumed} resumed`);
    for (const violation of run.violations) say(`  VIOLATION ${violation}`);
  }
  const sum = (of: (run: KilledRun) => number): number => runs.reduce((all, run) => all + of(run), 0);
  return {
    kills,
    runs: runs.length,
    starts: sum(({ starts }) => starts),
    resumed: sum(({ resumed }) => resumed),
    rounds: sum(({ rounds }) => rounds),
    computed: sum(({ computed }) => computed),
    violations: runs.flatMap(({ violations }) => violations),
  };
}

/** One run in a store of its own, started as often as it takes. */
class KilledRun {
  starts = 0;
  resumed = 0;
  rounds = 0;
  readonly violations: string[] = [];
  readonly #options: ChaosOptions;
  readonly #url: string;
  readonly #engine: Engine;
  /** Tasks whose result was told to be there. */
  readonly #finished = new Map<string, 'done' | 'reused'>();
  #session: Session | undefined;
  #store: Promise<Store> | undefined;
  #events = 0;
  #done = 0;
  #follow = (): void => {};
  /** Tasks that lost their second worker, too, in the start that runs. */
  #failed = 0;

  constructor(options: ChaosOptions, url: string, engine: Engine) {
    this.#options = options;
    this.#url = url;
    this.#engine = engine;
  }

  /** Results that a start told to have computed. */
  get computed(): number {
    return [...this.#finished.values()].filter((how) => how === 'done').length;
  }

  /** Kills at a moment; `chosen` (0 to 1) says which of the workers. False when there was nothing to kill. */
  async kill(kind: Kind, { tasks, ms }: { tasks: number; ms: number }, chosen: number): Promise<boolean> {
    const session = this.#running();
    const until = this.#done + tasks;
    const reached = new Promise<void>((resolve) => {
      this.#follow = () => this.#done >= until && resolve();
      this.#follow();
    });
    await Promise.race([reached.then(() => delay(ms)), session.ended]);
    const [whom, signal] = kind.split(' ') as ['command' | 'worker', 'SIGKILL' | 'SIGTERM'];
    if (whom === 'worker') {
      const workers = await session.workers();
      const pid = workers[Math.floor(chosen * workers.length)];
      if (pid === undefined || !isKilled(pid, signal)) {
        await this.#endedWell();
        return false;
      }
    } else {
      if (!session.isRunning) {
        await this.#endedWell();
        return false;
      }
      const began = this.#events > 0;
      session.kill(signal);
      const ending = await this.#end(session);
      // Before the first event there may be nobody yet who listens to the signal.
      const expected = signal === 'SIGKILL' ? ending.signal === signal : ending.code === 130 || ending.code === 0;
      if (!expected && !(signal === 'SIGTERM' && ending.signal === signal && !began)) {
        this.violations.push(`${kind} ended with ${JSON.stringify(ending)}: ${session.words.slice(-300)}`);
      }
    }
    await this.#inspect();
    return true;
  }

  /** Starts it until it is done, and looks at the whole store. */
  async finish(): Promise<Digests> {
    // A start that lost two workers at one task ends without that task; the next one goes on.
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const session = this.#running();
      const { code } = await this.#end(session);
      if (code === 0 && this.#failed === 0) break;
      const isAllowed = attempt === 0 && this.#failed > 0 && (code === 0 || code === 5);
      if (!isAllowed) this.violations.push(`a start ended with ${code}: ${session.words.slice(-300)}`);
    }
    await this.#inspect();
    const store = await this.#open();
    const { id } = await findRun(store, 'last');
    const files = ['model.ubj', 'results.parquet'].map(async (file) => {
      const bytes = await store.getRun(id, file);
      return [
        file,
        createHash('sha256')
          .update(bytes ?? '')
          .digest('hex'),
      ] as const;
    });
    return Object.fromEntries(await Promise.all(files));
  }

  compare(found: Digests, expected: Digests): void {
    for (const [file, digest] of Object.entries(expected)) {
      if (found[file] !== digest) this.violations.push(`${file} is ${found[file]}, undisturbed ${digest}`);
    }
  }

  /** The session that runs; a new one when the last has ended. */
  #running(): Session {
    if (this.#session?.isRunning) return this.#session;
    const { main, project, env } = this.#options;
    const argv = ['run', configOf(this.#engine), '--json', '--workers', '2', '--store', this.#url];
    this.starts += 1;
    this.#events = 0;
    // Without a booster another configuration may have been the best: a model of another key, which is no second time.
    if (this.#failed > 0) this.#finished.delete('fit');
    this.#failed = 0;
    this.#session = new Session({ main, cwd: project, argv, env }, (event) => this.#hear(event));
    return this.#session;
  }

  #hear(event: Event): void {
    this.#events += 1;
    if (event.event === 'note') {
      const rounds = /goes on from round (?<rounds>\d+)$/.exec(event.message)?.groups?.['rounds'];
      if (rounds !== undefined) {
        this.resumed += 1;
        this.rounds += Number(rounds);
      }
      if (/the checkpoint (?:was ignored|cannot be kept)/.test(event.message)) this.violations.push(event.message);
    }
    if (event.event === 'task.failed' && event.code === 'WORKER_DIED') this.#failed += 1;
    else if (event.event === 'task.failed') this.violations.push(`${event.task} failed: ${event.message}`);
    if (event.event !== 'task.start' && event.event !== 'task.done' && event.event !== 'task.reused') return;
    const before = this.#finished.get(event.task);
    if (event.event === 'task.reused') this.#finished.set(event.task, before ?? 'reused');
    else if (before !== undefined) this.violations.push(`${event.task} was finished, then again ${event.event}`);
    else if (event.event === 'task.done') {
      this.#finished.set(event.task, 'done');
      this.#done += 1;
      this.#follow();
    }
  }

  async #endedWell(): Promise<void> {
    if (this.#session === undefined || this.#session.isRunning) return;
    const { code } = await this.#session.ended;
    if (code !== 0 && code !== 5)
      this.violations.push(`a start ended with ${code}: ${this.#session.words.slice(-300)}`);
  }

  async #end(session: Session): Promise<Ending> {
    const patience = new AbortController();
    const late = delay(PATIENCE_MS, undefined, { signal: patience.signal }).then(
      () => {
        this.violations.push(`a start did not end in ${PATIENCE_MS / 1000} s`);
        session.kill('SIGKILL');
      },
      () => {},
    );
    const ending = await session.ended;
    patience.abort();
    await late;
    return ending;
  }

  async #inspect(): Promise<void> {
    this.violations.push(...(await brokenObjects(await this.#open())));
  }

  #open(): Promise<Store> {
    this.#store ??= openStore(this.#url);
    return this.#store;
  }
}

function isKilled(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
