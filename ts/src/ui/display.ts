import type { Event } from '../events.ts';
import type { Progress as StageProgress } from '../native/stages.ts';
import { jsonDisplay } from './json.ts';
import { plainDisplay, quietDisplay } from './plain.ts';
import { visible, visibleLine, visibleTexts } from './visible.ts';

/** Shows what happens while a command works. */
export interface Display {
  /** Takes an event of a run. */
  emit(event: Event): void;
  /** Begins a piece of work outside a run, such as scoring a table. */
  activity(label: string): Activity;
  /** Says something at once, above whatever is on the screen. */
  say(text: string): void;
  /** Ends the display; nothing is shown after it. */
  close(): void;
}

/** A piece of work outside a run. */
export interface Activity {
  progress(progress: StageProgress): void;
  /** Ends it; without words, only the live display is cleared. */
  end(words?: string): void;
}

/** A stream to write on, as far as displays care. */
export interface Screen {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What decides which display is used. */
export interface DisplayOptions {
  readonly json: boolean;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly stdout: Screen;
  readonly stderr: Screen;
  readonly env: NodeJS.ProcessEnv;
}

/** JSON lines, nothing, a live area on a terminal, or plain lines. */
export async function openDisplay(options: DisplayOptions): Promise<Display> {
  if (options.json) {
    return jsonDisplay((text) => options.stdout.write(text));
  }
  const write = (text: string) => options.stderr.write(text);
  if (options.quiet) {
    return harmless(quietDisplay(write));
  }
  if (options.stderr.isTTY === true && options.env['TERM'] !== 'dumb') {
    const { terminalDisplay } = await import('./terminal.ts');
    return harmless(terminalDisplay(options.stderr, options.color));
  }
  return harmless(plainDisplay(write));
}

/** A display for people, of which no text steers a terminal: what happens is told in words of tables and of programs. */
function harmless(display: Display): Display {
  return {
    emit: (event) => display.emit(visibleTexts(event)),
    activity: (label) => {
      const activity = display.activity(visibleLine(label));
      return { ...activity, end: (words) => activity.end(words === undefined ? undefined : visible(words)) };
    },
    say: (text) => display.say(visible(text)),
    close: () => display.close(),
  };
}
