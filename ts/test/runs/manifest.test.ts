import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { diffRuns } from '../../src/runs/diff.ts';
import { findRun, listRuns } from '../../src/runs/index.ts';
import { configOf } from '../../src/runs/lineage.ts';
import { parseRun, serialiseRun } from '../../src/runs/manifest.ts';
import { runJsonSchema } from '../../src/runs/schema.ts';
import { blotOut, secretValues } from '../../src/runs/secrets.ts';
import { openFolderStore } from '../../src/store/folder.ts';
import { temporaryFolder } from '../contract/temporary.ts';
import { CONFIG, withConfig } from '../flow/fixture.ts';
import { record, runId } from './records.ts';

/** A record as nlpflow 0.1.0 wrote it before format 2. */
function oldRecord(): string {
  const { folder: _, lineage: __, ...rest } = record(runId(1));
  return JSON.stringify({
    ...rest,
    format: 1,
    best: { id: 'cfg01', values: {}, metric: 'rmse', mean: 1, n: 2, std_err: null },
  });
}

test('a record of format 1 is read as one of the present format, with its absolute path', async () => {
  const store = openFolderStore(await temporaryFolder());
  await store.putRun(runId(1), 'run.json', oldRecord());
  const found = await findRun(store, 'last');
  expect(found).toMatchObject({ format: 2, folder: null, lineage: null, best: { mean: 1 } });
  expect(configOf(found, store, '/somewhere').data.source).toBe('/data/packages.csv.gz');
  expect((await listRuns(store))[0]).toMatchObject({ id: runId(1), best: { metric: 'rmse', mean: 1 } });
  expect(parseRun(serialiseRun(found), 'run.json')).toEqual(found);
});

test('paths of a record start where the run was started, wherever the project is now', () => {
  const run = record(runId(1), { config: withConfig({ data: { source: '../data/a.csv' } }), folder: '../work' });
  expect(configOf(run, openFolderStore('/new/place/.nlpflow'), '/else').data.source).toBe(
    resolve('/new/place/data/a.csv'),
  );
  const remote = { ...openFolderStore('/x'), url: 's3://bucket/prefix' };
  expect(configOf(run, remote as never, '/else/where').data.source).toBe(resolve('/else/data/a.csv'));
});

test.each<[string, object]>([
  ['a status that is none', { status: 'sleeping' }],
  ['a key that leads out of the store', { keys: { fit: '../../../etc' } }],
  ['an id that leads out of the store', { id: '../../x' }],
  ['an id that begins with a dot', { id: '..' }],
  ['a name that is no text', { name: 3 }],
  ['no plan', { plan: undefined }],
  ['metrics of another shape', { metrics: { test: 'good' } }],
])('a record with %s is damaged', (_, change) => {
  const text = JSON.stringify({ ...record(runId(1)), ...change });
  expect(() => parseRun(text, 'run.json')).toThrow(expect.objectContaining({ code: 'ARTIFACT_DAMAGED' }));
});

test('a record in the folder of another run is not believed', async () => {
  const store = openFolderStore(await temporaryFolder());
  await store.putRun(runId(1), 'run.json', serialiseRun(record(runId(2))));
  await expect(findRun(store, runId(1))).rejects.toMatchObject({ code: 'ARTIFACT_DAMAGED' });
  expect(await listRuns(store)).toEqual([]);
});

test('the published schema is the one that records are checked with', () => {
  const path = fileURLToPath(new URL('../../../docs/run.schema.json', import.meta.url));
  expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual(JSON.parse(JSON.stringify(runJsonSchema())));
});

test('settings of nlpflow are no secrets, whatever their names', () => {
  const settings = {
    NLPFLOW_TUNE_GRID_TOKENFILTER_MAX_TOKENS: '20,50,100',
    NLPFLOW_RECIPE_TOKENFILTER_PERCENTAGE: 'true-or-false',
    NLPFLOW_MODEL_PRIVATE_API_KEY: 'no-such-setting',
  };
  expect(secretValues(settings)).toEqual([]);
  expect(secretValues({ ...settings, HF_TOKEN: 'hf_0123456789' })).toEqual(['hf_0123456789']);
});

test('secrets are known by the names of their variables', () => {
  const environment = {
    AWS_SECRET_ACCESS_KEY: 'a/b+c"d=efgh',
    HOME: '/home/someone',
    MY_TOKEN: 'short',
    npm_token: 'longlonglong',
  };
  const secrets = secretValues(environment);
  expect(blotOut('a/b+c"d=efgh in /home/someone, short longlonglong', secrets)).toBe('*** in /home/someone, short ***');
  expect(blotOut('see https://me:pass@host/x, 10:20 a@b', [])).toBe('see https://***@host/x, 10:20 a@b');
});

test('a difference names what differs and leaves out what is equal', () => {
  const recipe = [...CONFIG.recipe.slice(0, 2), { tokenfilter: { max_tokens: 500, min_times: 0.001 } }, { tfidf: {} }];
  const change = { recipe, tune: { grid: { trees: [300] } }, model: { eta: 0.2 } };
  const a = record(runId(1), { keys: { corpus: 'k1', fit: 'f1' }, metrics: { test: { rmse: 2 } } });
  const b = record(runId(2), {
    config: withConfig(change),
    keys: { corpus: 'k1', fit: 'f2' },
    metrics: { test: { rmse: 1 } },
    data: { digest: 'e', bytes: 1 },
  });
  expect(diffRuns(a, a)).toEqual([]);
  expect(diffRuns(a, b).map(({ section, field, a: left, b: right }) => [section, field, left, right])).toEqual([
    ['input', 'digest', 'd', 'e'],
    ['recipe', 'recipe[2].tokenfilter.max_tokens', 100, 500],
    ['model', 'eta', null, 0.2],
    ['tune', 'grid.trees', [300, 500], [300]],
    ['tune', 'grid.tree_depth', [6, 12], null],
    ['tune', 'grid.learn_rate', [0.1, 0.3], null],
    ['tune', 'grid.sample_size', [0.8, 1], null],
    ['metrics', 'test.rmse', 2, 1],
    ['keys', 'fit', 'f1', 'f2'],
  ]);
});
