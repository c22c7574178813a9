import { type Event, SENT, type StageName } from '../events.ts';

/** A task that runs now. */
export interface RunningTask {
  readonly label: string;
  readonly started: number;
  done: number;
  total: number;
  unit: string;
  /** Bytes of the result on their way to the store, after the work. */
  sent?: { readonly done: number; readonly total: number };
}

/** How far a stage is; times in milliseconds. */
export interface StageProgress {
  readonly name: StageName;
  total: number;
  reused: number;
  done: number;
  failed: number;
  state: 'waiting' | 'running' | 'finished';
  started: number;
  seconds: number;
  readonly running: Map<string, RunningTask>;
  /** Units of finished tasks, for the rate. */
  units: number;
  unit: string;
}

/** All that a display has to know about a run, kept up to date from its events. */
export class Progress {
  run = '';
  name = '';
  started = 0;
  readonly stages = new Map<StageName, StageProgress>();
  best: Extract<Event, { event: 'best' }> | undefined;

  /** Takes an event in; `now` in milliseconds. */
  take(event: Event, now: number): void {
    switch (event.event) {
      case 'run.start':
        this.run = event.run;
        this.name = event.name;
        this.started = now;
        break;
      case 'plan':
        for (const [name, total] of Object.entries(event.tasks) as [StageName, number][]) {
          if (total > 0) {
            this.stage(name).total = total;
          }
        }
        break;
      case 'stage.start': {
        const stage = this.stage(event.stage);
        stage.state = 'running';
        stage.total = event.total;
        stage.reused = event.reused;
        stage.started = now;
        break;
      }
      case 'task.start':
        this.stage(event.stage).running.set(event.task, {
          label: event.label,
          started: now,
          done: 0,
          total: 0,
          unit: '',
        });
        break;
      case 'task.progress': {
        const task = this.stage(event.stage).running.get(event.task);
        if (task && event.unit === SENT) {
          task.sent = { done: event.done, total: event.total };
        } else if (task) {
          task.done = event.done;
          task.total = event.total;
          task.unit = event.unit;
        }
        break;
      }
      case 'task.done': {
        const stage = this.stage(event.stage);
        this.#finish(stage, event.task);
        stage.done += 1;
        break;
      }
      case 'task.failed': {
        const stage = this.stage(event.stage);
        stage.running.delete(event.task);
        stage.failed += 1;
        break;
      }
      case 'stage.done': {
        const stage = this.stage(event.stage);
        stage.state = 'finished';
        stage.done = event.done;
        stage.reused = event.reused;
        stage.failed = event.failed;
        stage.seconds = event.seconds;
        stage.running.clear();
        break;
      }
      case 'best':
        this.best = event;
        break;
      default:
        break;
    }
  }

  /** A stage's progress; made when it is first spoken of. */
  stage(name: StageName): StageProgress {
    let stage = this.stages.get(name);
    if (!stage) {
      stage = {
        name,
        total: 0,
        reused: 0,
        done: 0,
        failed: 0,
        state: 'waiting',
        started: 0,
        seconds: 0,
        running: new Map(),
        units: 0,
        unit: '',
      };
      this.stages.set(name, stage);
    }
    return stage;
  }

  #finish(stage: StageProgress, id: string): void {
    const task = stage.running.get(id);
    if (task && task.total > 0) {
      stage.units += task.total;
      stage.unit = task.unit;
    }
    stage.running.delete(id);
  }
}

/** Tasks of a stage that are over: done now, reused or failed. */
export function settled(stage: StageProgress): number {
  return Math.min(stage.total, stage.done + stage.reused + stage.failed);
}

/** Share of a stage that is over, running tasks counted by their own progress (0–1). */
export function share(stage: StageProgress): number {
  if (stage.total === 0) {
    return stage.state === 'finished' ? 1 : 0;
  }
  return Math.min(1, (settled(stage) + partly(stage)) / stage.total);
}

/** Units a second that the stage has done since it started, e.g. rounds; undefined before there is a measurement. */
export function rate(stage: StageProgress, now: number): { perSecond: number; unit: string } | undefined {
  const seconds = (now - stage.started) / 1000;
  let units = stage.units;
  let unit = stage.unit;
  for (const task of stage.running.values()) {
    units += task.done;
    unit ||= task.unit;
  }
  return seconds < 1 || units === 0 || unit === '' ? undefined : { perSecond: units / seconds, unit };
}

/** Seconds that the rest of the stage takes at the pace so far; undefined until two seconds and 2 % of the work are behind. */
export function timeLeft(stage: StageProgress, now: number): number | undefined {
  const seconds = (now - stage.started) / 1000;
  const work = stage.total - stage.reused;
  const over = stage.done + stage.failed + partly(stage);
  if (stage.state !== 'running' || seconds < 2 || work <= 0 || over / work < 0.02) {
    return undefined;
  }
  return (Math.max(0, work - over) / over) * seconds;
}

function partly(stage: StageProgress): number {
  let sum = 0;
  for (const task of stage.running.values()) {
    sum += task.total > 0 ? Math.min(1, task.done / task.total) : 0;
  }
  return sum;
}
