import type { Event, StageName } from '../events.ts';
import type { Display } from './display.ts';
import { brief, duration, plural } from './format.ts';
import { Progress } from './progress.ts';
import {
  bestWords,
  estimateWords,
  forecastWords,
  isWorthSaying,
  planWords,
  stageCounts,
  stageEnd,
  stagePace,
  summaryWords,
} from './words.ts';

/** At most one line of progress a stage in this many milliseconds. */
const EVERY = 10_000;

/** One line for each thing worth knowing: for logs, pipes and terminals that cannot move their cursor. */
export function plainDisplay(write: (text: string) => void, now: () => number = Date.now): Display {
  const progress = new Progress();
  let best = '';
  const spoken = new Map<StageName, number>();
  const line = (text: string) => write(`${text}\n`);

  const show = (event: Event): void => {
    switch (event.event) {
      case 'run.start':
        line(`run ${event.run} (${event.name}), store ${event.store}`);
        break;
      case 'plan':
        line(`plan: ${planWords(event)}`);
        break;
      case 'estimate':
        line(`boost: ${estimateWords(event)}`);
        break;
      case 'forecast':
        if (isWorthSaying(event)) line(`forecast: ${forecastWords(event)}`);
        break;
      case 'stage.start':
        spoken.set(event.stage, now());
        if (event.total > event.reused) {
          line(`${event.stage}: ${plural(event.total, 'task')}${event.reused > 0 ? `, ${event.reused} reused` : ''}`);
        }
        break;
      case 'task.progress':
      case 'task.done':
        if (event.event === 'task.done') {
          const words = event.stage === 'features' ? undefined : summaryWords(event.stage, event.summary);
          if (words !== undefined) {
            line(`${event.stage}: ${words}`);
          }
        }
        if (now() - (spoken.get(event.stage) ?? 0) >= EVERY) {
          spoken.set(event.stage, now());
          const stage = progress.stage(event.stage);
          const pace = stagePace(stage, now());
          line(`${event.stage}: ${stageCounts(stage)}${pace === '' ? '' : `, ${pace}`}`);
        }
        break;
      case 'stage.done':
        line(`${event.stage}: ${stageEnd(event)}`);
        break;
      case 'best':
        if (bestWords(event) !== best) {
          best = bestWords(event);
          line(`best so far: ${best}`);
        }
        break;
      case 'run.done':
        line(`run ${event.run} ${event.status} after ${duration(event.seconds)}`);
        break;
      default:
        showProblem(event, line);
    }
  };

  return {
    emit: (event) => {
      progress.take(event, now());
      show(event);
    },
    activity: () => ({
      progress: () => {},
      end: (words) => {
        if (words !== undefined) {
          line(words);
        }
      },
    }),
    say: line,
    close: () => {},
  };
}

/** Only what went wrong (`--quiet`). */
export function quietDisplay(write: (text: string) => void): Display {
  const line = (text: string) => write(`${text}\n`);
  return {
    emit: (event) => {
      if (event.event !== 'note') {
        showProblem(event, line);
      }
    },
    activity: () => ({ progress: () => {}, end: () => {} }),
    say: line,
    close: () => {},
  };
}

function showProblem(event: Event, line: (text: string) => void): void {
  switch (event.event) {
    case 'task.failed':
      line(`failed: ${event.label}: ${brief(event.message)} (${event.code})`);
      break;
    case 'warning':
      line(`warning: ${brief(event.message)}`);
      break;
    case 'note':
      line(`note: ${event.message}`);
      break;
    default:
      break;
  }
}
