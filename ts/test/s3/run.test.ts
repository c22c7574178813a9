/** Whole runs of the command line over S3, with the real add-on: the same bytes as over a folder, wherever they are moved. */

import { mkdir, readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type BundledCli, bundleCli } from '../cli/bundle-cli.ts';
import { folderWith, runCli } from '../cli/run-cli.ts';
import { BUILT } from '../native/built.ts';
import { freshUrl, useS3 } from './places.ts';
import { type Fault, type FaultProxy, startProxy } from './proxy.ts';
import { HAS_S3, type S3Server, startS3 } from './server.ts';

/** What people and programs take from a run. */
const RESULTS = ['results.parquet', 'model.nlpf', 'model.ubj', 'predictions.parquet', 'metrics.json', 'plan.json'];

const CONFIG = `data: { source: data.csv, text: description, outcome: size }
recipe: [{ tokenize: { words: {} } }, { tokenfilter: { max_tokens: 20 } }, { tfidf: {} }]
tune: { folds: 2, grid: { trees: [5, 10], tree_depth: [2] } }
`;

let server: S3Server;
let proxy: FaultProxy;
let cli: BundledCli;

function table(): string {
  const nouns = ['apple', 'bridge', 'candle', 'desert', 'engine', 'forest'];
  const rows = Array.from({ length: 200 }, (_, row) => {
    const words = nouns.filter((_noun, index) => (row * 7 + index * 5) % 11 < 4);
    return `"${words.join(' ')} the",${words.length * 3 + (row % 5)}`;
  });
  return `description,size\n${rows.join('\n')}\n`;
}

/** A folder with a configuration, and command lines in it; each call of `elsewhere` has an empty cache. */
async function bench() {
  const cwd = await folderWith({ 'nlpflow.yaml': CONFIG, 'data.csv': table() });
  const use = (cache: string): void => useS3(server, { NLPFLOW_CACHE: join(cwd, cache) });
  use('cache');
  const run = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await runCli(line, { cwd, worker: cli.worker });
    expect(code, stderr).toBe(0);
    return stdout;
  };
  const elsewhere = (cache: string): void => {
    vi.stubEnv('NLPFLOW_CACHE', join(cwd, cache));
  };
  return { cwd, run, elsewhere };
}

/** The files of a folder by their paths, read whole. */
async function contents(folder: string): Promise<Map<string, Buffer>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    await Promise.all(files.map(async (file) => [file.slice(folder.length), await readFile(file)] as const)),
  );
}

/** The folder of a store's only run. */
async function onlyRun(store: string): Promise<string> {
  const ids = await readdir(join(store, 'runs'));
  expect(ids).toHaveLength(1);
  return join(store, 'runs', ids[0] ?? '');
}

