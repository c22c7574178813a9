/** Bad inputs of a person, from the command line down to the native add-on: each gets its own message and exit code. */

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { addonPath } from '../../src/native/binding.ts';
import { type BundledCli, bundleCli } from './bundle-cli.ts';
import { folderWith, type Outcome, runCli } from './run-cli.ts';

const missing = addonPath() === undefined;

/** Thirty rows with a bit of a pattern: enough to be cut into folds. */
const TABLE = `id,text,size\n${Array.from({ length: 30 }, (_, row) => `${row},"${row % 2 ? 'good' : 'bad'} thing number ${row}",${row + 1}`).join('\n')}\n`;

const CONFIG = `data: { source: a.csv, text: text, outcome: size }
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [2, 4] } }
`;

describe.skipIf(missing)(missing ? 'bad inputs (skipped: the native add-on was not built)' : 'bad inputs', () => {
  let cli: BundledCli;

  beforeAll(async () => {
    cli = await bundleCli('real');
  });

  const project = (table: string | Uint8Array = TABLE, file = 'a.csv') =>
    folderWith({ 'nlpflow.yaml': CONFIG.replace('a.csv', file), [file]: table });

  async function failing(line: string | readonly string[], cwd: string): Promise<Outcome> {
    const outcome = await runCli(line, { cwd, worker: cli.worker });
    expect(outcome.stdout).toBe('');
    expect(outcome.stderr).not.toContain('defect');
    return { ...outcome, stderr: outcome.stderr.slice(outcome.stderr.indexOf('error: ')) };
  }

  test('a run of the table that the other tests break', async () => {
    const cwd = await project();
    const { code, stdout, stderr } = await runCli('run', { cwd, worker: cli.worker });
    expect(stderr).toContain('30 of 30 rows');
    expect(stdout).toContain('2 configurations by rmse over 2 folds');
    expect(code).toBe(0);
  });

  test('a missing file', async () => {
    const { code, stderr } = await failing('run --set data.source=b.csv', await project());
    expect(stderr).toContain('<folder>/b.csv');
    expect(code).toBe(3);
  });

  test('an unknown column, with the nearest one', async () => {
    const { code, stderr } = await failing('run --text texte', await project());
    expect(stderr).toContain('there is no column `texte`');
    expect(stderr).toContain('`text`');
    expect(code).toBe(3);
  });

  test.each(['', 'id,text,size\n'])('an empty table (%j)', async (table) => {
    const { code, stderr } = await failing('run', await project(table));
    expect(stderr).toContain('a.csv is empty');
    expect(code).toBe(3);
  });

  test('a text column without a single token', async () => {
    const table = `id,text,size\n${Array.from({ length: 30 }, (_, row) => `${row},!?,${row}`).join('\n')}\n`;
    const { code, stderr } = await failing('run', await project(table));
    expect(stderr).toContain('not a single token');
    expect(code).toBe(3);
  });

  test('an outcome with text in it', async () => {
    const table = TABLE.replaceAll(/,(\d+)$/gm, ',about $1');
    const { code, stderr } = await failing('run', await project(table));
    expect(stderr).toContain('about 1');
    expect(stderr).toContain('size');
    expect(code).toBe(3);
  });

  test('an outcome that is not finite', async () => {
    const { code, stderr } = await failing(['run', '--outcome', 'log(size - 100)'], await project());
    expect(stderr).toMatch(/NaN|not finite/);
    expect(code).toBe(3);
  });

  test('an outcome expression that does not parse points at the place', async () => {
    const { code, stderr } = await failing(['run', '--outcome', 'size + * 2'], await project());
    expect(stderr).toMatch(/size \+ \* 2\n +\^/);
    expect(code).toBe(2);
  });

  test('an unknown key, and a grid value out of range', async () => {
    const cwd = await project();
    expect((await failing('run --set tune.grid.lern_rate=0.1', cwd)).stderr).toContain('did you mean learn_rate?');
    const { code, stderr } = await failing('run --grid learn_rate=0.1,7', cwd);
    expect(stderr).toContain('--grid learn_rate=0.1,7: tune.grid.learn_rate[1] must be a number');
    expect(code).toBe(2);
  });

  test('an ambiguous mtry names both readings', async () => {
    const { code, stderr } = await failing('run --set model.mtry=0.5', await project());
    expect(stderr).toContain('model.mtry must be a whole number of at least 2, not 0.5');
    expect(stderr).toContain('mtry_prop');
    expect(code).toBe(2);
  });

  test('a table that is not UTF-8', async () => {
    const table = Buffer.from(TABLE.replaceAll('thing', 'th\u00efng'), 'latin1');
    const cwd = await project(table);
    const { code, stderr } = await failing('run', cwd);
    expect(stderr).toContain('UTF-8');
    expect(stderr).toContain('encoding');
    expect(code).toBe(3);
    expect((await runCli('preprocess --encoding windows-1252', { cwd, worker: cli.worker })).code).toBe(0);
  });

  test('a truncated .gz', async () => {
    const { code, stderr } = await failing('run', await project(gzipSync(TABLE).subarray(0, 60), 'a.csv.gz'));
    expect(stderr).toContain('a.csv.gz is cut short');
    expect(code).toBe(3);
  });

  test.skipIf(process.getuid?.() === 0)('a store that is not writable (needs a user other than root)', async () => {
    const cwd = await project();
    await mkdir(join(cwd, 'locked'));
    await chmod(join(cwd, 'locked'), 0o500);
    const { code, stderr } = await failing('run --store locked/store', cwd);
    expect(stderr).toContain('cannot be written');
    expect(code).toBe(4);
  });

  test('a store whose place is taken by a file', async () => {
    const { code, stderr } = await failing('run --store a.csv/store', await project());
    expect(stderr).toContain('the store <folder>/a.csv/store cannot be written');
    expect(code).toBe(4);
  });

  test('what is no model, and more trees than there are', async () => {
    const cwd = await project();
    await runCli('fit --quiet', { cwd, worker: cli.worker });
    await writeFile(join(cwd, 'fake.nlpf'), 'not a model');
    const fake = await failing('predict fake.nlpf a.csv -o p.csv', cwd);
    expect(fake.stderr).toContain('fake.nlpf');
    expect(fake.code).toBe(3);
    const many = await failing('predict last a.csv -o p.csv --trees 5', cwd);
    expect(many.stderr).toContain('5');
    expect(many.code).toBe(2);
  });

  test('a model from a newer format, and a missing one', async () => {
    const manifest = Buffer.from(JSON.stringify({ format: 99, nlpflow: '9.0.0' }));
    const cwd = await folderWith({ 'a.csv': TABLE, 'new.nlpf': zipOf('manifest.json', manifest) });
    const newer = await failing('predict new.nlpf a.csv -o p.csv', cwd);
    expect(newer.stderr).toContain('new.nlpf');
    expect(newer.stderr).toContain('9.0.0');
    expect(newer.code).toBe(3);
    const missing = await failing('predict nothere.nlpf a.csv -o p.csv', cwd);
    expect(missing.stderr).toContain('nothere.nlpf: there is no such file');
    expect(missing.code).toBe(3);
  });

  test('a row in, a row out', async () => {
    const cwd = await project();
    await runCli('fit --quiet', { cwd, worker: cli.worker });
    await writeFile(join(cwd, 'new.csv'), 'text\ngood thing\n\n"two\nlines"\nbad\n');
    const { code, stdout } = await runCli('predict last new.csv -o p.csv', { cwd });
    expect(stdout).toBe('3 predictions in p.csv\n');
    const lines = (await readFile(join(cwd, 'p.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines.map((line) => line.split(',')[0])).toEqual(['row', '0', '1', '2']);
    expect(code).toBe(0);
  });

  test('init, tokens and get on a real table', async () => {
    const cwd = await folderWith({ 'a.csv': TABLE });
    const init = await runCli('init a.csv', { cwd });
    expect(init.stdout).toContain('text: column text');
    expect(init.stdout).toContain('outcome: column size');
    const tokens = await runCli('tokens --n 1', { cwd });
    expect(tokens.stderr).toBe('');
    expect(tokens.stdout).toContain('row 0  "bad thing number 0"');
    await runCli('preprocess --quiet', { cwd, worker: cli.worker });
    expect((await runCli('get last vocabulary -o v.csv', { cwd })).code).toBe(0);
    const vocabulary = await readFile(join(cwd, 'v.csv'), 'utf8');
    expect(vocabulary.split('\n')[0]).toBe('token,column,n,df,idf');
    expect((await runCli('get last matrix -o m.csv', { cwd })).code).toBe(0);
    expect((await readFile(join(cwd, 'm.csv'), 'utf8')).split('\n')[0]).toBe('row,col,value');
    expect((await runCli('get last bad_rows -o b.csv', { cwd })).code).toBe(0);
    expect((await readFile(join(cwd, 'b.csv'), 'utf8')).split('\n')[0]).toBe('row,line,column,reason,text');
  });
});

/** A zip archive of one file that is not compressed (PKWARE's APPNOTE, 4.3). */
function zipOf(name: string, content: Buffer): Buffer {
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0); // version needed
  common.writeUInt16LE(0x21, 8); // 1 January 1980
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), content]);
  const central = Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, Buffer.alloc(14), Buffer.from(name)]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}
