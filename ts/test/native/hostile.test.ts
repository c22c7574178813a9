/** Data that try to steer the terminal, and names that try to break what `init` writes: through every command that prints them. */

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { chooseColumns } from '../../src/config/choose.ts';
import { renderConfig } from '../../src/config/template.ts';
import type { ResolvedConfig } from '../../src/config/types.ts';
import type { WorkerCommand } from '../../src/executors/executor.ts';
import { runStage } from '../../src/native/binding.ts';
import type { CorpusSummary } from '../../src/native/stages.ts';
import { bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { BUILT } from './built.ts';

let worker: WorkerCommand;

beforeAll(async () => {
  ({ worker } = await bundleCli('real'));
});

/** A title, a cleared screen, C1's CSI, a bell, backspaces, a turned direction, a return. */
const EVIL = '\x1b]0;pwned\x07\x1b[2J\u009b31m\b\b\u202e\u2066x\rboo';
/** What no command may print; line ends and tabs are its own. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

const quoted = (field: string): string => `"${field.replaceAll('"', '""')}"`;

function evilTable(): string {
  const rows = Array.from({ length: 60 }, (_, row) => {
    const text = `${EVIL} apple ${row % 2 ? `br${EVIL}idge` : 'candle'} a\u202eb`;
    const outcome = row === 7 ? EVIL : String(row % 5);
    return [text, outcome, row % 2 ? `a${EVIL}` : 'b'].map(quoted).join(',');
  });
  return `${[`t${EVIL}`, `y${EVIL}`, `c${EVIL}`].map(quoted).join(',')}\n${rows.join('\n')}\n`;
}

describe.skipIf(!BUILT)('control characters of data', () => {
  test('reach no terminal raw, whatever the command', async () => {
    const file = `evil${EVIL.replaceAll('/', '')}.csv`;
    const cwd = await folderWith({ [file]: evilTable() });
    const flags = ['--max-bad-rows', '0.5', '--set', 'tune.folds=2', '--set', 'recipe=[{tokenize: words}, tfidf]'];
    const columns = ['--text', `t${EVIL}`, '--outcome', `\`y${EVIL}\``];
    const lines: (readonly string[])[] = [
      ['init', file, '-o', 'by-itself.yaml'],
      ['init', file, ...columns, '-o', `nlp${EVIL}.yaml`],
      ['config', `nlp${EVIL}.yaml`],
      ['config', `nlp${EVIL}.yaml`, '--resolved'],
      ['config', file, '--text', EVIL, '--outcome', `${EVIL} +`],
      ['tokens', `nlp${EVIL}.yaml`, '--max-bad-rows', '0.5', '--n', '3'],
      ['preprocess', file, '--text', `t${EVIL}`, '--outcome', `\`c${EVIL}\` * 2`],
      ['preprocess', file, '--text', EVIL, '--outcome', 'y'],
      ['run', file, ...columns, ...flags, '--grid', 'trees=2,3', '--name', `n${EVIL}`, '--note', EVIL, '--tag', 'one'],
      ['run', file, ...columns, ...flags, '--grid', 'trees=2', '--name', 'two'],
      ['run', file, ...columns, ...flags, '--grid', 'trees=2', '--dry-run'],
      ['runs', 'list'],
      ['runs', 'show', 'last'],
      ['runs', 'diff', 'two', `n${EVIL}`],
      ['runs', 'tag', 'last', '--note', EVIL],
      ['logs', 'last'],
      ['why-rerun', 'last'],
      ['reproduce', 'last'],
      ['predict', 'last', file, '-o', 'p.csv', '--text', `t${EVIL}`],
      ['predict', EVIL, file, '-o', 'p.csv'],
      ['get', 'last', EVIL, '-o', 'x.csv'],
      [EVIL],
    ];
    for (const line of lines) {
      // What a run prints as JSON is what the commands about runs print.
      for (const how of line[0] === 'run' ? [[]] : [[], ['--json']]) {
        const { stdout, stderr } = await runCli([...line, ...how], { cwd, worker });
        expect(`${stdout}${stderr}`, line.join(' ')).not.toMatch(STEERING);
        if (line[0] === 'tokens') expect(stdout).toContain('\\u202e');
      }
    }
  }, 400_000);
});

/** A name or a category: any characters but those that end up around it, with the awkward ones often. */
const text = fc
  .array(
    fc.oneof(
      fc.constantFrom(...'"`\'\\#:-{}[]&*!|>%@ \n\r\t\x1b\x85\u202e\u2028,;ab1'),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    {
      minLength: 1,
      maxLength: 120,
    },
  )
  .map((parts) => `k${parts.join('').replaceAll('\0', '').replaceAll('\ufeff', '')}k`);

describe.skipIf(!BUILT)('init', () => {
  test('writes an expression that means the category, whatever it and its column are called', async () => {
    const folder = await folderWith();
    const source = join(folder, 'a.csv');
    let runs = 0;
    await fc.assert(
      fc.asyncProperty(text, text, text, async (category, name, textName) => {
        fc.pre(new Set([name, textName, category, 'other']).size === 4);
        // Three of twelve rows have the category, of one word: a value of many words is taken for a text.
        const value = category.replaceAll(/[ \n\r\t\f\v]+/g, '_');
        const rows = Array.from({ length: 12 }, (_, row) => [
          `some words that are long ${row} ${row * 7}`,
          row % 4 === 0 ? value : 'other',
        ]);
        const lines = [[textName, name], ...rows].map((fields) => fields.map(quoted).join(','));
        await writeFile(source, `${lines.join('\n')}\n`);
        const choice = chooseColumns(await runStage('inspect', { input: source }), {});
        const written = parse(renderConfig(choice, { source: 'a.csv' })) as ResolvedConfig;
        expect(written.data).toMatchObject({ text: textName, outcome: choice.outcome, source: 'a.csv' });
        runs += 1;
        const out = join(folder, String(runs));
        await mkdir(out);
        const read = { na: 'empty', empty: 'keep', max_bad_rows: 0, tokenize: { words: {} }, threads: 1, out } as const;
        const { text: column, outcome } = written.data;
        const corpus = await runStage('corpus', { input: source, text: column, outcome, ...read } as never);
        expect((corpus as CorpusSummary).outcome).toMatchObject({ min: 0, max: 1, mean: 0.25 });
      }),
      { numRuns: 100 },
    );
  });

  test('a category of the fault: a quote, and a column with a backquote', async () => {
    const rows = Array.from(
      { length: 20 },
      (_, row) => `some words ${row} that are,${row % 2 ? '"5"" pipe"' : 'none'}`,
    );
    const cwd = await folderWith({ 'a.csv': `t,a\`b\n${rows.reverse().join('\n')}\n` });
    expect((await runCli('init a.csv', { cwd })).code).toBe(0);
    const yaml = await readFile(join(cwd, 'nlpflow.yaml'), 'utf8');
    expect((parse(yaml) as ResolvedConfig).data.outcome).toBe('`a``b` == "5"" pipe"');
    expect((await runCli('preprocess', { cwd, worker })).code).toBe(0);
  });
});
