/** A small project whose runs go to the server's containers, by the command line. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { Clock } from '../../src/executors/batch/clock.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import type { Store } from '../../src/store/store.ts';
import type { Job } from '../batch-server/model.ts';
import type { BatchServer } from '../batch-server/server.ts';
import type { BundledCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';

/** The configuration of the project: four boosters in two folds. */
export const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [100, 200], max_depth: [3, 6] } }
`;
/** What every command line on the server needs. */
export const ENV = { NLPFLOW_SHARED_STORE: '1', NLPFLOW_QUEUE: 'spot', NLPFLOW_IMAGE: 'registry/nlpflow:test' };

/** Its tasks wait for `gate` where they are asked to. */
export class Project {
  readonly cwd: string;
  readonly store: Store;
  readonly gate: string;
  readonly #cli: BundledCli;
  readonly #server: BatchServer;
  readonly #before: number;

  private constructor(cwd: string, cli: BundledCli, server: BatchServer) {
    this.cwd = cwd;
    this.gate = join(cwd, 'gate');
    this.store = openFolderStore(join(cwd, '.nlpflow'));
    this.#cli = cli;
    this.#server = server;
    this.#before = server.jobs.size;
  }

  static async on(server: BatchServer, cli: BundledCli): Promise<Project> {
    return new Project(await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' }), cli, server);
  }

  /** Runs a command line in this process, by the server's clock or another one. */
  nlpflow(line: string, signal?: AbortSignal, clock: Clock = this.#server.clock) {
    return runCli(line, { cwd: this.cwd, env: ENV, worker: this.#cli.worker, clock, ...(signal ? { signal } : {}) });
  }

  /** Starts a command line in a process of its own. */
  start(line: string, env: NodeJS.ProcessEnv = {}): ChildProcess {
    return begin([this.#cli.main, ...line.split(' ')], this.cwd, { ...ENV, ...env });
  }

  /** The jobs, arrays as one, since the project was made. */
  jobs(stage?: string): Job[] {
    const all = [...this.#server.jobs.values()].slice(this.#before).filter(({ parent }) => !parent);
    return stage === undefined ? all : all.filter(({ tags }) => tags['nlpflow:stage'] === stage);
  }

  /** The jobs that are not over. */
  live(): Job[] {
    return this.jobs().filter(({ status }) => status !== 'SUCCEEDED' && status !== 'FAILED');
  }

  /** Waits until a booster is being trained. */
  async untilTraining(): Promise<void> {
    const trains = (): boolean =>
      this.jobs('boost').some(({ children }) => children.some(({ status }) => status === 'RUNNING'));
    await expect.poll(trains, { timeout: 170_000 }).toBe(true);
  }
}

/** Starts Node in a process that is gone when the running test has ended. */
export function begin(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): ChildProcess {
  const stdio = ['ignore', 'ignore', 'ignore'] as const;
  const child = spawn(process.execPath, args, { cwd, env: { ...process.env, ...env }, stdio: [...stdio] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Kills a process and waits until it is gone. */
export async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<number | null> {
  const ended = once(child, 'exit');
  child.kill(signal);
  return ((await ended) as [number | null])[0];
}
