import { expect, test } from 'vitest';
import { folderWith, runCli } from './run-cli.ts';

test.each([
  ['rum x', 'error: there is no command rum; did you mean run?\nnlpflow --help lists the commands\n'],
  ['xyzzy', 'error: there is no command xyzzy\nnlpflow --help lists the commands\n'],
  [
    '--frobnicate',
    'error: a command comes first, then options such as --frobnicate; nlpflow --help lists the commands\n',
  ],
  ['run --wrokers 3', 'error: run has no option --wrokers; did you mean --workers?\nsee nlpflow run --help\n'],
  ['run -x', 'error: run has no option -x\nsee nlpflow run --help\n'],
  ['run a b', 'error: run does not take the argument b: nlpflow run [CONFIG]\nsee nlpflow run --help\n'],
  ['run --grid', 'error: --grid needs a value\nsee nlpflow run --help\n'],
  ['run --folds five', 'error: --folds must be a number, not five\n'],
  ['run --folds 3 --folds 4', 'error: --folds is given 2 times; give it once\n'],
  ['run --na keep', 'error: --na must be one of empty, drop, error, not keep\n'],
  ['run --workers 0', 'error: --workers must be a whole number of at least 1, or auto, not 0\n'],
  ['predict', 'error: predict needs MODEL: nlpflow predict MODEL INPUT\nsee nlpflow predict --help\n'],
  ['predict a.nlpf', 'error: predict needs INPUT: nlpflow predict MODEL INPUT\nsee nlpflow predict --help\n'],
  ['predict a.nlpf b.csv', 'error: predict needs -o or --output OUT: file to write: .csv .parquet .json or .arrow\n'],
  [
    'predict a.nlpf b.csv -o c.xlsx',
    'error: c.xlsx: the extension chooses the format; use .csv, .parquet, .json, .arrow\n',
  ],
  ['predict a.nlpf b.csv -o c.csv --trees 0', 'error: --trees must be a whole number of at least 1, not 0\n'],
  ['runs shw', 'error: runs has no command shw; did you mean runs show?\nits commands are list, show, diff, tag, rm\n'],
  [
    'get last vocab -o v.csv',
    'error: there is no artifact vocab; did you mean vocabulary?\nartifacts are vocabulary, matrix, results, predictions, metrics, model, bad_rows, plan, trace\n',
  ],
  ['get last model -o m.csv', 'error: m.csv: the extension chooses the format; use .nlpf, .ubj, .json\n'],
  ['tokens --n 1.5', 'error: --n must be a whole number of at least 1, not 1.5\n'],
  ['tokens --rows 1,x', 'error: --rows must be row numbers with commas between, such as 0,17,42, not 1,x\n'],
])('nlpflow %s', async (line, message) => {
  expect(await runCli(line)).toEqual({ code: 2, stdout: '', stderr: message });
});

test('a variable stands in for a flag, and is named when it is wrong', async () => {
  const { code, stderr } = await runCli('run', { env: { NLPFLOW_WORKERS: 'many' } });
  expect(code).toBe(2);
  expect(stderr).toContain('--workers must be a whole number of at least 1, or auto, not many');
});

test('a run that is not there', async () => {
  const { code, stderr } = await runCli('runs show last');
  expect(code).toBe(2);
  expect(stderr).toBe('error: there is no run last in <folder>/.nlpflow: the store has no runs yet\n');
});

test('an empty store', async () => {
  expect(await runCli('runs')).toEqual({
    code: 0,
    stdout: 'no runs in .nlpflow; nlpflow run CONFIG makes one\n',
    stderr: '',
  });
  expect(await runCli('runs --store elsewhere')).toMatchObject({
    stdout: 'no runs in elsewhere; nlpflow run CONFIG makes one\n',
  });
});

test('an error with --json is an event, too', async () => {
  const { code, stdout } = await runCli('runs show last --json');
  expect(code).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({ v: 1, event: 'error', code: 'RUN_NOT_FOUND', exit_code: 2 });
});

test('no colours where nobody asked for a terminal', async () => {
  const { stderr } = await runCli('rum', { cwd: await folderWith() });
  expect(stderr).not.toContain('\u001b');
});
