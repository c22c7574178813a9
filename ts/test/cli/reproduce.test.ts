/** What `reproduce` prints is given to a shell: it must do what the run did, and nothing else. */

import { spawnSync } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { serialiseRun } from '../../src/runs/manifest.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { shellWord } from '../../src/ui/shell.ts';
import { FAKE_NATIVE } from '../contract/worker-process.ts';
import { record, runId } from '../runs/records.ts';
import { folderWith, runCli } from './run-cli.ts';

process.env['NLPFLOW_NATIVE'] = FAKE_NATIVE;

/** Tells where it was started, with which words and variables, each ended by NUL. */
const STUB = `#!/bin/bash
printf '%s\\0' "$PWD" "$#" "$@"
env -0
`;

/** Any text that can be a word of a command line: no NUL, and what UTF-8 can hold. */
const word = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: fc.constantFrom(...'\'"\\`$!~#&;|<>()[]{}*?=%\n\r\t\x1b\u202e -a1'), maxLength: 12 }),
  )
  .map((text) => text.replaceAll('\0', '\x01'));
const folderName = word.map((text) => `${text.replaceAll('/', '-').slice(0, 20)}-`);
const variables = fc.dictionary(fc.stringMatching(/^NLPFLOW_(TUNE|RECIPE|DATA)_[A-Z]{1,8}$/), word, { maxKeys: 3 });

/** Prints what repeats a run and gives it to bash; resolves to what nlpflow would have been started with. */
async function repeated(
  argv: readonly string[],
  environment: Record<string, string>,
  folder = '.',
): Promise<{ cwd: string; argv: string[]; environment: Record<string, string>; base: string; printed: string }> {
  const cwd = await folderWith({ nlpflow: STUB });
  await chmod(join(cwd, 'nlpflow'), 0o755);
  const base = join(cwd, folder);
  await mkdir(base, { recursive: true });
  await writeFile(join(base, 'a.csv'), 't,y\none,1\n');
  const store = openFolderStore(join(cwd, '.nlpflow'));
  const lineage = { argv, environment, config_sha256: null, git: null };
  const one = record(runId(1), { folder: relative(store.url, base), lineage });
  await store.putRun(one.id, 'run.json', serialiseRun(one));
  const { stdout: printed, stderr } = await runCli(['reproduce', one.id], { cwd });
  expect(stderr).toBe('');
  const script = (printed.split('\n\n')[0] ?? '').replaceAll('<folder>', cwd);
  const env = { PATH: `${cwd}:${process.env['PATH']}` };
  const { stdout } = spawnSync('bash', ['-c', script], { cwd, env, encoding: 'utf8' });
  const [place = '', count = '0', ...rest] = stdout.split('\0');
  const found = rest.slice(Number(count)).map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
  return {
    cwd: place,
    argv: rest.slice(0, Number(count)),
    environment: Object.fromEntries(found.filter(([name]) => name.startsWith('NLPFLOW_'))),
    base,
    printed,
  };
}

test('folder, variables and words arrive in bash as they were, whatever they hold', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(word, { minLength: 1, maxLength: 5 }),
      variables,
      folderName,
      async (argv, set, folder) => {
        const seen = await repeated(argv, set, folder);
        expect(seen.argv).toEqual(argv);
        expect(seen.environment).toEqual(set);
        expect(seen.cwd).toBe(seen.base);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: none may be printed
        expect(seen.printed).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      },
    ),
    { numRuns: 12, examples: [[["it's"], { NLPFLOW_DATA_TEXT: "a'; touch evil; '" }, '-old']] },
  );
});

test('bash reads any words back, thousands of them', () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 300, maxLength: 300 }), (words) => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`;
      const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
      expect(stdout.split('\0').slice(0, -1)).toEqual(words);
    }),
    { numRuns: 10 },
  );
});

test('a word that is plain stays so', () => {
  expect(['run', '--grid', 'trees=1,2', 's3://b/p', 'a b', '=ls', '~'].map(shellWord).join(' ')).toBe(
    "run --grid trees=1,2 s3://b/p 'a b' '=ls' '~'",
  );
});

test('variables that no run writes down are not taken from a record, which may come from anywhere', async () => {
  const { environment, printed } = await repeated(['run'], {
    NLPFLOW_NATIVE: '/tmp/evil.node',
    'X=1; touch evil; NLPFLOW_Y': '1',
    LD_PRELOAD: '/tmp/evil.so',
    NLPFLOW_TUNE_FOLDS: '3',
  });
  expect(environment).toEqual({ NLPFLOW_TUNE_FOLDS: '3' });
  expect(printed).not.toContain('evil');
});

test('a secret that the record does not hold is said', async () => {
  const { printed } = await repeated(['run', '--set', 'model.seed=***'], {});
  expect(printed).toContain('*** stands for a secret');
});
