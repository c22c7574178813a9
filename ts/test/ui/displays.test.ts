import { expect, test } from 'vitest';
import { jsonDisplay } from '../../src/ui/json.ts';
import { plainDisplay, quietDisplay } from '../../src/ui/plain.ts';
import { ENDING, EVENTS } from './events.fixture.ts';

const ALL = [...EVENTS, ...ENDING];

test('plain lines: one for each thing worth knowing', () => {
  let text = '';
  let now = 0;
  const display = plainDisplay(
    (more) => (text += more),
    () => now,
  );
  for (const [seconds, event] of ALL) {
    now = seconds * 1000;
    display.emit(event);
  }
  display.close();
  expect(text).toMatchInlineSnapshot(`
    "run 20261124-031834-ab2c (debian-packages), store .nlpflow
    plan: 4 configurations = 2 boosters × 2 folds = 4 booster tasks and 2 feature tasks, then the final fit
    corpus: 1 task
    corpus: 63,664 of 63,666 rows, 4,200,000 tokens, 91,000 different, 2 bad rows skipped
    corpus: 1 done in 3.0 s
    warning: 2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them
    split: reused
    boost: 2 workers: one a core (a booster needs up to 300 MiB, 6.0 GiB may be used)
    boost: 4 tasks, 1 reused
    boost: 1 of 4, 2 running, 1 reused, 21 rounds/s, 1 min 0 s left
    failed: tree_depth 12, fold 1: the worker was killed (SIGKILL) (WORKER_DIED)
    best so far: trees 500, tree_depth 6: rmse 1.2346 (standard error 0.012300)
    boost: 2 done in 27 s, 1 reused, 1 failed
    run 20261124-031834-ab2c failed after 31 s
    "
  `);
});

test('quiet: only what went wrong', () => {
  let text = '';
  const display = quietDisplay((more) => (text += more));
  for (const [, event] of ALL) {
    display.emit(event);
  }
  expect(text).toMatchInlineSnapshot(`
    "warning: 2 bad rows were skipped; nlpflow get last bad_rows -o bad.csv shows them
    failed: tree_depth 12, fold 1: the worker was killed (SIGKILL) (WORKER_DIED)
    "
  `);
});

test('JSON: every event is a line with version and time', () => {
  const lines: string[] = [];
  const display = jsonDisplay((line) => lines.push(line));
  for (const [, event] of ALL) {
    display.emit(event);
  }
  expect(lines).toHaveLength(ALL.length);
  for (const [index, line] of lines.entries()) {
    expect(line.endsWith('\n')).toBe(true);
    const { v, time, ...event } = JSON.parse(line) as { v: number; time: string };
    expect(v).toBe(1);
    expect(new Date(time).toISOString()).toBe(time);
    expect(event).toEqual(ALL[index]?.[1]);
  }
});
