import ora from 'ora';
import type { Event } from '../events.ts';
import type { Display, Screen } from './display.ts';
import { brief, bytes, clip, count, duration, wrap } from './format.ts';
import { type Paint, paint } from './paint.ts';
import { Progress, type StageProgress, settled, share } from './progress.ts';
import {
  bestWords,
  estimateWords,
  forecastWords,
  isWorthSaying,
  planWords,
  stageCounts,
  stagePace,
  summaryWords,
} from './words.ts';

/** Milliseconds between two pictures of the live area; ora turns its spinner in between. */
const REFRESH = 120;
const BAR = 24;
/** Running tasks that are shown one by one. */
const SHOWN_TASKS = 4;

/** A spinner over a live area: a bar for each stage, the running tasks, and the best configuration so far. */
export function terminalDisplay(screen: Screen, color: boolean, now: () => number = Date.now): Display {
  const style = paint(color);
  const progress = new Progress();
  const found = new Map<string, string>();
  const stream = withSize(screen as NodeJS.WriteStream);
  const spinner = ora({ stream, isEnabled: true, discardStdin: false, color: color ? 'cyan' : false });
  let timer: NodeJS.Timeout | undefined;
  let picture: (() => string) | undefined;

  const width = () => Math.max(40, stream.columns - 1);
  const start = (draw: () => string): void => {
    picture = draw;
    spinner.start(draw());
    timer ??= setInterval(() => {
      if (picture) {
        spinner.text = picture();
      }
    }, REFRESH);
  };
  const stop = (last?: string): void => {
    clearInterval(timer);
    timer = undefined;
    picture = undefined;
    spinner.stop();
    if (last !== undefined) {
      screen.write(`${last}\n`);
    }
  };
  const say = (text: string, mark = (line: string) => line): void => {
    const running = picture;
    if (running) {
      spinner.stop();
    }
    for (const line of text.split('\n').flatMap((row) => wrap(row, width()))) {
      screen.write(`${mark(line)}\n`);
    }
    if (running) {
      spinner.start(running());
    }
  };
  const area = (live: boolean) => drawRun(progress, found, live, now(), width(), style);

  return {
    emit: (event) => {
      progress.take(event, now());
      switch (event.event) {
        case 'run.start':
          start(() => area(true));
          break;
        case 'plan':
          say(`plan: ${planWords(event)}`, style.dim);
          break;
        case 'estimate':
          say(estimateWords(event), style.dim);
          break;
        case 'forecast':
          if (isWorthSaying(event)) say(forecastWords(event), style.dim);
          break;
        case 'task.done': {
          const words = event.stage === 'features' ? undefined : summaryWords(event.stage, event.summary);
          if (words !== undefined) {
            found.set(event.stage, words);
          }
          break;
        }
        case 'run.done':
          stop(`${statusWord(event, style)} ${area(false)}`);
          break;
        case 'task.failed':
          say(`failed: ${event.label}: ${brief(event.message)} (${event.code})`, style.bad);
          break;
        case 'warning':
          say(`warning: ${brief(event.message)}`, style.warn);
          break;
        case 'note':
          say(`note: ${event.message}`);
          break;
        default:
          break;
      }
    },
    activity: (label) => {
      let words = label;
      start(() => clip(words, width() - 2));
      return {
        progress: ({ done, total, unit }) => {
          const shown =
            unit === 'bytes' ? `${bytes(done)} of ${bytes(total)}` : `${count(done)} of ${count(total)} ${unit}`;
          words = total > 0 ? `${label}: ${shown}` : label;
        },
        end: (last) => stop(last),
      };
    },
    say,
    close: () => {
      if (picture) {
        stop(progress.run === '' ? undefined : `  ${area(false)}`);
      }
    },
  };
}

/** The stream with a size: a terminal that has not been told its own says 0, by which ora would divide. */
function withSize(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return new Proxy(stream, {
    get: (target, key) => {
      if (key === 'columns') return target.columns || 80;
      if (key === 'rows') return target.rows || 24;
      const value: unknown = Reflect.get(target, key);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** The whole area; its first line stands behind the spinner or the final word. */
function drawRun(
  progress: Progress,
  found: Map<string, string>,
  live: boolean,
  now: number,
  width: number,
  style: Paint,
): string {
  const lines = [
    `${style.bold(progress.name)} ${style.dim(`${progress.run}, ${duration((now - progress.started) / 1000)}`)}`,
  ];
  for (const stage of progress.stages.values()) {
    if (stage.total > 0 || stage.state !== 'waiting') {
      lines.push(drawStage(stage, found.get(stage.name), live ? now : undefined, width, style));
    }
  }
  if (live) {
    for (const task of runningTasks(progress)) {
      lines.push(style.dim(clip(`    ${task}`, width)));
    }
  }
  if (progress.best) {
    lines.push(`  ${style.accent('best')}      ${clip(bestWords(progress.best), width - 12)}`);
  }
  return lines.join('\n');
}

function drawStage(
  stage: StageProgress,
  found: string | undefined,
  now: number | undefined,
  width: number,
  style: Paint,
): string {
  const full = Math.round(share(stage) * BAR);
  const filled = '━'.repeat(full);
  const colored =
    stage.failed > 0 ? style.bad(filled) : stage.state === 'finished' ? style.good(filled) : style.accent(filled);
  const bar = `${colored}${style.dim('─'.repeat(BAR - full))}`;
  const words = wordsOf(stage, found, now);
  const room = Math.max(10, width - 2 - 10 - BAR - 2);
  return `  ${stage.name.padEnd(9)} ${bar}  ${clip(words.filter((word) => word !== '').join(', '), room)}`;
}

/** Counts and pace of a stage at work; when the run has ended (no `now`), only how far it came. */
function wordsOf(stage: StageProgress, found: string | undefined, now: number | undefined): string[] {
  if (stage.state !== 'running') {
    return restWords(stage, found);
  }
  return now === undefined
    ? [stageCounts({ ...stage, running: new Map() })]
    : [stageCounts(stage), stagePace(stage, now)];
}

function restWords(stage: StageProgress, found: string | undefined): string[] {
  if (stage.state === 'waiting') {
    return [`0 of ${count(stage.total)}`];
  }
  const reusedAll = stage.reused > 0 && stage.done === 0 && stage.failed === 0;
  const counts = `${count(settled(stage))} of ${count(stage.total)}`;
  return [
    counts,
    reusedAll ? 'reused' : duration(stage.seconds),
    !reusedAll && stage.reused > 0 ? `${count(stage.reused)} reused` : '',
    stage.failed > 0 ? `${count(stage.failed)} failed` : '',
    found ?? '',
  ];
}

function runningTasks(progress: Progress): string[] {
  const tasks = [...progress.stages.values()].flatMap((stage) => [...stage.running.values()]);
  const shown = tasks.slice(0, SHOWN_TASKS).map(({ label, done, total, unit, sent }) => {
    if (sent) return `${label}: ${bytes(sent.done)} of ${bytes(sent.total)} sent`;
    const part = unit === 'bytes' ? `${bytes(done)} of ${bytes(total)}` : `${count(done)} of ${count(total)} ${unit}`;
    return total > 0 ? `${label}: ${part}` : label;
  });
  return tasks.length > SHOWN_TASKS ? [...shown, `and ${tasks.length - SHOWN_TASKS} more`] : shown;
}

function statusWord(event: Extract<Event, { event: 'run.done' }>, style: Paint): string {
  return event.status === 'done'
    ? style.good('done')
    : event.status === 'failed'
      ? style.bad('failed')
      : style.warn('stopped');
}
