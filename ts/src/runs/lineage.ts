/** Where a run came from: command line, environment, configuration file, git; and the machine. */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import type { ResolvedConfig } from '../config/types.ts';
import { ownOwner } from '../store/owner.ts';
import type { Store } from '../store/store.ts';
import type { Lineage, RunRecord } from './manifest.ts';

const run = promisify(execFile);

/** A repository on a sleeping network disk must not hold up a run. */
const GIT_TIMEOUT_MS = 5_000;
/** Variables about the machine and the display, not about what is computed. */
const OF_THE_MACHINE = /^NLPFLOW_(NATIVE|WORKER|CACHE|DEBUG|JSON|NOHUP|QUIET|STORE)$/;

/** Whether a variable says what a run computes. */
export function isSetting(name: string): boolean {
  return /^NLPFLOW_\w+$/.test(name) && !OF_THE_MACHINE.test(name);
}

/** What is known when a run starts. */
export interface Origin {
  readonly argv: readonly string[];
  readonly environment: NodeJS.ProcessEnv;
  /** Absolute; null without a file. */
  readonly configPath: string | null;
  readonly cwd: string;
}

/** The lineage of a run that starts now. */
export async function lineageOf({ argv, environment, configPath, cwd }: Origin): Promise<Lineage> {
  const own = Object.entries(environment).filter(([name, value]) => isSetting(name) && value !== undefined);
  const bytes = configPath === null ? null : await readFile(configPath).catch(() => null);
  return {
    argv,
    environment: Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1))) as Record<string, string>,
    config_sha256: bytes === null ? null : createHash('sha256').update(bytes).digest('hex'),
    git: await gitState(configPath === null ? cwd : dirname(configPath)),
  };
}

/** Commit, branch and whether something is not committed; null outside of a repository or without git. */
export async function gitState(folder: string): Promise<Lineage['git']> {
  // Optional locks would let a run disturb a commit that a person makes at the same time.
  const git = async (...args: string[]): Promise<string> =>
    (await run('git', ['--no-optional-locks', '-C', folder, ...args], { timeout: GIT_TIMEOUT_MS })).stdout.trim();
  try {
    const [commit, branch, status] = await Promise.all([
      git('rev-parse', 'HEAD'),
      git('symbolic-ref', '--short', '-q', 'HEAD').catch(() => ''),
      git('status', '--porcelain', '--untracked-files=no', '--', '.'),
    ]);
    return { commit, branch: branch === '' ? null : branch, dirty: status !== '' };
  } catch {
    return null;
  }
}

/** The process and the machine that write a run. */
export function machineOf(): RunRecord['process'] {
  return {
    ...ownOwner(),
    platform: `${process.platform} ${process.arch}`,
    cpus: availableParallelism(),
    memory: totalmem(),
  };
}

/** Where nlpflow was started as seen from the store; null when the store is no folder. */
export function folderOf(store: Store, cwd: string): string | null {
  return isAbsolute(store.url) ? relative(store.url, cwd) : null;
}

/** A configuration with its path relative to where nlpflow was started. */
export function relativeConfig(config: ResolvedConfig, cwd: string): ResolvedConfig {
  return { ...config, data: { ...config.data, source: relative(cwd, config.data.source) } };
}

/** The folder from which the paths of a record start: where the run was started, or `cwd` where that cannot be told. */
export function baseOf(record: RunRecord, store: Store, cwd: string): string {
  const { folder } = record;
  return folder === null || folder === undefined || !isAbsolute(store.url) ? cwd : resolve(store.url, folder);
}

/** The configuration of a run with an absolute path to its table. */
export function configOf(record: RunRecord, store: Store, cwd: string): ResolvedConfig {
  const { data } = record.config;
  return { ...record.config, data: { ...data, source: resolve(baseOf(record, store, cwd), data.source) } };
}
