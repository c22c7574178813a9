import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const has = (program: string) => spawnSync('which', [program]).status === 0;

/** util-linux's recorder of terminal sessions: runs a program in a pseudo-terminal. */
const RECORDER = 'script';

let folder: string;
let player: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nlpflow-terminal-'));
  player = join(folder, 'player.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('player.ts', import.meta.url))],
    outfile: player,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module';\nconst require = __createRequire(import.meta.url);",
    },
    logLevel: 'error',
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Spinner frames, times and what is measured are the only parts of a picture that change from run to run. */
const scrub = (screen: string) =>
  screen
    .replace(/[⠁-⣿]/gu, '⠋')
    .replace(/, \d+ rounds\/s/g, '')
    .replace(/\d+(\.\d+)? s\b/g, '# s')
    .replace(/, # s left/g, '')
    .replace(/[ \t]+$/gm, '')
    .trimEnd();

describe.skipIf(!has('tmux'))('in a terminal (tmux)', () => {
  let socket: string;
  const tmux = (...words: string[]) =>
    execFileSync('tmux', ['-S', join(folder, socket), ...words], { encoding: 'utf8' });
  const screen = () => tmux('capture-pane', '-p', '-t', 'test');
  const until = async (text: string) => {
    for (let waited = 0; waited < 20_000; waited += 50) {
      if (screen().includes(text)) {
        return;
      }
      await setTimeout(50);
    }
    throw new Error(`"${text}" did not appear; the screen was:\n${screen()}`);
  };

  test('the live area shows stages, tasks and the best configuration; the end stays on the screen', async () => {
    socket = 'wide';
    const command = `PLAYER_PAUSE=2500 TERM=xterm-256color '${process.execPath}' '${player}'; sleep 30`;
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'test', '-x', '110', '-y', '24', command);
    try {
      await until('250 of 500');
      expect(scrub(screen())).toMatchInlineSnapshot(`
        "plan: 4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit
        warning: 2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them
        2 workers: one a core (a booster needs up to 300 MiB, 6.0 GiB may be used)
        ⠋ debian-packages 20261124-031834-ab2c, # s
          corpus    ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, # s, 63,664 of 63,666 rows, 4,200,000 tokens, 91,000 differe…
          split     ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, reused
          features  ────────────────────────  0 of 3
          boost     ━━━━━━━━━━──────────────  1 of 4, 2 running, 1 reused
          fit       ────────────────────────  0 of 1
            tree_depth 6, fold 2: 250 of 500 rounds
            tree_depth 12, fold 1: 100 of 500 rounds"
      `);
      await until('best');
      expect(scrub(screen())).toMatchInlineSnapshot(`
        "plan: 4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit
        warning: 2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them
        2 workers: one a core (a booster needs up to 300 MiB, 6.0 GiB may be used)
        failed: tree_depth 12, fold 1: the worker was killed (SIGKILL) (WORKER_DIED)
        ⠋ debian-packages 20261124-031834-ab2c, # s
          corpus    ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, # s, 63,664 of 63,666 rows, 4,200,000 tokens, 91,000 differe…
          split     ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, reused
          features  ────────────────────────  0 of 3
          boost     ━━━━━━━━━━━━━━━━━━──────  3 of 4, 1 reused, 1 failed
          fit       ────────────────────────  0 of 1
          best      trees 500, tree_depth 6: rmse 1.2346 (standard error 0.012300)"
      `);
      await until('the result');
      expect(scrub(screen())).toMatchInlineSnapshot(`
        "plan: 4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit
        warning: 2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them
        2 workers: one a core (a booster needs up to 300 MiB, 6.0 GiB may be used)
        failed: tree_depth 12, fold 1: the worker was killed (SIGKILL) (WORKER_DIED)
        failed debian-packages 20261124-031834-ab2c, # s
          corpus    ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, # s, 63,664 of 63,666 rows, 4,200,000 tokens, 91,000 differe…
          split     ━━━━━━━━━━━━━━━━━━━━━━━━  1 of 1, reused
          features  ────────────────────────  0 of 3
          boost     ━━━━━━━━━━━━━━━━━━━━━━━━  4 of 4, # s, 1 reused, 1 failed
          fit       ────────────────────────  0 of 1
          best      trees 500, tree_depth 6: rmse 1.2346 (standard error 0.012300)
        the result"
      `);
    } finally {
      tmux('kill-server');
    }
  });

  test('a narrow terminal gets cut lines, not broken ones', async () => {
    socket = 'narrow';
    const command = `TERM=xterm-256color '${process.execPath}' '${player}'; sleep 30`;
    tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'test', '-x', '60', '-y', '24', command);
    try {
      await until('the result');
      expect(
        screen()
          .split('\n')
          .filter((line) => line.startsWith('  boost')),
      ).toHaveLength(1);
    } finally {
      tmux('kill-server');
    }
  });
});

describe.skipIf(!has(RECORDER))('in a pseudo-terminal without a size (script)', () => {
  test('the cursor is hidden while the area lives, and shown again at the end', () => {
    const { stdout, status } = spawnSync(
      RECORDER,
      ['-qec', `'${process.execPath}' '${player}'`, join(folder, 'typescript')],
      {
        encoding: 'utf8',
        env: { ...process.env, TERM: 'xterm-256color', PLAYER_PAUSE: '300' },
      },
    );
    expect(status).toBe(0);
    const hidden = stdout.lastIndexOf('\u001b[?25l');
    const shown = stdout.lastIndexOf('\u001b[?25h');
    expect(hidden).toBeGreaterThanOrEqual(0);
    expect(shown).toBeGreaterThan(hidden);
    expect(stdout).toContain('failed: tree_depth 12, fold 1: the worker was killed (SIGKILL) (WORKER_DIED)');
    expect(stdout.lastIndexOf('the result')).toBeGreaterThan(stdout.lastIndexOf('\u001b[0K'));
  });
});

test('a terminal that cannot move its cursor gets plain lines', () => {
  const { stderr, stdout } = spawnSync(process.execPath, [player], {
    encoding: 'utf8',
    env: { ...process.env, PLAYER_PAUSE: '0' },
  });
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('boost: 2 done in 27 s, 1 reused, 1 failed');
  expect(stdout).toBe('the result\n');
});
