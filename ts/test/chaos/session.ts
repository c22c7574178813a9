/** One start of the command line, its events as they come, and the workers that it has. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { Event } from '../../src/events.ts';

/** How a start ended. */
export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** `nlpflow run CONFIG --json` as a process. */
export class Session {
  /** What it said on standard error, for reports. */
  words = '';
  readonly ended: Promise<Ending>;
  readonly #child: ChildProcess;
  #rest = '';

  constructor(
    of: {
      readonly main: string;
      readonly cwd: string;
      readonly argv: readonly string[];
      readonly env: NodeJS.ProcessEnv;
    },
    hear: (event: Event) => void,
  ) {
    this.#child = spawn(process.execPath, [of.main, ...of.argv], {
      cwd: of.cwd,
      env: of.env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.words += text;
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n');
      // The last line of a killed process may be cut off: it was not told.
      this.#rest = lines.pop() ?? '';
      for (const line of lines) hear(JSON.parse(line) as Event);
    });
    // `exit`, not `close`: a worker that is about to end may hold the pipes a little longer.
    this.ended = once(this.#child, 'exit').then(async ([code, signal]) => {
      const { stdout } = this.#child;
      if (stdout && !stdout.readableEnded) await once(stdout, 'end');
      return { code, signal } as Ending;
    });
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Process numbers of its workers. */
  async workers(): Promise<number[]> {
    const { pid } = this.#child;
    const text = await read(`/proc/${pid}/task/${pid}/children`);
    const pids = text.split(' ').filter(Boolean).map(Number);
    const lines = await Promise.all(pids.map((child) => read(`/proc/${child}/cmdline`)));
    return pids.filter((_, index) => lines[index]?.split('\0').includes('worker'));
  }
}

function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
