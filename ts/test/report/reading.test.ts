/** From the files of a run to the numbers of its report. */

import { Table as ArrowTable, Float32, Float64, type RecordBatch, Utf8, vectorFromArray } from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { curvePoints, rankBoosters } from '../../src/report/curves.ts';
import { columnGains, rankGains } from '../../src/report/importance.ts';
import { summarisePredictions } from '../../src/report/predictions.ts';
import type { Table } from '../../src/report/tables.ts';
import { lanes, spansOfTrace, timelineOfEvents } from '../../src/report/timeline.ts';
import { walkUbjson } from '../../src/report/ubjson.ts';
import { readVocabulary } from '../../src/report/vocabulary.ts';

/** A table in batches of three rows. */
function tableOf(
  columns: Readonly<Record<string, readonly unknown[]>>,
  types: Readonly<Record<string, 'f32' | 'f64' | 'text' | 'any'>>,
): Table {
  const rows = Object.values(columns)[0]?.length ?? 0;
  const vector = (name: string, values: readonly unknown[]) => {
    const type = types[name];
    if (type === 'any') return vectorFromArray([...values]);
    return vectorFromArray([...values], type === 'text' ? new Utf8() : type === 'f32' ? new Float32() : new Float64());
  };
  return {
    rows,
    async *batches() {
      for (let from = 0; from < rows; from += 3) {
        const part = Object.fromEntries(
          Object.entries(columns).map(([name, values]) => [name, vector(name, values.slice(from, from + 3))]),
        );
        yield new ArrowTable(part).batches[0] as RecordBatch;
      }
    },
  };
}

describe('predictions', () => {
  const rows = Array.from({ length: 1000 }, (_, row) => ({
    set: row % 4 === 0 ? 'test' : 'train',
    prediction: Math.fround((row * 37) % 100) / 4,
    outcome: ((row * 37) % 100) / 4 + Math.sin(row),
  }));
  const table = tableOf(
    {
      set: rows.map(({ set }) => set),
      outcome: rows.map(({ outcome }) => outcome),
      prediction: rows.map(({ prediction }) => prediction),
    },
    { set: 'text', outcome: 'f64', prediction: 'f32' },
  );
  const tested = rows.filter(({ set }) => set === 'test');

  test('every row is counted once, inside of the ranges or outside', async () => {
    const { train, test: testRows, outcomes, residuals, density, deciles } = await summarisePredictions(table);
    expect([train, testRows]).toEqual([750, 250]);
    const sum = (values: readonly { n: number }[]) => values.reduce((all, { n }) => all + n, 0);
    expect(sum(outcomes.bins) + outcomes.below + outcomes.above).toBe(1000);
    expect(sum(residuals.bins) + residuals.below + residuals.above).toBe(250);
    expect(sum(density.cells) + density.outside).toBe(250);
    expect(sum(deciles)).toBe(250);
    for (const { n } of deciles) expect(n).toBeGreaterThan(10);
  });

  test('tenths hold the means of their rows', async () => {
    const { deciles } = await summarisePredictions(table);
    expect(deciles).toHaveLength(10);
    for (const { from, to, n, predicted, observed, residual, std_err, rmse } of deciles) {
      const own = tested.filter(({ prediction }) => prediction >= from && prediction <= to);
      const mean = (values: number[]) => values.reduce((all, value) => all + value, 0) / values.length;
      const rest = own.map((row) => row.outcome - row.prediction);
      expect(n).toBe(own.length);
      expect(predicted).toBeCloseTo(mean(own.map((row) => row.prediction)), 9);
      expect(observed).toBeCloseTo(mean(own.map((row) => row.outcome)), 9);
      expect(residual).toBeCloseTo(mean(rest), 9);
      expect(rmse).toBeCloseTo(Math.sqrt(mean(rest.map((value) => value ** 2))), 9);
      const variance = rest.reduce((all, value) => all + (value - mean(rest)) ** 2, 0) / (own.length - 1);
      expect(std_err).toBeCloseTo(Math.sqrt(variance / own.length), 9);
    }
  });

  test('a constant prediction is one group, an outlier does not widen the ranges', async () => {
    const n = 2000;
    const constant = tableOf(
      {
        set: Array(n).fill('test'),
        outcome: Array.from({ length: n }, (_, row) => (row === 5 ? 1e9 : row % 10)),
        prediction: Array(n).fill(4.5),
      },
      { set: 'text', outcome: 'f64', prediction: 'f32' },
    );
    const { deciles, outcomes } = await summarisePredictions(constant);
    expect(deciles).toHaveLength(1);
    expect(outcomes.above).toBe(1);
    expect(outcomes.bins.at(-1)?.to).toBeCloseTo(9);
    expect(outcomes.bins.at(-1)?.n).toBeGreaterThan(100);
  });
});

