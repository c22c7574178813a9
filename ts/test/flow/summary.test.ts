import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { intervalOfMean, studentQuantile } from '../../src/flow/student.ts';
import { type FoldMetrics, resultRows, selectBest, summarise, testVerdict, verdict } from '../../src/flow/summary.ts';
import type { MetricSpec } from '../../src/native/registry.ts';

const RMSE: MetricSpec = { name: 'rmse', direction: 'minimize', doc: '' };
const RSQ: MetricSpec = { name: 'rsq', direction: 'maximize', doc: '' };

describe('summarise', () => {
  test('mean and standard error of R: mean(c(2, 4, 4, 4, 5, 5, 7, 9)), sd(...) / sqrt(8)', () => {
    const { mean, n, std_err } = summarise([2, 4, 4, 4, 5, 5, 7, 9]);
    expect([mean, n]).toEqual([5, 8]);
    expect(std_err).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12);
  });

  test('undefined folds are left out and counted out', () => {
    expect(summarise([1, null, 3, undefined])).toEqual({ mean: 2, n: 2, std_err: 1 });
    expect(summarise([null])).toEqual({ mean: null, n: 0, std_err: null });
    expect(summarise([4])).toEqual({ mean: 4, n: 1, std_err: null });
  });

  test('shifting shifts the mean and keeps the error, scaling scales both', () => {
    const values = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { minLength: 2, maxLength: 12 });
    fc.assert(
      fc.property(values, fc.integer({ min: 1, max: 9 }), (numbers, by) => {
        const base = summarise(numbers);
        const moved = summarise(numbers.map((value) => value * by + 7));
        expect(moved.mean).toBeCloseTo((base.mean ?? 0) * by + 7, 6);
        expect(moved.std_err).toBeCloseTo((base.std_err ?? 0) * by, 6);
      }),
    );
  });
});

function measured(...folds: (number | null)[][]): FoldMetrics[] {
  return folds.map((values, index) => ({
    configuration: { id: `cfg0${index + 1}`, values: { trees: index }, booster: 'b01', recipe: 'r1', trees: index },
    folds: values.map((value) => (value === null ? null : { rmse: value, rsq: value })),
  }));
}

describe('selection', () => {
  test('takes the smallest of a metric to be minimised and the largest of one to be maximised', () => {
    const of = measured([3, 3], [1, 2], [5, 5]);
    expect(selectBest(resultRows(of, ['rmse']), RMSE)?.id).toBe('cfg02');
    expect(selectBest(resultRows(of, ['rsq']), RSQ)?.id).toBe('cfg03');
  });

  test('equal means: the earlier in the grid', () => {
    expect(selectBest(resultRows(measured([2, 2], [1, 1], [1, 1]), ['rmse']), RMSE)?.id).toBe('cfg02');
  });

  test('a configuration with a failed fold is not selected, though its row is there', () => {
    const rows = resultRows(measured([2, 2], [1, null]), ['rmse']);
    expect(selectBest(rows, RMSE)?.id).toBe('cfg01');
    expect(rows[1]).toMatchObject({ configuration: 'cfg02', mean: 1, n: 1, complete: false });
  });

  test('nothing complete: no selection', () => {
    expect(selectBest(resultRows(measured([2, null]), ['rmse']), RMSE)).toBeUndefined();
  });

  test('rows follow the plan, then the metrics', () => {
    const rows = resultRows(measured([1], [2]), ['rmse', 'rsq']);
    expect(rows.map(({ configuration, metric }) => `${configuration} ${metric}`)).toEqual([
      'cfg01 rmse',
      'cfg01 rsq',
      'cfg02 rmse',
      'cfg02 rsq',
    ]);
  });
});

