/** The command line as a process: exit codes, signals, pipes, colours. */

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type BundledCli, bundleCli } from './bundle-cli.ts';
import { folderWith } from './run-cli.ts';

/** util-linux's recorder of terminal sessions: runs a program in a pseudo-terminal. */
const RECORDER = 'script';

let world: BundledCli;

beforeAll(async () => {
  world = await bundleCli('fake');
});

const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [100] } }
`;

const project = () => folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });

function nlpflow(cwd: string, ...argv: string[]) {
  return spawnSync(process.execPath, [world.main, ...argv], { cwd, encoding: 'utf8' });
}

test('a run with its own workers, by exit code and streams', async () => {
  const cwd = await project();
  const { status, stdout, stderr } = nlpflow(cwd, 'run', '--workers', '2');
  expect(stderr).toContain('boost: 2 done in');
  expect(stdout).toContain('model    .nlpflow/runs/');
  expect(status).toBe(0);
  expect(nlpflow(cwd, 'run', '--set', 'tune.folds=1').status).toBe(2);
});

test('--version names nlpflow, its engines and Unicode', async () => {
  const { stdout } = nlpflow(await folderWith(), '--version');
  expect(stdout).toMatch(/^nlpflow \d+\.\d+\.\d+ \(native trainer \d+, XGBoost \d+\.\d+\.\d+, Unicode [\d.]+\)\n$/);
});

test('a reader that has seen enough is no failure', async () => {
  const cwd = await project();
  nlpflow(cwd, 'run', '--quiet');
  const child = spawn(process.execPath, [world.main, 'config', '--schema'], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

/** Starts a command and leaves its standard output when the first piece has come, as `head` does. */
async function withLeavingReader(cwd: string, ...argv: string[]) {
  const child = spawn(process.execPath, [world.main, ...argv], { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.once('data', () => child.stdout.destroy());
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stderr };
}

async function lastRun(cwd: string): Promise<{ status: string; finished?: string }> {
  const runs = join(cwd, '.nlpflow', 'runs');
  const newest = (await readdir(runs)).sort().at(-1) ?? '';
  return JSON.parse(await readFile(join(runs, newest, 'run.json'), 'utf8')) as { status: string };
}

describe('a command that works and loses its output', () => {
  test('goes on when the reader leaves, and says so', async () => {
    const cwd = await project();
    const { code, stderr } = await withLeavingReader(cwd, 'run', '--json');
    expect(await lastRun(cwd)).toMatchObject({ status: 'done', finished: expect.any(String) });
    expect(code).toBe(0);
    expect(stderr.match(/warning: standard output is lost .*; the work goes on without it/g)).toHaveLength(1);
  });

  test('fails with its own exit code', async () => {
    const cwd = await project();
    const { code } = await withLeavingReader(cwd, 'run', '--json', '--set', 'model.fake=die');
    expect(await lastRun(cwd)).toMatchObject({ status: 'failed' });
    expect(code).toBe(5);
  });

  test('goes on without a reader of standard error', async () => {
    const cwd = await project();
    const child = spawn(process.execPath, [world.main, 'run'], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    child.stderr.once('data', () => child.stderr.destroy());
    const [code] = (await once(child, 'close')) as [number | null];
    expect({ code, run: await lastRun(cwd) }).toMatchObject({ code: 0, run: { status: 'done' } });
  });

  test.skipIf(!existsSync('/dev/full'))('on a full disk finishes its work and then fails', async () => {
    const cwd = await project();
    const shell = (line: string) =>
      spawnSync('sh', ['-c', `"$0" "$1" ${line}`, process.execPath, world.main], { cwd, encoding: 'utf8' });
    const json = shell('run --json > /dev/full');
    expect(await lastRun(cwd)).toMatchObject({ status: 'done' });
    expect(json.stderr).toContain('error: standard output cannot be written: ENOSPC');
    expect(json.status).toBe(4);
    expect(shell('run > /dev/full').status).toBe(4);
    expect(shell('run 2> /dev/full').status).toBe(0);
    expect(shell('runs > /dev/full')).toMatchObject({ status: 4, stderr: expect.stringContaining('ENOSPC') });
    expect(shell('--help > /dev/full').status).toBe(4);
  });
});

/** Starts a run that hangs in its boosters and sends it signals: at once, and when it says that it stops. */
async function hangUp(
  cwd: string,
  signals: { begun: readonly NodeJS.Signals[]; stopping?: NodeJS.Signals },
  env: NodeJS.ProcessEnv = {},
) {
  const child = spawn(process.execPath, [world.main, 'run', '--set', 'model.fake=hang'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('boost: 2 tasks')) for (const signal of signals.begun) child.kill(signal);
    if (text.includes('stopping:') && signals.stopping) child.kill(signals.stopping);
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  return { code, signal };
}

test('a terminal that is closed ends a run as SIGTERM does, also when it says so twice', async () => {
  const cwd = await project();
  expect(await hangUp(cwd, { begun: ['SIGHUP'], stopping: 'SIGHUP' })).toEqual({ code: 130, signal: null });
  expect(await lastRun(cwd)).toMatchObject({ status: 'interrupted', finished: expect.any(String) });
});

test('a run under nohup outlives its terminal', async () => {
  const cwd = await project();
  // Only what comes after the SIGHUP ends it.
  expect(await hangUp(cwd, { begun: ['SIGHUP', 'SIGINT'] }, { NLPFLOW_NOHUP: '1' })).toEqual({
    code: 130,
    signal: null,
  });
  expect(await lastRun(cwd)).toMatchObject({ status: 'interrupted' });
});

test('Ctrl-C stops a run with exit code 130, and the next start goes on', async () => {
  const cwd = await project();
  const child = spawn(process.execPath, [world.main, 'run', '--set', 'model.fake=hang'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (text.includes('boost: 2 tasks')) {
      child.kill('SIGINT');
    }
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  expect({ code, signal }).toEqual({ code: 130, signal: null });
  expect(stderr.match(/stopping: running tasks are cancelled/g)).toHaveLength(1);
  expect(stderr).toContain('stopped: interrupted');
  const again = nlpflow(cwd, 'run');
  expect(again.status).toBe(0);
  expect(again.stderr).toContain('corpus: reused');
});

test('a second Ctrl-C ends it at once', async () => {
  const cwd = await project();
  const child = spawn(process.execPath, [world.main, 'run', '--set', 'model.fake=stuck'], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let interrupts = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if ((interrupts === 0 && text.includes('boost: 2 tasks')) || (interrupts === 1 && text.includes('stopping:'))) {
      interrupts += 1;
      child.kill('SIGINT');
    }
  });
  const started = Date.now();
  const [code] = (await once(child, 'exit')) as [number | null];
  expect(code).toBe(130);
  expect(interrupts).toBe(2);
  expect(Date.now() - started).toBeLessThan(20_000);
});

test.skipIf(spawnSync('which', [RECORDER]).status !== 0)(
  'colours on a terminal, unless NO_COLOR or --no-color',
  async () => {
    const cwd = await folderWith();
    const inTerminal = (words: string, env: NodeJS.ProcessEnv = {}) =>
      spawnSync(RECORDER, ['-qec', `'${process.execPath}' '${world.main}' ${words}`, join(cwd, 'typescript')], {
        cwd,
        encoding: 'utf8',
        env: { ...process.env, NO_COLOR: undefined, TERM: 'xterm-256color', ...env },
      });
    expect(inTerminal('rum').stdout).toContain('\u001b[31merror:');
    expect(inTerminal('rum', { NO_COLOR: '1' }).stdout).not.toContain('\u001b[31m');
    expect(inTerminal('rum --no-color').stdout).not.toContain('\u001b[31m');
    expect(inTerminal('rum').status).toBe(2);
  },
);

test('--help needs neither the add-on nor the network', async () => {
  const env = { ...process.env, NLPFLOW_NATIVE: '/nowhere/nlpflow.node' };
  const { stdout, status } = spawnSync(process.execPath, [world.main, '--help'], {
    cwd: await folderWith(),
    env,
    encoding: 'utf8',
  });
  expect(stdout).toContain('preprocess, tune and fit');
  expect(status).toBe(0);
});
