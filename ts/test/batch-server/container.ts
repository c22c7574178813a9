/** What stands for a container: a local process, or a script for tests of thousands of jobs. */

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/executors/batch/clock.ts';

/** How a process came to its end. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface RunningContainer {
  readonly ended: Promise<Ended>;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Kills the largest process below the container's first one, once there is any. */
  killLargest?(over: AbortSignal): Promise<void>;
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
    const killLargest = async (over: AbortSignal): Promise<void> => {
      let victim: number | undefined;
      while (victim === undefined && !over.aborted) {
        await delay(10);
        victim = largestChild(child.pid ?? 0);
      }
      if (victim !== undefined && !over.aborted) process.kill(victim, 'SIGKILL');
    };
    return { ended, kill: (signal) => child.kill(signal), killLargest };
  };
}

/** The child of a process with the most resident memory. */
function largestChild(parent: number): number | undefined {
  try {
    const children = readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
      .split(' ')
      .filter(Boolean)
      .map(Number);
    const size = (id: number): number => Number(readFileSync(`/proc/${id}/statm`, 'utf8').split(' ')[1]);
    return children.sort((a, b) => size(b) - size(a))[0];
  } catch {
    // It has just ended.
    return undefined;
  }
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