describe('Student', () => {
  // Published tables of t(0.975).
  test.each([
    [1, 12.706],
    [4, 2.776],
    [9, 2.262],
    [30, 2.042],
    [31, 2.0395],
    [40, 2.0211],
    [60, 2.0003],
    [120, 1.9799],
    [1000, 1.9623],
  ])('%i degrees of freedom: %d', (degrees, expected) => {
    expect(studentQuantile(degrees)).toBeCloseTo(expected, 3);
  });

  test('the interval of t.test(c(1, 2, 3, 4, 5))', () => {
    const { mean, low, high } = intervalOfMean([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(low).toBeCloseTo(1.036757, 5);
    expect(high).toBeCloseTo(4.963243, 5);
  });
});

describe('verdict', () => {
  const folds = (...values: (number | null)[]) => values.map((rmse) => ({ rmse }));

  // The intervals are those of R: t.test(c(1, 1.1, 0.9)), t.test(c(1, -1, 1)), t.test(c(-1, -1.1, -0.9)).
  test('better when every fold gains about the same, though the folds differ much', () => {
    expect(verdict(folds(10, 20, 30), { baseline: { folds: folds(11, 21.1, 30.9) } }, [RMSE])).toBe(
      'better than always predicting the mean: rmse 20 against 21 over 3 folds (gain 1, 95 % interval 0.7516 to 1.248)',
    );
  });

  test('not shown to be better when the interval of the gain includes zero', () => {
    expect(verdict(folds(10, 21, 30), { baseline: { folds: folds(11, 20, 31) } }, [RMSE])).toBe(
      'not shown to be better than always predicting the mean: rmse 20.33 against 20.67 over 3 folds (gain 0.3333, 95 % interval -2.535 to 3.202)',
    );
  });

  test('worse when the interval of the gain lies below zero', () => {
    expect(verdict(folds(11, 21.1, 30.9), { baseline: { folds: folds(10, 20, 30) } }, [RMSE])).toBe(
      'worse than always predicting the mean: rmse 21 against 20 over 3 folds (gain -1, 95 % interval -1.248 to -0.7516)',
    );
  });

  test('losing on average is not shown to be worse while the interval includes zero', () => {
    expect(verdict(folds(11, 20, 31), { baseline: { folds: folds(10, 21, 30) } }, [RMSE])).toMatch(
      /^not shown to be better than/,
    );
  });

  test('not shown to be better when model and baseline are the same', () => {
    expect(verdict(folds(1, 1), { baseline: { folds: folds(1, 1) } }, [RMSE])).toMatch(/^not shown to be better than/);
  });

  test('larger is better for a metric to be maximised', () => {
    expect(verdict([{ rsq: 0.5 }, { rsq: 0.6 }], { baseline: { folds: [{ rsq: 0.1 }, { rsq: 0.2 }] } }, [RSQ])).toMatch(
      /^better than/,
    );
  });

  test('a metric that the baseline lacks gives way to the next', () => {
    const model = [
      { rsq: 0.5, rmse: 1 },
      { rsq: 0.5, rmse: 1 },
    ];
    const baseline = [
      { rsq: null, rmse: 2 },
      { rsq: null, rmse: 2.1 },
    ];
    expect(verdict(model, { baseline: { folds: baseline } }, [RSQ, RMSE])).toMatch(
      /^better than always predicting the mean: rmse/,
    );
    expect(verdict(model, { baseline: { folds: baseline } }, [RSQ])).toBeUndefined();
  });

  test('on a test set alone there is no interval', () => {
    expect(testVerdict({ rmse: 1 }, { baseline: { test: { rmse: 2 } } }, [RMSE])).toBe(
      'better on the test set than always predicting the mean: rmse 1 against 2',
    );
    expect(testVerdict({ rmse: 2 }, { baseline: { test: { rmse: 2 } } }, [RMSE])).toBe(
      'no better on the test set than always predicting the mean: rmse 2 against 2',
    );
  });

  test('names the constant of the metric that is compared', () => {
    const constants = { mae: 'median', rmse: 'mean' } as const;
    const MAE: MetricSpec = { name: 'mae', direction: 'minimize', doc: '' };
    const model = [{ mae: 3 }, { mae: 4 }];
    const split = { baseline: { constants, folds: [{ mae: 1 }, { mae: 2 }], test: { mae: 1 } } };
    expect(verdict(model, split, [MAE, RMSE])).toMatch(/^worse than always predicting the median: mae 3.5 against 1.5/);
    expect(testVerdict({ mae: 1 }, split, [MAE])).toBe(
      'no better on the test set than always predicting the median: mae 1 against 1',
    );
    expect(testVerdict({ rmse: 1 }, { baseline: { constants, test: { rmse: 3 } } }, [RMSE])).toMatch(
      /always predicting the mean: /,
    );
  });

  test('being better on copies of texts says so', () => {
    const baseline = { folds: folds(11, 21.1, 30.9), test: { rmse: 2 } };
    const better = { baseline, copies: { test: 0.05, folds: 0.996 } };
    expect(verdict(folds(10, 20, 30), better, [RMSE])).toMatch(
      /1\.248\); but 99 % of these rows have a text that the model learned from$/,
    );
    expect(testVerdict({ rmse: 1 }, better, [RMSE])).toBe(
      'better on the test set than always predicting the mean: rmse 1 against 2; but 5 % of these rows have a text that the model learned from',
    );
    expect(testVerdict({ rmse: 3 }, better, [RMSE])).toMatch(/against 2$/);
    const few = { baseline, copies: { test: 0.049, folds: 0.049 } };
    expect(verdict(folds(10, 20, 30), few, [RMSE])).toMatch(/1\.248\)$/);
    expect(testVerdict({ rmse: 1 }, few, [RMSE])).toMatch(/against 2$/);
  });
});
