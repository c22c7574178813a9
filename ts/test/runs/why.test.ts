import { expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import { plan, planFit } from '../../src/flow/plan.ts';
import type { Registry } from '../../src/native/registry.ts';
import { explainRerun, type KeyedRun, rootCauses } from '../../src/runs/why.ts';
import { CONFIG, REGISTRY, withConfig } from '../flow/fixture.ts';

const BASE = withConfig({ tune: { folds: 2, grid: { trees: [300, 500], tree_depth: [6, 12] } } });

function base(change: Parameters<typeof withConfig>[0]): ResolvedConfig {
  return withConfig({ ...change, tune: { ...BASE.tune, ...change.tune } });
}

/** A run with all its tasks, the final fit included. */
function keyed(id: string, config: ResolvedConfig, digest = 'aaaa', registry: Registry = REGISTRY): KeyedRun {
  const inputs = { digest, registry };
  const planned = plan(config, inputs);
  const first = planned.configurations[0];
  const last = first ? Object.values(planFit(config, inputs, planned, first)) : [];
  const known = planned.tasks.filter(({ key }) => !last.some((task) => task.key === key));
  return { id, tasks: [...known, ...last], reached: () => true };
}

/** What is computed again after a change, and why: `stage field: before → after`. */
function why(after: KeyedRun, ...earlier: KeyedRun[]): { stages: string[]; causes: string[] } {
  const before = new Set(earlier.flatMap(({ tasks }) => tasks.map(({ key }) => key)));
  const computed = new Set(after.tasks.filter(({ key }) => !before.has(key)).map(({ id }) => id));
  const reasons = explainRerun(after, computed, earlier);
  return {
    stages: [...new Set(reasons.map(({ stage }) => stage))],
    causes: rootCauses(reasons, after.tasks).map(
      (cause) => `${cause.stage} ${cause.field}: ${JSON.stringify(cause.before)} → ${JSON.stringify(cause.after)}`,
    ),
  };
}

const ALL = ['corpus', 'split', 'features', 'boost', 'fit'];
const recipe = (tokens: number): ResolvedConfig['recipe'] =>
  CONFIG.recipe.map((step) =>
    'tokenfilter' in step ? { tokenfilter: { max_tokens: tokens, min_times: 0.001 } } : step,
  );

test.each<[string, KeyedRun, string[], string[]]>([
  ['the data', keyed('b', BASE, 'bbbb'), ['corpus data: "aaaa" → "bbbb"'], ALL],
  ['another column', keyed('b', base({ data: { text: 'title' } })), ['corpus text: "description" → "title"'], ALL],
  [
    'a setting of the recipe',
    keyed('b', base({ recipe: recipe(200) })),
    ['features recipe[2].tokenfilter.max_tokens: undefined → 200'],
    ['features', 'boost', 'fit'],
  ],
  [
    'a step more',
    keyed('b', base({ recipe: [...CONFIG.recipe.slice(0, 1), ...CONFIG.recipe.slice(2)] })),
    ['features recipe.stopwords: {} → undefined'],
    ['features', 'boost', 'fit'],
  ],
  [
    'a parameter of the model',
    keyed('b', base({ model: { learn_rate: 0.05 } })),
    ['boost parameters.eta: undefined → 0.05'],
    ['boost', 'fit'],
  ],
  [
    'the seed',
    keyed('b', base({ split: { prop: 0.8, seed: 7 }, tune: { seed: 7 } })),
    ['split seed: 20201225 → 7'],
    ALL.slice(1),
  ],
  ['the folds', keyed('b', base({ tune: { folds: 3 } })), ['split folds: 2 → 3'], ALL.slice(1)],
  [
    'more trees',
    keyed('b', base({ tune: { grid: { trees: [300, 700], tree_depth: [6, 12] } } })),
    ['boost trees: [300,500] → [300,700]'],
    ['boost'],
  ],
  ['the format', keyed('b', BASE, 'aaaa', { ...REGISTRY, format: 2 }), ['corpus format: 1 → 2'], ALL],
  ['Unicode', keyed('b', BASE, 'aaaa', { ...REGISTRY, unicode: '18.0' }), ['corpus unicode: "17.0" → "18.0"'], ALL],
  [
    'the engine',
    keyed('b', BASE, 'aaaa', { ...REGISTRY, engines: { native: { version: '2', limits: [] } } }),
    ['boost engine_version: "1" → "2"'],
    ['boost', 'fit'],
  ],
])('the root field is named once: %s', (_, after, causes, stages) => {
  expect(why(after, keyed('a', BASE))).toEqual({ causes, stages });
});

test('the nearest of the earlier runs is compared, not the newest', () => {
  const near = keyed('near', base({ model: { min_n: 5 } }));
  const far = keyed('far', base({ model: { min_n: 9, learn_rate: 0.9 } }), 'other');
  const reasons = explainRerun(keyed('b', base({ model: { min_n: 6 } })), new Set(['boost/b1/fold1']), [far, near]);
  const computed = keyed('b', base({ model: { min_n: 6 } }));
  const boosters = computed.tasks.filter(({ stage }) => stage === 'boost').map(({ id }) => id);
  expect(reasons).toEqual([]);
  for (const reason of explainRerun(computed, new Set(boosters), [far, near])) {
    expect(reason.nearest).toBe('near');
    expect(reason.causes).toEqual([{ stage: 'boost', field: 'parameters.min_child_weight', before: 5, after: 6 }]);
  }
});

test('a new value of the grid is compared with the value beside it', () => {
  const after = keyed('b', base({ tune: { grid: { trees: [300, 500], tree_depth: [6, 12, 20] } } }));
  const { causes } = why(after, keyed('a', BASE));
  expect(causes).toHaveLength(1);
  expect(causes[0]).toMatch(/^boost parameters\.max_depth: (undefined|12) → 20$/);
});

test('what is equal and was computed all the same says so, and what is new, too', () => {
  const run = keyed('b', BASE);
  const all = new Set(run.tasks.map(({ id }) => id));
  const again = explainRerun(run, all, [keyed('a', BASE)]);
  expect(again.every(({ causes, note }) => causes.length === 0 && note?.includes('--fresh'))).toBe(true);
  const planned = { ...keyed('a', BASE), reached: () => false };
  expect(explainRerun(run, all, [planned])[0]?.note).toContain('did not go so far');
  expect(explainRerun(run, all, [])[0]?.note).toContain('no earlier run');
});
