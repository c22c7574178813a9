import { expect, test } from 'vitest';
import { nearest } from '../../src/config/nearest.ts';

test.each([
  ['tre_depth', 'tree_depth'],
  ['tree_detph', 'tree_depth'],
  ['Trees', 'trees'],
  ['fold', 'folds'],
  ['xyz', undefined],
  ['', undefined],
])('%s is near %s', (typed, expected) => {
  expect(nearest(typed, ['trees', 'tree_depth', 'folds', 'learn_rate'])).toBe(expected);
});

test('nothing is near when nothing is known', () => {
  expect(nearest('trees', [])).toBeUndefined();
});
