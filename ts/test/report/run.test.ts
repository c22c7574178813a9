/** The commands on a real run, and on files that are damaged. */

import { createHash } from 'node:crypto';
import { chmod, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { opener, openFile } from '../../src/cli/browser.ts';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { BUILT } from '../native/built.ts';

const CONFIG = `data: { source: a.csv, text: t, outcome: y }
recipe: [tokenize: words, tokenfilter: { max_tokens: 30 }, tfidf: {}]
tune: { folds: 3, grid: { trees: [5, 20], tree_depth: [2, 4] } }
`;
const WORDS = '<script>alert(1)</script> apple bridge candle desert engine forest guitar'.split(' ');
const draw = (text: string) => createHash('sha256').update(text).digest().readUInt32LE() / 2 ** 32;
const TABLE = `t,y\n${Array.from({ length: 400 }, (_, row) => {
  const words = WORDS.filter((word) => draw(`${row} ${word}`) < 0.4);
  return `"${words.join(' ')}",${words.length + draw(`${row}`)}`;
}).join('\n')}\n`;

describe.skipIf(!BUILT)('the report of a real run', () => {
  let world: BundledCli;
  beforeAll(async () => {
    world = await bundleCli('real');
  });

  async function project() {
    const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': TABLE });
    const run = await runCli('run --quiet --workers 2', { cwd, worker: world.worker });
    expect(run.code).toBe(0);
    const [id = ''] = await readdir(join(cwd, '.nlpflow', 'runs'));
    return { cwd, id, kept: join(cwd, '.nlpflow', 'runs', id, 'report.html') };
  }

  test('stands in the store and in the named file, with everything that the run has', async () => {
    const { cwd, kept } = await project();
    const { code, stdout, stderr } = await runCli('report last -o out/copy.html', { cwd });
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe('report of run <run> in out/copy.html\n');
    const page = await readFile(kept, 'utf8');
    expect(await readFile(join(cwd, 'out', 'copy.html'), 'utf8')).toBe(page);
    const ids = [...page.matchAll(/<section id="([a-z]+)"/g)].map((match) => match[1]);
    expect(ids).toEqual(
      expect.arrayContaining([
        'result',
        'data',
        'vocabulary',
        'grid',
        'curves',
        'selection',
        'predictions',
        'residuals',
        'importance',
        'resources',
      ]),
    );
    expect(page).not.toContain('This report lacks');
    expect(page).not.toContain(cwd);
    expect(page).not.toContain('<script');
    expect(page).toContain('<code>apple</code>');
    await runCli('report last', { cwd });
    expect(await readFile(kept, 'utf8')).toBe(page);
  });

  test('names what cannot be read and shows the rest', async () => {
    const { cwd, kept } = await project();
    const stages = join(cwd, '.nlpflow', 'stages');
    const [fit = ''] = await readdir(join(stages, 'fit'));
    // As long as before, so that the store takes it for whole.
    const model = join(stages, 'fit', fit, 'model.ubj');
    const { size } = await stat(model);
    await rm(model);
    await writeFile(model, '{broken'.padEnd(size, 'x'));
    const { keys } = JSON.parse(await readFile(join(kept, '..', 'run.json'), 'utf8')) as { keys: { final: string } };
    await rm(join(stages, 'features', keys.final), { recursive: true });
    expect((await runCli('report last', { cwd })).code).toBe(0);
    const page = await readFile(kept, 'utf8');
    expect(page).toContain('This report lacks');
    expect(page).toMatch(/<li>the model: /);
    expect(page).toContain('<li>the vocabulary: no longer in the store');
    expect(page).toContain('<section id="grid"');
    expect(page).not.toContain('<section id="importance"');
  });

  test('is opened by the program of the platform, or its path and address are printed', async () => {
    const { cwd, kept } = await project();
    const { code, stdout } = await runCli('open last', { cwd, env: { PATH: process.env['PATH'] } });
    expect(code).toBe(0);
    expect(stdout).toBe('<folder>/.nlpflow/runs/<run>/report.html\nfile://<folder>/.nlpflow/runs/<run>/report.html\n');
    // What is there is shown as it is.
    await writeFile(kept, 'an older page');
    await runCli('open last', { cwd, env: {} });
    expect(await readFile(kept, 'utf8')).toBe('an older page');
  });

  test('of a run that does not exist', async () => {
    const { code, stderr } = await runCli('report nothing', { cwd: await folderWith() });
    expect(code).not.toBe(0);
    expect(stderr).toContain('there is no run nothing');
  });
});

describe('opening a file', () => {
  test('by platform; not without a screen', () => {
    expect(opener('darwin', {})).toEqual(['open']);
    expect(opener('win32', {})?.[0]).toBe('cmd');
    expect(opener('linux', {})).toBeUndefined();
    expect(opener('linux', { DISPLAY: ':0' })).toEqual(['xdg-open']);
    expect(opener('linux', { WAYLAND_DISPLAY: 'wayland-0' })).toEqual(['xdg-open']);
  });

  test.skipIf(process.platform === 'win32')(
    'succeeds when the opener does, and not when it fails or is missing',
    async () => {
      const folder = await folderWith({ 'xdg-open': '#!/bin/sh\nprintf %s "$1" > "$OPENED"\nexit "$CODE"\n' });
      await chmod(join(folder, 'xdg-open'), 0o755);
      const env = {
        DISPLAY: ':0',
        PATH: [folder, process.env['PATH']].join(delimiter),
        OPENED: join(folder, 'opened'),
      };
      expect(await openFile('/some/report.html', { ...env, CODE: '0' }, 'linux')).toBe(true);
      expect(await readFile(env.OPENED, 'utf8')).toBe('/some/report.html');
      expect(await openFile('/some/report.html', { ...env, CODE: '3' }, 'linux')).toBe(false);
      expect(await openFile('/some/report.html', { DISPLAY: ':0', PATH: join(folder, 'nothing') }, 'linux')).toBe(
        false,
      );
    },
  );
});