test('the vocabulary: totals, the outermost words, and those of asked columns', async () => {
  const table = tableOf(
    {
      token: ['a', 'b', 'c', 'd', 'e'],
      n: [5n, 9n, 1n, 7n, 3n],
      df: [4n, 8n, 1n, 6n, 2n],
      idf: [1.5, 1.1, 3.5, null, 2.5],
    },
    { token: 'text', n: 'any', df: 'any', idf: 'f64' },
  );
  const { summary, tokens } = await readVocabulary(table, [3], 2);
  expect(summary).toMatchObject({ size: 5, occurrences: 25 });
  expect(summary.frequent.map(({ token }) => token)).toEqual(['b', 'd']);
  expect(summary.rare.map(({ token }) => token)).toEqual(['c', 'e']);
  expect(tokens.get(3)).toEqual({ token: 'd', column: 3, n: 7, df: 6, idf: null });
});

describe('importance', () => {
  const length = (value: number) => {
    const bytes = Buffer.alloc(9, 'L');
    bytes.writeBigInt64BE(BigInt(value), 1);
    return bytes;
  };
  const key = (name: string) => Buffer.concat([length(name.length), Buffer.from(name)]);
  const ints = (values: readonly number[]) => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) bytes.writeInt32BE(value, index * 4);
    return Buffer.concat([Buffer.from('[$l#'), length(values.length), bytes]);
  };
  const floats = (values: readonly number[]) => {
    const bytes = Buffer.alloc(values.length * 4);
    for (const [index, value] of values.entries()) bytes.writeFloatBE(value, index * 4);
    return Buffer.concat([Buffer.from('[$d#'), length(values.length), bytes]);
  };
  const tree = (columns: readonly number[], gains: readonly number[], children: readonly number[]) =>
    Buffer.concat([
      Buffer.from('{'),
      key('left_children'),
      ints(children),
      key('loss_changes'),
      floats(gains),
      key('name'),
      Buffer.from('S'),
      key('t'),
      key('split_indices'),
      ints(columns),
      Buffer.from('}'),
    ]);
  const model = (trees: readonly Buffer[]) =>
    Buffer.concat([
      Buffer.from('{'),
      key('version'),
      Buffer.from('[#'),
      length(2),
      Buffer.from('i\u0003U\u0004'),
      key('ok'),
      Buffer.from('T'),
      key('trees'),
      Buffer.from('[#'),
      length(trees.length),
      ...trees,
      Buffer.from('}'),
    ]);

  test('adds up the gain of all splits by column; leaves do not count', () => {
    const bytes = model([
      tree([2, 0, 0], [8, 0, 0], [1, -1, -1]),
      tree([2, 5, 0, 0, 0], [4, 1, 0, 0, 0], [1, 3, -1, -1, -1]),
    ]);
    const found = columnGains(bytes);
    expect(found.trees).toBe(2);
    expect([...found.gains]).toEqual([
      [2, { gain: 12, splits: 2 }],
      [5, { gain: 1, splits: 1 }],
    ]);
    const token = (column: number) => ({ token: `t${column}`, column, n: 1, df: 1, idf: 1 });
    const ranked = rankGains(
      found,
      new Map([
        [2, token(2)],
        [5, token(5)],
      ]),
      1,
    );
    expect(ranked).toEqual({
      trees: 2,
      splits: 3,
      used: 2,
      tokens: [{ ...token(2), gain: 12, splits: 2, share: 12 / 13 }],
    });
  });

  test('a file that is cut off, or that claims too much, ends in an error and not in memory', () => {
    const whole = model([tree([2, 0, 0], [8, 0, 0], [1, -1, -1])]);
    for (let bytes = 0; bytes < whole.length; bytes += 1)
      expect(() => columnGains(whole.subarray(0, bytes)), `${bytes} bytes`).toThrow(RangeError);
    const ignore = { numbers: () => {}, close: () => {} };
    expect(() => walkUbjson(Buffer.concat([Buffer.from('[$l#'), length(2 ** 50)]), ignore)).toThrow('cut off');
    expect(() => walkUbjson(Buffer.from('['.repeat(10_000)), ignore)).toThrow('too deeply');
    expect(() => walkUbjson(Buffer.from('{"json": 1}'), ignore)).toThrow(RangeError);
  });
});

