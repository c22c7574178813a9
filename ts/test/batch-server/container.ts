/** What stands for a container: a local process, or a script for tests of thousands of jobs. */

import { spawn } from 'node:child_process';
import type { Clock } from '../../src/executors/batch/clock.ts';

/** How a process came to its end. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningContainer {
  readonly ended: Promise<Ended>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
}

/** Starts the image's entrypoint with a command; `log` gets each line of its output. */
export type Launch = (of: {
  readonly jobId: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly log: (line: string) => void;
}) => RunningContainer;

/** An image whose entrypoint is a program of this machine; `environment` is what the image and its role bring along. */
export function localImage(entrypoint: readonly string[], environment: () => NodeJS.ProcessEnv): Launch {
  const [program = '', ...first] = entrypoint;
  return ({ command, environment: own, log }) => {
    // A container sees nothing of the machine but what it is given.
    const env = { PATH: process.env['PATH'], HOME: '/', ...environment(), ...own };
    const child = spawn(program, [...first, ...command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) {
      let rest = '';
      stream.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) log(line);
      });
      stream.on('end', () => {
        if (rest !== '') log(rest);
      });
    }
    const ended = new Promise<Ended>((resolve) => {
      child.once('error', (error) => {
        log(error.message);
        resolve({ code: 127, signal: null });
      });
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    return { ended, kill: (signal) => child.kill(signal) };
  };
}

/** Containers that do nothing for a while and end with a code. */
export function scriptedImage(clock: Clock, of: (jobId: string) => { milliseconds: number; code?: number }): Launch {
  return ({ jobId }) => {
    const killed = new AbortController();
    const { milliseconds, code = 0 } = of(jobId);
    const ended = clock
      .sleep(milliseconds, killed.signal)
      .then((): Ended => (killed.signal.aborted ? { code: null, signal: 'SIGTERM' } : { code, signal: null }));
    return { ended, kill: () => killed.abort() };
  };
}
