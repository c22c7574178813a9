import fc from 'fast-check';
import { expect, test } from 'vitest';
import { expandGrid } from '../../src/flow/grid.ts';
import { REGISTRY, withConfig } from './fixture.ts';

function grid(values: Record<string, readonly (number | string)[]>) {
  return expandGrid(withConfig({ tune: { grid: values } }), REGISTRY);
}

test('crosses in declared order, the last axis fastest', () => {
  expect(grid({ learn_rate: [0.1, 0.3], trees: [300, 500] }).map(({ values }) => values)).toEqual([
    { learn_rate: 0.1, trees: 300 },
    { learn_rate: 0.1, trees: 500 },
    { learn_rate: 0.3, trees: 300 },
    { learn_rate: 0.3, trees: 500 },
  ]);
});

test('an empty grid is one point with the fixed parameters', () => {
  expect(grid({})).toEqual([
    { values: {}, parameters: { objective: 'reg:squarederror', zeros: 'value', min_child_weight: 1 }, settings: {} },
  ]);
});

test('the grid overrides a fixed parameter, whatever name each of them uses', () => {
  const points = expandGrid(withConfig({ model: { eta: 0.5 }, tune: { grid: { learn_rate: [0.1] } } }), REGISTRY);
  expect(points[0]?.parameters).toMatchObject({ eta: 0.1 });
  expect(points[0]?.values).toEqual({ learn_rate: 0.1 });
});

test('the points are the full cross product, each once', () => {
  const axis = fc.uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(axis, axis, axis, (trees, depth, tokens) => {
      const points = grid({ trees, tree_depth: depth, 'tokenfilter.max_tokens': tokens });
      const distinct = new Set(points.map(({ values }) => JSON.stringify(values)));
      expect(points).toHaveLength(trees.length * depth.length * tokens.length);
      expect(distinct.size).toBe(points.length);
      for (const { values, parameters, settings } of points) {
        expect(parameters['max_depth']).toBe(values['tree_depth']);
        expect(settings).toEqual({ tokenfilter: { max_tokens: values['tokenfilter.max_tokens'] } });
      }
    }),
  );
});

test.each([
  ['two names of one parameter', { eta: [0.1], learn_rate: [0.3] }, 'eta and learn_rate are the same parameter'],
  ['an unknown name', { leaves: [1] }, 'there is no parameter leaves'],
  ['no values', { trees: [] }, 'trees has no values'],
  ['a value twice', { trees: [300, 300] }, 'trees holds 300 twice'],
  ['a step that the recipe lacks', { 'ngrams.n': [1, 2] }, 'the recipe has no step ngrams'],
  [
    'an unknown setting',
    { 'tokenfilter.max': [1] },
    'the step tokenfilter has no setting max; it has max_tokens, min_times',
  ],
  ['the tokeniser', { 'words.lowercase': [1] }, 'the tokeniser cannot be tuned'],
])('refuses %s', (_, values, message) => {
  expect(() => grid(values)).toThrow(message);
});

test('refuses a fixed parameter under two names', () => {
  expect(() => expandGrid(withConfig({ model: { eta: 0.1, learn_rate: 0.1 } }), REGISTRY)).toThrow(
    'model: eta and learn_rate are the same parameter',
  );
});