describe('curves', () => {
  test('mean and standard error over the folds at each number of trees', () => {
    const fold = (shift: number, trees: readonly number[]) =>
      trees.map((count) => ({ trees: count, metrics: { rmse: count + shift } }));
    expect(curvePoints([fold(0, [20, 10]), fold(2, [10])], 'rmse')).toEqual([
      { trees: 10, mean: 11, n: 2, std_err: 1 },
      { trees: 20, mean: 20, n: 1, std_err: null },
    ]);
    expect(curvePoints([fold(0, [10])], 'mae')).toEqual([]);
  });

  test('boosters by their best configuration, complete ones first', () => {
    const configurations = ['b1', 'b1', 'b2', 'b3'].map((booster, index) => ({
      id: `cfg${index}`,
      values: {},
      booster,
      recipe: 'r1',
      trees: 1,
    }));
    const results = [3, 9, 5, 1].map((mean, index) => ({
      configuration: `cfg${index}`,
      values: {},
      metric: 'rmse',
      mean,
      n: 5,
      std_err: 0,
      complete: index !== 3,
    }));
    expect(rankBoosters({ configurations }, results, { name: 'rmse', maximize: false })).toEqual(['b1', 'b2', 'b3']);
    expect(rankBoosters({ configurations }, results, { name: 'rmse', maximize: true })).toEqual(['b1', 'b2', 'b3']);
    expect(rankBoosters({ configurations }, results.slice(1), { name: 'rmse', maximize: false })).toEqual([
      'b2',
      'b1',
      'b3',
    ]);
  });
});

describe('the time line', () => {
  const line = (second: number, event: object) =>
    JSON.stringify({ v: 1, time: new Date(second * 1000).toISOString(), ...event });

  test('from events: tasks, what was reused, warnings; a broken line is passed over', () => {
    const text = [
      line(1, { event: 'stage.start', stage: 'boost', total: 3, reused: 1 }),
      line(2, { event: 'task.start', stage: 'boost', task: 'a', label: 'A' }),
      line(3, { event: 'task.start', stage: 'boost', task: 'b', label: 'B' }),
      '{"event": "task.do',
      line(5, { event: 'task.done', stage: 'boost', task: 'a', label: 'A' }),
      line(6, { event: 'task.failed', stage: 'boost', task: 'b', label: 'B' }),
      line(7, { event: 'warning', message: 'look' }),
    ].join('\n');
    const found = timelineOfEvents(text);
    expect(found).toMatchObject({ reused: { boost: 1 }, warnings: ['look'] });
    expect(found.spans.map(({ task, status, started, ended }) => [task, status, started, ended])).toEqual([
      ['a', 'done', 2000, 5000],
      ['b', 'failed', 3000, 6000],
    ]);
    expect(lanes(found.spans).map(({ lane }) => lane)).toEqual([1, 2]);
  });

  test('from trace.parquet: tries with what they took, without the reused ones', async () => {
    const table = tableOf(
      {
        task: ['a', 'a', 'b', 'c'],
        stage: ['boost', 'boost', 'boost', 'corpus'],
        label: ['A', 'A', 'B', 'C'],
        status: ['failed', 'done', 'done', 'done'],
        started: ['1970-01-01T00:00:01Z', '1970-01-01T00:00:03Z', '1970-01-01T00:00:01Z', null],
        ended: ['1970-01-01T00:00:02Z', '1970-01-01T00:00:04Z', '1970-01-01T00:00:09Z', null],
        attempt: [1, 2, 1, 1],
        peak_memory: [100, 200, null, null],
        host: ['vm', 'vm', 'vm', 'vm'],
        reused: [false, false, false, true],
      },
      {
        task: 'text',
        stage: 'text',
        label: 'text',
        status: 'text',
        started: 'text',
        ended: 'text',
        attempt: 'f64',
        peak_memory: 'f64',
        host: 'text',
        reused: 'any',
      },
    );
    const spans = await spansOfTrace(table);
    expect(spans).toHaveLength(3);
    expect(spans[1]).toEqual({
      task: 'a',
      stage: 'boost',
      label: 'A',
      status: 'done',
      started: 3000,
      ended: 4000,
      attempt: 2,
      peakMemory: 200,
      host: 'vm',
    });
    expect(lanes(spans).map(({ task, lane }) => [task, lane])).toEqual([
      ['a', 1],
      ['b', 2],
      ['a', 1],
    ]);
  });
});
