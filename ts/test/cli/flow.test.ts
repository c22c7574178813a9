/** The commands that run stages, over the fake add-on: what they print, what they return, what they refuse. */

import { readFile } from 'node:fs/promises';
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
recipe: [tokenize: words, tfidf]
tune: { folds: 2, grid: { trees: [100, 200], tree_depth: [3, 6] } }
`;

const project = () => folderWith({ 'nlpflow.yaml': CONFIG, 'a.csv': 't,y\none,1\n' });

describe('run', () => {
  test('prints configurations, metrics beside the baseline, verdict, model and the next command', async () => {
    const cwd = await project();
    const { code, stdout, stderr } = await runCli('run nlpflow.yaml --name demo --workers 1', { cwd, worker });
    expect(stderr).toMatchInlineSnapshot(`
      "run <run> (demo), store <folder>/.nlpflow
      plan: 4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit
      note: engine native (it covers all that is asked)
      corpus: 1 task
      corpus: 100 of 100 rows, 4,200 tokens, 910 different, 1 bad row skipped
      corpus: 1 done in # s
      warning: 1 of 100 rows are bad and were skipped (line 5: 2 fields where the header has 4); nlpflow get last bad_rows -o bad_rows.csv lists all
      split: 1 task
      split: 80 training rows in 2 folds, 20 test rows
      split: 1 done in # s
      features: 3 tasks
      features: 3 done in # s
      warning: few columns
      boost: 1 worker: as asked (a booster needs up to 1000 bytes, # GiB may be used)
      boost: 4 tasks
      best so far: trees 200, tree_depth 3: rmse 0.24631 (standard error 0)
      best so far: trees 200, tree_depth 6: rmse 0.24272 (standard error 0)
      boost: 4 done in # s
      fit: 1 task
      fit: 200 trees
      fit: 1 done in # s
      run <run> done after # s
      "
    `);
    expect(stdout).toMatchInlineSnapshot(`
      "
      4 configurations by rmse over 2 folds, best first

         configuration  trees  tree_depth     mean  n  std_err
      *  cfg04            200           6  0.24272  2        0
         cfg03            200           3  0.24631  2        0
         cfg02            100           6  0.47170  2        0
         cfg01            100           3  0.48544  2        0

      * the best: cfg04

      metric  cross-validation  baseline  test set  baseline
      rmse             0.24272    100.50    2.0000    100.00
      mae              0.12136    50.250    1.0000    50.000
      rsq                    -         -         -         -

      baseline: always predicting the mean outcome of the training rows; for mae, the median

      verdict  better than always predicting the mean: rmse 0.2427 against 100.5 over 2 folds (gain 100.3, 95 % interval 93.9 to 106.6)

      run      <run>
      report   nlpflow open <run>
      model    .nlpflow/runs/<run>/model.nlpf
      next     nlpflow predict <run> NEW.csv -o predictions.csv
      "
    `);
    expect(code).toBe(0);
  });

  test('reads nlpflow.yaml when nothing is named, and reuses what is there', async () => {
    const cwd = await project();
    await runCli('run --quiet', { cwd, worker });
    const { code, stderr } = await runCli('run', { cwd, worker });
    expect(code).toBe(0);
    expect(stderr).toContain('corpus: reused');
    expect(stderr).toContain('boost: all 4 reused');
    expect(stderr).toContain('fit: reused');
  });

  test('--quiet leaves results and warnings, --json leaves JSON lines', async () => {
    const cwd = await project();
    const quiet = await runCli('run --quiet', { cwd, worker });
    expect(quiet.stderr.split('\n').every((line) => line === '' || line.startsWith('warning: '))).toBe(true);
    expect(quiet.stdout).toContain('model    .nlpflow/runs/<run>/model.nlpf');
    const json = await runCli('run --json', { cwd, worker });
    expect(json.stderr).toBe('');
    const events = json.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { event: string; kind?: string });
    expect(events[0]).toMatchObject({ v: 1, event: 'run.start' });
    expect(events.at(-1)).toMatchObject({ event: 'result', kind: 'run', data: { status: 'done' } });
    expect(events.map(({ event }) => event)).toContain('run.done');
  });

  test('--dry-run shows the plan and runs nothing', async () => {
    const cwd = await project();
    // How long it takes depends on the machine.
    const dry = async (line: string): Promise<string> =>
      (await runCli(line, { cwd, worker })).stdout
        .replace(/^ +low +.*$/m, 'low likely high')
        .replace(/^(time|vCPU-hours) .*$/gm, '$1');
    expect(await dry('run --dry-run')).toMatchInlineSnapshot(`
      "4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit

      stage     tasks  there already
      corpus        1              0
      split         1              0
      features      3              0
      boost         4              0

      low likely high
      time
      vCPU-hours

      the memory of a task is not known; by a guess: the features are not there yet

      The fit follows when the best configuration is known. Nothing was run.
      "
    `);
    expect(await dry('preprocess --dry-run')).toMatchInlineSnapshot(`
      "the features of the final recipe

      stage     tasks  there already
      corpus        1              0
      split         1              0
      features      1              0

      low likely high
      time
      vCPU-hours

      the memory of a task is not known; by a guess: no booster is missing

      Nothing was run.
      "
    `);
    expect((await runCli('runs', { cwd })).stdout).toContain('no runs in .nlpflow');
  });

  test('a failed task is said, the others go on', async () => {
    const cwd = await project();
    const { code, stdout, stderr } = await runCli(['run', '--set', 'tune.grid={fake: [none, fail], trees: [5]}'], {
      cwd,
      worker,
    });
    expect(stderr).toContain('failed: ');
    expect(stderr).toContain('the outcome is not what this objective needs (OUTCOME_OUT_OF_RANGE)');
    expect(stdout).toContain('! a fold failed, so it cannot be selected');
    expect(stdout).toContain('2 tasks failed; the first:');
    expect(code).toBe(0);
  });

  test('nothing complete is exit code 5', async () => {
    const cwd = await project();
    const { code, stderr } = await runCli(['run', '--set', 'model.fake=fail'], { cwd, worker });
    expect(stderr).toContain('error: ');
    expect(code).toBe(5);
  });

  test('an aborted run is exit code 130 and says how to go on', async () => {
    const cwd = await project();
    const stop = new AbortController();
    const ran = runCli(['run', '--set', 'model.fake=hang'], { cwd, worker, signal: stop.signal });
    setTimeout(() => stop.abort(), 1500);
    const { code, stderr } = await ran;
    expect(code).toBe(130);
    expect(stderr).toContain('stopped: interrupted; finished work is kept: give the same command again to continue');
    expect((await runCli('runs', { cwd })).stdout).toContain('interrupted');
  });
});

describe('tune, fit and preprocess', () => {
  test('go as far as they say, from a configuration or from an earlier run', async () => {
    const cwd = await project();
    const prepared = await runCli('preprocess', { cwd, worker });
    expect(prepared.stdout).toContain('next     nlpflow get <run> vocabulary -o vocabulary.csv');
    const tuned = await runCli('tune last --grid trees=7,8,9', { cwd, worker });
    expect(tuned.code).toBe(0);
    expect(tuned.stdout).toContain('6 configurations by rmse over 2 folds');
    expect(tuned.stdout).toContain('next     nlpflow fit <run>');
    const fitted = await runCli('fit last', { cwd, worker });
    expect(fitted.stderr).toContain('boost: all 4 reused');
    expect(fitted.stdout).toContain('model    .nlpflow/runs/<run>/model.nlpf');
  });

  test('a table with flags needs no configuration', async () => {
    const cwd = await project();
    const { code, stdout } = await runCli('preprocess a.csv --text t --outcome y --stopwords-language de --json', {
      cwd,
      worker,
    });
    expect(code).toBe(0);
    const result = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
      data: { name: string; config: { recipe: unknown[]; data: object } };
    };
    expect(result.data.name).toBe('a');
    expect(result.data.config.data).toMatchObject({ text: 't', outcome: 'y' });
    expect(result.data.config.recipe[1]).toEqual({ stopwords: { language: 'de' } });
  });

  test('a table without flags is looked at as init does, and the run goes on', async () => {
    const { code, stdout, stderr } = await runCli('preprocess a.csv', { cwd: await project(), worker });
    expect(stderr.slice(0, stderr.indexOf('run <run>'))).toMatchInlineSnapshot(`
      "a.csv: 100 rows, 3 columns
      encoding windows-1252, not UTF-8 (recognised; --encoding to override)

      column  kind    missing  examples   use      why
      title   text          0  Fine       -        text, 3.0 words a row
      review  text          0  I like it  text     where sentences stand: 41.7 words a row
      stars   number        0  5 | 1      outcome  by its name; a number from 1 to 5

        text: column review, the longest text with 41.7 words a row
        outcome: column stars, a number from 1 to 5

      "
    `);
    expect(stdout).not.toContain('why');
    expect(code).toBe(0);
  });

  test('what was chosen for a table is the configuration of the run, and a result of its own', async () => {
    const { stdout, stderr } = await runCli('preprocess a.csv --outcome stars --json', {
      cwd: await project(),
      worker,
    });
    expect(stderr).toBe('');
    const results = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind?: string; data: never });
    expect(results.find(({ kind }) => kind === 'choice')?.data).toMatchObject({
      text: 'review',
      outcome: 'stars',
      table: { rows: 100, sampled: 100, encoding: 'windows-1252', columns: [{ name: 'title', use: 'none' }, {}, {}] },
    });
    expect(results.at(-1)?.data).toMatchObject({
      config: { data: { text: 'review', outcome: 'stars', encoding: 'windows-1252' } },
    });
  });

  test('--quiet says nothing of a table', async () => {
    const { stderr } = await runCli('preprocess a.csv --quiet', { cwd: await project(), worker });
    expect(stderr).not.toContain('column ');
  });

  test.each(['init -', 'run - --text t --outcome y', 'predict last - -o p.csv'])(
    '%s: no standard input',
    async (line) => {
      const { code, stderr } = await runCli(line, { cwd: await project(), worker });
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: `error: - means standard input, which ${line.split(' ')[0]} does not read yet: save it to a file and name that\n`,
      });
    },
  );
});

describe('runs and get', () => {
  test('list, show and hand out', async () => {
    const cwd = await project();
    await runCli('run --name first --quiet', { cwd, worker });
    await runCli('tune --name second --quiet', { cwd, worker });
    expect((await runCli('runs', { cwd })).stdout).toMatchInlineSnapshot(`
      "run                   name    status  age               best  configurations
      <run>  second  done    just now  rmse 0.24272               4
      <run>  first   done    just now  rmse 0.24272               4
      "
    `);
    expect((await runCli('runs show first', { cwd })).stdout).toContain('verdict  ');
    const list = JSON.parse((await runCli('runs --json', { cwd })).stdout) as { data: { name: string }[] };
    expect(list.data.map(({ name }) => name)).toEqual(['second', 'first']);

    expect(await runCli('get first model -o out/model.ubj', { cwd })).toEqual({
      code: 0,
      stdout: 'model of run <run> in out/model.ubj, for XGBoost 1.7 or newer\n',
      stderr: '',
    });
    expect((await readFile(join(cwd, 'out/model.ubj'))).length).toBe(32);
    await runCli('get first plan -o plan.json', { cwd });
    expect(JSON.parse(await readFile(join(cwd, 'plan.json'), 'utf8'))).toMatchObject({ folds: 2 });
    await runCli('get first results -o results.parquet', { cwd });
    expect((await readFile(join(cwd, 'results.parquet'))).length).toBeGreaterThan(0);
  });

  test('what a run does not have is said with the command that makes it', async () => {
    const cwd = await project();
    await runCli('preprocess --quiet', { cwd, worker });
    const { code, stderr } = await runCli('get last model -o m.nlpf', { cwd });
    expect(code).toBe(2);
    expect(stderr).toBe('error: run <run> has not made this yet; nlpflow fit <run> makes it\n');
    const predict = await runCli('predict last a.csv -o p.csv', { cwd });
    expect(predict.stderr).toBe('error: run <run> has no model yet; nlpflow fit <run> makes it\n');
  });

  test('a file that cannot be written', async () => {
    const cwd = await project();
    await runCli('preprocess --quiet', { cwd, worker });
    const { code, stderr } = await runCli('get last plan -o a.csv/plan.json', { cwd });
    expect(stderr).toContain('a.csv/plan.json: cannot be written');
    expect(code).toBe(4);
  });
});

describe('config', () => {
  test('--resolved prints what was merged', async () => {
    const cwd = await project();
    const { stdout } = await runCli('config --resolved --folds 4', {
      cwd,
      env: { NLPFLOW_TUNE_FOLDS: '3', NLPFLOW_SPLIT_SEED: '9' },
    });
    expect(stdout).toContain('folds: 4');
    expect(stdout).toContain('seed: 9');
    expect(stdout).toContain('source: <folder>/a.csv');
  });

  test('a valid one is said to be so', async () => {
    expect((await runCli('config', { cwd: await project() })).stdout).toBe(
      'nlpflow.yaml is a valid configuration; --resolved prints it with all defaults\n',
    );
  });

  test('a mistake is shown where it is', async () => {
    const cwd = await folderWith({ 'my.yaml': `${CONFIG}modle: { trees: 5 }\n` });
    expect(await runCli('run my.yaml', { cwd })).toMatchInlineSnapshot(`
      {
        "code": 2,
        "stderr": "error: my.yaml has a mistake

      my.yaml:4:1: unknown key modle in the configuration
        4 | modle: { trees: 5 }
          | ^^^^^
        hint: did you mean model?
      ",
        "stdout": "",
      }
    `);
  });

  test('no file, and no text', async () => {
    expect(await runCli('run')).toMatchObject({
      code: 2,
      stderr: 'error: nlpflow.yaml: there is no such file; nlpflow init DATA writes a configuration for a table\n',
    });
    expect((await runCli('run nothere.csv')).stderr).toBe(
      'error: nothere.csv: there is no such file (looked in <folder>)\n',
    );
    const cwd = await folderWith({ 'nlpflow.yaml': new Uint8Array([0xff, 0xfe, 0x00]) });
    expect(await runCli('run', { cwd })).toMatchObject({
      code: 2,
      stderr: 'error: nlpflow.yaml: the file is not UTF-8 text; a configuration is YAML\n',
    });
  });
});

describe('predict', () => {
  test('scores with the model of a run, and counts rows that could not be read', async () => {
    const cwd = await project();
    await runCli('run --quiet', { cwd, worker });
    expect(await runCli('predict last a.csv -o p.csv --trees 100', { cwd })).toEqual({
      code: 0,
      stdout: '20 predictions in p.csv\n',
      stderr:
        'warning: 1 row could not be read: its prediction is empty\n' +
        'note: 3 rows of 20 hold no token of the vocabulary: all of them get the same prediction\n' +
        'note: predictions are on the scale of log1p(size)\n',
    });
    expect(await readFile(join(cwd, 'p.csv'), 'utf8')).toBe('row,prediction\n0,1.5\n');
  });

  test('a table is no model', async () => {
    const cwd = await project();
    expect((await runCli('predict a.csv a.csv -o p.csv', { cwd })).stderr).toBe(
      'error: a.csv is not a model: predict takes a .nlpf file or a run, for example nlpflow predict last\n',
    );
  });
});

describe('tokens', () => {
  test('shows what each step does, and why a token was dropped', async () => {
    expect((await runCli('tokens --n 2', { cwd: await project() })).stdout).toMatchInlineSnapshot(`
      "row 0  "The cat, the hat"
        words: 4 tokens
          the cat the hat
        stopwords: 2 tokens
          cat hat
          dropped the the (in the snowball list en)
        values: 2 columns
          cat=0.50000 hat=0.25000

      row 1  ""
        words: 0 tokens
        values: none; the row has no token of the vocabulary

      "
    `);
  });
});

describe('init', () => {
  test('writes a commented configuration and says why', async () => {
    const cwd = await folderWith({ 'reviews.csv': '' });
    const { code, stdout } = await runCli('init reviews.csv', { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatchInlineSnapshot(`
      "reviews.csv: 100 rows, 3 columns
      encoding windows-1252, not UTF-8 (recognised; --encoding to override)

      column  kind    missing  examples   use      why
      title   text          0  Fine       -        text, 3.0 words a row
      review  text          0  I like it  text     where sentences stand: 41.7 words a row
      stars   number        0  5 | 1      outcome  by its name; a number from 1 to 5

        text: column review, the longest text with 41.7 words a row
        outcome: column stars, a number from 1 to 5

      nlpflow.yaml written; next: nlpflow run nlpflow.yaml
      "
    `);
    expect(await readFile(join(cwd, 'nlpflow.yaml'), 'utf8')).toMatchInlineSnapshot(`
      "# A configuration of nlpflow. \`nlpflow run\` reads it; \`nlpflow config --resolved\` prints it with all defaults.
      data:
        source: reviews.csv
        text: review
        outcome: stars   # a column, or an expression such as log1p(a) or a + b
        encoding: windows-1252

      split:
        prop: 0.8                # share of rows to train on; the others test the final model
        seed: 1                  # draws the test set and the folds

      recipe:                      # how a text becomes numbers; learned on training rows only
        - tokenize: words
        - stopwords: { source: snowball, language: en }
        - tokenfilter: { max_tokens: 1000 }   # the most frequent tokens
        - tfidf

      model:                       # fixed parameters; the grid overrides them
        objective: reg:squarederror

      tune:
        folds: 5
        grid:                      # all combinations are tried; several values of trees cost one booster
          trees: [100, 300, 500]
          tree_depth: [6, 10]
          learn_rate: [0.1, 0.3]
        metric: rmse               # selects the best configuration
      "
    `);
  });

  test('overwrites nothing without --force', async () => {
    const cwd = await folderWith({ 'nlpflow.yaml': 'mine\n' });
    const { code, stderr } = await runCli('init a.csv', { cwd });
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: 'error: nlpflow.yaml is there already; --force overwrites it, -o FILE writes another one\n',
    });
    expect(await readFile(join(cwd, 'nlpflow.yaml'), 'utf8')).toBe('mine\n');
    expect((await runCli('init a.csv --force', { cwd })).code).toBe(0);
    expect((await runCli('init a.csv -o other.yaml', { cwd })).code).toBe(0);
  });
});
