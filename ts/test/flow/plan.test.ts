import { describe, expect, test } from 'vitest';
import { type Plan, plan, planFit } from '../../src/flow/plan.ts';
import { CONFIG, REGISTRY, withConfig } from './fixture.ts';

const INPUTS = { digest: 'd'.repeat(64), registry: REGISTRY };
const PLAN = plan(CONFIG, INPUTS);

function count(planned: Plan, stage: string): number {
  return planned.tasks.filter((task) => task.stage === stage).length;
}

describe('the example', () => {
  test('16 configurations are 8 boosters × 5 folds = 40 booster tasks on 5 feature tasks, and the final features', () => {
    expect(PLAN.configurations).toHaveLength(16);
    expect(PLAN.boosters).toHaveLength(8);
    expect(PLAN.folds).toBe(5);
    expect(PLAN.recipes).toHaveLength(1);
    expect(count(PLAN, 'boost')).toBe(40);
    const features = PLAN.tasks.filter(({ stage }) => stage === 'features').map(({ options }) => options['fold']);
    expect(features).toEqual([1, 2, 3, 4, 5, null]);
    expect(count(PLAN, 'corpus')).toBe(1);
    expect(count(PLAN, 'split')).toBe(1);
  });

  test('configurations that differ only in trees share a booster that is judged at each of them', () => {
    for (const booster of PLAN.boosters) {
      expect(booster.trees).toEqual([300, 500]);
      expect(booster.parameters).not.toHaveProperty('trees');
      const sharing = PLAN.configurations.filter((configuration) => configuration.booster === booster.id);
      expect(sharing.map(({ trees }) => trees)).toEqual([300, 500]);
    }
  });

  test('parameters carry canonical names, configurations the names that the user wrote', () => {
    expect(PLAN.configurations[0]).toEqual({
      id: 'cfg01',
      values: { trees: 300, tree_depth: 6, learn_rate: 0.1, sample_size: 0.8 },
      booster: 'b01',
      recipe: 'r1',
      trees: 300,
    });
    expect(PLAN.boosters[0]?.parameters).toEqual({
      objective: 'reg:squarederror',
      zeros: 'value',
      min_child_weight: 1,
      max_depth: 6,
      eta: 0.1,
      subsample: 0.8,
    });
  });

  test('each booster trains on the features of its own fold', () => {
    const features = new Map(PLAN.tasks.filter(({ stage }) => stage === 'features').map((task) => [task.key, task]));
    for (const task of PLAN.tasks.filter(({ stage }) => stage === 'boost')) {
      const fold = Number(/fold(\d+)$/.exec(task.id)?.[1]);
      expect(features.get(task.inputs['features']?.key ?? '')?.options['fold']).toBe(fold);
    }
  });

  test('task ids and keys are unique, and inputs come before what needs them', () => {
    const keys = new Set<string>();
    for (const task of PLAN.tasks) {
      for (const input of Object.values(task.inputs)) expect(keys).toContain(input.key);
      expect(keys).not.toContain(task.key);
      keys.add(task.key);
    }
    expect(new Set(PLAN.tasks.map(({ id }) => id)).size).toBe(PLAN.tasks.length);
  });

  test('a plan is plain data', () => {
    expect(JSON.parse(JSON.stringify(PLAN))).toEqual(PLAN);
  });
});

test('a grid over a recipe setting gives features by recipe and boosters by recipe', () => {
  const config = withConfig({
    tune: { grid: { trees: [10, 20], 'tokenfilter.max_tokens': [50, 100, 200] }, folds: 2 },
  });
  const planned = plan(config, INPUTS);
  expect(planned.recipes.map(({ id }) => id)).toEqual(['r1', 'r2', 'r3']);
  expect(planned.recipes.map(({ steps }) => steps[2])).toEqual([
    { tokenfilter: { max_tokens: 50, min_times: 0.001 } },
    { tokenfilter: { max_tokens: 100, min_times: 0.001 } },
    { tokenfilter: { max_tokens: 200, min_times: 0.001 } },
  ]);
  expect(count(planned, 'features')).toBe(3 * 2 + 1);
  expect(planned.boosters).toHaveLength(3);
  expect(count(planned, 'boost')).toBe(6);
  const chosen = planned.configurations.find(({ recipe, trees }) => recipe === 'r3' && trees === 20);
  const { features, fit } = planFit(config, INPUTS, planned, chosen as never);
  expect(features.id).toBe('features/r3/final');
  expect(features.options['recipe']).toEqual(planned.recipes[2]?.steps);
  expect(fit.inputs['features']).toEqual({ stage: 'features', key: features.key });
  expect(fit.options).toMatchObject({ trees: 20 });
});

test('without a grid there is one configuration with the default number of trees', () => {
  const planned = plan(withConfig({ tune: { grid: {} } }), INPUTS);
  expect(planned.configurations).toEqual([{ id: 'cfg01', values: {}, booster: 'b01', recipe: 'r1', trees: 100 }]);
});

test('ids are padded to the width that the largest needs, so that they sort', () => {
  const trees = Array.from({ length: 120 }, (_, index) => index + 1);
  const ids = plan(withConfig({ tune: { grid: { trees } } }), INPUTS).configurations.map(({ id }) => id);
  expect(ids[0]).toBe('cfg001');
  expect([...ids].sort()).toEqual(ids);
});

test('the final features are those of the plan, so that preprocess and fit share them', () => {
  const configuration = PLAN.configurations[0] as Plan['configurations'][number];
  const final = PLAN.tasks.find(({ id }) => id === 'features/r1/final');
  expect(planFit(CONFIG, INPUTS, PLAN, configuration).features).toEqual(final);
});

test.each([0, -1, 1.5])('refuses %s trees', (trees) => {
  expect(() => plan(withConfig({ tune: { grid: { trees: [trees] } } }), INPUTS)).toThrow(
    'trees must be a whole number',
  );
});

test('folds may have a seed of their own, which is part of the key; the same seed changes no key', () => {
  const splitOf = (seed: number) => plan(withConfig({ tune: { seed } }), INPUTS).tasks.find(({ id }) => id === 'split');
  const usual = PLAN.tasks.find(({ id }) => id === 'split');
  expect(splitOf(CONFIG.split.seed)).toEqual(usual);
  expect(splitOf(7)?.options).toEqual({ ...usual?.options, fold_seed: 7 });
  expect(splitOf(7)?.key).not.toBe(usual?.key);
});