describe.skipIf(!HAS_S3 || !BUILT)('runs over S3', () => {
  beforeAll(async () => {
    server = await startS3();
    proxy = await startProxy(server.port);
    cli = await bundleCli('real');
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  test('the same results, model and metrics as over a folder; pulled, the same files; and all is reused there', async () => {
    const { cwd, run, elsewhere } = await bench();
    const url = freshUrl(server);
    const local = await run('run nlpflow.yaml --name small --store local');
    const distant = await run(`run nlpflow.yaml --name small --store ${url}`);
    expect(distant).toContain(`${url}/runs/<run>/model.nlpf`);
    expect(distant.replaceAll(url, 'local')).toContain(local.split('\n')[0] ?? '');
    const made = await onlyRun(join(cwd, 'local'));
    const there = await onlyRun(join(server.objects, url.split('/').slice(3).join('/')));
    for (const file of RESULTS) {
      expect((await readFile(join(there, file))).equals(await readFile(join(made, file))), file).toBe(true);
    }

    // Another machine, with nothing in its cache.
    elsewhere('cold');
    const events = await run(`run nlpflow.yaml --name again --store ${url} --json`);
    expect(events).not.toContain('"event":"task.start"');
    expect(events).toContain('"event":"task.reused"');
    await run(`pull small --from ${url} --store pulled --stages none`);
    const pulled = join(cwd, 'pulled', 'runs', basename(there));
    for (const file of RESULTS) {
      expect((await readFile(join(pulled, file))).equals(await readFile(join(made, file))), file).toBe(true);
    }
    await run(`predict small data.csv -o distant.csv --store ${url}`);
    await run('predict small data.csv -o local.csv --store local');
    expect(await readFile(join(cwd, 'distant.csv'))).toEqual(await readFile(join(cwd, 'local.csv')));
    await run(`get small vocabulary -o distant.json --store ${url}`);
    await run(`get small results -o results.csv --store ${url}`);
  });

  test.each<Fault>([
    { kind: 'reset', every: 4, times: 1000 },
    { kind: 'answer lost', every: 4, times: 1000, on: /^(PUT|POST)/ },
    { kind: 'truncated', every: 3, times: 1000, on: /^GET/ },
    { kind: 'corrupted', every: 3, times: 1000, on: /^GET .*x-id=GetObject/ },
    { kind: 'slow down', every: 7, times: 1000 },
  ])('a network that does this again and again: $kind, one request of $every', async (fault) => {
    const { cwd, run } = await bench();
    vi.stubEnv('AWS_ENDPOINT_URL_S3', proxy.endpoint);
    const url = freshUrl(server);
    await run('run nlpflow.yaml --store local');
    proxy.inject(fault);
    await run(`run nlpflow.yaml --store ${url}`);
    await run(`pull last --from ${url} --store pulled`);
    proxy.heal();
    expect(proxy.spoilt).toBeGreaterThan(5);
    const [made, pulled] = [await onlyRun(join(cwd, 'local')), await onlyRun(join(cwd, 'pulled'))];
    for (const file of RESULTS) {
      expect((await readFile(join(pulled, file))).equals(await readFile(join(made, file))), file).toBe(true);
    }
  });

  test('credentials that expire during a run: a clear error, and the next start does only what is missing', async () => {
    const { cwd, run } = await bench();
    vi.stubEnv('AWS_ENDPOINT_URL_S3', proxy.endpoint);
    const url = freshUrl(server);
    proxy.inject({ kind: 'expired credentials', times: Number.POSITIVE_INFINITY, on: /^(PUT|GET) .*stages\/boost/ });
    const stopped = await runCli(`run nlpflow.yaml --store ${url}`, { cwd, worker: cli.worker });
    expect(stopped.code).toBe(4);
    expect(stopped.stderr).toMatch(/error: s3:.*the credentials have expired; sign in again/);
    proxy.heal();
    const events = await run(`run nlpflow.yaml --store ${url} --json`);
    expect(events).toMatch(/"event":"task.reused","stage":"features"/);
    expect(events).not.toMatch(/"event":"task.start","stage":"(corpus|split|features)"/);
  });

  test('push and pull: unchanged files are skipped, and what comes back is what went', async () => {
    const { cwd, run, elsewhere } = await bench();
    const url = freshUrl(server);
    await run('run nlpflow.yaml --name small --store one');
    expect(await run(`push small --store one --to ${url}`)).toMatch(
      /^run <run> is in s3:.*: \d+ files copied \(.*\), 0 unchanged$/m,
    );
    expect(await run(`push small --store one --to ${url}`)).toMatch(/: 0 files copied, \d+ unchanged/);
    elsewhere('cold');
    expect(await run(`pull last --from ${url} --store two`)).toMatch(/: \d+ files copied/);
    expect(await run(`pull last --from ${url} --store two`)).toMatch(/: 0 files copied, \d+ unchanged/);
    const [one, two] = [await contents(join(cwd, 'one')), await contents(join(cwd, 'two'))];
    // Whoever lists runs may write the cache of the index.
    for (const files of [one, two]) files.delete('/index/cache.json');
    expect([...two.keys()].sort()).toEqual([...one.keys()].sort());
    for (const [path, bytes] of one) expect(two.get(path)?.equals(bytes), path).toBe(true);
    const events = await run('run nlpflow.yaml --store two --json');
    expect(events).not.toContain('"event":"task.start"');
  });

  test('what goes with a run can be chosen', async () => {
    const { cwd, run } = await bench();
    const url = freshUrl(server);
    await run(`run nlpflow.yaml --store ${url}`);
    await mkdir(join(cwd, 'none'));
    await run(`pull last --from ${url} --store none --stages none`);
    expect(await readdir(join(cwd, 'none'))).not.toContain('stages');
    await run(`pull last --from ${url} --store final --stages final`);
    expect((await readdir(join(cwd, 'final', 'stages'))).sort()).toEqual(['corpus', 'features', 'fit', 'split']);
    expect(await readdir(join(cwd, 'final', 'stages', 'features'))).toHaveLength(1);
    await run('get last matrix -o matrix.parquet --store final');
  });

  test('no secret is in any file', async () => {
    const { cwd, run } = await bench();
    const url = freshUrl(server);
    await run(`run nlpflow.yaml --store ${url}`);
    await run(`pull last --from ${url}`);
    const secret = server.env['AWS_SECRET_ACCESS_KEY'] ?? '';
    const files = [...(await contents(cwd)), ...(await contents(server.objects))];
    expect(files.length).toBeGreaterThan(40);
    for (const [path, bytes] of files) expect(bytes.includes(secret), path).toBe(false);
  });

  test('a store that is no place for runs is refused before any work', async () => {
    const { cwd } = await bench();
    const { code, stderr } = await runCli('run nlpflow.yaml --store s3://no-such-bucket/x', {
      cwd,
      worker: cli.worker,
    });
    expect(code).toBe(4);
    expect(stderr).toContain('error: s3://no-such-bucket/x/');
    expect(stderr).toContain('its bucket does not exist');
    expect(stderr).not.toContain('defect');
  });

  test('a run goes from one place to another, not to itself', async () => {
    const { cwd } = await bench();
    const { code, stderr } = await runCli('push last --to .nlpflow', { cwd });
    expect(code).toBe(2);
    expect(stderr).toContain('is both source and target');
  });
});
