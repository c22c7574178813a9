import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ResolvedConfig } from '../../src/config/types.ts';
import { canonicalJson, keyDifference, keyOf } from '../../src/flow/keys.ts';
import { plan } from '../../src/flow/plan.ts';
import type { Registry } from '../../src/native/registry.ts';
import { CONFIG, REGISTRY, withConfig } from './fixture.ts';

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([name, field]) => [name, shuffled(field)]),
  );
}

test('canonical JSON means the same as JSON and does not depend on the order of fields', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(shuffled(value))).toBe(canonicalJson(value));
    }),
  );
});

test('values that JSON cannot hold are refused rather than hashed as null', () => {
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 1n, () => 1]) {
    expect(() => keyOf({ value })).toThrow(TypeError);
  }
});

test('different fields give different keys', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.dictionary(fc.string(), fc.jsonValue()), (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(canonicalJson(a) === canonicalJson(b));
    }),
  );
});

const STAGES = ['corpus', 'split', 'features', 'boost'] as const;

function keys(config: ResolvedConfig = CONFIG, digest = 'a', registry: Registry = REGISTRY): Record<string, string> {
  const { tasks } = plan(config, { digest, registry });
  return Object.fromEntries(STAGES.map((stage) => [stage, tasks.find((task) => task.stage === stage)?.key ?? '']));
}

function changed(...of: Parameters<typeof keys>): string[] {
  const [before, after] = [keys(), keys(...of)];
  return STAGES.filter((stage) => before[stage] !== after[stage]);
}

describe('what a change of the configuration makes anew', () => {
  test.each<[string, Parameters<typeof withConfig>[0], string[]]>([
    ['another place of the same table', { data: { source: '/elsewhere/p.csv.gz' } }, []],
    ['another way to read it', { data: { source: '/data/packages.tsv' } }, ['corpus', 'split', 'features', 'boost']],
    ['the text column', { data: { text: 'title' } }, ['corpus', 'split', 'features', 'boost']],
    ['the proportion', { split: { prop: 0.7, seed: 20201225 } }, ['split', 'features', 'boost']],
    ['the folds', { tune: { folds: 4 } }, ['split', 'features', 'boost']],
    [
      'a default written out',
      {
        recipe: [
          { tokenize: { words: { lowercase: true } } },
          ...CONFIG.recipe.slice(1, 3),
          { tfidf: { smooth_idf: true } },
        ],
      },
      [],
    ],
    [
      'a recipe setting',
      { recipe: [...CONFIG.recipe.slice(0, 3), { tfidf: { smooth_idf: false } }] },
      ['features', 'boost'],
    ],
    ['a default parameter written out', { model: { eta: 0.3, min_n: 1 } }, []],
    ['a fixed parameter', { model: { min_n: 5 } }, ['boost']],
    ['the asked metrics', { tune: { metric: 'mae', metrics: ['mae'] } }, []],
  ])('%s', (_, change, expected) => {
    expect(changed(withConfig(change))).toEqual(expected);
  });

  test('the data', () => {
    expect(changed(CONFIG, 'b')).toEqual([...STAGES]);
  });

  test('the Unicode versions of the tokeniser', () => {
    expect(changed(CONFIG, 'a', { ...REGISTRY, unicode: '18.0' })).toEqual([...STAGES]);
    expect(changed(CONFIG, 'a', { ...REGISTRY, unicode_properties: '19.0.0' })).toEqual([...STAGES]);
  });

  test('the rules of reading', () => {
    expect(changed(CONFIG, 'a', { ...REGISTRY, reading: 3 })).toEqual([...STAGES]);
  });

  test('the version of the engine', () => {
    expect(changed(CONFIG, 'a', { ...REGISTRY, engines: { native: { version: '2', limits: [] } } })).toEqual(['boost']);
  });

  test('the format of the artifacts', () => {
    expect(changed(CONFIG, 'a', { ...REGISTRY, format: 2 })).toEqual([...STAGES]);
  });
});

test('a key is the hash of its explanation, and the difference of two explanations names the field', () => {
  const [before] = plan(CONFIG, { digest: 'a', registry: REGISTRY }).tasks;
  const [after] = plan(withConfig({ data: { text: 'title' } }), { digest: 'a', registry: REGISTRY }).tasks;
  expect(keyOf(before?.explain ?? {})).toBe(before?.key);
  expect(keyDifference(before?.explain ?? {}, after?.explain ?? {})).toEqual([['text', 'description', 'title']]);
});

test('no key names a path, a thread or a chunk', () => {
  const { tasks } = plan(CONFIG, { digest: 'a', registry: REGISTRY });
  const explained = JSON.stringify(tasks.map(({ explain }) => explain));
  expect(explained).not.toContain('/data/');
  expect(explained).not.toMatch(/"(threads|chunk_bytes|input|out)"/);
});
