/** The commands about runs, over the fake add-on. */

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { type BundledCli, bundleCli } from './bundle-cli.ts';
import { folderWith, runCli } from './run-cli.ts';

let worker: WorkerCommand;
let world: BundledCli;

beforeAll(async () => {
  world = await bundleCli('fake');
  ({ worker } = world);
});

const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tokenfilter: { max_tokens: 50 }, tfidf]
tune: { folds: 2, grid: { trees: [100, 200], tree_depth: [3, 6] } }
`;

/** A folder with runs of the given command lines. */
async function projectWith(...lines: string[]): Promise<string> {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });
  for (const line of lines) expect((await runCli(`${line} --quiet`, { cwd, worker })).code).toBe(0);
  return cwd;
}

/** The data of the last result line of `--json`. */
async function resultOf<Data>(line: string, cwd: string): Promise<Data> {
  const { stdout } = await runCli(`${line} --json`, { cwd, worker });
  return (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { data: Data }).data;
}

async function namesOf(line: string, cwd: string): Promise<string[]> {
  return (await resultOf<{ name: string }[]>(line, cwd)).map(({ name }) => name);
}

describe('runs list', () => {
  test('filters, sorts and limits', async () => {
    const cwd = await projectWith(
      'tune --name wide --tag keep --tag first',
      'tune --name narrow --grid trees=7 --note shorter',
      'preprocess --name words --tag keep',
    );
    expect(await namesOf('runs', cwd)).toEqual(['words', 'narrow', 'wide']);
    expect(await namesOf('runs list --tag keep', cwd)).toEqual(['words', 'wide']);
    expect(await namesOf('runs list --tag keep --tag first', cwd)).toEqual(['wide']);
    expect(await namesOf('runs list --name w --status done', cwd)).toEqual(['words', 'narrow', 'wide']);
    expect(await namesOf('runs list --name narr', cwd)).toEqual(['narrow']);
    expect(await namesOf('runs list --sort best', cwd)).toEqual(['wide', 'narrow', 'words']);
    expect(await namesOf('runs list --sort name --limit 2', cwd)).toEqual(['narrow', 'wide']);
    expect(await namesOf('runs list --since 1h', cwd)).toHaveLength(3);
    expect(await namesOf('runs list --since 2999-01-01', cwd)).toEqual([]);
    const { stdout } = await runCli('runs list --sort name --limit 2', { cwd });
    expect(stdout).toMatchInlineSnapshot(`
      "run                   name    status  age               best  configurations  tags        note
      <run>  narrow  done    just now   rmse 3.8462               2              shorter
      <run>  wide    done    just now  rmse 0.24272               4  first keep
      and 1 more; --limit 0 shows all
      "
    `);
    expect((await runCli('runs list --status failed', { cwd })).stdout).toBe(
      'no runs in .nlpflow; none of 3 runs is like that\n',
    );
  });

  test.each([
    ['--since yesterday', '--since must be a date such as 2026-11-24 or a span such as 7d, not yesterday'],
    ['--limit -1', '--limit must be a whole number, or 0 for all, not -1'],
    ['--limit 1.5', '--limit must be a whole number, or 0 for all, not 1.5'],
    ['--sort size', '--sort must be one of created, best, name, seconds, not size'],
  ])('refuses %s', async (options, message) => {
    const { code, stderr } = await runCli(`runs list ${options}`);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `error: ${message}\n` });
  });
});

describe('tag', () => {
  test('adds, takes off, renames and notes; a tag may begin with a minus in the command only', async () => {
    const cwd = await projectWith('preprocess --tag draft');
    expect((await runCli('tag last +keep -draft more', { cwd })).stdout).toBe('run <run>: tags keep more\n');
    expect((await runCli(['runs', 'tag', 'last', '--note', 'so far', '--name', 'final'], { cwd })).stdout).toBe(
      'run <run>: name final, tags keep more, note: so far\n',
    );
    expect((await runCli('tag final -keep -more', { cwd })).stdout).toContain('no tags');
    expect((await runCli('tag final', { cwd })).stderr).toContain('nothing to change');
    const shown = await runCli('show final', { cwd });
    expect(shown.stdout).toContain('name     final\nnote     so far\n');
  });

  test('an option that is none is still refused elsewhere', async () => {
    expect((await runCli('runs list -old')).code).toBe(2);
    expect((await runCli('tag last --old')).code).toBe(2);
  });
});

test('runs show tells origin, estimate and use', async () => {
  const cwd = await projectWith('run --workers 1');
  const { stdout } = await runCli('runs show', { cwd });
  expect(stdout).toMatch(/^command {2}nlpflow run --workers 1 --quiet$/m);
  expect(stdout).toMatch(/^data {5}a\.csv, 10 B, sha256 /m);
  expect(stdout).toMatch(/^foretold boosters no time \(too short for a calibration\), 1000 B a booster$/m);
  expect(stdout).toMatch(/^used {5}boosters # s, \d+(\.\d+)? MiB|^used {5}boosters # s, # GiB a worker at most; # s/m);
});

test('runs diff leaves out what is equal', async () => {
  const cwd = await projectWith('tune --name a', 'tune --name b --max-tokens 70', 'tune --name c');
  const { stdout } = await runCli('runs diff a b', { cwd });
  expect(stdout).toContain('recipe[1].tokenfilter.max_tokens  50');
  expect(stdout).not.toContain('versions');
  expect((await runCli('diff a c', { cwd })).stdout).toBe(
    '<run> and <run> are equal in data, configuration, versions, keys and metrics\n',
  );
});

test('why-rerun names the field once, and what it made anew', async () => {
  const cwd = await projectWith('run --name a', 'run --name b --max-tokens 70', 'run --name c');
  expect((await runCli('why-rerun b', { cwd })).stdout).toMatchInlineSnapshot(`
    "run <run> computed 8 tasks and reused 2; compared with 1 earlier run

    field                             of        before  now
    recipe[1].tokenfilter.max_tokens  features  50      70

    stage     tasks  because of                                 nearest run
    features      3  features recipe[1].tokenfilter.max_tokens  <run>
    boost         4  features recipe[1].tokenfilter.max_tokens  <run>
    fit           1  features recipe[1].tokenfilter.max_tokens  <run>
    "
  `);
  expect((await runCli('why-rerun c', { cwd })).stdout).toBe('run <run> computed nothing: 10 tasks reused\n');
  expect((await runCli('why-rerun a', { cwd })).stdout).toContain('the first time: no earlier run has such a task');
});

test('logs: all, one task, those that failed', async () => {
  const cwd = await projectWith();
  await runCli(['run', '--quiet', '--set', 'tune.grid={fake: [none, die], trees: [5]}'], { cwd, worker });
  const all = await runCli('logs last', { cwd });
  expect(all.stdout).toContain('<time> plan: 2 configurations');
  expect(all.stdout).toMatch(/\[boost\/b01\/fold1\] done on .* MiB|GiB at most/);
  expect(all.stdout.trimEnd().split('\n').at(-1)).toMatch(/^<time> run <run> done after # s$/);
  const failed = await runCli('logs last --failed --follow', { cwd });
  expect(failed.stdout).toContain('[boost/b02/fold1 attempt 2] WORKER_DIED: the worker process was killed (SIGKILL)');
  expect(failed.stdout).not.toContain('b01');
  const one = await runCli('logs last --task b01/fold2', { cwd });
  expect(new Set(one.stdout.match(/\[[^\]]+\]/g))).toEqual(new Set(['[boost/b01/fold2]']));
  expect((await runCli('logs last --task nothing', { cwd })).stdout).toContain('no lines of tasks with nothing');
});

test('logs --follow goes on until the run ends', async () => {
  const cwd = await projectWith();
  const stop = new AbortController();
  const ran = runCli(['run', '--quiet', '--set', 'model.fake=hang'], { cwd, worker, signal: stop.signal });
  await expect.poll(async () => (await runCli('runs', { cwd })).stdout, { timeout: 20_000 }).toContain('running');
  const followed = runCli('logs last --follow', { cwd });
  await expect
    .poll(async () => (await runCli('logs last', { cwd })).stdout, { timeout: 20_000 })
    .toContain('fold 1 b01');
  stop.abort();
  await ran;
  const { stdout } = await followed;
  expect(stdout).toContain('started: fold 1 b01');
  expect(stdout).toMatch(/run <run> interrupted after # s\n$/);
  expect(stdout.match(/plan: /g)).toHaveLength(1);
});

describe('rm and gc', () => {
  test('rm leaves shared results, gc removes what is left over', async () => {
    const cwd = await projectWith('tune --name a', 'tune --name b --max-tokens 70');
    expect((await runCli('runs rm b', { cwd })).stdout).toContain('run <run> removed');
    expect(await namesOf('runs', cwd)).toEqual(['a']);
    expect((await runCli('gc', { cwd })).stdout).toBe('removed 0 runs and 0 results, 0 B; 1 run kept\n');
    expect((await runCli('gc --older-than 0m --keep none --dry-run', { cwd })).stdout).toMatch(
      /^run <run> \(a\), .*\nwould remove 1 run and 0 results, .*; 0 runs kept\n$/,
    );
    expect((await runCli('gc --older-than 0m --keep none', { cwd })).code).toBe(0);
    expect(await namesOf('runs', cwd)).toEqual([]);
  });

  test.each([
    ['--older-than soon', '--older-than must be a span such as 30d, 12h, 90m or 2w, not soon'],
    ['--keep all', '--keep takes best, tagged, last and tag:NAME with commas between, or none; not all'],
  ])('gc refuses %s', async (options, message) => {
    expect(await runCli(`gc ${options}`)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  test('a damaged run can be removed by its id', async () => {
    const cwd = await projectWith('preprocess');
    const [id = ''] = await readdir(join(cwd, '.nlpflow', 'runs'));
    await writeFile(join(cwd, '.nlpflow', 'runs', id, 'run.json'), '{');
    expect((await runCli(`runs show ${id}`, { cwd })).code).toBe(4);
    expect((await runCli(`runs rm ${id}`, { cwd })).code).toBe(0);
    expect(await namesOf('runs', cwd)).toEqual([]);
  });
});

describe('reproduce', () => {
  test('prints the command, checks, repeats and compares', async () => {
    const cwd = await projectWith('run --name a --grid trees=7,9');
    const { code, stdout } = await runCli('reproduce a', { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^nlpflow run --name a --grid trees=7,9 --quiet$/m);
    expect(stdout).toMatch(/^data +same/m);
    expect(stdout).not.toContain('differs');
    const again = await runCli('reproduce a --run --fresh', { cwd, worker });
    expect(again.stdout).toContain('run <run> has the same keys, best configuration and metrics as <run>');
    expect(again.stderr).toContain('corpus: 1 done');
  });

  test('works from another folder, and refuses when the data changed', async () => {
    const cwd = await projectWith('run --name a');
    const elsewhere = await folderWith();
    const store = join(cwd, '.nlpflow');
    expect((await runCli(`reproduce a --store ${store}`, { cwd: elsewhere })).stdout).toMatch(/^data +same/m);
    await writeFile(join(cwd, 'a.csv'), 't,y\ntwo,2\n');
    expect((await runCli('reproduce a', { cwd })).stdout).toMatch(/^data +differs/m);
    const { code, stderr } = await runCli('reproduce a --run', { cwd, worker });
    expect(code).toBe(2);
    expect(stderr).toContain('cannot be repeated as it was: data differ; --force');
    const forced = await runCli('reproduce a --run --force', { cwd, worker });
    expect(forced.stderr).toContain('came out otherwise');
  });
});

test('get trace writes a row an attempt', async () => {
  const cwd = await projectWith('run');
  expect((await runCli('get last trace -o trace.arrow', { cwd })).stdout).toBe(
    'trace of run <run> in trace.arrow, 10 rows\n',
  );
  expect((await readFile(join(cwd, 'trace.arrow'))).length).toBeGreaterThan(500);
});
