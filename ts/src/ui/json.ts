import { EVENT_VERSION, eventLine } from '../events.ts';
import type { Display } from './display.ts';
import { visibleJson } from './visible.ts';

/** Every event as a line of JSON (`--json`). */
export function jsonDisplay(write: (text: string) => void): Display {
  const line = (fields: object) =>
    write(`${visibleJson(JSON.stringify({ v: EVENT_VERSION, time: new Date().toISOString(), ...fields }))}\n`);
  return {
    emit: (event) => write(visibleJson(eventLine(event))),
    activity: (label) => ({
      progress: (progress) => line({ event: 'activity', label, ...progress }),
      end: () => line({ event: 'activity.done', label }),
    }),
    say: (message) => line({ event: 'note', message }),
    close: () => {},
  };
}
